package web

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"shuangze/casefile"
)

type supervisionPage struct {
	page
	Missed  []missed // by the reader's own office, the first of them
	Owed    int      // how many it missed
	Cases   []supervisedView
	Total   int
	Filters []field
	Query   string
	Narrow  bool
	Next    string
	Later   bool
	Fields  []fieldProblem
}

// missed is a duty of the reader's own that was not done in time.
type missed struct {
	Clock clock
	Case  summary
	Do    casefile.Kind // by which it is done, where the reader can do it now
}

// supervised is a case as the list of supervision has it.
type supervised struct {
	summary
	Channels     []channel     `json:"channels"`
	Instructions []instruction `json:"instructions"`
}

// instruction is a leader's written instruction (批示).
type instruction struct {
	Name string    `json:"name"`
	At   time.Time `json:"at"`
	Text *string   `json:"text"`
}

// mostQuoted is how much of a text a list shows, in characters; the case has all of it.
const mostQuoted = 90

// Short is the beginning of the text.
func (i instruction) Short() string {
	if i.Text == nil {
		return ""
	}
	return shortened(*i.Text, mostQuoted)
}

func shortened(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "……"
	}
	return text
}

type channel struct {
	Channel    casefile.ChannelName `json:"channel"`
	Letter     string               `json:"letter"`
	Letters    int                  `json:"letters"`
	Reason     *string              `json:"reason"`
	Text       *string              `json:"text"`
	OpenedAt   time.Time            `json:"opened_at"`
	FedBackAt  *time.Time           `json:"fed_back_at"`
	Clock      string               `json:"clock"` // id of its term; empty: none
	ReleasedAt *time.Time           `json:"released_at"`
	Why        string               `json:"-"` // the reason in words
	Term       *clock               `json:"-"`
}

// supervisedView is a case with its channels in fixed places.
type supervisedView struct {
	supervised
	Lanes []lane
	Mine  []casefile.Kind // commands of supervision that the reader can give
}

// Instructed is the last instruction, nil where there is none.
func (v supervisedView) Instructed() *instruction {
	if len(v.Instructions) == 0 {
		return nil
	}
	return &v.Instructions[len(v.Instructions)-1]
}

// lane is a channel of a case, or the place where it would be.
type lane struct {
	Name    casefile.ChannelName
	Channel *channel
}

// Idle reports whether nobody supervises in it.
func (l lane) Idle() bool { return l.Channel == nil || l.Channel.ReleasedAt != nil }

// supervising are the commands that belong to supervision.
var supervising = []casefile.Kind{
	casefile.Release, casefile.Urge, casefile.Supervise, casefile.Escalate, casefile.GrantTerm, casefile.RefuseTerm, casefile.Instruct, casefile.FeedBack,
	casefile.AskTerm, casefile.Talk, casefile.Circulate, casefile.List, casefile.Order, casefile.Suggest,
}

// doing is by which command an office's duty is done, by the rule of its clock.
var doing = map[string]casefile.Kind{
	"REL-1": casefile.Release, "REL-2": casefile.Release, "CLOSE": casefile.Close, "REG-FORWARD": casefile.Forward, "SIMPLE-PASS": casefile.Forward,
	"DUAL-WHEN": casefile.Assign, "URGENT-REPORT": casefile.ReportUrgent, "URGENT-REPORT-UP": casefile.ReportUrgent,
}

// getSupervision shows the supervised cases with their channels side by side, under what
// the reader's own office has missed.
func (s *console) getSupervision(w http.ResponseWriter, r *http.Request) error {
	by, query := callerOf(r), r.URL.Query()
	p := supervisionPage{page: s.page(r, by.lang.t("督查督办", "Supervision"))}
	p.At = "supervision"
	var own duties
	if err := s.api.get(by, "/me/duties?limit="+itoa(pageLength), &own); err != nil {
		return err
	}
	p.Owed = own.Red
	for _, d := range own.Duties {
		if d.Clock.Lamp != casefile.Red {
			continue
		}
		m := missed{Clock: d.Clock, Case: d.Case}
		if do := doing[d.Clock.Rule]; slices.Contains(d.Case.Commands, do) {
			m.Do = do
		}
		p.Missed = append(p.Missed, m)
	}
	asked := url.Values{}
	for _, name := range []string{"q", "lamp", "unit", "supervision", "sort", "cursor"} {
		if v := query.Get(name); v != "" {
			asked.Set(name, v)
			p.Narrow = p.Narrow || name != "sort" && name != "cursor"
		}
	}
	p.Query, p.Later = query.Get("q"), query.Get("cursor") != ""
	asked.Set("limit", "25")
	var found struct {
		Cases      []supervised `json:"cases"`
		Total      int          `json:"total"`
		NextCursor *string      `json:"next_cursor"`
	}
	status := http.StatusOK
	if err := s.api.get(by, "/supervision?"+asked.Encode(), &found); err != nil {
		refused, ok := invalid(err)
		if !ok {
			return err
		}
		p.Fields, status = refused.Fields, refused.Status
	}
	rules, err := s.api.policy(by)
	if err != nil {
		return err
	}
	names, err := s.api.directory(by)
	if err != nil {
		return err
	}
	words := wording{by.lang, rules, names}
	p.Total = found.Total
	for _, c := range found.Cases {
		p.Cases = append(p.Cases, words.supervised(c))
	}
	if found.NextCursor != nil {
		asked.Del("limit")
		asked.Set("cursor", *found.NextCursor)
		p.Next = "/supervision?" + asked.Encode()
	}
	l := by.lang
	var lamps, kinds []choice
	for _, v := range []casefile.Lamp{casefile.Red, casefile.Yellow, casefile.Green} {
		lamps = append(lamps, choice{string(v), l.of(v.Name())})
	}
	for _, v := range casefile.Supervisions {
		kinds = append(kinds, choice{string(v), l.of(v.Name())})
	}
	p.Filters = []field{
		l.filter("supervision", l.t("督办", "Supervision"), query, kinds...),
		l.filter("lamp", l.t("灯", "Lamp"), query, lamps...),
		l.filterAmong("unit", l.t("责任单位", "Unit"), query, among("/units")),
	}
	if err := s.offerAll(by, p.Filters); err != nil {
		return err
	}
	p.Fields = l.clarified(p.Fields, p.Filters)
	return s.show(w, r, status, "supervision", p)
}

// supervised puts a case's channels where they can be compared: the two offices always,
// the joint meeting's where it was opened.
func (w wording) supervised(c supervised) supervisedView {
	v := supervisedView{supervised: c, Lanes: []lane{{Name: casefile.PetitionOffice}, {Name: casefile.SupervisionOffice}}}
	for i, ch := range c.Channels {
		at := slices.IndexFunc(v.Lanes, func(l lane) bool { return l.Name == ch.Channel })
		if at < 0 {
			at, v.Lanes = len(v.Lanes), append(v.Lanes, lane{Name: ch.Channel})
		}
		v.Lanes[at].Channel = &c.Channels[i]
		c.Channels[i].Term = c.clock(ch.Clock)
		if ch.Reason != nil {
			c.Channels[i].Why = w.code(casefile.Choices(casefile.Supervise, "reason", w.rules), *ch.Reason)
		}
		if ch.Text != nil {
			short := shortened(*ch.Text, 4*mostQuoted)
			c.Channels[i].Text = &short
		}
	}
	for _, k := range supervising {
		if slices.Contains(c.Commands, k) {
			v.Mine = append(v.Mine, k)
		}
	}
	return v
}
