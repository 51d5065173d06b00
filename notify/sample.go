package notify

import (
	"slices"
	"time"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/policy"
)

// Samples are letters with made-up content that between them use all that a letter of
// this kind can have: for previews, and to try templates with.
func Samples(kind Kind, l Language) []Letter {
	at := calendar.Date{Year: 2026, Month: time.November, Day: 23}.At(8, 30)
	full := Letter{
		ID: "sample-" + string(kind), Kind: kind, At: at, Site: "https://shuangze.example",
		To: Person{ID: "o038", Name: l.Of(policy.Text{Chinese: "马某", English: "Ma"}), Email: "o038@shuangze.example", Language: l},
	}
	switch kind {
	case Notices:
		full.Items, full.More = sampleItems(at), 2
	case Digest:
		full.Items, full.More = sampleItems(at), 2
		for i := range full.Items {
			full.Items[i].Happened = nil
			full.Items[i].Turns = full.Items[i].Turns[:1]
			full.Items[i].Turns[0].Mine = true
		}
	case Weekly:
		full.Items = sampleItems(at)
		full.Board = &Board{
			Carried: Count{Open: 12, Green: 7, Yellow: 3, Red: 2, Overdue: 1, Supervised: 2, Dual: 1},
			Led:     Count{Open: 40, Green: 30, Yellow: 6, Red: 4, Overdue: 3, Supervised: 5, Dual: 1},
		}
	case ReceptionDay:
		day := calendar.Date{Year: 2026, Month: time.November, Day: 30}
		full.Reception = &Reception{
			Leader: full.To.Name, Post: "漠河市副市长", From: day.At(9, 0), Until: day.At(11, 30), Place: "漠河市信访局接待室",
			Form: policy.Text{Chinese: "定点接访", English: "at a fixed place"}, Office: "漠河市信访局", Mine: true, Booked: 3,
			Link: full.Site + "/receptions/sample",
		}
	case EndpointOff:
		full.Endpoint = &Endpoint{ID: "sample", Kind: "webhook", Name: "OA", Since: at.AddDate(0, 0, -3), Error: "500 Internal Server Error"}
	case Verified:
		full.Verification = &Verification{Since: at.Add(-6 * time.Hour), Cases: 1200, Differences: 2, Link: full.Site + "/admin/engine"}
	case Test: // has nothing
	}
	// The same without what may be missing.
	bare := full
	bare.Site, bare.More, bare.Rehearsal = "", 0, true
	if len(bare.Items) > 0 {
		bare.Items = slices.Clone(bare.Items[:1])
		bare.Items[0].Due, bare.Items[0].LateDays, bare.Items[0].Supervision = calendar.Date{}, 0, casefile.NotSupervised
		if kind != Digest {
			bare.Items[0].Turns = nil
		}
	}
	if bare.Board != nil {
		bare.Board, bare.Items = &Board{}, nil
	}
	if bare.Reception != nil {
		stranger := *bare.Reception
		stranger.Leader, stranger.Mine, stranger.Away, stranger.Booked, stranger.Link = "范某", false, true, 0, ""
		bare.Reception = &stranger
	}
	if bare.Endpoint != nil {
		unnamed := *bare.Endpoint
		unnamed.Name = ""
		bare.Endpoint = &unnamed
	}
	if bare.Verification != nil {
		bare.Verification = &Verification{Overdue: true, Since: at.Add(-27 * time.Hour)}
	}
	return []Letter{full, bare}
}

// sampleItems are a case under dual supervision, one to be signed, one that is due soon,
// and an urgent one.
func sampleItems(at time.Time) []Item {
	today := calendar.DateOf(at)
	return []Item{
		{
			Case: "6d1f0c1e", Number: "2327-xf-2026-000017", About: policy.Text{Chinese: "劳动和社会保障", English: "labour and social security"},
			Unit: "漠河市人社局", Lamp: casefile.Red, Clock: policy.Text{Chinese: "办结", English: "settle the matter"}, Due: today.AddDays(-20), LateDays: 18,
			Supervision: casefile.Dual,
			Happened: []Happening{
				{Seq: 20, Kind: casefile.EventUrged, Code: "URGE-5", Step: policy.Text{Chinese: "书面通报催办", English: "written circular"}, At: at.Add(-72 * time.Hour)},
				{Seq: 21, Kind: casefile.EventEscalated, Code: "SUP-2", Step: policy.Text{Chinese: "双重督办", English: "dual supervision"}, At: at.Add(-2 * time.Minute)},
			},
			Turns: []Turn{
				{Do: casefile.Report, Who: Staff("漠河市人社局", casefile.Officer), Due: today.AddDays(10)},
				{Do: casefile.Act, Who: policy.Text{Chinese: "马某", English: "Ma"}, Mine: true, Due: today.AddDays(-2), Late: true},
			},
		},
		{
			Case: "9a40b7d2", Number: "2327-xf-2026-000043", About: policy.Text{Chinese: "农业农村", English: "agriculture"},
			Unit: "漠河市农业农村局", Lamp: casefile.Yellow, Clock: policy.Text{Chinese: "办结", English: "settle the matter"}, Due: today.AddDays(2),
			Supervision: casefile.ByPetitionOffice,
			Happened:    []Happening{{Seq: 9, Kind: casefile.EventOpined, At: at.Add(-15 * time.Hour), For: "范某"}},
			Turns:       []Turn{{Do: casefile.Sign, Who: policy.Text{Chinese: "马某", English: "Ma"}, Mine: true, Due: today.AddDays(2), For: "范某"}},
		},
		{
			Case: "c3e85f90", Number: "2327-xf-2026-000051", About: policy.Text{Chinese: "城乡建设", English: "urban and rural construction"},
			Unit: "漠河市住建局", Lamp: casefile.Green, Clock: policy.Text{Chinese: "受理告知（转送交办）", English: "notice of acceptance (forwarded)"}, Due: today.AddDays(9),
			Supervision: casefile.NotSupervised,
			Happened: []Happening{{
				Seq: 4, Kind: casefile.EventReminded, Code: "REM-T7", At: at.Add(-time.Minute),
				Step: policy.Text{Chinese: "到期前7个工作日提醒", English: "reminder 7 working days before"},
			}},
			Turns: []Turn{{Do: casefile.Accept, Who: Staff("漠河市住建局", casefile.Officer), Due: today.AddDays(9)}},
		},
		{
			Case: "e17b02aa", Number: "2327-xf-2026-000052", About: policy.Text{Chinese: "生态环境", English: "environment"},
			Unit: "漠河市生态环境局", Lamp: casefile.Red, Clock: policy.Text{Chinese: "重大紧急事项报告", English: "report a grave and urgent matter"},
			Due: today, DueAt: at.Add(-130 * time.Minute), LateDays: 1, LateHours: 3, Supervision: casefile.NotSupervised,
			Happened: []Happening{
				{Seq: 2, Kind: casefile.EventMarkedUrgent, At: at.Add(-4 * time.Hour)},
				{
					Seq: 4, Kind: casefile.EventReportedUp, Code: "UP-URGENT", At: at.Add(-129 * time.Minute),
					Step: policy.Text{Chinese: "重大紧急事项迟报上报", English: "late report of an urgent matter reported upward"},
				},
			},
			Turns: []Turn{{Do: casefile.ReportUrgent, Who: Staff("地区信访局", casefile.Registrar), Due: today, At: at.Add(-130 * time.Minute), Late: true}},
		},
	}
}
