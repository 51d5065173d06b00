package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/google/uuid"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/policy"
	"shuangze/rules"
)

type rulesCommand struct {
	Show    showRules    `cmd:"" help:"List what has been in force."`
	Preview previewRules `cmd:"" help:"Show what rules would do to the open cases; change nothing."`
	Publish publishRules `cmd:"" help:"Put rules in force and take them to the open cases."`
}

// draftFiles are rules that lie in files.
type draftFiles struct {
	Policy   string `help:"Local policy file or profile, in the place of the one in force." env:"SHUANGZE_POLICY"`
	Calendar string `help:"Folder with calendar years that add to those in force." env:"SHUANGZE_CALENDAR" type:"path"`
}

// draft reads the files. The error names every problem of all of them.
func (f draftFiles) draft() (d rules.Draft, err error) {
	var policyErr, calendarErr error
	if f.Policy != "" {
		if _, policyErr = policy.Load(f.Policy); policyErr == nil {
			var local []byte
			local, policyErr = policy.ReadFile(f.Policy)
			text := string(local)
			d.Policy = &text
		}
		if policyErr != nil {
			policyErr = fmt.Errorf("policy:\n%w", policyErr)
		}
	}
	if f.Calendar != "" {
		if _, calendarErr = calendar.Load(f.Calendar); calendarErr == nil {
			files, _ := filepath.Glob(filepath.Join(f.Calendar, "[0-9][0-9][0-9][0-9].json")) // the pattern is fixed
			for _, file := range files {
				list, err := os.ReadFile(file)
				calendarErr = errors.Join(calendarErr, err)
				d.Years = append(d.Years, string(list))
			}
		}
		if calendarErr != nil {
			calendarErr = fmt.Errorf("calendar:\n%w", calendarErr)
		}
	}
	return d, errors.Join(policyErr, calendarErr)
}

type showRules struct{ connection }

func (c *showRules) Run(env *environment) error {
	s, err := c.open(env.ctx)
	if err != nil {
		return err
	}
	defer s.close()
	inForce, err := s.store.Rules(env.ctx)
	if err != nil {
		return err
	}
	list, err := s.store.Publications(env.ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.stdout, "%d: policy %s, calendar %s\n", inForce.Version, inForce.Policy.Version, inForce.Calendar.Version())
	w := tabwriter.NewWriter(env.stdout, 0, 0, 2, ' ', 0)
	for _, p := range list {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\n", p.Version, calendar.DateOf(p.At), p.By, p.Reason)
	}
	return w.Flush()
}

type previewRules struct {
	connection
	draftFiles
	Most int `help:"How many clocks to list." default:"50"`
}

func (c *previewRules) Run(env *environment) error {
	d, err := c.draft()
	if err != nil {
		return err
	}
	s, err := c.open(env.ctx)
	if err != nil {
		return err
	}
	defer s.close()
	p, err := rules.Try(env.ctx, s.store, d, s.clock.Now(), c.Most)
	if err != nil {
		return err
	}
	for _, change := range policy.Changes(p.Before.Policy, p.After.Policy) {
		fmt.Fprintf(env.stdout, "%s %s: %s → %s\n", change.List, change.ID, change.Before, change.After)
	}
	for _, day := range calendar.Changes(p.Before.Calendar, p.After.Calendar) {
		fmt.Fprintf(env.stdout, "%s: %s %s\n", day.Date, day.Kind, day.Name)
	}
	w := tabwriter.NewWriter(env.stdout, 0, 0, 2, ' ', 0)
	for _, shift := range p.Shifts {
		fmt.Fprintf(w, "%s\t%s\t%s → %s\t%+d\t%s\n", shift.Number, shift.Clock, shift.From.Statutory, shift.To.Statutory, shift.Days(), shift.Kept)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if more := p.Total - len(p.Shifts); more > 0 {
		fmt.Fprintln(env.stdout, say(policy.Text{Chinese: fmt.Sprintf("……另有%d个期限", more), English: fmt.Sprintf("… and %d more clocks", more)}))
	}
	fmt.Fprintln(env.stdout, say(policy.Text{
		Chinese: fmt.Sprintf("在办%d件：%d件的期限移动（提前%d个、推后%d个），%d个期限保持不变，将告知%d人", p.Open, p.Moved, p.Earlier, p.Later, p.Kept, len(p.Told)),
		English: fmt.Sprintf("%d open cases: dates of %d move (%d clocks earlier, %d later), %d clocks stay; %d people would be told", p.Open, p.Moved, p.Earlier, p.Later, p.Kept, len(p.Told)),
	}))
	return nil
}

type publishRules struct {
	connection
	draftFiles
	As   string `required:"" help:"The administrator who publishes them."`
	Text string `required:"" help:"Why."`
}

func (c *publishRules) Run(env *environment) error {
	d, err := c.draft()
	if err != nil {
		return err
	}
	s, err := c.open(env.ctx)
	if err != nil {
		return err
	}
	defer s.close()
	directory, err := s.store.Directory(env.ctx)
	if err != nil {
		return err
	}
	o := directory.Officials[c.As]
	by := casefile.Actor{ID: o.ID, Role: o.Role, Unit: o.Unit}
	if refusal := casefile.PermitPublish(by); refusal != nil {
		return errors.New(say(policy.Text{Chinese: refusal.Chinese, English: refusal.English}))
	}
	d.Reason = c.Text
	p, err := rules.Publish(env.ctx, s.store, s.engine(), d, uuid.NewString(), "", by, s.clock.Now())
	if err != nil {
		return err
	}
	fmt.Fprintln(env.stdout, say(policy.Text{
		Chinese: fmt.Sprintf("第%d版规则已生效", p.Version), English: fmt.Sprintf("rules %d are in force", p.Version),
	}))
	if p.Broadcast != "" {
		fmt.Fprintln(env.stdout, say(policy.Text{Chinese: "在办信访事项由批量操作 " + p.Broadcast + " 逐件重算", English: "broadcast " + p.Broadcast + " takes them to the open cases"}))
	}
	return nil
}
