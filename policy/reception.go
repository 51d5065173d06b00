package policy

import "slices"

// Reception says how leaders' reception days (领导接待日) are published, told and moved.
// Offsets are seen from the day itself.
type Reception struct {
	Slots   int    `yaml:"slots" json:"slots"`     // appointments that a day takes, unless it says otherwise
	Publish Offset `yaml:"publish" json:"publish"` // the last day on which publishing it is in time
	Tell    Offset `yaml:"tell" json:"tell"`       // when the receiving leader is told of it
	List    Offset `yaml:"list" json:"list"`       // and when of its appointments
	Absence Offset `yaml:"absence" json:"absence"` // the last day on which not coming is said in time
	// Strict leaves a later absence to the petition office to record.
	Strict bool `yaml:"strict" json:"strict"`
}

// Period is how often a number of reception days is asked for.
type Period string

// The periods, the shortest first.
const (
	Weekly    Period = "week"
	Monthly   Period = "month"
	Quarterly Period = "quarter"
	Yearly    Period = "year"
)

var periods = []Period{Weekly, Monthly, Quarterly, Yearly}

// days is how many days a period has, about: to tell which of two rules asks for more.
func (p Period) days() int {
	return map[Period]int{Weekly: 7, Monthly: 30, Quarterly: 91, Yearly: 365}[p]
}

// Frequency is on how many days of each period a leader of this level, of a party
// committee or government (党委政府), receives petitioners.
type Frequency struct {
	ID     string `yaml:"id" json:"id"`
	Level  string `yaml:"level" json:"level"`
	Days   int    `yaml:"days" json:"days"`
	Per    Period `yaml:"per" json:"per"`
	Source string `yaml:"source" json:"source"`
	Basis  Basis  `yaml:"basis" json:"basis"`
}

// Frequency returns the rule for leaders of this level; ok is false where they receive
// at any time.
func (p *Policy) Frequency(level string) (Frequency, bool) {
	return find(p.Frequencies, level, func(f Frequency) string { return f.Level })
}

func (c *checker) reception(r Reception) {
	const list = "reception"
	if r.Slots < 1 || r.Slots > MaxSlots {
		c.add(list, "", "slots", "must be 1 to %d", MaxSlots)
	}
	for _, o := range []struct {
		field string
		at    Offset
	}{{"publish", r.Publish}, {"tell", r.Tell}, {"list", r.List}, {"absence", r.Absence}} {
		if o.at.Days > -1 || o.at.Days < -60 {
			c.add(list, "", o.field, "must be 1 to 60 days before the reception day, such as -5d")
		}
	}
}

// MaxSlots is how many appointments a reception day can take at most.
const MaxSlots = 200

// frequency guards what a national rule asks for: a local file may ask for more.
func (c *checker) frequency(base *Policy, f Frequency) {
	const list = "frequencies"
	c.required(list, f.ID, "source", f.Source)
	c.basis(list, f.ID, f.Basis)
	if !slices.Contains(periods, f.Per) {
		c.add(list, f.ID, "per", "%q is none of %v", f.Per, periods)
		return
	}
	if f.Days < 1 || f.Days > f.Per.days() {
		c.add(list, f.ID, "days", "must be 1 to %d days a %s", f.Per.days(), f.Per)
	}
	if n := slices.IndexFunc(c.Frequencies, func(x Frequency) bool { return x.Level == f.Level }); c.Frequencies[n].ID != f.ID {
		c.add(list, f.ID, "level", "%s has a rule already, %s", f.Level, c.Frequencies[n].ID)
	}
	var rule Frequency
	known := false
	if base != nil {
		rule, known = find(base.Frequencies, f.ID, func(x Frequency) string { return x.ID })
	}
	switch {
	case !known:
		if c.Rank(f.Level) == 0 {
			c.add(list, f.ID, "level", "no such level %q", f.Level)
		}
	case f.Level != rule.Level:
		c.add(list, f.ID, "level", "%s is about the level %s", rule.Source, rule.Level)
	case f.Per.days() > rule.Per.days() || f.Days*rule.Per.days() < rule.Days*f.Per.days():
		c.add(list, f.ID, "days", "%s asks for %d a %s; a local policy may only ask for more", rule.Source, rule.Days, rule.Per)
	}
}
