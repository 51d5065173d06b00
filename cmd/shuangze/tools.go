package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/importer"
	"shuangze/policy"
	"shuangze/store"
	"shuangze/verify"
)

type importCommand struct {
	connection
	What     string `arg:"" enum:"units,officials,cases" help:"What the file has: units, officials or cases."`
	File     string `arg:"" help:"CSV file in UTF-8; - for standard input."`
	SkipBad  bool   `help:"Import the good rows although others are bad."`
	As       string `help:"The clerk who registers the cases; by default the first of the highest petition office."`
	Campaign string `help:"Campaign (会战) of cases that name none: its id, or the name of one of the clerk's office."`
	Until    string `help:"Last day of the campaign (2027-03-31), to open it where the office has none of that name."`
}

func (c *importCommand) Run(env *environment) error {
	data, err := c.read()
	if err != nil {
		return err
	}
	s, err := c.open(env.ctx)
	if err != nil {
		return err
	}
	defer s.close()
	return c.run(env, s, data)
}

func (c *importCommand) read() ([]byte, error) {
	if c.File == "-" {
		return io.ReadAll(os.Stdin)
	}
	return os.ReadFile(c.File)
}

func (c *importCommand) run(env *environment, s *servers, data []byte) error {
	rules, err := s.store.Rules(env.ctx)
	if err != nil {
		return err
	}
	r := bytes.NewReader(data)
	switch c.What {
	case "units":
		units, problems, err := importer.Units(r, rules.Policy, rules.Directory)
		if err := c.judge(env, problems, err); err != nil {
			return err
		}
		changed, err := s.store.SaveUnits(env.ctx, units)
		return c.done(env, changed, len(units)-changed, err)
	case "officials":
		officials, problems, err := importer.Officials(r, rules.Policy, rules.Directory)
		if err := c.judge(env, problems, err); err != nil {
			return err
		}
		changed, err := s.store.SaveOfficials(env.ctx, officials)
		return c.done(env, changed, len(officials)-changed, err)
	}
	clerk, err := c.clerk(rules)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	rules.Now = now
	campaign, err := c.opening(rules, clerk.Unit)
	if err != nil {
		return err
	}
	rules.Directory = campaign.in(rules.Directory)
	cases, problems, err := importer.Cases(r, rules, clerk, c.Campaign, now)
	if err := c.judge(env, problems, err); err != nil {
		return err
	}
	if err := campaign.write(env.ctx, s.store, rules); err != nil {
		return err
	}
	bar := progress(env, len(cases))
	bar.Describe(say(policy.Text{Chinese: "登记", English: "register"}))
	result, err := importer.Register(env.ctx, s.store, s.engine(), clerk, cases, func() { _ = bar.Add(1) }) // only the bar could fail
	_ = bar.Finish()
	return c.done(env, result.Registered, result.Known, err)
}

// opening is the campaign that the import has to open; nil where it need not.
func (c *importCommand) opening(r casefile.Rules, office string) (*opening, error) {
	if c.Until == "" {
		return nil, nil
	}
	end, err := calendar.ParseDate(c.Until)
	if err != nil || c.Campaign == "" {
		return nil, errors.New("--until takes the last day of the --campaign, such as 2027-03-31")
	}
	return openCampaign(r, office, c.Campaign, end)
}

// progress is a bar on a terminal and nothing elsewhere.
func progress(env *environment, most int) *progressbar.ProgressBar {
	f, ok := env.stderr.(*os.File)
	visible := ok && term.IsTerminal(int(f.Fd()))
	return progressbar.NewOptions(most, progressbar.OptionSetWriter(env.stderr), progressbar.OptionSetVisibility(visible),
		progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(true))
}

// judge prints what is wrong with the file and refuses it unless told to skip.
func (c *importCommand) judge(env *environment, problems []importer.Problem, err error) error {
	if wrong := new(importer.FileError); errors.As(err, &wrong) {
		return errors.New(c.File + ": " + say(policy.Text(*wrong)))
	} else if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if len(problems) == 0 {
		return nil
	}
	slices.SortStableFunc(problems, func(a, b importer.Problem) int { return a.Line - b.Line })
	for _, p := range problems {
		fmt.Fprintf(env.stderr, "%s:%d: %s: %s\n", c.File, p.Line, p.Column, say(p.Message))
	}
	if c.SkipBad {
		return nil
	}
	return errors.New(say(policy.Text{
		Chinese: fmt.Sprintf("共%d处问题，未导入任何数据（可用 --skip-bad 跳过有问题的行）", len(problems)),
		English: fmt.Sprintf("%d problems; nothing was imported (--skip-bad leaves out the bad rows)", len(problems)),
	}))
}

func (c *importCommand) done(env *environment, changed, unchanged int, err error) error {
	if err != nil {
		return err
	}
	fmt.Fprintln(env.stdout, say(policy.Text{
		Chinese: fmt.Sprintf("%s：新增或变更%d条，未变%d条", c.What, changed, unchanged),
		English: fmt.Sprintf("%s: %d new or changed, %d as they were", c.What, changed, unchanged),
	}))
	return nil
}

