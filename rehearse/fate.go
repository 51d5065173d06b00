package rehearse

import "math/rand/v2"

// fate is what becomes of a case beside its ordinary way. It is dealt when the case is
// made up; the zero fate is the ordinary way.
type fate struct {
	entry     string // how the office passes it on: forward, commission, decline or divert
	objection string // what the office decides when the unit objects
	simple    bool   // on the simple track …
	fallsBack bool   // … which turns out not to suit it
	joined    bool   // a second unit takes part
	linked    bool   // to an earlier case
	heard     bool   // the unit holds a hearing
	extended  bool   // the officer asks for more time to settle it
	mediated  string // outcome
	meeting   string // it is submitted to
	money     int    // that the meeting grants, in yuan
	expertise bool   // clocks stand still for an expert opinion
	askedTerm string // more time is asked for, and what is answered
	suggested string // kind of suggestion …
	adopted   string // … and its answer
	reviews   []string
	hearing   bool   // in the recheck
	rating    string // of the unit
	reopened  string // why the office takes it up again
}

// card is a card of a pack, with how many of a hundred hands have it.
type card[T any] struct {
	of   int
	what T
}

// deal hands out cards so that even a few hands have some of the rarest. Who gets none
// has the zero value.
func deal[T any](dice *rand.Rand, hands int, pack ...card[T]) []T {
	const least = 2
	dealt := make([]T, 0, hands)
	for _, c := range pack {
		for range max(least, hands*c.of/100) {
			if len(dealt) < hands {
				dealt = append(dealt, c.what)
			}
		}
	}
	dealt = dealt[:hands] // made with room for all
	dice.Shuffle(hands, func(i, j int) { dealt[i], dealt[j] = dealt[j], dealt[i] })
	return dealt
}

// fates deals what becomes of a number of cases, in the order in which they are received.
func fates(dice *rand.Rand, n int) []fate {
	all := make([]fate, n)
	entries := deal(dice, n, card[string]{18, "commission"}, card[string]{4, "decline"}, card[string]{4, "divert"})
	var alive []*fate
	for i := range all {
		if all[i].entry = entries[i]; entries[i] != "decline" && entries[i] != "divert" {
			alive = append(alive, &all[i])
		}
	}
	give := func(among []*fate, give func(f *fate, i int)) {
		for i, f := range among {
			give(f, i)
		}
	}
	// What takes long begins in the first half of the year.
	early := alive[:len(alive)/2]
	m := len(alive)
	objections := deal(dice, m, card[string]{4, "upheld"}, card[string]{4, "rejected"})
	mediations := deal(dice, m, card[string]{5, "agreement"}, card[string]{3, "partial"}, card[string]{3, "failed"})
	meetings := deal(dice, m, card[string]{2, "standing_committee"}, card[string]{2, "executive"}, card[string]{3, "joint"}, card[string]{3, "leadership"})
	terms := deal(dice, m, card[string]{20, "grant_term"}, card[string]{10, "refuse_term"})
	suggestions := deal(dice, m, card[string]{6, "improvement"}, card[string]{4, "policy"}, card[string]{3, "accountability"})
	answers := deal(dice, m, card[string]{50, "adopted"}, card[string]{25, "partly_adopted"}, card[string]{25, "not_adopted"})
	ratings := deal(dice, m, card[string]{42, "satisfied"}, card[string]{30, "basically_satisfied"}, card[string]{9, "dissatisfied"})
	reopened := deal(dice, m, card[string]{2, "not_executed"}, card[string]{1, "false_report"}, card[string]{1, "wrong_opinion"})
	flags := func(of int) []bool { return deal(dice, m, card[bool]{of, true}) }
	joined, linked, heard, expertise, extended := flags(6), flags(8), flags(4), flags(12), flags(8)
	give(alive, func(f *fate, i int) {
		f.objection, f.mediated, f.meeting, f.askedTerm = objections[i], mediations[i], meetings[i], terms[i]
		f.suggested, f.adopted, f.rating, f.reopened = suggestions[i], answers[i], ratings[i], reopened[i]
		f.joined, f.linked, f.heard, f.expertise, f.extended = joined[i], linked[i], heard[i], expertise[i], extended[i]
		f.money = []int{0, 30_000, 86_000, 240_000, 1_200_000}[dice.IntN(5)]
	})
	e := len(early)
	reviews := deal(dice, e,
		card[[]string]{8, []string{"uphold"}}, card[[]string]{6, []string{"uphold", "uphold"}}, card[[]string]{3, []string{"uphold", "change"}},
		card[[]string]{3, []string{"uphold", "redo", "uphold"}}, card[[]string]{4, []string{"change"}}, card[[]string]{3, []string{"set_aside"}},
		card[[]string]{3, []string{"redo"}}, card[[]string]{3, []string{"decline"}})
	hearings := deal(dice, e, card[bool]{60, true})
	give(early, func(f *fate, i int) {
		if f.reviews = reviews[i]; len(f.reviews) > 0 {
			f.hearing, f.rating, f.reopened = hearings[i], "", ""
		}
	})
	return all
}
