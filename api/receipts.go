package api

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"shuangze/auth"
	"shuangze/casefile"
	"shuangze/store"
)

var errReceiptIssued = refuse(http.StatusConflict, "receipt_issued",
	"本案已发放查询凭证；重新发放（reissue）后，原查询密码作废", "the case has a receipt already; a new one (reissue) ends the former secret")

// receiptView is a receipt without its secret.
type receiptView struct {
	Number   int       `json:"number"`
	Code     string    `json:"code"`
	IssuedBy string    `json:"issued_by"`
	IssuedAt time.Time `json:"issued_at"`
}

func viewReceipt(r store.Receipt) receiptView {
	return receiptView{r.Number, auth.GroupCode(r.Code), r.IssuedBy, r.IssuedAt.UTC()}
}

// postReceipt gives the petitioner's receipt out. The secret is in this answer and nowhere
// else; a request repeated under its key can't have it again, so the key is not asked for:
// a second receipt must be wished for in so many words.
func (a *api) postReceipt(w http.ResponseWriter, r *http.Request) error {
	v, row, err := a.seen(r)
	if err != nil {
		return err
	}
	if refusal := casefile.ReceiptFor(row.Case, v.by, v.rules); refusal != nil {
		return refusal
	}
	b, err := readBody(w, r, []casefile.Field{{Name: "reissue"}})
	if err != nil {
		return err
	}
	again := b.flag("reissue")
	if err := b.err(nil); err != nil {
		return err
	}
	issued, secret, err := a.auth.IssueReceipt(r.Context(), row.Case, v.by.ID, v.now, again)
	if errors.Is(err, store.ErrIssued) {
		return errReceiptIssued
	}
	if err != nil {
		return err
	}
	answer := struct {
		receiptView
		Secret  string  `json:"secret"`
		Address *string `json:"address"`
	}{receiptView: viewReceipt(issued), Secret: secret}
	if a.PublicURL != "" {
		answer.Address = text(strings.TrimSuffix(a.PublicURL, "/") + "/lookup?code=" + answer.Code)
	}
	return writeJSON(w, r, http.StatusCreated, answer)
}

// getReceipts lists who gave the petitioner a receipt, and when.
func (a *api) getReceipts(w http.ResponseWriter, r *http.Request) error {
	v, row, err := a.seen(r)
	if err != nil {
		return err
	}
	if refusal := casefile.ReceiptFor(row.Case, v.by, v.rules); refusal != nil {
		return refusal
	}
	list, err := a.Store.Receipts(r.Context(), row.Case.ID)
	if err != nil {
		return err
	}
	views := make([]receiptView, len(list))
	for i, receipt := range list {
		views[i] = viewReceipt(receipt)
	}
	return writeJSON(w, r, http.StatusOK, map[string]any{"receipts": views})
}