// clerk finds who registers: the one named, or the first of the highest office.
func (c *importCommand) clerk(rules casefile.Rules) (casefile.Actor, error) {
	d, p := rules.Directory, rules.Policy
	if c.As != "" {
		o, ok := d.Officials[c.As]
		if !ok {
			return casefile.Actor{}, fmt.Errorf("there is no official %q", c.As)
		}
		return casefile.Actor{ID: o.ID, Role: o.Role, Unit: o.Unit}, nil
	}
	clerks := d.Find(func(o casefile.Official) bool { return o.Role == casefile.Registrar })
	if len(clerks) == 0 {
		return casefile.Actor{}, errors.New("the directory has no registrar; import officials first")
	}
	slices.SortStableFunc(clerks, func(a, b casefile.Official) int {
		return p.Rank(d.Units[b.Unit].Level) - p.Rank(d.Units[a.Unit].Level)
	})
	return casefile.Actor{ID: clerks[0].ID, Role: clerks[0].Role, Unit: clerks[0].Unit}, nil
}

type tokenCommand struct {
	Create createToken `cmd:"" help:"Make a token for an official; it is shown this once."`
	List   listTokens  `cmd:"" help:"List tokens, never what they are."`
	Revoke revokeToken `cmd:"" help:"Revoke a token at once."`
}

type createToken struct {
	connection
	Official string        `arg:"" help:"Official's id."`
	For      time.Duration `help:"How long it is valid." default:"2160h"`
}

func (c *createToken) Run(env *environment) error {
	s, _, err := c.openDatabase(env.ctx)
	if err != nil {
		return err
	}
	defer s.close()
	t, secret, err := s.store.NewToken(env.ctx, c.Official, time.Now(), c.For, nil)
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("there is no official %q", c.Official)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(env.stderr, "token %s, valid until %s\n", t.ID, t.ExpiresAt.Format(time.RFC3339))
	fmt.Fprintln(env.stdout, secret)
	return nil
}

type listTokens struct{ connection }

func (c *listTokens) Run(env *environment) error {
	s, _, err := c.openDatabase(env.ctx)
	if err != nil {
		return err
	}
	defer s.close()
	tokens, err := s.store.Tokens(env.ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(env.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tOFFICIAL\tCREATED\tEXPIRES\tREVOKED")
	for _, t := range tokens {
		revoked := "-"
		if t.RevokedAt != nil {
			revoked = t.RevokedAt.Format(time.DateOnly)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", t.ID, t.Official, t.CreatedAt.Format(time.DateOnly), t.ExpiresAt.Format(time.DateOnly), revoked)
	}
	return w.Flush()
}

type revokeToken struct {
	connection
	ID string `arg:"" help:"Token's id, as 'token list' shows it."`
}

func (c *revokeToken) Run(env *environment) error {
	s, _, err := c.openDatabase(env.ctx)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.store.RevokeToken(env.ctx, c.ID, time.Now(), nil); errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("there is no token %q that could be revoked", c.ID)
	} else if err != nil {
		return err
	}
	fmt.Fprintln(env.stdout, "revoked")
	return nil
}

type verifyCommand struct{ connection }

func (c *verifyCommand) Run(env *environment) error {
	s, err := c.open(env.ctx)
	if err != nil {
		return err
	}
	defer s.close()
	return check(env, s)
}

// check compares ledger, case rows and workflows and prints each difference.
func check(env *environment, s *servers) error {
	began, err := s.store.Now(env.ctx)
	if err != nil {
		return err
	}
	var found []store.Difference
	v := &verify.Verifier{Store: s.store, Engine: s.engine(), Clock: s.clock, Report: func(d verify.Difference) {
		fmt.Fprintf(env.stdout, "%s: %s: %s\n", d.Case, d.What, d.Detail)
		found = append(found, store.Difference{Case: d.Case, Place: d.What, About: d.About()})
	}}
	checked, err := v.All(env.ctx)
	if err != nil {
		return err
	}
	if err := s.store.NoteDifferences(env.ctx, found...); err != nil {
		return err
	}
	ended, err := s.store.Now(env.ctx)
	if err != nil {
		return err
	}
	differences := len(found)
	if err := s.store.SaveVerification(env.ctx, store.Verification{Run: rand.Text(), BeganAt: began, EndedAt: ended, Cases: checked, Differences: differences}); err != nil {
		return err
	}
	fmt.Fprintf(env.stdout, "%d cases checked, %d differences\n", checked, differences)
	if differences > 0 {
		return exitError(1)
	}
	return nil
}

type policyCommand struct {
	Policy string `arg:"" optional:"" help:"Local policy file or profile; none prints the built-in rules." env:"SHUANGZE_POLICY"`
}

func (c *policyCommand) Run(env *environment) error {
	p, err := policy.Load(c.Policy)
	if err != nil {
		return err
	}
	e := json.NewEncoder(env.stdout)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(p)
}
