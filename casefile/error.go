package casefile

import (
	"fmt"
	"slices"
	"strings"
)

// Reason groups refusals by what the caller can do about them.
type Reason string

// The groups; the API maps each to one HTTP status.
const (
	Invalid   Reason = "invalid"   // a field must be corrected
	Forbidden Reason = "forbidden" // this person may not
	Conflict  Reason = "conflict"  // not possible in this stage or state
	NotFound  Reason = "not_found"
)

// Error is a refusal: a stable code and a sentence a clerk understands, in both
// languages. Nothing was written.
type Error struct {
	Reason   Reason       `json:"reason"`
	Code     string       `json:"code"`
	Chinese  string       `json:"zh"`
	English  string       `json:"en"`
	Rule     string       `json:"rule,omitempty"`     // what forbids it
	Fields   []FieldError `json:"fields,omitempty"`   // of Invalid
	Commands []Kind       `json:"commands,omitempty"` // of Conflict: what this person can do instead
}

func (e *Error) Error() string { return e.Code + ": " + e.English }

// FieldError says what is wrong with one field.
type FieldError struct {
	Field   string `json:"field"`
	Code    string `json:"code"`
	Chinese string `json:"zh"`
	English string `json:"en"`
	Line    int    `json:"line,omitempty"`   // in a file that the field has, from 1 on; 0: the field as a whole
	Column  int    `json:"column,omitempty"` // in that line, in characters from 1 on; 0 where only the line is known
}

// invalid gathers field errors; the zero value is ready.
type invalid struct{ fields []FieldError }

func (v *invalid) add(field, code, zh, en string, args ...any) {
	if len(args) > 0 {
		zh, en = fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...)
	}
	v.fields = append(v.fields, FieldError{Field: field, Code: code, Chinese: zh, English: en})
}

func sprintBoth(zh, en string, args ...any) (chinese, english string) {
	return fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...)
}

func (v *invalid) required(field string, missing bool) {
	if missing {
		v.add(field, "required", "此项必填", "this field is required")
	}
}

func (v *invalid) err() *Error {
	if len(v.fields) == 0 {
		return nil
	}
	return &Error{Reason: Invalid, Code: "invalid_fields", Chinese: "有填写内容需要更正", English: "some fields need correcting", Fields: v.fields}
}

func conflict(code, zh, en string) *Error {
	return &Error{Reason: Conflict, Code: code, Chinese: zh, English: en}
}

func forbidden(code, rule, zh, en string) *Error {
	return &Error{Reason: Forbidden, Code: code, Rule: rule, Chinese: zh, English: en}
}

// oneOf requires a value from a list.
func (v *invalid) oneOf(field, value string, list []string) {
	if value == "" {
		v.required(field, true)
		return
	}
	if !slices.Contains(list, value) {
		v.choice(field, strings.Join(list, ", "))
	}
}

func (v *invalid) choice(field, list string) {
	v.add(field, "not_in_list", "不在可选范围内："+list, "is none of: "+list)
}

// DuplicateReference refuses a registration under a reference that another case has.
func DuplicateReference() *Error {
	var v invalid
	v.add("reference", "duplicate", "已有信访事项使用此来文编号", "another case has this reference")
	return v.err()
}
