package rehearse

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/importer"
	"shuangze/store"
)

// Petition is a case that the script has somebody register.
type Petition struct {
	importer.Case
	By   string // who registers it
	Key  string // under which the API knows it again
	fate fate
}

// matter is something that people complain of, in the words of a petition: %s is a place.
type matter struct{ title, text string }

// field is a content class with the units that deal with it: the part of their codes
// behind the authority's.
type field struct {
	category string
	county   string // unit of a county that deals with it; empty: only the prefecture's
	above    string // the prefecture's; empty: only counties'
	matters  []matter
}

var fields = []field{
	{"labour", "rs", "rs", []matter{
		{"拖欠工资", "%s项目部自去年10月起拖欠32名务工人员工资，多次催要，施工单位与劳务公司互相推诿，请求督促支付。"},
		{"工伤认定久拖不决", "在%s务工时受伤，申请工伤认定已超过法定时限，一直未收到决定，请求依法认定。"},
		{"养老保险补缴", "原在%s集体企业工作期间，单位未缴养老保险，现临近退休不能办理，请求核实工龄并补缴。"},
		{"社保待遇核定有误", "退休待遇核定时漏算在%s工作的六年工龄，请求复核并补发。"},
	}},
	{"urban", "zj", "zj", []matter{
		{"房屋产权证逾期未办", "%s小区入住已五年，开发企业未办竣工备案，126户至今没有不动产权证，请求协调办理。"},
		{"供热温度不达标", "%s入冬以来室内温度不足16度，物业与供热公司互相推诿，请求检查管网并退还热费。"},
		{"棚户区改造补偿未兑现", "%s棚改协议约定的过渡费已停发八个月，回迁房没有开工，请求说明原因并按协议支付。"},
		{"物业服务不到位", "%s小区电梯停运两个月，公共维修资金申请无人受理，老人上下楼困难，请求解决。"},
		{"房屋漏雨", "%s公租房屋面漏雨三年，报修多次没有维修，请求尽快处理。"},
	}},
	{"land", "zr", "zr", []matter{
		{"宅基地确权争议", "%s宅基地与邻户界址不清，测绘结果前后不一，请求重新勘界并出具书面结论。"},
		{"征地补偿款未到位", "%s修路占用耕地11.4亩，补偿款只付了一半，请求公开补偿明细并足额支付。"},
		{"违规占用林地堆料", "有人在%s林缘占地堆放砂石，举报后没有答复，请求查处并恢复原状。"},
	}},
	{"civil", "mz", "mz", []matter{
		{"低保申请未予答复", "%s居民因病致贫，申请最低生活保障已四个月，没有书面答复，请求依规审核。"},
		{"养老机构服务问题", "%s养老服务中心伙食和护理达不到合同约定，请求检查并督促整改。"},
		{"临时救助标准", "%s火灾后申请临时救助，发放数额与公布标准不符，请求说明依据。"},
	}},
	{"agriculture", "nc", "", []matter{
		{"种粮补贴少发", "%s承包地补贴面积少登记7亩，连续两年少发，请求核实补发。"},
		{"土地承包合同纠纷", "%s村集体提前收回承包地另行发包，没有召开村民会议，请求依法处理。"},
		{"种子质量造成减产", "在%s购买的大豆种子出苗率低，造成减产，请求鉴定并追究经销者责任。"},
	}},
	{"law", "", "ga", []matter{
		{"户籍办理受阻", "迁入%s已两年，户籍迁移材料被三次退回，每次要求不同，请求一次性告知并办理。"},
		{"报案未予书面答复", "在%s被盗报案后三个月，没有收到是否立案的书面通知，请求依法答复。"},
	}},
	{"transport", "", "jt", []matter{
		{"通村公路损毁", "%s通村公路冻融翻浆，春季无法通行，请求列入今年维修计划。"},
		{"客运班次减少", "%s到县城的班车由每日三班减为一班，学生和就医群众出行困难，请求恢复。"},
	}},
	{"forestry", "", "lg", []matter{
		{"林区职工住房", "%s林场撤并后职工住房没有产权手续，请求统一办理。"},
		{"停伐后岗位安置", "%s林场停伐后的转岗安置协议没有履行，请求兑现岗位补贴。"},
	}},
	{"environment", "zj", "", []matter{
		{"施工扬尘噪声", "%s工地夜间施工，扬尘和噪声影响休息，投诉后只停了一天，请求依法查处。"},
	}},
	{"education", "mz", "", []matter{
		{"校车线路取消", "%s校车线路取消后，26名学生上学要步行四公里，请求恢复或者安排替代车辆。"},
	}},
	{"military", "mz", "mz", []matter{
		{"优抚待遇落实", "户口迁到%s后，优抚待遇停发三个月，请求核实并补发。"},
	}},
}

