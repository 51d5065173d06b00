package policy

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"go.yaml.in/yaml/v3"

	"shuangze/calendar"
)

//go:embed default.yaml
var defaultYAML []byte

// profiles are local files that come with the program and are never on by themselves.
//
//go:embed profiles
var profiles embed.FS

// FileError is one thing that is wrong with a policy file.
type FileError struct {
	File    string
	Line    int
	Column  int // 0 where only the line is known
	Message string
	Chinese string // Message, for people
}

func (p FileError) Error() string { return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Message) }

// Default returns the built-in policy.
func Default() *Policy {
	p, err := parse("default.yaml", defaultYAML, Policy{})
	if err == nil {
		err = p.check(nil)
	}
	if err != nil {
		panic(fmt.Sprintf("built-in policy: %v", err)) // a broken build, caught by the first test
	}
	return &p.Policy
}

// Load returns the built-in policy with the local file at this path laid over it, or the
// profile of this name; an empty path is the built-in policy alone. The error joins every
// FileError found.
func Load(file string) (*Policy, error) {
	if file == "" {
		return Default(), nil
	}
	data, err := ReadFile(file)
	if err != nil {
		return nil, err
	}
	return Parse(filepath.Base(file), data)
}

// ReadFile returns the text of the local file at a path, or of the profile of this name.
func ReadFile(file string) ([]byte, error) {
	if data, ok := Profile(file); ok {
		return data, nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read policy: %w", err)
	}
	return data, nil
}

// Profile returns the local file of the built-in profile with this name.
func Profile(name string) ([]byte, bool) {
	if !slices.Contains(Profiles(), name) {
		return nil, false
	}
	data, err := profiles.ReadFile(path.Join("profiles", name+".yaml"))
	return data, err == nil
}

// Profiles lists the names of the built-in profiles.
func Profiles() []string {
	entries, err := profiles.ReadDir("profiles")
	if err != nil {
		panic(fmt.Sprintf("built-in profiles: %v", err)) // a broken build
	}
	return each(entries, func(e fs.DirEntry) string { return strings.TrimSuffix(e.Name(), ".yaml") })
}

// Parse is Load of a local file whose text is at hand; name is what messages call it. No
// text is the built-in policy alone.
func Parse(name string, local []byte) (*Policy, error) {
	if len(local) == 0 {
		return Default(), nil
	}
	return overlay(name, local)
}

func overlay(name string, data []byte) (*Policy, error) {
	base := Default()
	local, err := parse(name, data, Policy{Day: base.Day, People: base.People, Delivery: base.Delivery, Reception: base.Reception}) // what the file leaves out of these stays
	if err != nil {
		return nil, err
	}
	local.lay(base)
	if err := local.check(base); err != nil {
		return nil, err
	}
	return &local.Policy, nil
}

// file is a policy with the place of everything in it, for messages.
type file struct {
	Policy
	name  string
	root  *yaml.Node
	wrong []error // what could not be read
}

