package casefile

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"shuangze/calendar"
)

// TargetSheet is a yearly target sheet (目标责任状): what an authority asks of a unit below
// it in petition work, by the petition office that issues it.
type TargetSheet struct {
	ID     string
	Year   int
	Unit   string
	Office string // which issues it
	// Versions are all that were ever drafted, the oldest first. None is ever changed.
	Versions []TargetVersion
	ClosedBy string    // who did the closing act (年终考核); "" while nobody has
	ClosedAt time.Time // when; zero while nobody has
	Closed   int       // the version by which it was closed
}

// TargetVersion is a sheet's content, with who signed it.
type TargetVersion struct {
	Number    int
	Items     []TargetItem
	Hash      string // of the content; a signature is on it
	DraftedBy string
	DraftedAt time.Time
	Upper     Signature // a leader of the issuing office's authority
	Head      Signature // the head of the unit
}

// TargetItem is one target.
type TargetItem struct {
	Metric string     `json:"metric"`         // of Metrics
	Name   string     `json:"name,omitempty"` // as the sheet calls it, if not by the metric's own name
	Target Hundredths `json:"target"`         // percent at least, or a count at most
	Weight Hundredths `json:"weight"`
}

// Signature is who signed, and when; zero while nobody has.
type Signature struct {
	Official string
	At       time.Time
}

// Signed reports whether both have signed.
func (v TargetVersion) Signed() bool { return v.Upper.Official != "" && v.Head.Official != "" }

// Latest is the version that was drafted last.
func (s TargetSheet) Latest() TargetVersion { return s.Versions[len(s.Versions)-1] }

// InForce is the last version that both have signed; ok is false when there is none.
func (s TargetSheet) InForce() (v TargetVersion, ok bool) {
	for _, v := range slices.Backward(s.Versions) {
		if v.Signed() {
			return v, true
		}
	}
	return TargetVersion{}, false
}

// Scored is the version that the sheet is scored by: the one in force or, while there is
// none, the latest draft.
func (s TargetSheet) Scored() TargetVersion {
	if v, ok := s.InForce(); ok {
		return v
	}
	return s.Latest()
}

// Span is the time that the sheet is scored for: what was judged after from, up to and
// with until. until is the end of the year or, in its course, now.
func (s TargetSheet) Span(now time.Time) (from, until time.Time) {
	from = calendar.Date{Year: s.Year, Month: time.January, Day: 1}.Start()
	until = calendar.Date{Year: s.Year, Month: time.December, Day: 31}.End()
	switch {
	case now.Before(from):
		until = from
	case now.Before(until):
		until = now
	}
	return from, until
}

// over reports whether the sheet's year has ended.
func (s TargetSheet) over(now time.Time) bool { return calendar.DateOf(now).Year > s.Year }

const (
	targetRule = "目标责任状由签发的信访部门起草，上级领导与单位负责人签订"
	// MostTargets is how many targets a sheet can have.
	MostTargets = 20
	// mostCount is the highest count that a target can allow.
	mostCount = 100_000
)

// SeesTargets reports whether the actor may read a sheet, its figures and, of the cases
// behind them, those that Sees lets through: supervisors in whose area the unit lies,
// leaders and officers of the unit and of those above it, the auditor.
func SeesTargets(s TargetSheet, by Actor, d *Directory) bool {
	switch by.Role {
	case Auditor:
		return true
	case Supervisor:
		return d.Under(s.Unit, d.Area(by.Unit))
	case Leader, Officer:
		return d.Under(s.Unit, by.Unit)
	default:
		return false
	}
}

// keepsTargets reports whether the actor drafts and closes a sheet: supervisors of the
// office that issues it, and of those above.
func keepsTargets(s TargetSheet, by Actor, r Rules) *Error {
	if by.Role == Supervisor && presides(by.Unit, s.Office, r) {
		return nil
	}
	return forbidden("targets_not_permitted", targetRule, "目标责任状只能由签发的信访部门或其上级信访部门的督办人员起草、考核",
		"a target sheet is drafted and closed by a supervisor of the petition office that issues it, or of one above")
}

// NoSuchTargets is the answer to whoever may not know of a sheet, and where there is none.
func NoSuchTargets() *Error {
	return &Error{Reason: NotFound, Code: "sheet_not_found", Chinese: "没有这份目标责任状", English: "there is no such target sheet"}
}

