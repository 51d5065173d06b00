package rehearse

import (
	"context"
	_ "embed"
	"encoding/csv"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"shuangze/calendar"
)

// Transfer takes over a changed list of officials, as the personnel office would send
// it: a CSV file like import's.
type Transfer func(ctx context.Context, officials []byte) error

// PlanYear puts on the agenda what befalls an office in the course of a year: leaves at
// the Spring Festival and in summer, a leader who leaves, bulk urging, a policy that
// changes in July, next year's calendar in November.
func (p *People) PlanYear(year int, transfer Transfer) {
	on := func(month time.Month, day int, do func(context.Context) error) {
		p.agenda.add(date(year, month, day).At(9, 0), func(ctx context.Context) error { return p.tolerate(ctx, do(ctx)) })
	}
	festival := springFestival(year)
	p.agenda.add(festival.AddDays(-12).At(9, 0), p.leaves(0, festival.AddDays(-6), festival.AddDays(10)))
	p.agenda.add(date(year, time.July, 8).At(9, 0), p.leaves(1, date(year, time.July, 13), date(year, time.August, 1)))
	p.agenda.add(date(year, time.July, 29).At(9, 0), p.leaves(0, date(year, time.August, 3), date(year, time.August, 22)))
	on(time.April, 20, func(ctx context.Context) error { return p.handOver(ctx, transfer) })
	for _, month := range []time.Month{time.March, time.June, time.September, time.December} {
		on(month, 25, p.urgeAll)
	}
	on(time.July, 1, func(ctx context.Context) error {
		return p.publish(ctx, map[string]any{"policy": july, "text": "演练：行署决定将办理期限由60日缩短至50日，自7月1日起施行。"})
	})
	on(time.November, 5, func(ctx context.Context) error {
		return p.publish(ctx, map[string]any{"years": []any{inventedYear(year + 1)}, "text": fmt.Sprintf("演练：公布%d年放假安排。", year+1)})
	})
}

func date(year int, month time.Month, day int) calendar.Date {
	return calendar.DateOf(time.Date(year, month, day, 12, 0, 0, 0, time.UTC))
}

// springFestival is the first day of that name in the calendar, or the middle of
// February where the year's list is not out.
func springFestival(year int) calendar.Date {
	for day := date(year, time.January, 15); day.Before(date(year, time.March, 1)); day = day.AddDays(1) {
		if d := calendar.Default().Day(day); !d.Work && d.Name == "春节" {
			return day
		}
	}
	return date(year, time.February, 15)
}

//go:embed july.yaml
var july string

// inventedYear is a list of rest days that no State Council has published.
func inventedYear(year int) map[string]any {
	type day map[string]string
	var off []day
	rest := func(name string, from calendar.Date, days int) {
		for i := range days {
			off = append(off, day{"date": from.AddDays(i).String(), "name": name})
		}
	}
	rest("元旦", date(year, time.January, 1), 3)
	rest("春节", date(year, time.February, 5), 8)
	rest("清明节", date(year, time.April, 4), 3)
	rest("劳动节", date(year, time.May, 1), 5)
	rest("端午节", date(year, time.June, 9), 1)
	rest("中秋节", date(year, time.September, 15), 1)
	rest("国庆节", date(year, time.October, 1), 7)
	var work []day
	for _, d := range []calendar.Date{date(year, time.January, 31), date(year, time.February, 20), date(year, time.May, 8), date(year, time.September, 26)} {
		work = append(work, day{"date": d.String(), "name": "调休"})
	}
	return map[string]any{"year": year, "source": "演练用，非国务院通知", "off": off, "work": work}
}

// leaves enters leaves of some of the leaders: of those who stand at even or at odd
// places among their colleagues, the next in line being the deputy.
func (p *People) leaves(parity int, from, until calendar.Date) func(context.Context) error {
	return func(ctx context.Context) error {
		for _, peers := range p.peers() {
			for i := parity; i < len(peers); i += 2 {
				leader, deputy := peers[i], peers[(i+1)%len(peers)]
				if (i+1)%len(peers)%2 == parity || p.dice("leave", leader, from.String()).IntN(10) < 4 {
					continue // the deputy might be away, or nobody is
				}
				if err := p.tolerate(ctx, asked("leave", p.enterLeave(ctx, leader, deputy, from, until))); err != nil {
					return err
				}
			}
		}
		return nil
	}
}

// peers lists the leaders who can stand in for each other: of one level and authority,
// or of one department.
func (p *People) peers() [][]string {
	groups := map[string][]string{}
	for _, id := range slices.Sorted(maps.Keys(p.accounts)) {
		a := p.accounts[id]
		if a.Role != "leader" {
			continue
		}
		key := areaOf(a.Unit) + " " + a.Level
		if !strings.Contains(a.Unit, "-") {
			key = a.Unit
		} else if len(areaOf(a.Unit)) == shortest(p.accounts) {
			key = a.Unit // a department of the prefecture: its head and the next
		}
		groups[key] = append(groups[key], id)
	}
	var list [][]string
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		if len(groups[key]) > 1 {
			list = append(list, groups[key])
		}
	}
	return list
}

func (p *People) enterLeave(ctx context.Context, leader, deputy string, from, until calendar.Date) error {
	office := p.of(areaOf(p.accounts[leader].Unit)+"-xf", "supervisor")
	body := map[string]any{
		"official": leader, "deputy": deputy, "from": from.Start().Format(time.RFC3339), "until": until.Start().Format(time.RFC3339), "reason": "holiday",
	}
	if err := p.api.post(ctx, p.accounts[office].Token, "/leaves", "leave "+leader+from.String(), body, nil); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away[leader] = span{from.Start(), until.Start()}
	return nil
}

