package casefile

import (
	"slices"
	"time"
)

// link joins a case to an earlier one of the same matter, so that who handles it knows
// what has been done. The number of a person's petitions counts for nothing.
func link(d *decision) *Error {
	var v invalid
	switch {
	case d.cmd.Earlier == "":
		v.required("earlier", true)
	case d.cmd.Earlier == d.c.ID:
		v.add("earlier", "same_case", "不能与本案自身关联", "a case can't be linked to itself")
	case slices.Contains(d.c.Earlier, d.cmd.Earlier):
		v.add("earlier", "already_linked", "已与该信访事项关联", "the two cases are linked already")
	}
	if err := v.err(); err != nil {
		return err
	}
	d.emit(Event{Kind: EventLinked, Document: d.text(), Earlier: d.cmd.Earlier})
	return nil
}

// maxLinks bounds how many earlier cases one can be linked to.
const maxLinks = 50

func fewLinks(c Case, _ Actor, _ time.Time) *Error {
	if len(c.Earlier) >= maxLinks {
		return conflict("too_many_links", "关联的信访事项过多", "the case is linked to too many others")
	}
	return nil
}

// Corrections are what can be put right of a registration: what somebody misheard or
// mistyped. From what else it says duties and clocks have begun.
var Corrections = []string{"title", "name", "phone", "identity", "address"}

// correct puts right what was registered. The words lie in the store; the case learns which
// of them are new, and keeps what was before in its ledger's documents.
func correct(d *decision) *Error {
	var v invalid
	d.needText(&v)
	if err := v.err(); err != nil {
		return err
	}
	if len(d.cmd.Corrected) == 0 {
		return conflict("nothing_corrected", "与现有登记一致，没有需要更正的内容", "this is what is registered already; nothing is to be corrected")
	}
	d.emit(Event{Kind: EventCorrected, Document: d.text(), Corrected: d.cmd.Corrected, Petitioner: d.cmd.Petitioner, Reachable: d.cmd.Reachable})
	return nil
}

// gathering fills in what the registration shows by itself: whether several people raise
// one matter (条例第20条: five representatives at most), and whether they came past the
// level above the responsible one.
func (d *decision) gathering(v *invalid, c *Case, r *Registration) {
	people := d.rules.Policy.People
	c.Collective, c.Representatives = r.Headcount >= people.Collective, r.Representatives
	switch {
	case r.Representatives < 0 || r.Representatives > people.Representatives:
		v.add("representatives", "out_of_range", "代表人数不得超过%d人（条例第二十条）", "there can be %d representatives at most", people.Representatives)
	case r.Headcount > 0 && r.Representatives > r.Headcount:
		v.add("representatives", "more_than_headcount", "代表人数不能多于信访人数", "there are more representatives than persons")
	}
	dir, rank := d.rules.Directory, d.rules.Policy.Rank
	here, there := dir.Units[dir.Area(c.Office)].Level, dir.Units[dir.Area(c.Unit)].Level
	c.SkipLevel = rank(here)-rank(there) > 1 && slices.Contains([]string{"visit", "reception"}, r.Channel)
}
