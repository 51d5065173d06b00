package policy

import (
	"errors"
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

func TestProblemsInChinese(t *testing.T) {
	t.Parallel()
	for file, want := range map[string][]string{
		"clocks:\n  - {id: HANDLE, length: 400, unit: calendar_day}": {"HANDLE：length：应为1至366日，现为400", "HANDLE：source：缺少此项"},
		"clocks:\n  - {id: A, length: 3, unit: months}":              {"A：unit：\"months\" 不在可选范围内"},
		"people: {collective: 1}":                                    {"collective：应为2以上"},
		"clocks: [":                                                  {"YAML 格式有误"},
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