// carried lists the open cases that a leader carries.
func (p *People) carried(ctx context.Context, leader string) ([]summary, error) {
	all, err := p.api.list(ctx, p.accounts[p.first("supervisor")].Token, "?limit=200&leader="+leader)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all.Cases, func(c summary) bool { return slices.Contains([]string{"closed", "declined", "diverted"}, c.Stage) }), nil
}

// handOver has the county leader who carries most leave for the prefecture: all that is
// open goes to a colleague in one broadcast, and what that one can't take to others.
func (p *People) handOver(ctx context.Context, transfer Transfer) error {
	var busiest string
	var most []summary
	for _, id := range slices.Sorted(maps.Keys(p.accounts)) {
		if a := p.accounts[id]; a.Role != "leader" || a.Level != "county" || strings.Contains(a.Unit, "-") {
			continue
		}
		cases, err := p.carried(ctx, id)
		if err != nil {
			return err
		}
		if len(cases) > len(most) {
			busiest, most = id, cases
		}
	}
	if busiest == "" {
		return nil
	}
	unit, supervisor := p.accounts[busiest].Unit, p.first("supervisor")
	var colleagues []string
	for _, id := range slices.Sorted(maps.Keys(p.accounts)) {
		if a := p.accounts[id]; a.Role == "leader" && a.Unit == unit && id != busiest && !p.onLeave(id) {
			colleagues = append(colleagues, id)
		}
	}
	slices.Reverse(colleagues) // the secretary last
	order := map[string]any{
		"from": busiest, "to": colleagues[0], "reason": "transfer", "decided_by": p.convener(areaOf(p.accounts[supervisor].Unit)), "text": "因工作调动，经研究决定移交所包案件。",
	}
	id, err := p.broadcast(ctx, supervisor, map[string]any{"command": "hand_over", "filter": map[string]any{"leader": busiest}, "body": order})
	if err != nil {
		return err
	}
	if err := p.follow(ctx, supervisor, id); err != nil {
		return err
	}
	for _, colleague := range colleagues[1:] {
		left, err := p.carried(ctx, busiest)
		if err != nil {
			return err
		}
		for _, c := range left {
			order["to"] = colleague
			if err := p.too(ctx, supervisor, c.ID, "hand_over", order); err != nil {
				return err
			}
		}
	}
	left, err := p.carried(ctx, busiest)
	if err != nil {
		return err
	}
	for _, c := range left {
		p.note("case %s is still led by %s, who has left", c.ID, busiest)
	}
	return p.promote(ctx, busiest, transfer)
}

// promote has a county leader go to the prefecture.
func (p *People) promote(ctx context.Context, id string, transfer Transfer) error {
	a := p.accounts[id]
	a.Unit, a.Level, a.Post, a.Portfolio = areaOf(p.accounts[p.first("supervisor")].Unit), "prefecture", "行署副专员", "商务、市场监管"
	var file strings.Builder
	w := csv.NewWriter(&file)
	_ = w.Write([]string{"id", "name", "post", "level", "unit", "role", "portfolio", "email"}) // a builder takes all
	_ = w.Write([]string{id, a.Name, a.Post, a.Level, a.Unit, a.Role, a.Portfolio, id + "@shuangze.example"})
	w.Flush()
	if err := transfer(ctx, []byte(file.String())); err != nil {
		return err
	}
	p.accounts[id] = a
	return nil
}

// urgeAll urges everything that is late. The people go on meanwhile.
func (p *People) urgeAll(ctx context.Context) error {
	_, err := p.broadcast(ctx, p.first("supervisor"), map[string]any{
		"command": "urge", "filter": map[string]any{"overdue": true}, "body": map[string]any{"text": p.phrase("", "urge")},
	})
	return err
}

// broadcast orders one.
func (p *People) broadcast(ctx context.Context, by string, order map[string]any) (id string, err error) {
	var b struct {
		ID string `json:"id"`
	}
	command, _ := order["command"].(string)
	err = p.api.post(ctx, p.accounts[by].Token, "/broadcasts", "", order, &b)
	return b.ID, asked("broadcast "+command, err)
}

// follow waits for a broadcast's end.
func (p *People) follow(ctx context.Context, by, id string) error {
	for {
		var b struct {
			State   string         `json:"state"`
			Command string         `json:"command"`
			Results map[string]int `json:"results"`
		}
		if err := p.api.call(ctx, http.MethodGet, p.accounts[by].Token, "/broadcasts/"+id+"?limit=1", "", nil, &b); err != nil {
			return err
		}
		if b.State != "running" {
			if n := b.Results["failed"]; n > 0 {
				p.note("broadcast %s (%s): %d cases did not answer", id, b.Command, n)
			}
			return nil
		}
		if err := wait(ctx, time.Now().Add(100*time.Millisecond)); err != nil {
			return err
		}
	}
}

// publish changes the rules in force, after a look at what that will move.
func (p *People) publish(ctx context.Context, change map[string]any) error {
	admin := p.first("admin")
	token := p.accounts[admin].Token
	if err := p.api.post(ctx, token, "/rules/preview", "", change, nil); err != nil {
		return asked("preview rules", err)
	}
	var published struct {
		Broadcast string `json:"broadcast"`
	}
	if err := p.api.post(ctx, token, "/rules", "rules "+calendar.DateOf(p.clock.Now()).String(), change, &published); err != nil {
		return asked("publish rules", err)
	}
	if published.Broadcast == "" {
		return nil // no open case is touched
	}
	return p.follow(ctx, p.first("auditor"), published.Broadcast)
}
