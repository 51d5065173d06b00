package casefile

import (
	"time"

	"shuangze/policy"
)

// DaysVisitorsAreKept is for how many calendar days after a reception day it is kept who had
// an appointment on it, where nobody has said before what became of it or made a case of
// the visit (《个人信息保护法》第十九条: no longer than it is needed).
const DaysVisitorsAreKept = 14

// Appointment is a visitor's on a reception day. Who they are lies in the store alone,
// sealed, until the appointment ends, the visit becomes a case, or the day is long over.
type Appointment struct {
	ID        string
	Reception string
	Topic     Document
	State     AppointmentState
	Case      string // that the visit became, "" while there is none
	BookedBy  string
	BookedAt  time.Time
	DoneBy    string // who cancelled it or recorded whether the visitor came
	DoneAt    time.Time
}

// AppointmentState is what became of an appointment.
type AppointmentState string

// The states.
const (
	Booked    AppointmentState = "booked"
	Cancelled AppointmentState = "cancelled"
	Came      AppointmentState = "came"
	Absent    AppointmentState = "absent"
)

// AppointmentStates lists them.
var AppointmentStates = []AppointmentState{Booked, Cancelled, Came, Absent}

// SlotsOf is how many appointments a reception day takes.
func SlotsOf(r Reception, p *policy.Policy) int {
	if r.Slots > 0 {
		return r.Slots
	}
	return p.Reception.Slots
}

// KeepsAppointments reports whether the actor may make and end appointments on a day.
func KeepsAppointments(day Reception, by Actor) bool {
	return (by.Role == Registrar || by.Role == Supervisor) && by.Unit == day.Office
}

func notTheirAppointment() *Error {
	return forbidden("appointment_not_permitted", "《信访工作条例》第十八条第四款、《个人信息保护法》第六条",
		"预约只由安排该接待日的信访部门登记，只有其工作人员和接访领导可以查看", "appointments are kept by the petition office of the reception day; only its staff and the receiving leader see them")
}

// SeeAppointments refuses whoever may not see who has an appointment.
func SeeAppointments(day Reception, by Actor) *Error {
	if !SeesAppointments(day, by) {
		return notTheirAppointment()
	}
	return nil
}

// BookAppointment checks an appointment that somebody wants to make and completes it;
// taken is how many of the day's are. The day must be locked until it is written.
func BookAppointment(a Appointment, day Reception, taken int, by Actor, r Rules) (Appointment, *Error) {
	switch {
	case !KeepsAppointments(day, by):
		return a, notTheirAppointment()
	case !day.Stands() || !r.Now.Before(day.Until):
		return a, receptionEnded()
	}
	var v invalid
	v.required("topic", a.Topic == Document{})
	if err := v.err(); err != nil {
		return a, err
	}
	if taken >= SlotsOf(day, r.Policy) {
		return a, conflict("reception_full", "该接待日的预约已满，请预约其他接待日", "every appointment of this reception day is taken; book another day")
	}
	a.Reception, a.State, a.BookedBy, a.BookedAt = day.ID, Booked, by.ID, r.Now.UTC().Truncate(time.Microsecond)
	return a, nil
}

// EndAppointment cancels an appointment or, once the day has begun, records whether the
// visitor came.
func EndAppointment(a Appointment, day Reception, to AppointmentState, by Actor, r Rules) (Appointment, *Error) {
	switch {
	case !KeepsAppointments(day, by):
		return a, notTheirAppointment()
	case a.State == to:
		return a, nil
	case a.State != Booked:
		return a, conflict("appointment_over", "该预约已取消或已登记是否到场", "this appointment was cancelled, or it is on record whether the visitor came")
	case to != Cancelled && r.Now.Before(day.From):
		return a, conflict("reception_not_begun", "接待尚未开始", "the reception has not begun")
	}
	a.State, a.DoneBy, a.DoneAt = to, by.ID, r.Now.UTC().Truncate(time.Microsecond)
	return a, nil
}

// UnknownAppointment refuses a visit of an appointment that is of another day, has ended
// or has become a case.
func UnknownAppointment() *Error {
	var v invalid
	v.add("appointment", "unknown_appointment", "该接待日没有这个可以登记的预约", "the reception day has no such appointment that could become a case")
	return v.err()
}
