package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"shuangze/casefile"
	"shuangze/policy"
	"shuangze/store"
	"shuangze/workflows"
)

// problem is a refusal on its way out: an error that the caller may read.
type problem struct {
	status   int
	code     string
	detail   policy.Text
	rule     string
	fields   []casefile.FieldError
	commands []casefile.Kind
	header   http.Header
}

func (p *problem) Error() string { return p.code + ": " + p.detail.English }

// refuse makes a problem without fields or rule.
func refuse(status int, code, zh, en string) *problem {
	return &problem{status: status, code: code, detail: policy.Text{Chinese: zh, English: en}}
}

// The problems that are the interface's own; the others are casefile's.
var (
	errNoRoute         = refuse(http.StatusNotFound, "no_such_address", "没有这个地址", "there is nothing at this address")
	errNoCase          = refuse(http.StatusNotFound, "case_not_found", "没有这个信访事项", "there is no such case")
	errNoLeave         = refuse(http.StatusNotFound, "leave_not_found", "没有这次请假", "there is no such leave")
	errNoCampaign      = refuse(http.StatusNotFound, "campaign_not_found", "没有这个会战", "there is no such campaign")
	errNoCommand       = refuse(http.StatusNotFound, "unknown_command", "没有这个操作", "there is no such command")
	errNoBroadcast     = refuse(http.StatusNotFound, "broadcast_not_found", "没有这项批量操作", "there is no such broadcast")
	errBroadcastEnded  = refuse(http.StatusConflict, "broadcast_ended", "这项批量操作已经完成，不能取消", "the broadcast has ended; it can't be cancelled any more")
	errNoCaseTakesIt   = refuse(http.StatusConflict, "no_case_takes_it", "所选信访事项均不能进行这一操作，可用 dry_run 逐件查看原因", "none of the chosen cases can take this; dry_run says why, case by case")
	errSelectionMoved  = refuse(http.StatusConflict, "selection_moved", "符合条件的信访事项与 total 不符，请重新试算后再下达", "other cases fit than total says; try it out again and then order it")
	errNoPublication   = refuse(http.StatusNotFound, "rules_not_found", "没有这一版规则", "there is no such version of the rules")
	errRulesInForce    = refuse(http.StatusConflict, "rules_in_force", "这些规则已经生效，没有变化", "these rules are in force already; nothing would change")
	errRulesMoved      = refuse(http.StatusConflict, "rules_moved", "试算之后又有新的规则生效，请重新试算后再发布", "other rules have come into force since the preview; try it out again and then publish")
	errNotRunning      = refuse(http.StatusNotFound, "workflow_not_running", "该信访事项没有正在运行的流程", "no workflow runs for this case")
	errNoClock         = refuse(http.StatusNotFound, "no_such_clock", "本案没有这个期限", "the case has no such clock")
	errTooLarge        = refuse(http.StatusRequestEntityTooLarge, "body_too_large", "请求内容超过1 MiB", "the body is larger than 1 MiB")
	errKeyReused       = refuse(http.StatusUnprocessableEntity, "idempotency_key_reused", "此 Idempotency-Key 已用于另一请求，请换一个", "this Idempotency-Key belongs to another request; take a new one")
	errTooMany         = refuse(http.StatusTooManyRequests, "too_many_requests", "请求过于频繁，请稍后再试", "too many requests; try again a little later")
	errInternal        = refuse(http.StatusInternalServerError, "internal_error", "系统内部错误，已记录，请联系管理员", "an internal error; it has been logged")
	errDatabaseAway    = away("database_unavailable", "数据库暂时不可用", "the database is not available")
	errEngineAway      = away("engine_unavailable", "流程引擎暂时没有应答", "the workflow engine did not answer")
	errUnauthenticated = &problem{
		status: http.StatusUnauthorized, code: "unauthenticated",
		detail: policy.Text{Chinese: "请在 Authorization 头中提供有效的令牌", English: "give a valid bearer token in the Authorization header"},
		header: http.Header{"Www-Authenticate": {`Bearer realm="shuangze"`}},
	}
)

// away is a problem that goes away by itself. Whether a command was taken may be
// unknown; its key tells.
func away(code, zh, en string) *problem {
	p := refuse(http.StatusServiceUnavailable, code,
		zh+"，请稍后重试；用同一 Idempotency-Key 重试是安全的，不会重复执行",
		en+"; try again in a moment: with the same Idempotency-Key that is safe and does nothing twice")
	p.header = http.Header{"Retry-After": {"2"}}
	return p
}

func wrongMethod(r *chi.Mux, q *http.Request) *problem {
	p := refuse(http.StatusMethodNotAllowed, "method_not_allowed", "此地址不支持这一请求方法", "this address does not take that method")
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
		if r.Match(chi.NewRouteContext(), method, q.URL.Path) {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) > 0 && allowed[0] == http.MethodGet {
		allowed = append(allowed, http.MethodHead)
	}
	p.header = http.Header{"Allow": {strings.Join(allowed, ", ")}}
	return p
}

// invalidFields is the problem of fields that must be corrected.
func invalidFields(fields ...casefile.FieldError) error {
	return &casefile.Error{Reason: casefile.Invalid, Code: "invalid_fields", Chinese: "有填写内容需要更正", English: "some fields need correcting", Fields: fields}
}