// DraftTargets checks a new sheet, of which ID, Year and Unit must be set, and completes
// it with its first version and the drafter's office.
func DraftTargets(s TargetSheet, items []TargetItem, by Actor, r Rules) (TargetSheet, *Error) {
	s.Office = by.Unit
	if err := keepsTargets(s, by, r); err != nil {
		return s, err
	}
	var v invalid
	if year := calendar.DateOf(r.Now).Year; s.Year == 0 {
		v.required("year", true)
	} else if s.Year != year && s.Year != year+1 {
		v.add("year", "out_of_range", "只能起草本年或下一年的目标责任状", "a sheet is drafted for this year or the next")
	}
	area := r.Directory.Area(s.Office)
	switch {
	case s.Unit == "":
		v.required("unit", true)
	case !r.Directory.Stands(s.Unit):
		v.stands("unit", s.Unit, r.Directory)
	case s.Unit == area || !r.Directory.Under(s.Unit, area):
		v.add("unit", "out_of_area", "该单位不在本部门管辖范围内", "the unit is not in this office's area")
	case len(r.Directory.Heads(s.Unit, r.Policy)) == 0:
		v.add("unit", "no_head", "名录中该单位没有负责人，无人签订", "the directory has no head of this unit who could sign")
	}
	checkItems(&v, items, r)
	if err := v.err(); err != nil {
		return s, err
	}
	s.Versions = []TargetVersion{s.draft(1, items, by, r)}
	return s, nil
}

// SheetExists refuses a second sheet for the same unit and year.
func SheetExists() *Error {
	return conflict("sheet_exists", "本部门已为该单位起草这一年的目标责任状，请在其上修订", "this office has a sheet for this unit and year already; draft a new version of it")
}

// ReviseTargets adds a version to a sheet. What was signed stays in force until both have
// signed the new one.
func ReviseTargets(s TargetSheet, items []TargetItem, by Actor, r Rules) (TargetVersion, *Error) {
	if err := keepsTargets(s, by, r); err != nil {
		return TargetVersion{}, err
	}
	if err := s.changeable(r); err != nil {
		return TargetVersion{}, err
	}
	var v invalid
	checkItems(&v, items, r)
	if err := v.err(); err != nil {
		return TargetVersion{}, err
	}
	return s.draft(s.Latest().Number+1, items, by, r), nil
}

// changeable refuses what would set targets to figures that are known already.
func (s TargetSheet) changeable(r Rules) *Error {
	switch {
	case s.ClosedBy != "":
		return conflict("sheet_closed", "该目标责任状已完成年终考核", "this target sheet has been closed")
	case s.over(r.Now):
		return conflict("year_over", "考核年度已经结束，目标不能再修改或签订", "the year is over; its targets can't be changed or signed any more")
	}
	return nil
}

func (s TargetSheet) draft(number int, items []TargetItem, by Actor, r Rules) TargetVersion {
	v := TargetVersion{Number: number, Items: items, DraftedBy: by.ID, DraftedAt: r.Now.UTC().Truncate(time.Microsecond)}
	content, err := json.Marshal(struct {
		Year         int
		Unit, Office string
		Version      int
		Items        []TargetItem
	}{s.Year, s.Unit, s.Office, number, items})
	if err != nil {
		panic(err) // plain data always encodes
	}
	hash := sha256.Sum256(content)
	v.Hash = hex.EncodeToString(hash[:])
	return v
}

// checkItems refuses targets that don't add up, and any that TARGET-NO forbids.
func checkItems(v *invalid, items []TargetItem, r Rules) {
	if len(items) == 0 || len(items) > MostTargets {
		v.add("items", "out_of_range", "目标应为1至%d项", "there must be 1 to %d targets", MostTargets)
		return
	}
	var sum Hundredths
	whole := true
	for i, item := range items {
		field := func(name string) string { return fmt.Sprintf("items.%d.%s", i, name) }
		m, known := MetricOf(item.Metric)
		switch {
		case known && slices.ContainsFunc(items[:i], func(other TargetItem) bool { return other.Metric == item.Metric }):
			v.add(field("metric"), "stands_twice", "同一指标只能设一项目标", "a metric can have one target only")
		case !known && !refuseRedLine(v, field("metric"), item.Metric, r):
			v.oneOf(field("metric"), item.Metric, MetricIDs())
		}
		refuseRedLine(v, field("name"), item.Name, r)
		switch {
		case m.Unit == Percent && (item.Target < 1 || item.Target > hundred):
			v.add(field("target"), "out_of_range", "目标值应为0.01至100（百分数）", "the target must be 0.01 to 100 percent")
		case m.Unit == Count && (item.Target < 0 || item.Target > mostCount*100 || item.Target%100 != 0):
			v.add(field("target"), "out_of_range", "目标值应为0至%d的整数", "the target must be a whole number from 0 to %d", mostCount)
		}
		if item.Weight < 1 || item.Weight > hundred {
			v.add(field("weight"), "out_of_range", "权重应为0.01至100", "the weight must be 0.01 to 100")
			whole = false
		}
		sum += item.Weight
	}
	if whole && sum != hundred {
		v.add("items", "not_100", "各项权重之和应为100，现为%s", "the weights must add up to 100; they add up to %s", sum)
	}
}

