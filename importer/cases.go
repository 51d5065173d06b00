package importer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/policy"
	"shuangze/store"
	"shuangze/workflows"
)

// Case is one case of a file, ready to be registered.
type Case struct {
	Line         int
	Registration casefile.Registration
	Title, Text  string
	Petitioner   store.Petitioner
}

var caseColumns = []string{"reference", "origin", "received_at", "channel", "unit", "category", "purpose", "title", "text"}

var optionalCaseColumns = []string{"headcount", "petitioner_name", "petitioner_phone", "petitioner_address", "key", "difficult", "repeated", "campaign"}

// Cases reads cases and checks each as its registration by this clerk would be
// checked. campaign is for rows that name none.
func Cases(r io.Reader, rules casefile.Rules, clerk casefile.Actor, campaign string, now time.Time) ([]Case, []Problem, error) {
	t, problems, err := read(r, caseColumns, optionalCaseColumns)
	if err != nil {
		return nil, nil, err
	}
	c := checker{problems}
	unreadable := bad(problems)
	seen := map[string]int{}
	var cases []Case
	for _, row := range t.rows {
		before := len(c.problems)
		parsed := c.parse(row, rules.Policy, campaign)
		c.required(row, "reference", "title", "text")
		c.short(row, "reference", 100)
		c.short(row, "title", 200)
		c.short(row, "text", 20_000)
		c.unique(row, "reference", seen)
		if len(c.problems) == before {
			c.decide(row, parsed, rules, clerk, now)
		}
		if len(c.problems) == before && !unreadable[row.line] {
			cases = append(cases, parsed)
		}
	}
	return cases, c.problems, nil
}

func (c *checker) parse(r row, p *policy.Policy, campaign string) Case {
	v := r.values
	lookup := func(column string, find func(string) (string, bool)) string {
		id, ok := find(v[column])
		switch {
		case v[column] == "":
			c.add(r, column, "此项必填", "this field is required")
		case !ok:
			c.add(r, column, "不在代码表中："+v[column], "is not in the code list: "+v[column])
		}
		return id
	}
	list := func(codes []policy.Code) func(string) (string, bool) {
		return func(word string) (string, bool) { return policy.Lookup(codes, word) }
	}
	yes := func(column string) bool {
		switch strings.ToLower(v[column]) {
		case "yes", "true", "1", "是":
			return true
		case "", "no", "false", "0", "否":
			return false
		}
		c.add(r, column, "应为 yes 或 no", "must be yes or no")
		return false
	}
	headcount := 1
	if v["headcount"] != "" {
		n, err := strconv.Atoi(v["headcount"])
		if err != nil {
			c.add(r, "headcount", "不是整数", "is not a whole number")
		}
		headcount = n
	}
	if v["campaign"] != "" {
		campaign = v["campaign"]
	}
	person := store.Petitioner{Name: v["petitioner_name"], Phone: v["petitioner_phone"], Address: v["petitioner_address"]}
	return Case{
		Line: r.line, Title: v["title"], Text: v["text"], Petitioner: person,
		Registration: casefile.Registration{
			Reference: v["reference"], Campaign: campaign, Headcount: headcount, Unit: v["unit"],
			Origin: lookup("origin", list(p.Origins)), Channel: lookup("channel", list(p.Channels)), Purpose: lookup("purpose", list(p.Purposes)),
			Category: lookup("category", p.LookupCategory), ReceivedAt: c.instant(r, "received_at"), Reachable: person.Reachable(),
			Key: yes("key"), Difficult: yes("difficult"), Repeated: yes("repeated"),
		},
	}
}

// instant reads an instant with its zone, or a day, which then starts in China.
func (c *checker) instant(r row, column string) time.Time {
	v := r.values[column]
	if t, err := time.Parse(time.RFC3339, v); err == nil {
		return t
	}
	if d, err := calendar.ParseDate(v); err == nil {
		return d.Start()
	}
	c.add(r, column, "应为 2026-09-09T13:48:00+08:00 或 2026-09-09", "must look like 2026-09-09T13:48:00+08:00 or 2026-09-09")
	return time.Time{}
}

// FirstReceipt is the earliest time of receipt in a file of cases.
func FirstReceipt(csv []byte) (time.Time, error) {
	t, _, err := read(bytes.NewReader(csv), caseColumns, optionalCaseColumns)
	if err != nil {
		return time.Time{}, err
	}
	var first time.Time
	var c checker
	for _, r := range t.rows {
		if at := c.instant(r, "received_at"); !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	if first.IsZero() {
		return first, &FileError{Chinese: "文件中没有收到时间", English: "the file has no time of receipt"}
	}
	return first, nil
}

// decide asks the core what it would say to the registration.
func (c *checker) decide(r row, parsed Case, rules casefile.Rules, clerk casefile.Actor, now time.Time) {
	cmd := parsed.command(clerk)
	cmd.Text = casefile.Document{ID: "preview", Hash: "preview"}
	_, err := casefile.Decide(casefile.Case{ID: "preview"}, cmd, rules, now)
	var refusal *casefile.Error
	if !errors.As(err, &refusal) {
		return
	}
	if len(refusal.Fields) == 0 {
		c.add(r, "", refusal.Chinese, refusal.English)
	}
	for _, f := range refusal.Fields {
		c.add(r, f.Field, f.Chinese, f.English)
	}
}

// The case's id and its registration's command follow from its reference: a second
// import meets the first.
var caseNamespace = uuid.MustParse("6f1c6a0e-7c39-4b0e-9a52-0f6f8a3c1d11")

func (c Case) id() string {
	return uuid.NewSHA1(caseNamespace, []byte(c.Registration.Reference)).String()
}

func (c Case) command(clerk casefile.Actor) casefile.Command {
	registration := c.Registration
	fingerprint := sha256.Sum256(fmt.Appendf(nil, "%+v %q %q", registration, c.Title, c.Text))
	return casefile.Command{
		ID: "import", Kind: casefile.Register, Actor: clerk, Registration: &registration, Fingerprint: hex.EncodeToString(fingerprint[:]),
	}
}

// Result counts what an import did.
type Result struct{ Registered, Known int }

// Register registers cases, several at a time; those whose reference is registered
// already are left as they are. done is called after each.
func Register(ctx context.Context, s *store.Store, engine workflows.Engine, clerk casefile.Actor, cases []Case, done func()) (Result, error) {
	const parallel = 8
	fresh := make([]bool, len(cases))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for i, c := range cases {
		g.Go(func() (err error) {
			if fresh[i], err = register(ctx, s, engine, clerk, c); err != nil {
				return fmt.Errorf("line %d: %w", c.Line, err)
			}
			done()
			return nil
		})
	}
	err := g.Wait()
	var r Result
	for _, f := range fresh {
		if f {
			r.Registered++
		}
	}
	r.Known = len(cases) - r.Registered
	return r, err
}

func register(ctx context.Context, s *store.Store, engine workflows.Engine, clerk casefile.Actor, c Case) (fresh bool, err error) {
	known, err := s.HasReference(ctx, c.Registration.Reference)
	if err != nil || known {
		return false, err
	}
	cmd := c.command(clerk)
	if cmd.Text, err = s.WriteText(ctx, c.Title, c.Text, clerk.ID); err != nil {
		return false, err
	}
	if c.Petitioner != (store.Petitioner{}) {
		if cmd.Registration.Petitioner, err = s.WritePetitioner(ctx, c.Petitioner); err != nil {
			return false, err
		}
	}
	_, err = engine.Register(ctx, c.id(), cmd)
	return err == nil, err
}