// parse reads a file over what is preset; an empty file leaves it at that.
func parse(name string, data []byte, preset Policy) (*file, error) {
	f := &file{Policy: preset, name: name, root: new(yaml.Node)}
	if err := yaml.Unmarshal(data, f.root); err != nil {
		return nil, errors.Join(f.syntax(err)...)
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	err := dec.Decode(&f.Policy)
	var typed *yaml.TypeError
	switch {
	case err == nil, errors.Is(err, io.EOF):
		return f, nil
	case errors.As(err, &typed): // what could be read is checked all the same
		f.wrong = f.syntax(err)
		f.wrong = f.wrong[:min(len(f.wrong), mostProblems)]
		return f, nil
	}
	return nil, errors.Join(f.syntax(err)...)
}

// lay fills what the local file leaves out from the base. Lists of entries with an
// id are merged by id; the order of levels and pairs carries meaning, so these
// are replaced whole, and so is the list of what deputies may do.
func (f *file) lay(base *Policy) {
	p := &f.Policy
	if p.Version == "" {
		p.Version = base.Version + "+local"
	}
	if p.Name == (Text{}) {
		p.Name = base.Name
	}
	if p.Levels == nil {
		p.Levels = base.Levels
	}
	if p.Pairs == nil {
		p.Pairs = base.Pairs
	}
	if p.Deputies == nil {
		p.Deputies = base.Deputies
	}
	code := func(c Code) string { return c.ID }
	p.Origins = merge(base.Origins, p.Origins, code)
	p.Channels = merge(base.Channels, p.Channels, code)
	p.Purposes = merge(base.Purposes, p.Purposes, code)
	p.Reasons = merge(base.Reasons, p.Reasons, code)
	p.Acts = merge(base.Acts, p.Acts, code)
	p.Meetings = merge(base.Meetings, p.Meetings, code)
	p.DeclineReasons = merge(base.DeclineReasons, p.DeclineReasons, code)
	p.Categories = merge(base.Categories, p.Categories, func(c Category) string { return c.ID })
	for i := range p.Clocks {
		if old, ok := base.Clock(p.Clocks[i].ID); ok && p.Clocks[i].Petitioner == nil && p.Clocks[i].Bearer == old.Bearer {
			p.Clocks[i].Petitioner = old.Petitioner
		}
	}
	p.Clocks = merge(base.Clocks, p.Clocks, func(c Clock) string { return c.ID })
	p.Steps = merge(base.Steps, p.Steps, func(s Step) string { return s.ID })
	p.Suspensions = merge(base.Suspensions, p.Suspensions, func(s Suspension) string { return s.ID })
	p.Windows = merge(base.Windows, p.Windows, func(w Window) string { return w.ID })
	p.Forms = merge(base.Forms, p.Forms, code)
	p.Frequencies = merge(base.Frequencies, p.Frequencies, func(f Frequency) string { return f.ID })
	p.TargetNo = merge(base.TargetNo, p.TargetNo, func(word string) string { return word })
}

func merge[T any](base, local []T, key func(T) string) []T {
	merged := slices.Clone(base)
	for _, x := range local {
		if i := slices.IndexFunc(merged, func(y T) bool { return key(y) == key(x) }); i >= 0 {
			merged[i] = x
		} else {
			merged = append(merged, x)
		}
	}
	return merged
}

// check finds everything that is wrong; base is the policy whose statutes protect
// themselves, nil for the built-in one itself.
func (f *file) check(base *Policy) error {
	c := checker{file: f}
	p := &f.Policy
	c.duplicates("levels", "origins", "channels", "purposes", "reasons", "acts", "meetings", "decline_reasons", "categories", "clocks", "steps", "suspensions", "windows", "forms", "frequencies")
	if p.Day.Spread < 0 || p.Day.Spread > Duration(12*60*60*1e9) {
		c.add("day", "", "spread", "must be between 0 and 12h")
	}
	if p.People.Collective < 2 {
		c.add("people", "", "collective", "must be 2 or more")
	}
	if p.People.Representatives < 1 || p.People.Representatives > 5 {
		c.add("people", "", "representatives", "must be 1 to 5 (《信访工作条例》第二十条)")
	}
	c.delivery(p.Delivery)
	c.reception(p.Reception)
	for i, pair := range p.Pairs {
		at := strconv.Itoa(i)
		if p.Rank(pair.Upper) == 0 || p.Rank(pair.Upper)-p.Rank(pair.Lower) != 1 {
			c.add("pairs", at, "upper", "upper %q and lower %q must be adjacent levels of the policy", pair.Upper, pair.Lower)
		}
		for _, o := range pair.Origins {
			if !Has(p.Origins, o) {
				c.add("pairs", at, "origins", "no such origin %q", o)
			}
		}
		c.basis("pairs", at, pair.Basis)
		c.required("pairs", at, "source", pair.Source)
	}
	for _, o := range p.Origins {
		if _, ok := p.PairFor(o.ID, ""); !ok && !slices.ContainsFunc(p.Pairs, func(x Pair) bool { return slices.Contains(x.Origins, o.ID) }) {
			c.add("origins", o.ID, "", "no pair of levels leads cases of origin %q", o.ID)
		}
	}
	for _, command := range p.Deputies {
		switch {
		case command == "act":
			c.add("", "", "deputies", "act is the leader's own and can't be delegated (亲自办理)")
		case !slices.Contains(Delegable, command):
			c.add("", "", "deputies", "%q is none of %v", command, Delegable)
		}
	}
	for _, clock := range p.Clocks {
		c.clock(clock)
		if base != nil {
			c.protect(base, clock)
		}
	}
	for _, s := range p.Steps {
		c.step(s)
	}
	for _, s := range p.Suspensions {
		c.suspension(base, s)
	}
	for _, word := range p.TargetNo {
		if !strings.ContainsFunc(word, unicode.IsLetter) {
			c.add("", "", "target_no", "%q is no word", word) // it would be found in every name
		}
	}
	for _, w := range p.Windows {
		c.window(base, w)
	}
	for _, f := range p.Frequencies {
		c.frequency(base, f)
	}
	return errors.Join(append(f.wrong, beside(f.wrong, c.problems)...)...)
}

// beside leaves out what is wrong in a line that could not be read anyway.
func beside(unread, problems []error) []error {
	return slices.DeleteFunc(problems, func(err error) bool {
		var p FileError
		return errors.As(err, &p) && slices.ContainsFunc(unread, func(other error) bool {
			var q FileError
			return errors.As(other, &q) && q.Line == p.Line
		})
	})
}

// grantors are the channels that can set a term, and so lengthen it.
var grantors = []string{"petition_office", "supervision_office", "joint_meeting"}

// mostProblems is how many problems of a file are told; finding the line of each takes time.
const mostProblems = 50

type checker struct {
	*file
	problems []error
}

// add notes a problem at the line of list/id/field, or the nearest place that exists.
func (c *checker) add(list, id, field, format string, args ...any) {
	if len(c.problems) == mostProblems {
		return
	}
	english, zh := fmt.Sprintf(format, args...), chinese(format, args...)
	if field != "" {
		english, zh = field+": "+english, field+"："+zh
	}
	if id != "" && list != "pairs" {
		english, zh = id+": "+english, id+"："+zh
	}
	c.problems = append(c.problems, FileError{c.name, c.line(list, id, field), 0, english, zh})
}

func (c *checker) line(list, id, field string) int {
	if len(c.root.Content) == 0 {
		return 1
	}
	node := c.root.Content[0]
	step := func(key string) {
		if next := child(node, key); next != nil {
			node = next
		}
	}
	step(list)
	if id != "" && node.Kind == yaml.SequenceNode {
		for i, entry := range node.Content {
			if e := child(entry, "id"); e != nil && e.Value == id || strconv.Itoa(i) == id {
				node = entry
				break
			}
		}
	}
	if field != "" {
		step(field)
	}
	return node.Line
}

func child(n *yaml.Node, key string) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// duplicates looks in the file itself: merging hides a second entry with one id.
func (c *checker) duplicates(lists ...string) {
	if len(c.root.Content) == 0 {
		return
	}
	for _, list := range lists {
		seq := child(c.root.Content[0], list)
		if seq == nil || seq.Kind != yaml.SequenceNode {
			continue
		}
		seen := map[string]bool{}
		for _, entry := range seq.Content {
			id := child(entry, "id")
			switch {
			case id == nil || id.Value == "":
				c.problems = append(c.problems, FileError{c.name, entry.Line, entry.Column, list + ": id is missing", list + "：" + chinese("id is missing")})
			case seen[id.Value]:
				c.problems = append(c.problems, FileError{c.name, id.Line, id.Column, fmt.Sprintf("%s: id %q stands twice", list, id.Value), list + "：" + chinese("id %q stands twice", id.Value)})
			default:
				seen[id.Value] = true
			}
		}
	}
}

func (c *checker) required(list, id, field, value string) {
	if value == "" {
		c.add(list, id, field, "is missing")
	}
}

func (c *checker) basis(list, id string, b Basis) {
	if !slices.Contains(bases, b) {
		c.add(list, id, "basis", "%q is none of %v", b, bases)
	}
}

func (c *checker) delivery(d Delivery) {
	const list = "delivery"
	if !d.From.before(d.Until) {
		c.add(list, "", "until", "must be later than from")
	}
	for _, letter := range []struct {
		field string
		at    TimeOfDay
	}{{"digest", d.Digest}, {"board", d.Board}} {
		if letter.at.before(d.From) || !letter.at.before(d.Until) {
			c.add(list, "", letter.field, "%s is not between from and until", letter.at)
		}
	}
	for _, what := range d.Urgent {
		if _, step := c.Step(what); !step && !slices.Contains(Told(), what) {
			c.add(list, "", "urgent", "nobody is told of %q", what)
		}
	}
	if hours := time.Duration(d.GiveUp).Hours(); hours < 1 || hours > 30*24 {
		c.add(list, "", "give_up", "must be between 1h and 720h")
	}
}

func (c *checker) clock(k Clock) {
	if k.Petitioner != nil {
		c.required("clocks", k.ID, "petitioner", k.Petitioner.Next.Chinese)
		c.required("clocks", k.ID, "petitioner", k.Petitioner.Next.English)
		if !slices.Contains([]Bearer{OfUnit, OfPetitionOffice, OfReviewer}, k.Bearer) {
			c.add("clocks", k.ID, "petitioner", "is told of duties of units, petition offices and reviewing organs alone")
		}
	}
	const list = "clocks"
	c.required(list, k.ID, "source", k.Source)
	c.basis(list, k.ID, k.Basis)
	if !slices.Contains([]Bearer{OfUnit, OfPetitionOffice, OfSupervisionOffice, OfLeader, OfReviewer, OfAddressee}, k.Bearer) {
		c.add(list, k.ID, "bearer", "%q is nobody who can bear a duty", k.Bearer)
	}
	c.events(k.ID, "starts", k.Starts)
	c.events(k.ID, "stops", k.Stops)
	for _, w := range k.When {
		if !slices.Contains(conditions, w) {
			c.add(list, k.ID, "when", "no such condition %q", w)
		}
	}
	for _, purpose := range k.Purposes {
		if !Has(c.Purposes, purpose) {
			c.add(list, k.ID, "purposes", "no such purpose %q", purpose)
		}
	}
	for _, origin := range k.Origins {
		if !Has(c.Origins, origin) {
			c.add(list, k.ID, "origins", "no such origin %q", origin)
		}
	}
	for _, level := range k.OfficeLevels {
		if c.Rank(level) == 0 {
			c.add(list, k.ID, "office_levels", "no such level %q", level)
		}
	}
	if k.From != "" && k.From != Recorded && k.From != Received {
		c.add(list, k.ID, "from", "%q: leave it out or write %q or %q", k.From, Recorded, Received)
	}
	c.length(k)
	if k.Extend != nil {
		c.required(list, k.ID, "extend", k.Extend.ID)
		c.basis(list, k.ID, k.Extend.Basis)
		if k.Extend.Days < 1 || k.Extend.Days > 366 {
			c.add(list, k.ID, "extend", "must be 1 to 366 days, is %d", k.Extend.Days)
		}
	}
	if k.Grantor != "" && !slices.Contains(grantors, k.Grantor) {
		c.add(list, k.ID, "grantor", "%q is none of %v", k.Grantor, grantors)
	}
	if k.OwnTerm < 0 || k.OwnTerm > 366 {
		c.add(list, k.ID, "own_term", "must be 0 to 366 days, is %d", k.OwnTerm)
	}
	repeats := false
	for _, id := range k.Steps {
		s, ok := c.Step(id)
		switch {
		case !ok:
			c.add(list, k.ID, "steps", "no such step %q", id)
		case s.At.InHours() && k.Unit != calendar.Hour:
			c.add(list, k.ID, "steps", "%s is taken by the hour (%s), but the clock is none of hours", id, s.At)
		case !s.At.InHours() && k.Unit == calendar.Hour:
			c.add(list, k.ID, "steps", "%s is taken by the day (%s), but the clock is one of hours", id, s.At)
		}
		repeats = repeats || !s.Repeat.IsZero() || s.Do.ends()
	}
	if !repeats {
		// Without it an overdue case could fall silent.
		c.add(list, k.ID, "steps", "none of them repeats while the clock is overdue")
	}
}

// limits are the longest clocks, by what they are counted in.
var limits = map[calendar.Unit]int{calendar.CalendarDay: 366, calendar.WorkingDay: 366, calendar.Month: 12, calendar.Hour: 366 * 24}

// length checks how long a clock is, and what can't be done with one in months or hours:
// whatever lengthens a clock, or lets it stand still, is counted in days.
func (c *checker) length(k Clock) {
	const list = "clocks"
	yellow := measure("working days")
	switch k.Unit {
	case calendar.Hour:
		yellow = "hours"
		if k.Extend != nil || k.Grantor != "" {
			c.add(list, k.ID, "unit", "a clock in hours can't be extended: days are no part of it")
		}
		if k.OwnTerm > 0 {
			c.add(list, k.ID, "own_term", "is a number of days; a clock in hours has none")
		}
	case calendar.Month:
		if k.OwnTerm > 0 {
			c.add(list, k.ID, "own_term", "is a number of days; a clock in months has none")
		}
	case calendar.CalendarDay, calendar.WorkingDay:
	default:
		c.add(list, k.ID, "unit", "%q is none of %v", k.Unit, calendar.Units)
	}
	most, ok := limits[k.Unit]
	if !ok {
		most = limits[calendar.CalendarDay]
	}
	if k.Length < 1 || k.Length > most {
		c.add(list, k.ID, "length", "must be 1 to %d %s, is %d", most, unitName(k.Unit), k.Length)
	}
	if k.Yellow < 0 || k.Yellow > 60 {
		c.add(list, k.ID, "yellow", "must be 0 to 60 %s, is %d", yellow, k.Yellow)
	}
}

func unitName(u calendar.Unit) measure {
	switch u {
	case calendar.Month:
		return "months"
	case calendar.Hour:
		return "hours"
	case calendar.CalendarDay, calendar.WorkingDay:
	}
	return "days"
}

func (c *checker) events(clock, field string, events []string) {
	if len(events) == 0 {
		c.add("clocks", clock, field, "names no event")
	}
	for _, e := range events {
		if !slices.Contains(Triggers, e) {
			c.add("clocks", clock, field, "no such event %q", e)
		}
	}
}

func (c *checker) step(s Step) {
	const list = "steps"
	c.required(list, s.ID, "source", s.Source)
	c.basis(list, s.ID, s.Basis)
	if !slices.Contains(actions, s.Do) {
		c.add(list, s.ID, "do", "%q is none of %v", s.Do, actions)
	}
	switch sign := s.At.Sign(); {
	case s.At.IsZero():
		c.add(list, s.ID, "at", "is missing")
	case s.Do == Remind && sign > 0, s.Do != Remind && !s.Do.ends() && sign < 1, s.Do.ends() && sign < 0:
		c.add(list, s.ID, "at", "a reminder comes before the due date, everything else after it")
	}
	switch r := s.Repeat; {
	case r.IsZero():
	case r.Sign() < 1 || r.InHours() && r.Time < time.Hour || s.Do == Remind || s.Do == Supervise || s.Do == Escalate:
		c.add(list, s.ID, "repeat", "only an urging or a report upward repeats, after a day or more, of a clock in hours after an hour or more")
	case !s.At.IsZero() && r.InHours() != s.At.InHours():
		c.add(list, s.ID, "repeat", "%s and %s are not counted alike", s.At, r)
	}
	if len(s.To) == 0 {
		c.add(list, s.ID, "to", "tells nobody")
	}
	for _, to := range s.To {
		if !slices.Contains(recipients, to) {
			c.add(list, s.ID, "to", "%q is none of %v", to, recipients)
		}
	}
}

func (c *checker) suspension(base *Policy, s Suspension) {
	const list = "suspensions"
	c.required(list, s.ID, "source", s.Source)
	c.basis(list, s.ID, s.Basis)
	if s.Days < 1 || s.Days > 366 {
		c.add(list, s.ID, "days", "must be 1 to 366 days, is %d", s.Days)
	}
	for _, id := range s.Clocks {
		k, ok := c.Clock(id)
		switch {
		case !ok:
			c.add(list, s.ID, "clocks", "no such clock %q", id)
		case k.Unit == calendar.Hour:
			c.add(list, s.ID, "clocks", "%s runs in hours, which nothing suspends", id)
		case k.Basis == Statute && s.Basis != Statute:
			c.add(list, s.ID, "clocks", "only a statute can suspend %s, the clock of %s", id, k.Source)
		}
	}
	if base == nil || s.Basis != Statute {
		return
	}
	law, ok := base.Suspension(s.ID)
	if !ok || s.Days > law.Days || !slices.Equal(s.Clocks, law.Clocks) {
		c.add(list, s.ID, "basis", "a local policy can't add to what the statutes suspend")
	}
}

// window guards a right: a local file can't take time from it.
func (c *checker) window(base *Policy, w Window) {
	const list = "windows"
	c.required(list, w.ID, "source", w.Source)
	c.basis(list, w.ID, w.Basis)
	if w.Length < 1 || w.Length > 366 {
		c.add(list, w.ID, "length", "must be 1 to 366, is %d", w.Length)
	}
	if !w.Unit.Valid() || w.Unit == calendar.Hour {
		c.add(list, w.ID, "unit", "%q: a right ends with a day, so it is counted in one of %v", w.Unit, calendar.Units[:3])
	}
	if base == nil {
		return
	}
	if law, ok := base.Window(w.ID); ok && law.Basis == Statute && (w.Length != law.Length || w.Unit != law.Unit) {
		c.add(list, w.ID, "length", "%s gives %d %ss; a local policy can't change it", law.Source, law.Length, law.Unit)
	}
}

// protect refuses a local clock that gives an official more time than the statute
// does, be it by its length or by when it starts and stops.
func (c *checker) protect(base *Policy, k Clock) {
	law, ok := base.Clock(k.ID)
	if !ok || law.Basis != Statute {
		return
	}
	const list = "clocks"
	if k.Unit != law.Unit {
		if k.Unit.Valid() && canBeLonger(k, law) {
			c.add(list, k.ID, "unit", "%d %ss can be longer than the %d %ss of %s; a local policy may only shorten them", k.Length, k.Unit, law.Length, law.Unit, law.Source)
		}
	} else if k.Length > law.Length {
		c.add(list, k.ID, "length", "%d is longer than the %d of %s; a local policy may only shorten it", k.Length, law.Length, law.Source)
	}
	if k.OwnTerm > law.OwnTerm {
		c.add(list, k.ID, "own_term", "%d is longer than the %d allowed by %s", k.OwnTerm, law.OwnTerm, law.Source)
	}
	switch {
	case k.Extend != nil && law.Extend == nil:
		c.add(list, k.ID, "extend", "%s knows no extension", law.Source)
	case k.Extend != nil && k.Extend.Days > law.Extend.Days:
		c.add(list, k.ID, "extend", "%d days are more than the %d of %s", k.Extend.Days, law.Extend.Days, law.Extend.Source)
	}
	if !slices.Equal(k.Starts, law.Starts) || !slices.Equal(k.Stops, law.Stops) || !slices.Equal(k.When, law.When) || !slices.Equal(k.Purposes, law.Purposes) ||
		!slices.Equal(k.Origins, law.Origins) || !slices.Equal(k.OfficeLevels, law.OfficeLevels) || k.From != law.From {
		c.add(list, k.ID, "starts", "what starts and stops the clock of %s can't be changed", law.Source)
	}
	if k.Bearer != law.Bearer {
		c.add(list, k.ID, "bearer", "%s puts the duty on the %s", law.Source, law.Bearer)
	}
	if k.Basis != Statute && k.Length == law.Length && k.Unit == law.Unit {
		c.add(list, k.ID, "basis", "the limit is the statute's own")
	}
}

// canBeLonger reports whether a clock, counted in another unit than the law's, can ever
// give more time: the longest that it can be is set against the shortest that the law's
// can.
func canBeLonger(k, law Clock) bool {
	least, _ := days(law)
	_, most := days(k)
	switch {
	case k.Unit == calendar.Hour:
		return k.Length > least*24 // days end at midnight, so that they have at least these hours
	case law.Unit == calendar.Hour:
		return most >= law.Length/24 // and up to a day more
	}
	return most > least
}

// days is how many calendar days a clock in days or months takes, at the least and at the
// most; of working days there is no telling how many they can take.
func days(k Clock) (least, most int) {
	switch k.Unit {
	case calendar.WorkingDay:
		return k.Length, math.MaxInt
	case calendar.Month:
		least = math.MaxInt
		for from := (calendar.Date{Year: 2023, Month: time.January, Day: 1}); from.Year < 2027; from = from.AddDays(1) {
			n := from.AddMonths(k.Length).DaysSince(from)
			least, most = min(least, n), max(most, n)
		}
		return least, most
	case calendar.CalendarDay, calendar.Hour:
	}
	return k.Length, k.Length
}
