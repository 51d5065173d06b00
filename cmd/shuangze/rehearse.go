package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"

	"shuangze/calendar"
	"shuangze/importer"
	"shuangze/policy"
	"shuangze/rehearse"
	"shuangze/sample"
)

// rehearsalSetting is the database's setting that says which time its cases live in.
const rehearsalSetting = "rehearsal"

// rehearsalDays is how long the sample is played: its first cases are handed to the
// supervision office in the twelfth week.
const rehearsalDays = 120

type rehearseCommand struct {
	connection
	Days int    `help:"Days of case time to play." default:"120"`
	Seed uint64 `help:"Seed of the people's ways." default:"1"`
}

func (c *rehearseCommand) Run(env *environment) error {
	at, err := c.resolve()
	if err != nil {
		return err
	}
	if at.API == "" {
		return errors.New("a rehearsal is played in a trial installation: give --data")
	}
	s, err := c.open(env.ctx)
	if err != nil {
		return err
	}
	defer s.close()
	if s.clock.IsReal() {
		return errors.New("this installation lives in real time: start it with 'shuangze dev --rehearse 1d=2s'")
	}
	raw, err := os.ReadFile(filepath.Join(c.Data, tokensFile))
	if err != nil {
		return err
	}
	var accounts map[string]rehearse.Account
	if err := json.Unmarshal(raw, &accounts); err != nil {
		return fmt.Errorf("read %s: %w", tokensFile, err)
	}
	return play(env.ctx, env, s, rehearse.New(at.API, accounts, c.Seed, s.clock), c.Days)
}

// play runs the sample's cases with the script's people and prints what happened.
func play(ctx context.Context, env *environment, s *servers, people *rehearse.People, days int) error {
	rules, err := s.store.Rules(ctx)
	if err != nil {
		return err
	}
	clerk, err := (&importCommand{}).clerk(rules)
	if err != nil {
		return err
	}
	cases, problems, err := importer.Cases(bytes.NewReader(sample.Cases), rules, clerk, sample.Campaign, s.clock.Now().AddDate(1, 0, 0))
	if err != nil || len(problems) > 0 {
		return fmt.Errorf("sample cases: %w %v", err, problems)
	}
	bar := progress(env, days)
	if err := people.Run(ctx, cases, days, func(d calendar.Date) {
		bar.Describe(d.String())
		_ = bar.Add(1) // only the display could fail
	}); err != nil {
		return err
	}
	_ = bar.Finish()
	return happened(ctx, env, s, people)
}

// happened prints what the ledger says has happened, kind by kind, and how the cases
// stand.
func happened(ctx context.Context, env *environment, s *servers, people *rehearse.People) error {
	tally, err := s.store.Tally(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(env.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "\n%s\n\n", say(policy.Text{Chinese: "演练结果（截至" + calendar.DateOf(s.clock.Now()).String() + "）", English: "What happened until " + calendar.DateOf(s.clock.Now()).String()}))
	fmt.Fprintln(w, say(policy.Text{Chinese: "类别\t名称\t次数\t涉及案件", English: "what\tname\ttimes\tcases"}))
	for _, t := range tally {
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\n", t.What, t.Name, t.Times, t.Cases)
	}
	for _, code := range slices.Sorted(maps.Keys(people.Refused())) {
		fmt.Fprintf(w, "refused\t%s\t%d\t\n", code, people.Refused()[code])
	}
	return w.Flush()
}
