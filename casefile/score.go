package casefile

import (
	"fmt"
	"strconv"
)

// Hundredths is a number with two decimals, exactly: a weight, a target, points.
type Hundredths int64

// hundred is 100 as Hundredths: the whole of a sheet's weights, and of a percentage.
const hundred Hundredths = 100_00

func (h Hundredths) String() string {
	switch {
	case h%100 == 0:
		return strconv.FormatInt(int64(h/100), 10)
	case h%10 == 0:
		return fmt.Sprintf("%d.%d", h/100, h/10%10)
	}
	return fmt.Sprintf("%d.%02d", h/100, h%100)
}

// MarshalJSON writes a JSON number.
func (h Hundredths) MarshalJSON() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalJSON reads a JSON number of at most two decimals that is not negative.
func (h *Hundredths) UnmarshalJSON(b []byte) error {
	var whole, part int64
	seen, decimals := false, -1
	for _, c := range b {
		switch {
		case c >= '0' && c <= '9' && decimals < 0 && whole < 1_000_000_000:
			whole, seen = whole*10+int64(c-'0'), true
		case c == '.' && seen && decimals < 0:
			decimals = 0
		case c >= '0' && c <= '9' && decimals >= 0 && decimals < 2:
			part, decimals = part*10+int64(c-'0'), decimals+1
		default:
			return fmt.Errorf("%q is not a number with at most two decimals", b)
		}
	}
	if !seen || decimals == 0 {
		return fmt.Errorf("%q is not a number with at most two decimals", b)
	}
	if decimals == 1 {
		part *= 10
	}
	*h = Hundredths(whole*100 + part)
	return nil
}

// Tally is what was counted for an item.
type Tally struct {
	// Numerator is how many were as they should be or, of a count, how many were not.
	Numerator int64
	// Denominator is how many were judged. 0: there was nothing to judge, and the item is
	// not scored.
	Denominator int64
}

// Points is an item's part of the score.
type Points struct {
	Tally
	Value  Hundredths // percent or count; decimals beyond the second are cut off
	Met    bool
	Points Hundredths // at most the item's weight
}

// Scored reports whether there was anything to judge.
func (p Points) Scored() bool { return p.Denominator > 0 }

// PointsOf works out an item's points: its whole weight when the target is met. Below a
// percentage that is asked for, weight × value ÷ target; above a count that is allowed,
// weight × target ÷ value, so none where none was allowed. Decimals beyond the second are
// cut off, never rounded up: nobody gets the whole weight who has not met the target.
func PointsOf(item TargetItem, t Tally) Points {
	p := Points{Tally: t}
	if !p.Scored() {
		return p
	}
	m, _ := MetricOf(item.Metric)
	target, value, of := int64(item.Target), t.Numerator*int64(hundred), t.Denominator
	if m.Unit == Count {
		p.Value = Hundredths(t.Numerator * 100)
		if p.Met = p.Value <= item.Target; !p.Met {
			p.Points = Hundredths(int64(item.Weight) * target / int64(p.Value))
		}
	} else {
		p.Value = Hundredths(value / of)
		if p.Met = value >= target*of; !p.Met {
			p.Points = Hundredths(int64(item.Weight) * value / (target * of))
		}
	}
	if p.Met {
		p.Points = item.Weight
	}
	return p
}

// Score adds up a sheet, 0 to 100. The weight of items that were not scored falls to the
// others in proportion: counted as full, it would reward a unit for having no petitions.
// ok is false when nothing was scored at all.
func Score(items []TargetItem, points []Points) (score Hundredths, ok bool) {
	var sum, weights Hundredths
	for i, p := range points {
		if p.Scored() {
			sum, weights = sum+p.Points, weights+items[i].Weight
		}
	}
	if weights == 0 {
		return 0, false
	}
	return sum * hundred / weights, true
}
