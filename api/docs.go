package api

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"
	"go.yaml.in/yaml/v3"
)

var (
	//go:embed openapi.yaml
	openapi []byte
	//go:embed docs.html
	docsTemplate string
	//go:embed docs.css
	docsStyle string
)

func (a *api) getOpenAPI(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/yaml; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(openapi)
	return nil
}

func (a *api) getDocs(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("Content-Security-Policy", a.docs.policy)
	_, _ = w.Write(a.docs.page)
	return nil
}

// getProblem leads from a problem's type to what the page says of it.
func (a *api) getProblem(w http.ResponseWriter, r *http.Request) error {
	code := chi.URLParam(r, "code")
	if !slices.Contains(a.docs.problems, code) {
		return errNoRoute
	}
	http.Redirect(w, r, "/api/v1/docs#problem-"+code, http.StatusSeeOther)
	return nil
}

// docs is openapi.yaml as a page: made once, without a script, and allowed to load
// nothing at all.
type docs struct {
	page     []byte
	policy   string
	problems []string // the codes it explains
}

// newDocs makes the page. It panics when what was built in can't be read, which a test
// would have shown.
func newDocs() *docs {
	var spec document
	if err := yaml.Unmarshal(openapi, &spec); err != nil {
		panic(fmt.Errorf("openapi.yaml: %w", err))
	}
	page, err := spec.render()
	if err != nil {
		panic(fmt.Errorf("docs.html: %w", err))
	}
	hash := sha256.Sum256([]byte(docsStyle))
	d := &docs{
		page: page,
		policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) +
			"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	}
	for _, p := range spec.Problems {
		d.problems = append(d.problems, p.Code)
	}
	return d
}

// document is as much of OpenAPI as the page shows.
type document struct {
	Info struct {
		Title       string
		Version     string
		Description string
	}
	Tags []struct {
		Name        string
		Description string
	}
	Paths      ordered[ordered[operation]]
	Components struct {
		Schemas    ordered[*schema]
		Parameters map[string]parameter
		Responses  map[string]response
	}
	Problems []struct {
		Code   string
		Status int
		ZH     string `yaml:"zh"`
		EN     string `yaml:"en"`
	} `yaml:"x-problems"`
}

type operation struct {
	OperationID string `yaml:"operationId"`
	Summary     string
	Description string
	Tags        []string
	Security    []map[string][]string
	Parameters  []parameter
	RequestBody struct {
		Required bool
		Content  ordered[media]
	} `yaml:"requestBody"`
	Responses ordered[response]
}

type parameter struct {
	Ref         string `yaml:"$ref"`
	Name        string
	In          string
	Required    bool
	Description string
	Schema      *schema
}

type response struct {
	Ref         string `yaml:"$ref"`
	Description string
	Content     ordered[media]
}

type media struct {
	Schema  *schema
	Example yaml.Node
}

type schema struct {
	Ref         string `yaml:"$ref"`
	Type        types
	Format      string
	Description string
	Enum        []any
	Default     any
	MinLength   *int `yaml:"minLength"`
	MaxLength   *int `yaml:"maxLength"`
	Minimum     *int
	Maximum     *int
	Required    []string
	Properties  ordered[*schema]
	Items       *schema
	AllOf       []*schema `yaml:"allOf"`
	AnyOf       []*schema `yaml:"anyOf"`
	OneOf       []*schema `yaml:"oneOf"`
}

// types is a schema's type, one or several.
type types []string

func (t *types) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*t = types{n.Value}
		return nil
	}
	return n.Decode((*[]string)(t))
}

// ordered is a mapping in the order in which it is written.
type ordered[T any] []named[T]

type named[T any] struct {
	Name  string
	Value T
}

func (o *ordered[T]) UnmarshalYAML(n *yaml.Node) error {
	for i := 0; i+1 < len(n.Content); i += 2 {
		entry := named[T]{Name: n.Content[i].Value}
		if err := n.Content[i+1].Decode(&entry.Value); err != nil {
			return err
		}
		*o = append(*o, entry)
	}
	return nil
}

func (d *document) render() ([]byte, error) {
	t, err := template.New("docs").Funcs(template.FuncMap{
		"prose": prose, "type": (*schema).kind, "limits": (*schema).limits, "rows": d.rows,
		"parameter": d.parameter, "response": d.response, "example": example, "upper": strings.ToUpper,
	}).Parse(docsTemplate)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, struct {
		*document
		Style template.CSS
	}{d, template.CSS(docsStyle)}) //nolint:gosec // our own file, to stand on the page byte for byte
	return b.Bytes(), err
}

// Public reports whether the operation needs no token.
func (o operation) Public() bool { return o.Security != nil && len(o.Security) == 0 }

