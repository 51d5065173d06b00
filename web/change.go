package web

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"shuangze/policy"
)

// ruleChange is an entry of the policy that a draft changes, in words.
type ruleChange struct {
	List, ID, Name string
	How            string // new, gone or changed
	Parts          []changedPart
}

// changedPart is one thing in the entry, before and after.
type changedPart struct{ Name, Before, After string }

// change puts a change of the policy into words.
func (l lang) change(c policy.Change) ruleChange {
	made := ruleChange{List: l.of(policyLists[c.List]), ID: c.ID, How: "changed"}
	if made.List == "" {
		made.List = c.List
	}
	before, after := entryOf(c.Before), entryOf(c.After)
	switch {
	case isNull(c.Before):
		made.How = "new"
	case isNull(c.After):
		made.How = "gone"
	}
	for _, entry := range []map[string]json.RawMessage{after, before} {
		var name policy.Text
		if made.Name == "" && json.Unmarshal(entry["name"], &name) == nil {
			made.Name = l.of(name)
		}
	}
	if before == nil && after == nil { // no entry with parts: the whole
		made.Parts = []changedPart{{"", plainly(c.Before), plainly(c.After)}}
		return made
	}
	all := maps.Clone(before)
	if all == nil {
		all = map[string]json.RawMessage{}
	}
	maps.Copy(all, after)
	for _, part := range slices.Sorted(maps.Keys(all)) {
		if part != "id" && !bytes.Equal(before[part], after[part]) {
			name := l.of(policyParts[part])
			if name == "" {
				name = part
			}
			made.Parts = append(made.Parts, changedPart{name, plainly(before[part]), plainly(after[part])})
		}
	}
	return made
}

func isNull(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

func entryOf(raw json.RawMessage) map[string]json.RawMessage {
	var entry map[string]json.RawMessage
	if json.Unmarshal(raw, &entry) != nil {
		return nil
	}
	return entry
}

// plainly writes a value without the marks of JSON where it has none inside.
func plainly(raw json.RawMessage) string {
	if isNull(raw) {
		return ""
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var t policy.Text
	if json.Unmarshal(raw, &t) == nil && t.Chinese != "" {
		return t.Chinese + " / " + t.English
	}
	var list []string
	if json.Unmarshal(raw, &list) == nil {
		return strings.Join(list, ", ")
	}
	return string(raw)
}

// policyLists name the parts of a policy file.
var policyLists = map[string]policy.Text{
	"version":         {Chinese: "版本", English: "Version"},
	"name":            {Chinese: "名称", English: "Name"},
	"levels":          {Chinese: "级别", English: "Levels"},
	"pairs":           {Chinese: "包案领导的两级", English: "Pairs of levels"},
	"origins":         {Chinese: "来源", English: "Origins"},
	"channels":        {Chinese: "信访形式", English: "Channels"},
	"purposes":        {Chinese: "目的", English: "Purposes"},
	"reasons":         {Chinese: "原因", English: "Reasons"},
	"acts":            {Chinese: "亲自办理方式", English: "Acts"},
	"meetings":        {Chinese: "会议", English: "Meetings"},
	"decline_reasons": {Chinese: "不予受理的理由", English: "Reasons to decline"},
	"categories":      {Chinese: "内容分类", English: "Categories"},
	"clocks":          {Chinese: "期限", English: "Time limit"},
	"steps":           {Chinese: "步骤", English: "Step"},
	"suspensions":     {Chinese: "中止", English: "Suspension"},
	"windows":         {Chinese: "权利期限", English: "Right"},
	"forms":           {Chinese: "接访形式", English: "Forms of reception"},
	"frequencies":     {Chinese: "接访频次", English: "Reception days"},
	"day":             {Chinese: "工作时间", English: "Working day"},
	"people":          {Chinese: "人数", English: "People"},
	"delivery":        {Chinese: "通知投递", English: "Delivery"},
	"reception":       {Chinese: "领导接待日", English: "Receptions"},
	"deputies":        {Chinese: "代理人可代行的操作", English: "What deputies may do"},
	"target_no":       {Chinese: "不得作为考核指标的词", English: "Words that no target may have"},
}

// policyParts name what an entry has.
var policyParts = map[string]policy.Text{
	"name":            {Chinese: "名称", English: "Name"},
	"collective":      {Chinese: "集体访人数", English: "A collective visit from"},
	"representatives": {Chinese: "代表人数", English: "Representatives"},
	"source":          {Chinese: "依据", English: "Source"},
	"basis":           {Chinese: "依据类别", English: "Basis"},
	"bearer":          {Chinese: "承担者", English: "Bearer"},
	"starts":          {Chinese: "起算", English: "Starts"},
	"stops":           {Chinese: "终止", English: "Stops"},
	"when":            {Chinese: "条件", English: "When"},
	"length":          {Chinese: "时长", English: "Length"},
	"unit":            {Chinese: "单位", English: "Unit"},
	"yellow":          {Chinese: "黄灯提前", English: "Yellow before"},
	"extend":          {Chinese: "延长", English: "Extension"},
	"steps":           {Chinese: "步骤", English: "Steps"},
	"purposes":        {Chinese: "目的", English: "Purposes"},
	"origins":         {Chinese: "来源", English: "Origins"},
	"at":              {Chinese: "时点", English: "At"},
	"do":              {Chinese: "动作", English: "Does"},
	"to":              {Chinese: "通知", English: "Tells"},
	"repeat":          {Chinese: "重复", English: "Repeats"},
	"days":            {Chinese: "天数", English: "Days"},
	"own_term":        {Chinese: "自定期限", English: "Own term"},
	"grantor":         {Chinese: "可延长者", English: "Grantor"},
}
