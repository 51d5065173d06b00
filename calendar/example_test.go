package calendar_test

import (
	"fmt"

	"shuangze/calendar"
)

// An organ receives a petition in the week before the Spring Festival and owes its notice within 15
// days (条例23).
func ExampleCalendar_Due() {
	received, _ := calendar.ParseDate("2026-02-03")
	due := calendar.Default().Due(received, 15, calendar.CalendarDay)
	fmt.Println("lamps:", due.Internal)
	fmt.Println("by law:", due.Statutory, "late from", due.Statutory.End())
	// Output:
	// lamps: 2026-02-18
	// by law: 2026-02-24 late from 2026-02-24 16:00:00 +0000 UTC
}

// A transferred matter may be objected to within 5 working days (条例23(3)).
func ExampleCalendar_Explain() {
	received, _ := calendar.ParseDate("2026-09-24")
	fmt.Println(calendar.Default().Explain(received, 5, calendar.WorkingDay).Chinese)
	// Output:
	// 自2026年9月24日（周四）的次日起算5个工作日（开始的当日不计入，参照《民法典》第二百零一条），第5个工作日为2026年10月9日（周五）。其间的休息日不计：2026年9月25日（周五）至9月27日（周日）中秋节假期3天、2026年10月1日（周四）至10月7日（周三）国庆节假期7天。法定期限、内部期限均为2026年10月9日（周五）。
}

// Reminders go out a number of working days before the due date.
func ExampleCalendar_AddWorkingDays() {
	due, _ := calendar.ParseDate("2026-10-09")
	for _, n := range []int{7, 3, 1} {
		day, _ := calendar.Default().AddWorkingDays(due, -n)
		fmt.Println(n, day)
	}
	// Output:
	// 7 2026-09-22
	// 3 2026-09-29
	// 1 2026-10-08
}