var accusations = []matter{
	{"反映工作人员优亲厚友", "反映%s在救助名额评定中优亲厚友，没有公示，请求依纪依规核查。"},
	{"反映项目招标不公", "反映%s维修项目招标前已内定施工队伍，请求调查招标过程。"},
	{"反映干部刁难群众", "反映%s窗口人员故意拖延、态度恶劣，多次要求补交不需要的材料，请求核查处理。"},
}

var suggestionsRaised = []matter{
	{"建议增设便民服务点", "建议在%s增设便民服务点，方便老年人就近办理社保和救助业务。"},
	{"建议公开办理进度", "建议将%s涉及群众的审批事项办理进度在网上公开，便于查询和监督。"},
	{"建议改善公交站点", "建议在%s增设公交站和候车亭，冬季候车时间过长。"},
}

var (
	places   = []string{"振兴", "红旗", "北山", "东河", "青松", "光明", "向阳", "育林", "新立", "前哨", "永安", "长青", "双合", "古源", "白桦"}
	surnames = []string{"赵", "钱", "孙", "李", "周", "吴", "郑", "王", "冯", "陈", "褚", "卫", "蒋", "沈", "韩", "杨", "朱", "秦", "尤", "许"}
	openings = map[string][]string{
		"letter":    {"来信反映：", "信访人书面反映："},
		"visit":     {"来访人当面陈述：", "来访反映："},
		"telephone": {"来电反映：", "信访人电话陈述，经复述确认："},
		"online":    {"网上反映：", "信访人通过网上信访平台提出："},
		"fax":       {"传真反映："},
	}
	closings = []string{"请求依法处理并书面答复。", "希望有关部门到现场看一看。", "此前已向责任单位反映，没有得到答复。", "请给出明确的办理时限。", ""}
)

// Petitions makes up a number of cases that are received in the course of a year. None
// of the people in them exist.
func (p *People) Petitions(year, n int) []Petition { return petitions(p.seed, year, n, p.accounts) }

// Sample deals the sample's cases their fates too.
func (p *People) Sample(cases []importer.Case) []Petition {
	list := make([]Petition, len(cases))
	for i, f := range fates(p.dice("sample"), len(cases)) {
		f.objection, f.entry, f.linked = "", "", false // these belong where they were sent
		list[i] = Petition{Case: cases[i], fate: f}
	}
	return list
}

// NewYear is when a year begins.
func NewYear(year int) time.Time { return date(year, time.January, 1).Start() }

// LastDay is the last day of a year.
func LastDay(year int) calendar.Date { return date(year, time.December, 31) }

func petitions(seed uint64, year, n int, accounts map[string]Account) []Petition {
	dice := rand.New(rand.NewPCG(seed, uint64(year))) //nolint:gosec // a rehearsal wants repeatable chance
	first, last := date(year, time.January, 1), LastDay(year).AddDays(-10)
	list := make([]Petition, n)
	received := make([]time.Time, n)
	for i := range received {
		received[i] = receipt(dice, first, last)
	}
	slices.SortFunc(received, time.Time.Compare)
	counties := counties(accounts)
	for i, f := range fates(dice, n) {
		p := makeUp(dice, counties, accounts)
		p.fate, p.Key = f, fmt.Sprintf("%d-%04d", year, i+1)
		p.Registration.ReceivedAt = received[i]
		if !calendar.Default().Day(calendar.DateOf(received[i])).Work && p.Registration.Channel == "visit" {
			p.Registration.Channel = "online" // the office is closed
		}
		if p.Registration.Origin == "province" {
			p.Registration.Reference = fmt.Sprintf("省督办〔%d〕%03d号", year, i+1)
		}
		p.shape(dice, f)
		list[i] = p
	}
	return list
}

// receipt is some instant of the year: at any hour online, or within office hours.
func receipt(dice *rand.Rand, first, last calendar.Date) time.Time {
	day := first.AddDays(dice.IntN(last.DaysSince(first) + 1))
	return day.At(8+dice.IntN(10), dice.IntN(60))
}

// counties lists the authorities below the highest one that have units of their own.
func counties(accounts map[string]Account) []string {
	seen := map[string]bool{}
	for _, a := range accounts {
		if area := areaOf(a.Unit); len(area) > shortest(accounts) {
			seen[area] = true
		}
	}
	var list []string
	for area := range seen {
		list = append(list, area)
	}
	slices.Sort(list)
	return list
}

// shortest is the length of the highest authority's code.
func shortest(accounts map[string]Account) int {
	n := 0
	for _, a := range accounts {
		if area := areaOf(a.Unit); n == 0 || len(area) < n {
			n = len(area)
		}
	}
	return n
}

// areaOf is the authority's part of a unit's code.
func areaOf(unit string) string {
	area, _, _ := strings.Cut(unit, "-")
	return area
}

