package policy

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// syntax turns the YAML library's error, which names lines in prose, into problems: in
// English in its words, in Chinese in ours, with the place of what is meant where it is known.
func (f *file) syntax(err error) []error {
	messages := []string{strings.TrimPrefix(err.Error(), "yaml: ")}
	var typed *yaml.TypeError
	if errors.As(err, &typed) {
		messages = typed.Errors
	}
	var problems []error
	for _, m := range messages {
		p := FileError{File: f.name, Line: 1, Message: m}
		if rest, ok := strings.CutPrefix(m, "line "); ok {
			if n, message, ok := strings.Cut(rest, ": "); ok {
				if line, err := strconv.Atoi(n); err == nil {
					p.Line, p.Message = line, message
				}
			}
		}
		f.explain(&p)
		problems = append(problems, p)
	}
	return problems
}

// What the library says of a value or a name, with what is named.
var (
	noField  = regexp.MustCompile(`^field (.+) not found in type `)
	twice    = regexp.MustCompile(`^mapping key "(.+)" already defined at line (\d+)$`)
	noValue  = regexp.MustCompile("^cannot unmarshal !!(\\w+)(?: `(.*)`)? into (.+)$")
	badValue = regexp.MustCompile(`^"(.*)" (is not .+)$`)
)

// valuesInChinese is what fromYAML says of values that know their own text.
var valuesInChinese = map[string]string{
	"is not an offset such as -7wd or +1d, or in hours -30m or +1h": "应为 -7wd、+1d 这样的日数，或 -30m、+1h 这样的时长",
	"is not a time of day such as 08:30":                            "应为 08:30 这样的时刻",
	"is not a duration such as 30m":                                 "应为 30m 这样的时长",
}

// slipsInChinese are the slips of the pen that people make most; the rest are said in general.
var slipsInChinese = []struct{ says, chinese string }{
	{"found character that cannot start any token", "此处的字符不能这样用：缩进须用空格，不能用制表符；以 @、%、` 等开头的文字须加引号"},
	{"mapping values are not allowed", "此处不能再写“名称: 值”：请核对缩进；含冒号的文字须加引号"},
	{"could not find expected ':'", "名称之后缺少冒号"},
	{"or ']'", "方括号没有成对，或其中缺少逗号"},
	{"or '}'", "花括号没有成对，或其中缺少逗号"},
	{"did not find expected node content", "此处缺少内容：请核对括号是否成对"},
	{"did not find expected key", "此处应为“名称: 值”：请核对缩进"},
	{"did not find expected '-' indicator", "列表各项须以“-”开头并对齐"},
	{"unexpected end of stream", "内容不完整：请核对引号、括号是否成对"},
	{"unknown escape character", "双引号中的“\\”用法有误；不需要时请改用单引号"},
	{"UTF-8", "不是 UTF-8 编码的文本"},
	{"control characters are not allowed", "含有不可见的控制字符"},
}

// explain says a problem in Chinese, and where in the line it is.
func (f *file) explain(p *FileError) {
	if m := noField.FindStringSubmatch(p.Message); m != nil {
		f.at(p, fmt.Sprintf("没有“%s”这一项", m[1]), func(key, _ *yaml.Node) *yaml.Node { return matching(key, m[1]) })
		return
	}
	if m := twice.FindStringSubmatch(p.Message); m != nil {
		f.at(p, fmt.Sprintf("“%s”已在第%s行写过", m[1], m[2]), func(key, _ *yaml.Node) *yaml.Node { return matching(key, m[1]) })
		return
	}
	if m := noValue.FindStringSubmatch(p.Message); m != nil {
		said, kind := "应为"+kindInChinese(m[3]), map[string]yaml.Kind{"seq": yaml.SequenceNode, "map": yaml.MappingNode}[m[1]]
		if m[2] != "" {
			said += fmt.Sprintf("，而不是“%s”", m[2])
		}
		f.at(p, said, func(_, value *yaml.Node) *yaml.Node {
			if value.Kind == kind {
				return value
			}
			if kind == 0 && value.Kind == yaml.ScalarNode {
				return matching(value, strings.TrimSuffix(m[2], "..."))
			}
			return nil
		})
		return
	}
	if m := badValue.FindStringSubmatch(p.Message); m != nil && valuesInChinese[m[2]] != "" {
		f.at(p, fmt.Sprintf("%s，而不是“%s”", valuesInChinese[m[2]], m[1]), func(_, value *yaml.Node) *yaml.Node { return matching(value, m[1]) })
		return
	}
	p.Chinese = "不是有效的 YAML：请核对此行和上一行的缩进、冒号后的空格、引号和括号"
	for _, slip := range slipsInChinese {
		if strings.Contains(p.Message, slip.says) {
			p.Chinese = "不是有效的 YAML：" + slip.chinese
			break
		}
	}
}

func matching(n *yaml.Node, value string) *yaml.Node {
	if n != nil && strings.HasPrefix(n.Value, value) {
		return n
	}
	return nil
}

// kindInChinese is what a value of a Go type is to people.
func kindInChinese(of string) string {
	switch {
	case of == "int":
		return "整数"
	case of == "float64":
		return "数字"
	case of == "bool":
		return " true 或 false"
	case of == "string":
		return "文字"
	case strings.HasPrefix(of, "[]"):
		return "列表"
	}
	return "若干“名称: 值”"
}

// at says what is wrong with the node on the problem's line that is meant: beside it, of what
// entry and field it is, as the checker does.
func (f *file) at(p *FileError, said string, meant func(key, value *yaml.Node) *yaml.Node) {
	p.Chinese = said
	found := false
	var look func(n *yaml.Node, id, field string)
	try := func(key, value *yaml.Node, id, field string) {
		if n := meant(key, value); !found && n != nil && n.Line == p.Line {
			found, p.Column = true, n.Column
			if n == key {
				field = "" // the sentence has it
			}
			if field != "" {
				p.Chinese = field + "：" + p.Chinese
			}
			if id != "" {
				p.Chinese = id + "：" + p.Chinese
			}
		}
	}
	look = func(n *yaml.Node, id, field string) {
		if n.Kind == yaml.MappingNode {
			if own := child(n, "id"); own != nil && own.Kind == yaml.ScalarNode {
				id = own.Value
			}
			for i := 0; i+1 < len(n.Content); i += 2 {
				try(n.Content[i], n.Content[i+1], id, n.Content[i].Value)
				look(n.Content[i+1], id, n.Content[i].Value)
			}
			return
		}
		for _, c := range n.Content {
			look(c, id, field)
			try(nil, c, id, field)
		}
	}
	look(f.root, "", "") // what lies deeper first: a line has many
}
