// Package notify tells people what concerns them: it composes letters from templates
// and sends them by mail, signed webhooks and group robots, and writes the calendar
// feed. It knows no database, and no letter ever has who complained, a title or a text
// of a petition in it: mail lies in too many places.
package notify

import (
	"errors"
	"fmt"
	"time"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/policy"
)

// ErrPermanent says that sending the same again can't help: the address is wrong or the
// receiver will have none of it. Every other error of a channel is temporary.
var ErrPermanent = errors.New("refused for good")

// ErrUnreachable says that the channel itself is away, whatever the message: the mail
// server does not answer or does not let us in. It is temporary.
var ErrUnreachable = errors.New("the channel is away")

// permanent marks an error as one that trying again can't mend.
func permanent(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrPermanent, fmt.Errorf(format, args...))
}

// Language is one of the two in which letters are written.
type Language string

// The languages.
const (
	Chinese Language = "zh"
	English Language = "en"
)

// Languages lists them, the default first.
var Languages = []Language{Chinese, English}

// Of picks the text in this language.
func (l Language) Of(t policy.Text) string {
	if l == English {
		return t.English
	}
	return t.Chinese
}

// Kind says what a letter is about.
type Kind string

// The kinds of letters.
const (
	Notices Kind = "notices" // what has happened to cases since the last one
	Digest  Kind = "digest"  // what waits for somebody, each working day
	Weekly  Kind = "board"   // the cases a leader carries, each week
	// ReceptionDay is a reception day that comes, to the leader who receives.
	ReceptionDay Kind = "reception"
	EndpointOff  Kind = "endpoint_off" // to administrators: a webhook or robot was switched off
	Verified     Kind = "verification" // to administrators: verify has found differences, or is overdue
)

// Test is a letter without content, to see whether an endpoint can be reached. It goes
// to nobody's mail.
const Test Kind = "test"

// Kinds lists the kinds of letters that go by mail.
var Kinds = []Kind{Notices, Digest, Weekly, ReceptionDay, EndpointOff, Verified}

// Person is who a letter is for.
type Person struct {
	ID       string
	Name     string
	Email    string
	Language Language
}

// Letter is everything that one recipient is told at once.
type Letter struct {
	ID           string // the same at every attempt, so that a receiver can tell a repetition
	Kind         Kind
	To           Person // of a group: only the language
	At           time.Time
	Items        []Item
	More         int           // items that were left out
	Board        *Board        // of a weekly board
	Endpoint     *Endpoint     // of EndpointOff
	Reception    *Reception    // of ReceptionDay
	Verification *Verification // of Verified
	Site         string        // address of the installation, for links; empty: none
	Rehearsal    bool          // nothing in it is real
}

// Item is one case in a letter, or one task in a digest.
type Item struct {
	Case        string // id
	Number      string
	About       policy.Text // its content class, never its title
	Unit        string      // name of the responsible unit
	Happened    []Happening // what is new, the oldest first
	Lamp        casefile.Lamp
	Clock       policy.Text   // the time limit that Due is of
	Due         calendar.Date // internal due date; none: nothing runs
	DueAt       time.Time     // the instant, of a time limit in hours; zero: the day
	LateDays    int           // past the statutory due date
	LateHours   int           // the same in hours, of a time limit in hours
	Supervision casefile.Supervision
	Turns       []Turn // who has to do what next
}

// Happening is an event as a letter tells it.
type Happening struct {
	Seq  int64 // of the event in its case
	Kind casefile.EventKind
	Code string      // of the step, empty for what a person did
	Step policy.Text // its name
	At   time.Time
	For  string // name of the leader on leave in whose place the reader is told
}

// Turn is what a case waits for.
type Turn struct {
	Do   casefile.Kind
	Who  policy.Text
	Mine bool // it is the recipient's
	Due  calendar.Date
	At   time.Time // the instant, of a time limit in hours; zero: the day
	Late bool      // Due has passed
	For  string    // name of the leader on leave for whom the reader is to do it
}

// Board is what a leader answers for, in numbers.
type Board struct {
	Carried Count // in either seat
	Led     Count // of the unit led and everything below it
}

// Count counts open cases. It never counts persons, visits or petitions of anybody.
type Count struct {
	Open, Green, Yellow, Red, Overdue, Supervised, Dual int
}

// Endpoint is a webhook or robot as administrators are told of it.
type Endpoint struct {
	ID    string
	Kind  string
	Name  string
	Since time.Time // when it began to fail
	Error string
}

// Reception is a reception day as those who are to see to it are told.
type Reception struct {
	Leader string // name
	Post   string
	From   time.Time
	Until  time.Time
	Place  string
	Form   policy.Text
	Office string // name of the petition office that keeps it
	Mine   bool   // the reader is the leader who receives
	Away   bool   // who will be on leave: somebody must swap it
	Booked int    // appointments; 0 where there are none, or for who may not know
	Link   string // empty where the installation has no address
}

// Verification is what the comparison of ledger, rows and workflows has found last, or that
// none was made for too long.
type Verification struct {
	Overdue     bool
	Since       time.Time // real time: when it ended; Overdue: when the last one did
	Cases       int
	Differences int
	Link        string // empty where the installation has no address
}

// Message is a letter composed.
type Message struct {
	ID      string
	To      Person
	At      time.Time
	Subject string
	Text    string
	HTML    string
}

// Reds counts the items whose lamp is red.
func (l Letter) Reds() int {
	n := 0
	for _, i := range l.Items {
		if i.Lamp == casefile.Red {
			n++
		}
	}
	return n
}

// Total counts the items, those left out too.
func (l Letter) Total() int { return len(l.Items) + l.More }

// Has counts the items to which something of this kind has happened.
func (l Letter) Has(kind casefile.EventKind) int {
	n := 0
	for _, i := range l.Items {
		for _, h := range i.Happened {
			if h.Kind == kind {
				n++
				break
			}
		}
	}
	return n
}
