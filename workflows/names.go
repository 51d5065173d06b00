// Package workflows holds the Temporal workflows. They keep no rules: a case's
// workflow hands each command to an activity, folds what came of it into its state
// and sleeps until the recorded wake-up time.
package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"

	"shuangze/casefile"
)

// The names by which clients and the Temporal UI know things.
const (
	TaskQueue     = "shuangze"
	CaseType      = "Case"
	ReconcileType = "Reconcile"
	BroadcastType = "Broadcast"
	CommandUpdate = "command"
	CancelUpdate  = "cancel"
	StateQuery    = "state"
	ReconcileID   = "reconcile"
	DeliverType   = "Deliver"
	DeliverID     = "deliver"
	VerifyType    = "Verify"
	VerifyID      = "verify"
)

// The search attributes of a running case: ids and codes, never a person.
var (
	CaseStage       = temporal.NewSearchAttributeKeyKeyword("CaseStage")
	CaseUnit        = temporal.NewSearchAttributeKeyKeyword("CaseUnit")
	CaseSupervision = temporal.NewSearchAttributeKeyKeyword("CaseSupervision")
)

// CaseWorkflowID is the workflow id of a case.
func CaseWorkflowID(caseID string) string { return "case-" + caseID }

// BroadcastWorkflowID is the workflow id of a broadcast.
func BroadcastWorkflowID(id string) string { return "broadcast/" + id }

// BroadcastInput starts a broadcast's workflow; all else of it lies in the store.
type BroadcastInput struct {
	ID    string        `json:"id"`
	Kind  casefile.Kind `json:"kind"` // for the Temporal UI, as is Total
	Total int           `json:"total"`
}

// Cancellation is who cancelled a broadcast.
type Cancellation struct {
	By string `json:"by"` // official
}

// CaseInput starts a case's workflow: empty but for the id for a case that its
// first command registers, else the case as the ledger has it.
type CaseInput struct {
	Case  casefile.Case `json:"case"`
	Alarm Alarm         `json:"alarm,omitzero"`
}

// Alarm is when a case wakes up by itself next, and for what. At is a real instant,
// worked out where case time is known; zero when nothing is planned.
type Alarm struct {
	At  time.Time `json:"at,omitzero"`
	For string    `json:"for,omitempty"` // "HANDLE REM-T7"
}

// ExecuteInput is what the Execute activity needs: the case as the workflow knows
// it and the command.
type ExecuteInput struct {
	Case    casefile.Case    `json:"case"`
	Command casefile.Command `json:"command"`
}

// ExecuteResult is the recorded outcome: the events to fold in, those the workflow
// had missed among them, and when to wake up. With a Refusal the command itself left
// no event.
type ExecuteResult struct {
	Events  []casefile.Event `json:"events,omitempty"`
	Alarm   Alarm            `json:"alarm,omitzero"`
	Refusal *casefile.Error  `json:"refusal,omitempty"`
}

// Answer is what a command's sender gets: the case's seq after it, or why not.
type Answer struct {
	Seq     int64           `json:"seq"`
	Refusal *casefile.Error `json:"refusal,omitempty"`
}

// State is the answer to StateQuery.
type State struct {
	Case  casefile.Case `json:"case"`
	Alarm Alarm         `json:"alarm"`
}