// makeUp makes a case without its fate: where it comes from, what it is about, who
// registers it.
func makeUp(dice *rand.Rand, counties []string, accounts map[string]Account) Petition {
	f := fields[dice.IntN(len(fields))]
	prefecture := counties[0][:shortest(accounts)]
	unit := prefecture + "-" + f.above
	if f.county != "" && (f.above == "" || dice.IntN(5) > 0) {
		unit = counties[dice.IntN(len(counties))] + "-" + f.county
	}
	origin, by := "petition", "registrar"
	office := areaOf(unit) + "-xf"
	switch n := dice.IntN(100); {
	case n < 7:
		origin, office = "province", prefecture+"-xf"
	case n < 14:
		origin, office = "prefecture", prefecture+"-xf"
	case n < 20:
		origin, office = "self_found", prefecture+"-xf"
	case n < 35:
		by, office = "officer", unit // it received the petition itself
	case n < 45:
		office = prefecture + "-xf"
	}
	channels := []string{"letter", "visit", "visit", "telephone", "online", "online", "fax"}
	m := f.matters[dice.IntN(len(f.matters))]
	place := places[dice.IntN(len(places))]
	p := Petition{By: staff(accounts, office, by, dice)}
	p.Title = m.title
	p.Text = fmt.Sprintf(m.text, place)
	p.Registration = casefile.Registration{
		Origin: origin, Channel: channels[dice.IntN(len(channels))], Purpose: "appeal", Category: f.category, Unit: unit, Headcount: 1 + dice.IntN(3),
	}
	switch n := dice.IntN(100); {
	case n < 6 && by == "registrar":
		p.accuse(dice, place, accounts)
	case n < 14:
		m := suggestionsRaised[dice.IntN(len(suggestionsRaised))]
		p.Registration.Purpose, p.Title, p.Text = "suggestion", m.title, fmt.Sprintf(m.text, place)
	}
	if p.Registration.Purpose == "appeal" && dice.IntN(8) == 0 {
		p.Registration.Headcount = 5 + dice.IntN(60)
		p.Registration.Representatives = 2 + dice.IntN(4)
	}
	p.Registration.Repeated = dice.IntN(9) == 0
	p.Registration.Key, p.Registration.Difficult = dice.IntN(12) == 0, dice.IntN(10) == 0
	p.Petitioner = petitioner(dice, place)
	return p
}

// accuse makes it an accusation of somebody in another unit than the one that handles
// it, or of that unit.
func (p *Petition) accuse(dice *rand.Rand, place string, accounts map[string]Account) {
	m := accusations[dice.IntN(len(accusations))]
	var others []string
	for id, a := range accounts {
		if areaOf(a.Unit) == areaOf(p.Registration.Unit) && a.Unit != p.Registration.Unit && strings.Contains(a.Unit, "-") &&
			(a.Role == "officer" || a.Role == "leader") {
			others = append(others, id)
		}
	}
	if len(others) == 0 {
		return
	}
	slices.Sort(others)
	accused := others[dice.IntN(len(others))]
	p.Registration.Purpose, p.Title, p.Text = "accusation", m.title, fmt.Sprintf(m.text, place)
	p.Registration.Category = "discipline"
	if p.Registration.AccusedOfficial = accused; dice.IntN(3) == 0 {
		p.Registration.AccusedOfficial, p.Registration.AccusedUnit = "", accounts[accused].Unit
	}
}

// shape fits the case to its fate and channel.
func (p *Petition) shape(dice *rand.Rand, f fate) {
	r := &p.Registration
	if r.Purpose == "appeal" && !r.Repeated && r.Headcount < 5 && r.Origin == "petition" && f.entry == "" && f.objection == "" && dice.IntN(6) == 0 {
		r.Simple, p.fate.simple = true, true
		p.fate.fallsBack = dice.IntN(4) == 0
	}
	if f.linked {
		r.Repeated, r.Simple, p.fate.simple = true, false, false
	}
	if r.Headcount < 5 {
		r.Representatives = 0
	}
	opening := openings[r.Channel]
	p.Text = opening[dice.IntN(len(opening))] + p.Text + closings[dice.IntN(len(closings))]
}

// petitioner is nobody: a surname with 某, a number that is not given out. Some leave no
// way to reach them.
func petitioner(dice *rand.Rand, place string) store.Petitioner {
	if dice.IntN(14) == 0 {
		return store.Petitioner{}
	}
	p := store.Petitioner{Name: surnames[dice.IntN(len(surnames))] + []string{"某", "某某"}[dice.IntN(2)]}
	if dice.IntN(10) > 0 {
		p.Phone = fmt.Sprintf("1390000%04d", dice.IntN(10_000))
	}
	if dice.IntN(3) > 0 {
		p.Address = fmt.Sprintf("%s第%d委%d号", place, 1+dice.IntN(30), 1+dice.IntN(99))
	}
	return p
}

// staff is somebody of a unit in a role; empty where there is nobody.
func staff(accounts map[string]Account, unit, role string, dice *rand.Rand) string {
	var ids []string
	for id, a := range accounts {
		if a.Unit == unit && a.Role == role {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return ""
	}
	slices.Sort(ids)
	return ids[dice.IntN(len(ids))]
}