func (d *document) parameter(p parameter) parameter {
	if p.Ref != "" {
		return d.Components.Parameters[refName(p.Ref)]
	}
	return p
}

func (d *document) response(r response) response {
	if r.Ref != "" {
		return d.Components.Responses[refName(r.Ref)]
	}
	return r
}

// row is a field of an object on the page.
type row struct {
	Name     string
	Required bool
	Schema   *schema
	Depth    int
}

// rows lists an object's fields, inner objects' below their own.
func (d *document) rows(s *schema) []row { return d.fields(s, 0) }

func (d *document) fields(s *schema, depth int) []row {
	if s == nil {
		return nil
	}
	var rows []row
	for _, part := range s.AllOf {
		if part.Ref != "" {
			part = d.schema(refName(part.Ref))
		}
		rows = append(rows, d.fields(part, depth)...)
	}
	for _, p := range s.Properties {
		rows = append(rows, row{p.Name, slices.Contains(s.Required, p.Name), p.Value, depth})
		inner := p.Value
		if inner.Items != nil {
			inner = inner.Items
		}
		rows = append(rows, d.fields(inner, depth+1)...)
	}
	return rows
}

func (d *document) schema(name string) *schema {
	for _, s := range d.Components.Schemas {
		if s.Name == name {
			return s.Value
		}
	}
	return nil
}

// kind says in a few words what a value is; Ref is the schema to look up for more.
func (s *schema) kind() (k struct{ Text, Ref string }) {
	if s == nil {
		return k
	}
	switch {
	case s.Ref != "":
		k.Ref = refName(s.Ref)
	case s.Items != nil:
		k = s.Items.kind()
		k.Text = "array of " + k.Text
	case len(s.OneOf) > 0:
		var parts []string
		for _, one := range s.OneOf {
			inner := one.kind()
			if inner.Ref != "" {
				k.Ref = inner.Ref
			} else {
				parts = append(parts, inner.Text)
			}
		}
		k.Text = strings.Join(parts, " or ")
		if k.Ref != "" {
			k.Text += " or "
		}
	default:
		k.Text = strings.Join(s.Type, " or ")
		if s.Format != "" {
			k.Text += ", " + s.Format
		}
	}
	return k
}

// limits says what else holds for a value.
func (s *schema) limits() string {
	var parts []string
	bounds := func(low, high *int, unit string) {
		switch {
		case low != nil && high != nil:
			parts = append(parts, fmt.Sprintf("%d–%d%s", *low, *high, unit))
		case high != nil:
			parts = append(parts, "≤ "+strconv.Itoa(*high)+unit)
		case low != nil:
			parts = append(parts, "≥ "+strconv.Itoa(*low)+unit)
		}
	}
	bounds(s.MinLength, s.MaxLength, " characters")
	bounds(s.Minimum, s.Maximum, "")
	if s.Default != nil {
		parts = append(parts, fmt.Sprintf("default %v", s.Default))
	}
	return strings.Join(parts, "; ")
}

func refName(ref string) string { return ref[strings.LastIndex(ref, "/")+1:] }

// example writes an example as JSON, in the order of the document.
func example(n yaml.Node) (string, error) {
	if n.IsZero() {
		return "", nil
	}
	var compact, indented bytes.Buffer
	if err := encode(&compact, &n); err != nil {
		return "", err
	}
	err := json.Indent(&indented, compact.Bytes(), "", "  ")
	return indented.String(), err
}

func encode(b *bytes.Buffer, n *yaml.Node) error {
	if n.Kind == yaml.MappingNode {
		b.WriteByte('{')
		for i := 0; i+1 < len(n.Content); i += 2 {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(b, "%q:", n.Content[i].Value)
			if err := encode(b, n.Content[i+1]); err != nil {
				return err
			}
		}
		b.WriteByte('}')
		return nil
	}
	var v any = n.Value // a date stays the text it is written as
	if n.Tag != "!!timestamp" {
		if err := n.Decode(&v); err != nil {
			return err
		}
	}
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

var (
	inCode   = regexp.MustCompile("`([^`]+)`")
	inStrong = regexp.MustCompile(`\*\*([^*]+)\*\*`)
)

// prose sets a description: paragraphs, `code` and **strong**, no more.
func prose(s string) template.HTML {
	var b strings.Builder
	for paragraph := range strings.SplitSeq(strings.TrimSpace(s), "\n\n") {
		p := template.HTMLEscapeString(paragraph)
		p = inCode.ReplaceAllString(p, "<code>$1</code>")
		p = inStrong.ReplaceAllString(p, "<strong>$1</strong>")
		b.WriteString("<p>" + p + "</p>")
	}
	return template.HTML(b.String()) //nolint:gosec // escaped above
}
