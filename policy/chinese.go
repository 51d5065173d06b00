package policy

import (
	"fmt"

	"shuangze/calendar"
)

// inChinese has each sentence of the checker for people who read the file on a page. The
// arguments are the same. A test holds it against the sources.
var inChinese = map[string]string{ //nolint:gosec // sentences, no credentials
	"must be between 0 and 12h":                                      "应在0至12h之间",
	"must be 2 or more":                                              "应为2以上",
	"must be 1 to 5 (《信访工作条例》第二十条)":                                  "应为1至5（《信访工作条例》第二十条）",
	"upper %q and lower %q must be adjacent levels of the policy":    "上级 %q 与下级 %q 应为政策中相邻的两级",
	"no such origin %q":                                              "没有 %q 这一来源",
	"no pair of levels leads cases of origin %q":                     "来源 %q 的事项没有对应的两级包案领导",
	"act is the leader's own and can't be delegated (亲自办理)":          "亲自办理（act）不得由代理人代行",
	"%q is none of %v":                                               "%q 不在可选范围内：%v",
	"%q is no word":                                                  "%q 不是词语",
	"is missing":                                                     "缺少此项",
	"must be later than from":                                        "应晚于 from",
	"%s is not between from and until":                               "%s 不在 from 与 until 之间",
	"nobody is told of %q":                                           "%q 本来就不通知任何人",
	"must be between 1h and 720h":                                    "应在1h至720h之间",
	"%q is nobody who can bear a duty":                               "%q 不能承担期限责任",
	"no such condition %q":                                           "没有 %q 这一条件",
	"no such purpose %q":                                             "没有 %q 这一目的",
	"no such level %q":                                               "没有 %q 这一级别",
	"%q: leave it out or write %q or %q":                             "%q：可不写，或写 %q、%q",
	"must be 1 to 366 days, is %d":                                   "应为1至366日，现为%d",
	"must be 0 to 366 days, is %d":                                   "应为0至366日，现为%d",
	"no such step %q":                                                "没有 %q 这一步骤",
	"%s is taken by the hour (%s), but the clock is none of hours":   "%s 按小时计（%s），而该期限不按小时计",
	"%s is taken by the day (%s), but the clock is one of hours":     "%s 按日计（%s），而该期限按小时计",
	"none of them repeats while the clock is overdue":                "逾期后没有一个步骤会重复，案件可能无声无息",
	"a clock in hours can't be extended: days are no part of it":     "按小时计的期限不能按日延长",
	"is a number of days; a clock in hours has none":                 "是日数，按小时计的期限没有此项",
	"is a number of days; a clock in months has none":                "是日数，按月计的期限没有此项",
	"must be 1 to %d":                                                "应为1至%d",
	"must be 1 to 60 days before the reception day, such as -5d":     "应为接待日前1至60日，如 -5d",
	"must be 1 to %d days a %s":                                      "应为1至%d日（每%s）",
	"%s has a rule already, %s":                                      "%s 已有规定：%s",
	"%s is about the level %s":                                       "%s规定的是 %s 一级",
	"%s asks for %d a %s; a local policy may only ask for more":      "%s要求%d日（每%s），地方政策只能增加",
	"must be 1 to %d %s, is %d":                                      "应为1至%d%s，现为%d",
	"must be 0 to 60 %s, is %d":                                      "应为0至60%s，现为%d",
	"names no event":                                                 "没有写明任何事件",
	"no such event %q":                                               "没有 %q 这一事件",
	"a reminder comes before the due date, everything else after it": "提醒在到期之前，其余步骤在到期之后",
	"only an urging or a report upward repeats, after a day or more, of a clock in hours after an hour or more": "只有催办和上报可以重复，间隔至少一日；按小时计的期限至少一小时",
	"is told of duties of units, petition offices and reviewing organs alone":                                   "只告知信访人责任单位、信访部门和复查复核机关的期限",
	"%s and %s are not counted alike":                                                  "%s 与 %s 的计法不一致",
	"tells nobody":                                                                     "没有写明通知谁",
	"no such clock %q":                                                                 "没有 %q 这一期限",
	"%s runs in hours, which nothing suspends":                                         "%s 按小时计，不能中止",
	"only a statute can suspend %s, the clock of %s":                                   "%s 是%s规定的期限，只有法规才能中止",
	"a local policy can't add to what the statutes suspend":                            "地方政策不能扩大法定的中止情形",
	"must be 1 to 366, is %d":                                                          "应为1至366，现为%d",
	"%q: a right ends with a day, so it is counted in one of %v":                       "%q：权利期限以日终了，应按 %v 之一计",
	"%s gives %d %ss; a local policy can't change it":                                  "%s规定为%d%s，地方政策不能改变",
	"%d %ss can be longer than the %d %ss of %s; a local policy may only shorten them": "%d%s可能长于%[5]s规定的%[3]d%[4]s，地方政策只能缩短",
	"%d is longer than the %d of %s; a local policy may only shorten it":               "%d 长于%[3]s规定的%[2]d，地方政策只能缩短",
	"%d is longer than the %d allowed by %s":                                           "%d 长于%[3]s允许的%[2]d",
	"%s knows no extension":                                                            "%s没有规定可以延长",
	"%d days are more than the %d of %s":                                               "%d日多于%[3]s规定的%[2]d日",
	"what starts and stops the clock of %s can't be changed":                           "%s规定的期限，其起算和终止情形不能改变",
	"%s puts the duty on the %s":                                                       "按%s，责任由%s承担",
	"the limit is the statute's own":                                                   "这就是法定期限，依据应为 statute",
	"id is missing":                                                                    "缺少 id",
	"id %q stands twice":                                                               "id %q 重复出现",
}

// chinese is a sentence of the checker in Chinese.
func chinese(format string, args ...any) string {
	zh, ok := inChinese[format]
	if !ok {
		zh = format
	}
	words := make([]any, len(args))
	for i, a := range args {
		words[i] = a
		if u, ok := a.(calendar.Unit); ok && u.Valid() {
			a = unitName(u)
		}
		if p, ok := a.(Period); ok && p.days() > 0 {
			words[i] = periodsInChinese[p]
		}
		if m, ok := a.(measure); ok {
			words[i] = measuresInChinese[m]
		}
	}
	return fmt.Sprintf(zh, words...)
}

// measure is what a number counts, in English.
type measure string

var periodsInChinese = map[Period]string{Weekly: "周", Monthly: "月", Quarterly: "季度", Yearly: "年"}

var measuresInChinese = map[measure]string{"days": "日", "working days": "个工作日", "months": "个月", "hours": "小时"}
