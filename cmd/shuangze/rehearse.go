package main

import (
	"bytes"
	"cmp"
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

// campaignDays is how long the sample's campaign lasts.
const campaignDays = 366

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

// play runs the sample's cases with the script's people for a number of days and prints
// what happened.
func play(ctx context.Context, env *environment, s *servers, people *rehearse.People, days int) error {
	cases, err := sampleCases(ctx, s)
	if err != nil {
		return err
	}
	for _, c := range cases {
		people.Receive(rehearse.Petition{Case: c})
	}
	if err := playUntil(ctx, env, s, people, calendar.DateOf(s.clock.Now()).AddDays(days-1), days); err != nil {
		return err
	}
	return happened(ctx, env, s, people)
}

// sampleCases reads the sample's cases as they are registered in a year's time at most.
func sampleCases(ctx context.Context, s *servers) ([]importer.Case, error) {
	rules, err := s.store.Rules(ctx)
	if err != nil {
		return nil, err
	}
	clerk, err := (&importCommand{}).clerk(rules)
	if err != nil {
		return nil, err
	}
	now := s.clock.Now()
	rules.Now = now
	campaign, err := openCampaign(rules, clerk.Unit, sample.Campaign, calendar.DateOf(now).AddDays(campaignDays))
	if err != nil {
		return nil, err
	}
	if err := campaign.write(ctx, s.store, rules); err != nil {
		return nil, err
	}
	cases, problems, err := importer.Cases(bytes.NewReader(sample.Cases), rules, clerk, "", now.AddDate(1, 0, 0))
	for i := range cases {
		cases[i].Registration.Campaign = sample.Campaign // which will be over in a year
	}
	if err != nil || len(problems) > 0 {
		return nil, fmt.Errorf("sample cases: %w %v", err, problems)
	}
	return cases, nil
}

// playUntil lets the people work until the end of a day, and for at least so many days.
func playUntil(ctx context.Context, env *environment, s *servers, people *rehearse.People, until calendar.Date, least int) error {
	first := calendar.DateOf(s.clock.Now())
	bar := progress(env, until.DaysSince(first)+1)
	err := people.Run(ctx, until, least, func(d calendar.Date) {
		bar.Describe(d.String())
		_ = bar.Set(min(d.DaysSince(first)+1, bar.GetMax())) // only the display could fail
	})
	if err == nil {
		_ = bar.Finish()
	}
	return err
}

// playYear plays a whole year, prints what happened, and checks that ledger, rows and
// workflows agree on it. It ends with 1 when they don't, or when something happened that
// should not have.
func (c *devCommand) playYear(ctx context.Context, env *environment, s *servers, people *rehearse.People) error {
	cases, err := sampleCases(ctx, s)
	if err != nil {
		return err
	}
	petitions := people.Petitions(c.Year, c.Cases)
	petitions = append(petitions, people.Sample(cases)...)
	for _, p := range petitions {
		people.Receive(p)
	}
	people.PlanYear(c.Year, func(ctx context.Context, officials []byte) error {
		sub := *env
		sub.ctx = ctx
		return (&importCommand{What: "officials", File: "officials"}).run(&sub, s, officials)
	})
	if err := playUntil(ctx, env, s, people, rehearse.LastDay(c.Year), 0); err != nil {
		return err
	}
	if err := happened(ctx, env, s, people); err != nil {
		return err
	}
	fmt.Fprintln(env.stdout)
	for _, what := range people.Amiss() {
		fmt.Fprintln(env.stdout, "amiss:", what)
	}
	sub := *env
	sub.ctx = ctx
	if err := check(&sub, s); err != nil {
		return err
	}
	if len(people.Amiss()) > 0 {
		return exitError(1)
	}
	return nil
}

// openPost gives a rehearsal a mail server of its own, where none is given: its mails
// reach nobody and can be looked at.
func (c *devCommand) openPost(ctx context.Context, s *servers) (*rehearse.Post, error) {
	if s.clock.IsReal() || c.SMTPURL != "" || c.SMTPURLFile != "" {
		return nil, nil
	}
	post, err := rehearse.OpenPost(ctx, cmp.Or(c.Mails, filepath.Join(c.Data, "mail")), s.clock)
	if err != nil {
		return nil, err
	}
	c.SMTPURL, c.MailFrom = post.URL, cmp.Or(c.MailFrom, "信访督办 <xf@shuangze.example>")
	return post, nil
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
	fmt.Fprintf(w, "days\tplayed\t%d\t\n", people.Days())
	for _, t := range tally {
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\n", t.What, t.Name, t.Times, t.Cases)
	}
	for _, code := range slices.Sorted(maps.Keys(people.Refused())) {
		fmt.Fprintf(w, "refused\t%s\t%d\t\n", code, people.Refused()[code])
	}
	return w.Flush()
}
