package casefile

import (
	"slices"

	"shuangze/policy"
)

// PermitBoard says whether the actor may see the board (看板): nil, or Forbidden. What is
// counted for them is what Sees lets them see.
func PermitBoard(by Actor) *Error {
	switch by.Role {
	case Registrar, Supervisor, Inspector, Leader, Auditor:
		return nil
	case Officer, Admin, System, Former, Complainant:
	}
	return forbidden("not_permitted", "看板比较各单位、各包案领导的办理进度",
		"看板供信访部门、督查机构、领导和审计人员使用", "the board is for petition offices, supervision offices, leaders and the auditor")
}

// Compares reports whether the actor may see how a leader's cases stand in all. Offices and
// the auditor compare everybody; a leader sees the own cases, those of whom they stand in
// for, and those of leaders below: in the units below the own and, of a lower level, in it.
func Compares(leader Official, by Actor, r Rules) bool {
	if by.Role != Leader || leader.ID == by.ID {
		return PermitBoard(by) == nil
	}
	if slices.Contains(r.Directory.Principals(by.ID, r.Now), leader.ID) {
		return true
	}
	if leader.Unit == by.Unit {
		return r.Policy.Rank(leader.Level) < r.Policy.Rank(r.Directory.Officials[by.ID].Level)
	}
	return r.Directory.Under(leader.Unit, by.Unit)
}

// Columns are what a list of cases can show of each, in their order: the pages' lists and
// the tables that are exported. Nothing of the petitioner is among them.
var Columns = []policy.Code{
	{ID: "number", Name: policy.Text{Chinese: "登记编号", English: "Number"}},
	{ID: "title", Name: policy.Text{Chinese: "标题", English: "Title"}},
	{ID: "lamp", Name: policy.Text{Chinese: "灯", English: "Lamp"}},
	{ID: "due", Name: policy.Text{Chinese: "最近期限", English: "Next due"}},
	{ID: "stage", Name: policy.Text{Chinese: "环节", English: "Stage"}},
	{ID: "supervision", Name: policy.Text{Chinese: "督办", English: "Supervision"}},
	{ID: "unit", Name: policy.Text{Chinese: "责任单位", English: "Unit responsible"}},
	{ID: "upper", Name: policy.Text{Chinese: "上级包案领导", English: "Upper leader"}},
	{ID: "lower", Name: policy.Text{Chinese: "下级包案领导", English: "Lower leader"}},
	{ID: "office", Name: policy.Text{Chinese: "主管信访部门", English: "Office in charge"}},
	{ID: "received", Name: policy.Text{Chinese: "收到日期", English: "Received"}},
	{ID: "origin", Name: policy.Text{Chinese: "来源", English: "Origin"}},
	{ID: "category", Name: policy.Text{Chinese: "类别", English: "Class"}},
	{ID: "campaign", Name: policy.Text{Chinese: "会战", English: "Campaign"}},
	{ID: "reference", Name: policy.Text{Chinese: "来文编号", English: "Reference"}},
	{ID: "marks", Name: policy.Text{Chinese: "标记", English: "Marks"}},
}

// Marks are what is said of the matter beside its stage, in words.
func (c Case) Marks() []policy.Text {
	var marks []policy.Text
	for _, m := range []struct {
		is   bool
		name policy.Text
	}{
		{c.Urgent != nil, policy.Text{Chinese: "重大紧急", English: "urgent"}},
		{c.Key, policy.Text{Chinese: "重点", English: "key"}},
		{c.Difficult, policy.Text{Chinese: "难点", English: "difficult"}},
		{c.Collective, policy.Text{Chinese: "集体访", English: "collective"}},
	} {
		if m.is {
			marks = append(marks, m.name)
		}
	}
	return marks
}
