package policy

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Every sentence of the checker has its Chinese, which takes the same arguments.
func TestChineseOfProblems(t *testing.T) {
	t.Parallel()
	used := map[string]bool{"id is missing": true, "id %q stands twice": true}
	for _, name := range []string{"load.go", "reception.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if f, ok := call.Fun.(*ast.SelectorExpr); !ok || f.Sel.Name != "add" || len(call.Args) < 4 {
				return true
			}
			if format, ok := call.Args[3].(*ast.BasicLit); ok {
				text, _ := strconv.Unquote(format.Value)
				used[text] = true
			}
			return true
		})
	}
	verb := regexp.MustCompile(`%(?:\[\d\])?[sqdv]`)
	for english := range used {
		zh, ok := inChinese[english]
		if !ok {
			t.Errorf("%q has no Chinese", english)
		}
		if a, b := verb.FindAllString(english, -1), verb.FindAllString(zh, -1); len(a) != len(b) {
			t.Errorf("%q and %q take other arguments", english, zh)
		}
	}
	for english := range inChinese {
		if !used[english] {
			t.Errorf("nothing says %q", english)
		}
	}
}

// What the YAML library refuses is said in Chinese, with line, column and field where these are
// known, and with none of the library's words.
func TestYAMLInChinese(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"clocks:\n  - {id: HANDLE, length: many}": "2:26 HANDLE：length：应为整数，而不是“many”",
		"clocks:\n  - {id: HANDLE, lenght: 5}":    "2:18 HANDLE：没有“lenght”这一项", //nolint:misspell // that is the point
		"colour: red":                             "1:1 没有“colour”这一项",
		"version: a\nversion: b":                  "2:1 “version”已在第1行写过",
		"version: [a]":                            "1:10 version：应为文字",
		"- a\n- b":                                "1:1 应为若干“名称: 值”",
		"day:\n  starts: noon":                    "2:11 starts：应为 08:30 这样的时刻，而不是“noon”",
		"day:\n  spread: soon":                    "2:11 spread：应为 30m 这样的时长，而不是“soon”",
		"steps:\n  - id: URGE-9\n    at: later":   "3:9 URGE-9：at：应为 -7wd、+1d 这样的日数，或 -30m、+1h 这样的时长，而不是“later”",
		"clocks: {a: b}":                          "1:9 clocks：应为列表",
		"clocks: [":                               "1:0 不是有效的 YAML：此处缺少内容：请核对括号是否成对",
		"version: a\nday:\n\tstarts: \"08:00\"":   "3:0 不是有效的 YAML：此处的字符不能这样用：缩进须用空格，不能用制表符；以 @、%、` 等开头的文字须加引号",
		"name: a: b":                              "1:0 不是有效的 YAML：此处不能再写“名称: 值”：请核对缩进；含冒号的文字须加引号",
		"version: {a: b":                          "1:0 不是有效的 YAML：花括号没有成对，或其中缺少逗号",
		"version: 'a":                             "1:0 不是有效的 YAML：内容不完整：请核对引号、括号是否成对",
		"version: \"\\q\"":                        "1:0 不是有效的 YAML：双引号中的“\\”用法有误；不需要时请改用单引号",
		"version: *a":                             "1:0 不是有效的 YAML：请核对此行和上一行的缩进、冒号后的空格、引号和括号",
		"version: \xff":                           "1:0 不是有效的 YAML：不是 UTF-8 编码的文本",
	} {
		_, err := Parse("local.yaml", []byte(file))
		var p FileError
		if !errors.As(err, &p) {
			t.Errorf("%q: %v", file, err)
			continue
		}
		if got := fmt.Sprintf("%d:%d %s", p.Line, p.Column, p.Chinese); got != want {
			t.Errorf("%q (%s):\n got %s\nwant %s", file, p.Message, got, want)
		}
	}
}

func TestProblemsInChinese(t *testing.T) {
	t.Parallel()
	for file, want := range map[string][]string{
		"clocks:\n  - {id: HANDLE, length: 400, unit: calendar_day}": {"HANDLE：length：应为1至366日，现为400", "HANDLE：source：缺少此项"},
		"clocks:\n  - {id: A, length: 3, unit: months}":              {"A：unit：\"months\" 不在可选范围内"},
		"people: {collective: 1}":                                    {"collective：应为2以上"},
	} {
		_, err := Parse("local.yaml", []byte(file))
		var said []string
		for _, one := range err.(interface{ Unwrap() []error }).Unwrap() {
			var p FileError
			if errors.As(one, &p) {
				said = append(said, p.Chinese)
			}
		}
		for _, w := range want {
			if !slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, w) }) {
				t.Errorf("%s: no %q in %q", file, w, said)
			}
		}
	}
}