// statuses says which answer each group of the core's refusals has.
var statuses = map[casefile.Reason]int{
	casefile.Invalid:   http.StatusUnprocessableEntity,
	casefile.Forbidden: http.StatusForbidden,
	casefile.Conflict:  http.StatusConflict,
	casefile.NotFound:  http.StatusNotFound,
}

// problemOf is the one table from errors to answers. What it doesn't know is
// internal, and is never shown.
func problemOf(err error) *problem {
	var own *problem
	var refusal *casefile.Error
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &refusal) && statuses[refusal.Reason] != 0:
		return &problem{
			status: statuses[refusal.Reason], code: refusal.Code, detail: policy.Text{Chinese: refusal.Chinese, English: refusal.English},
			rule: refusal.Rule, fields: refusal.Fields, commands: refusal.Commands,
		}
	case errors.Is(err, store.ErrOtherRequest):
		return errKeyReused
	case errors.Is(err, workflows.ErrUnavailable), errors.Is(err, workflows.ErrNoWorkflow):
		return errEngineAway
	case store.Unavailable(err), errors.Is(err, context.DeadlineExceeded):
		return errDatabaseAway
	}
	return errInternal
}

// titles name the groups of problems.
var titles = map[int]policy.Text{
	http.StatusBadRequest:            {Chinese: "请求格式不正确", English: "Malformed request"},
	http.StatusUnauthorized:          {Chinese: "未登录", English: "Not signed in"},
	http.StatusForbidden:             {Chinese: "不允许", English: "Not permitted"},
	http.StatusNotFound:              {Chinese: "未找到", English: "Not found"},
	http.StatusMethodNotAllowed:      {Chinese: "不支持的请求方法", English: "Method not allowed"},
	http.StatusConflict:              {Chinese: "当前不能进行", English: "Not possible now"},
	http.StatusRequestEntityTooLarge: {Chinese: "内容过大", English: "Too large"},
	http.StatusUnsupportedMediaType:  {Chinese: "不支持的内容类型", English: "Unsupported content type"},
	http.StatusUnprocessableEntity:   {Chinese: "内容需要更正", English: "Needs correcting"},
	http.StatusTooManyRequests:       {Chinese: "请求过多", English: "Too many requests"},
	http.StatusInternalServerError:   {Chinese: "内部错误", English: "Internal error"},
	http.StatusServiceUnavailable:    {Chinese: "暂时不可用", English: "Temporarily unavailable"},
}

// problemBody is a problem as RFC 9457 has it.
type problemBody struct {
	Type     string          `json:"type"`
	Title    string          `json:"title"`
	Status   int             `json:"status"`
	Detail   string          `json:"detail"`
	Code     string          `json:"code"`
	Instance string          `json:"instance"`
	Rule     string          `json:"rule,omitempty"`
	Fields   []problemField  `json:"fields,omitempty"`
	Commands []casefile.Kind `json:"commands,omitzero"`
}

type problemField struct {
	Field   string `json:"field"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
}

// handle makes a handler of a function that may fail: the one place where errors are
// written and, when they are ours, logged.
func (a *api) handle(fn func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil {
				if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(v)
				}
				a.Log.ErrorContext(r.Context(), "panic", "route", routeOf(r), "panic", v, "stack", string(debug.Stack()))
				writeProblem(w, r, errInternal)
			}
		}()
		if err := fn(w, r); err != nil {
			a.fail(w, r, err)
		}
	}
}

// statusGone is what the log says of a caller that did not wait for the answer.
const statusGone = 499

func (a *api) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(r.Context().Err(), context.Canceled) {
		w.WriteHeader(statusGone) // nobody reads it
		return
	}
	p := problemOf(err)
	switch p.status {
	case http.StatusInternalServerError:
		a.Log.ErrorContext(r.Context(), "internal error", "route", routeOf(r), "error", err)
	case http.StatusServiceUnavailable:
		a.Log.WarnContext(r.Context(), "unavailable", "route", routeOf(r), "error", err)
	}
	writeProblem(w, r, p)
}

func writeProblem(w http.ResponseWriter, r *http.Request, p *problem) {
	l := languageOf(r)
	body := problemBody{
		Type: "/api/v1/problems/" + p.code, Title: l.of(titles[p.status]), Status: p.status, Detail: l.of(p.detail), Code: p.code,
		Instance: r.URL.EscapedPath(), Rule: p.rule, Commands: p.commands,
	}
	for _, f := range p.fields {
		body.Fields = append(body.Fields, problemField{f.Field, f.Code, l.of(policy.Text{Chinese: f.Chinese, English: f.English}), f.Line, f.Column})
	}
	for name, values := range p.header {
		w.Header()[name] = values
	}
	_ = write(w, r, p.status, "application/problem+json", body) // plain data always encodes
}

// writeJSON answers with v.
func writeJSON(w http.ResponseWriter, r *http.Request, status int, v any) error {
	return write(w, r, status, "application/json", v)
}

func write(w http.ResponseWriter, r *http.Request, status int, mediaType string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Language", languageOf(r).tag())
	h.Add("Vary", "Accept-Language")
	h.Set("Content-Length", strconv.Itoa(len(b)+1))
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n')) // a caller that has gone is no error of ours
	return nil
}
