package web

import (
	"cmp"
	"fmt"

	"shuangze/casefile"
)

// A chart is drawn of shapes without text, in per cent of its width; words and numbers
// stand beside it as HTML. So nothing becomes small on a telephone or stretched on a screen.
// What a shape means is never said by its colour alone: the numbers are written out, and in
// print the shades differ.

// bars is a chart of lines, each a name, a bar and its number.
type bars struct {
	ID, Title, About string
	Key              []keyed
	Lines            []barLine
}

type keyed struct{ Class, Label string }

type barLine struct {
	Label, Value string
	Parts        []barPart
}

type barPart struct {
	stretch
	Class, Label string
	Y, High      int
}

// thick is how high the parts of a bar are: what is late stands out by its shape too.
var thick = map[string]int{"fill-red": 14, "fill-yellow": 10}

// barOf places a line's parts in a bar of which whole is the full width.
func barOf(label, value string, whole int64, parts ...amount) barLine {
	l := barLine{Label: label, Value: value}
	var before int64
	for _, p := range parts {
		if p.n > 0 && whole > 0 {
			at := func(n int64) float64 { return float64(n) * 100 / float64(whole) }
			high := cmp.Or(thick[p.class], 6)
			l.Parts = append(l.Parts, barPart{stretch{percent(at(before)), percent(at(p.n))}, p.class, p.label + " " + num(p.n), (14 - high) / 2, high})
		}
		before += p.n
	}
	return l
}

// amount is a number that a part of a bar stands for.
type amount struct {
	class, label string
	n            int64
}

// areas is a chart of numbers over time, one upon the other.
type areas struct {
	ID, Title, About string
	Key              []keyed
	Wide, High       int64 // of the coordinates: a step each point, a unit each case
	Paths            []areaPath
	Days             []mark
	Top              string
}

type areaPath struct{ Class, D string }

// lampAreas draws red at the bottom, where it can be compared, then yellow, then green. Each
// point is a step as wide as the others.
func lampAreas(points []lampPoint, l lang) areas {
	a := areas{ID: "lamps", Wide: int64(len(points)), Key: lampKey(l)}
	for _, p := range points {
		a.High = max(a.High, p.Sum())
	}
	a.Top = num(a.High)
	a.High = max(a.High, 1)
	sum := make([]int64, len(points))
	for _, layer := range []struct {
		class string
		n     func(lampPoint) int64
	}{
		{"fill-red", func(p lampPoint) int64 { return p.Red }},
		{"fill-yellow", func(p lampPoint) int64 { return p.Yellow }},
		{"fill-green", func(p lampPoint) int64 { return p.Green }},
	} {
		var d []byte
		for i, p := range points {
			if layer.n(p) == 0 {
				continue
			}
			base := sum[i]
			sum[i] += layer.n(p)
			d = fmt.Appendf(d, "M%d %dV%dh1V%dz", i, a.High-base, a.High-sum[i], a.High-base)
		}
		if len(d) > 0 {
			a.Paths = append(a.Paths, areaPath{layer.class, string(d)})
		}
	}
	every := max(1, (len(points)+3)/4)
	for i := 0; i < len(points); i += every {
		a.Days = append(a.Days, mark{percent(float64(i) * 100 / float64(len(points))), l.short(points[i].Day)})
	}
	return a
}

func lampKey(l lang) []keyed {
	return []keyed{{"green", l.of(casefile.Green.Name())}, {"yellow", l.of(casefile.Yellow.Name())}, {"red", l.of(casefile.Red.Name())}}
}
