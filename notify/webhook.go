package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"shuangze/calendar"
	"shuangze/casefile"
)

// Poster posts to webhooks and robots. The zero Poster is ready for use.
type Poster struct {
	Timeout time.Duration    // of one request, the reading of its answer included; 0: ten seconds
	Now     func() time.Time // real time, which receivers compare with their own; nil: time.Now
}

// maxAnswer is how much of an answer is read, in bytes.
const maxAnswer = 64 << 10

// client follows no redirect: an address that was checked must not lead to another one,
// with what is signed for it.
var client = &http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// CheckAddress says what is wrong with the address of a webhook or robot, if anything
// is.
func CheckAddress(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return errors.New("it can't be read")
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("it must begin with https:// or http://")
	case u.Hostname() == "":
		return errors.New("it names no host")
	case u.User != nil:
		return errors.New("it must not have a user or password")
	}
	return nil
}

func (p Poster) now() time.Time {
	if p.Now == nil {
		return time.Now()
	}
	return p.Now()
}

// post posts JSON and returns the answer's beginning. The error says nothing of the
// address, which may be a secret itself.
func (p Poster) post(ctx context.Context, address string, body []byte, header map[string]string) ([]byte, error) {
	timeout := p.Timeout
	if timeout == 0 {
		timeout = 10 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := CheckAddress(address); err != nil {
		return nil, permanent("the address: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, permanent("the address can't be posted to")
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("User-Agent", "shuangze")
	for name, value := range header {
		r.Header.Set(name, value)
	}
	answer, err := client.Do(r)
	if err != nil {
		var at *url.Error
		if errors.As(err, &at) {
			err = at.Err
		}
		return nil, fmt.Errorf("post: %w", err)
	}
	defer answer.Body.Close()
	said, readErr := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	switch status := answer.StatusCode; {
	case status >= 200 && status < 300:
		return said, readErr
	case status == http.StatusGone:
		return said, fmt.Errorf("%w: %w", ErrGone, permanent("%s", answer.Status))
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status >= 500:
		return said, fmt.Errorf("answered %s", answer.Status)
	default: // a redirect too: it is not followed
		return said, permanent("answered %s", answer.Status)
	}
}

// ErrGone says that the receiver wants nothing any more (410). It is ErrPermanent too.
var ErrGone = errors.New("the receiver is gone")

// secretPrefix marks a secret of Standard Webhooks.
const secretPrefix = "whsec_"

// NewSecret makes a secret for signing, in the form of Standard Webhooks.
func NewSecret() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails (crypto/rand)
	return SecretOf(b)
}

// SecretOf is the secret of these bytes, which nobody else may know.
func SecretOf(b []byte) string { return secretPrefix + base64.StdEncoding.EncodeToString(b) }

// sign is one signature of Standard Webhooks: HMAC-SHA256 of id, timestamp and body.
func sign(secret, id string, at time.Time, body []byte) (string, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, secretPrefix))
	if err != nil {
		return "", errors.New("the secret is not base64")
	}
	h := hmac.New(sha256.New, key)
	fmt.Fprintf(h, "%s.%d.", id, at.Unix())
	h.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(h.Sum(nil)), nil
}

// payload is what a webhook is told. It has the fields of an Item, by their codes.
type payload struct {
	Type      string        `json:"type"`
	Timestamp time.Time     `json:"timestamp"` // case time
	Rehearsal bool          `json:"rehearsal,omitempty"`
	Data      []casePayload `json:"data"`
}

type casePayload struct {
	Case        string               `json:"case"`
	Number      string               `json:"number"`
	Unit        string               `json:"unit"`
	Lamp        casefile.Lamp        `json:"lamp"`
	Due         *calendar.Date       `json:"due"`
	DueAt       *time.Time           `json:"due_at,omitempty"` // of a time limit in hours
	LateDays    int                  `json:"late_days"`
	Supervision casefile.Supervision `json:"supervision"`
	Events      []eventPayload       `json:"events"`
}

type eventPayload struct {
	Seq  int64              `json:"seq"`
	Kind casefile.EventKind `json:"kind"`
	Step string             `json:"step,omitempty"`
	At   time.Time          `json:"at"`
}

// Webhook posts a letter to an address, signed with every secret that is in force: for
// a while after a rotation these are two. See Standard Webhooks (standardwebhooks.com).
func (p Poster) Webhook(ctx context.Context, address string, secrets []string, l Letter) error {
	message := payload{Type: "shuangze." + string(l.Kind), Timestamp: l.At.UTC(), Rehearsal: l.Rehearsal, Data: []casePayload{}}
	for _, i := range l.Items {
		item := casePayload{Case: i.Case, Number: i.Number, Unit: i.Unit, Lamp: i.Lamp, LateDays: i.LateDays, Supervision: i.Supervision, Events: []eventPayload{}}
		if !i.Due.IsZero() {
			item.Due = &i.Due
		}
		if !i.DueAt.IsZero() {
			at := i.DueAt.UTC()
			item.DueAt = &at
		}
		for _, h := range i.Happened {
			item.Events = append(item.Events, eventPayload{h.Seq, h.Kind, h.Code, h.At.UTC()})
		}
		message.Data = append(message.Data, item)
	}
	body, err := json.Marshal(message)
	if err != nil {
		return permanent("encode: %w", err)
	}
	at := p.now()
	var signatures []string
	for _, secret := range secrets {
		s, err := sign(secret, l.ID, at, body)
		if err != nil {
			return permanent("sign: %w", err)
		}
		signatures = append(signatures, s)
	}
	_, err = p.post(ctx, address, body, map[string]string{
		"webhook-id": l.ID, "webhook-timestamp": strconv.FormatInt(at.Unix(), 10), "webhook-signature": strings.Join(signatures, " "),
	})
	return err
}