// refuseRedLine refuses words of what no target may be about (TARGET-NO).
func refuseRedLine(v *invalid, field, words string, r Rules) bool {
	bare := bareWords(words)
	if !slices.ContainsFunc(r.Policy.TargetNo, func(w string) bool { return strings.Contains(bare, bareWords(w)) }) {
		return false
	}
	v.add(field, "red_line",
		"不得以信访数量、越级访、进京访、息访率或者信访数量“一票否决”设定目标：以来访多少论成绩，只会让人去拦访。考核以依规依法及时就地解决为导向（条例第三十九条第一款）",
		"no target may count petitions or visits, deduct for visits to a higher level, ask for petitions to be withdrawn, or veto by their number: counting visits was answered by stopping people; assessment is about settling matters by law, in time and on the spot (Art. 39(1))")
	return true
}

// bareWords is a text without anything that could hide a word in it: blanks, marks, case,
// letters of full width.
func bareWords(s string) string {
	return strings.Map(func(c rune) rune {
		if c >= '！' && c <= '～' {
			c -= '！' - '!'
		}
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			return -1
		}
		return unicode.ToLower(c)
	}, s)
}

// TargetSeat is one of the two who sign a sheet.
type TargetSeat string

// Who signs a sheet.
const (
	UpperSeat TargetSeat = "upper" // a leader of the issuing office's authority
	HeadSeat  TargetSeat = "head"  // the head of the unit
)

// SignTargets checks a signature (签订) on the latest version, whose hash the signer has
// read, and says in which seat it is.
func SignTargets(s TargetSheet, hash string, by Actor, r Rules) (TargetSeat, *Error) {
	seat := UpperSeat
	switch {
	case by.Role == Leader && by.Unit == r.Directory.Area(s.Office):
	case slices.ContainsFunc(r.Directory.Heads(s.Unit, r.Policy), func(o Official) bool { return o.ID == by.ID }):
		seat = HeadSeat
	default:
		return "", forbidden("targets_not_signed_by_you", targetRule, "目标责任状由上级党委政府领导和单位负责人签订",
			"a target sheet is signed by a leader of the authority above and by the head of the unit")
	}
	if err := s.changeable(r); err != nil {
		return "", err
	}
	var v invalid
	v.required("hash", hash == "")
	if err := v.err(); err != nil {
		return "", err
	}
	latest := s.Latest()
	if hash != latest.Hash {
		return "", conflict("sheet_changed", "目标责任状已有新的版本，请阅读后再签订", "the sheet is not the version you read; read it again before you sign")
	}
	signed, other := latest.Upper, latest.Head
	if seat == HeadSeat {
		signed, other = other, signed
	}
	if signed.Official != "" || other.Official == by.ID {
		return "", conflict("sheet_signed", "这一版已签订", "this version has been signed already")
	}
	return seat, nil
}

// TargetCommands lists what the actor can do with a sheet now: revise, sign, close.
func TargetCommands(s TargetSheet, by Actor, r Rules) []string {
	can := []string{}
	if keepsTargets(s, by, r) == nil && s.changeable(r) == nil {
		can = append(can, "revise")
	}
	if _, err := SignTargets(s, s.Latest().Hash, by, r); err == nil {
		can = append(can, "sign")
	}
	if _, err := CloseTargets(s, by, r); err == nil {
		can = append(can, "close")
	}
	return can
}

// CloseTargets checks the closing act (年终考核), which records the figures as of the end
// of the year by the version in force.
func CloseTargets(s TargetSheet, by Actor, r Rules) (TargetVersion, *Error) {
	if err := keepsTargets(s, by, r); err != nil {
		return TargetVersion{}, err
	}
	v, ok := s.InForce()
	switch {
	case s.ClosedBy != "":
		return v, conflict("sheet_closed", "该目标责任状已完成年终考核", "this target sheet has been closed")
	case !s.over(r.Now):
		return v, conflict("year_not_over", "考核年度尚未结束", "the year is not over yet")
	case !ok:
		return v, conflict("sheet_not_in_force", "目标责任状未经双方签订，不能考核", "the sheet was never signed by both and can't be closed")
	}
	return v, nil
}
