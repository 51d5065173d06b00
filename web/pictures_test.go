package web_test

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/embedded/embeddedtest"
	"shuangze/sample/sampletest"
)

var update = flag.Bool("update", false, "draw the pictures of the README anew")

// step is what somebody does with a case on a day.
type step struct {
	day     string // of 2026
	who     string // an account; upper, lower: the case's leader; officer: the unit's
	command casefile.Kind
	body    map[string]any
}

// story is a case of the pictures, with all that is done in it.
type story struct {
	unit, category, title, text string
	received                    string
	steps                       []step
}

// opened is how each story begins: sent on, led and accepted.
func opened(forwarded, led, accepted string, then ...step) []step {
	return append([]step{
		{forwarded, "o007", casefile.Forward, nil},
		{led, "o010", casefile.Assign, nil},
		{led, "upper", casefile.Acknowledge, nil},
		{led, "lower", casefile.Acknowledge, nil},
		{accepted, "officer", casefile.Accept, map[string]any{"text": "经审查，属于本单位职权范围，予以受理。"}},
	}, then...)
}

func said(text string, more ...any) map[string]any {
	body := map[string]any{"text": text}
	for i := 0; i+1 < len(more); i += 2 {
		body[more[i].(string)] = more[i+1]
	}
	return body
}

const pictured = "漠河市：要求补缴2012至2016年养老保险"

var stories = []story{
	{
		"232701-rs", "labour", pictured, "信访人反映原单位2012年3月至2016年8月未为其缴纳养老保险，2024年以来两次向单位反映未果，请求查实并补缴。", "2026-07-06",
		opened("07-07", "07-08", "07-14",
			step{"07-21", "lower", casefile.Act, said("到原单位查阅工资表和社保台账，与信访人当面核对。", "act", "site_visit")},
			step{"08-04", "upper", casefile.Act, said("召集人社、财政和原单位，商定补缴方案和资金来源。", "act", "meeting")},
			step{"08-18", "officer", casefile.Opine, said("经查，原单位2012年3月至2016年8月确未为信访人缴纳养老保险，信访人的请求符合规定，予以支持。\n\n由原单位补缴上述期间的养老保险。", "result", "support", "days", 30)},
			step{"08-20", "lower", casefile.Return, said("请写明补缴的金额和办理机构。")},
			step{"08-25", "officer", casefile.Opine, said("经查，原单位2012年3月至2016年8月确未为信访人缴纳养老保险，信访人的请求符合规定，予以支持。\n\n由原单位补缴上述期间的养老保险共计38,420元，自本意见书送达之日起三十日内到市社会保险中心办理。", "result", "support", "days", 30)},
			step{"08-27", "lower", casefile.Sign, nil}),
	},
	{"232721-rs", "labour", "呼玛县：欠发工程务工人员工资", "信访人等十一人反映2025年工程完工后工资未付清。", "2026-06-01", opened("06-02", "06-03", "06-09",
		step{"07-01", "officer", casefile.Report, said("已约谈施工方，承诺分两次付清。")})},
	{"232722-mz", "civil", "塔河县：低保资格取消未说明理由", "信访人反映低保于今年四月被取消，未收到书面说明。", "2026-06-08", opened("06-09", "06-10", "06-18",
		step{"07-06", "o010", casefile.Supervise, said("请查明取消低保的依据，书面答复信访人，并报督办结果。", "reason", "procedure", "days", 15)})},
	{"232762-mz", "civil", "松岭区：要求落实优抚待遇", "信访人反映其父的优抚待遇自搬迁后未予发放。", "2026-08-17", opened("08-18", "08-20", "08-25")},
	{"232701-mz", "civil", "漠河市：养老院收费与合同不符", "信访人反映养老院在合同之外收取护理费。", "2026-08-26", []step{
		{"08-27", "o007", casefile.Forward, nil}, {"08-31", "o010", casefile.Assign, nil},
	}},
	{"232764-zj", "urban", "呼中区：小区供热管网失修，冬季室温不达标", "信访人等反映供热管网多年未修，去冬室温长期低于十六度。", "2026-07-13", opened("07-14", "07-16", "07-21",
		step{"08-04", "lower", casefile.Act, said("与供热企业和居民代表到现场查看管网。", "act", "site_visit")},
		step{"08-11", "officer", casefile.Opine, said("经查属实，已安排九月底前更换管网。", "result", "support", "days", 45)},
		step{"08-13", "lower", casefile.Sign, nil}, step{"08-14", "upper", casefile.Sign, nil}, step{"08-18", "officer", casefile.Serve, map[string]any{"means": "direct"}})},
	{"232721-nc", "agriculture", "呼玛县：农业补贴发放错误", "信访人反映2025年补贴面积登记有误。", "2026-08-10", opened("08-11", "08-13", "08-18")},
	{"232763-zr", "land", "新林区：宅基地确权争议", "信访人与相邻住户对界址有争议。", "2026-08-24", []step{{"08-25", "o007", casefile.Forward, nil}}},
}

// pictures are drawn at ten on 1 September 2026: who looks at what, through which window.
var pictures = []struct {
	name, official, path string
	wide, high           int64
	scale                float64
}{
	{"board", "o010", "/board", 1200, 1000, 1},
	{"case", "o010", "/cases/{id}", 1200, 1130, 1},
	{"desk-telephone", "upper", "/desk", 375, 740, 2},
}

const pictureFolder = "../docs/pictures"

// The README's pictures are there, small, and none is left over. With -update they are
// drawn anew, from cases that lived through two months.
func TestPictures(t *testing.T) {
	t.Parallel()
	if *update {
		drawPictures(t)
	}
	found, err := filepath.Glob(pictureFolder + "/*")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, p := range pictures {
		want = append(want, filepath.Join(pictureFolder, p.name+".png"))
	}
	if slices.Sort(want); !slices.Equal(found, want) {
		t.Errorf("%q lie there, want %q; make pictures draws them", found, want)
	}
	for _, file := range found {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := png.DecodeConfig(bytes.NewReader(b)); err != nil || len(b) > 120_000 {
			t.Errorf("%s: %d bytes, %v", file, len(b), err)
		}
		for _, readme := range []string{"../README.md", "../README.zh-CN.md"} {
			if text, err := os.ReadFile(readme); err != nil || !strings.Contains(string(text), "docs/pictures/"+filepath.Base(file)) {
				t.Errorf("%s does not show %s: %v", readme, file, err)
			}
		}
	}
}

func drawPictures(t *testing.T) {
	w := emptySite(t, &embeddedtest.Template{SetUp: sampletest.SetUp})
	ids := w.live()
	if err := os.MkdirAll(pictureFolder, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.start(moment(t, "09-01"), nil))
	for _, p := range pictures {
		b := openChrome(t, p.wide, p.high)
		b.signIn(w, w.actor(ids[pictured], p.official))
		var shot []byte
		b.run(emulation.SetDeviceMetricsOverride(p.wide, p.high, p.scale, p.wide < 600),
			chromedp.Navigate(w.url+strings.ReplaceAll(p.path, "{id}", ids[pictured])), chromedp.CaptureScreenshot(&shot))
		if err := os.WriteFile(filepath.Join(pictureFolder, p.name+".png"), fewColours(t, shot), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// moment is ten o'clock on a day of 2026.
func moment(t testing.TB, day string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", "2026-"+day+" 10:00", calendar.Zone)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// live plays all stories, day by day, and returns the cases by their titles.
func (w *site) live() map[string]string {
	w.t.Helper()
	days := map[string]bool{}
	for on := moment(w.t, "06-01"); on.Before(moment(w.t, "09-01")); on = on.AddDate(0, 0, 7) {
		days[on.Format("01-02")] = true // the clock's own steps are not all done on one day
	}
	for _, s := range stories {
		days[strings.TrimPrefix(s.received, "2026-")] = true
		for _, step := range s.steps {
			days[step.day] = true
		}
	}
	ids := map[string]string{}
	for _, day := range slices.Sorted(func(yield func(string) bool) {
		for day := range days {
			if !yield(day) {
				return
			}
		}
	}) {
		stop := w.start(moment(w.t, day), nil)
		for _, s := range stories {
			if id := ids[s.title]; id != "" {
				tick := casefile.Command{ID: "tick-" + day, Kind: casefile.Tick, Actor: casefile.Clockwork}
				if _, err := w.engine.Command(w.t.Context(), id, tick); err != nil {
					w.t.Fatal(err)
				}
			} else if s.received == "2026-"+day {
				var c struct {
					ID string `json:"id"`
				}
				w.give("o007", "/cases", map[string]any{
					"origin": "province", "channel": "visit", "purpose": "appeal", "category": s.category, "unit": s.unit, "received_at": s.received,
					"title": s.title, "text": s.text, "petitioner": map[string]any{"name": petitionerName, "phone": petitionerPhone},
				}, &c)
				ids[s.title] = c.ID
			}
			for _, step := range s.steps {
				if step.day == day {
					w.play(ids[s.title], s.unit, step)
				}
			}
		}
		stop()
	}
	return ids
}

func (w *site) play(id, unit string, s step) {
	w.t.Helper()
	who := w.actor(id, s.who)
	if s.who == "officer" {
		d, err := w.store.Directory(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		for _, o := range d.Officials {
			if o.Unit == unit && o.Role == casefile.Officer {
				who = o.ID
			}
		}
	}
	body := s.body
	if s.command == casefile.Sign {
		c, err := w.store.Case(w.t.Context(), id)
		if err != nil {
			w.t.Fatal(err)
		}
		body = map[string]any{"hash": c.Case.Opinion.Hash()}
	}
	w.do(who, id, string(s.command), body)
}

// actor is the account of a case's leader, or the account itself.
func (w *site) actor(id, who string) string {
	w.t.Helper()
	if who != "upper" && who != "lower" {
		return who
	}
	c, err := w.store.Case(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	if who == "upper" {
		return c.Case.Upper.Official
	}
	return c.Case.Lower.Official
}

// fewColours writes a picture with the 256 colours that it has most of; a page has few
// others, and they lie near.
func fewColours(t *testing.T, shot []byte) []byte {
	t.Helper()
	full, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		t.Fatal(err)
	}
	bounds := full.Bounds()
	times := map[color.RGBA]int{}
	at := func(x, y int) color.RGBA { return color.RGBAModel.Convert(full.At(x, y)).(color.RGBA) }
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			times[at(x, y)]++
		}
	}
	var most []color.RGBA
	for c := range times {
		most = append(most, c)
	}
	slices.SortFunc(most, func(a, b color.RGBA) int {
		if n := times[b] - times[a]; n != 0 {
			return n
		}
		return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
	})
	var palette color.Palette
	for _, c := range most[:min(256, len(most))] {
		palette = append(palette, c)
	}
	near := map[color.RGBA]uint8{}
	small := image.NewPaletted(bounds, palette)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			c := at(x, y)
			i, ok := near[c]
			if !ok {
				i = uint8(palette.Index(c))
				near[c] = i
			}
			small.SetColorIndex(x, y, i)
		}
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, small); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
