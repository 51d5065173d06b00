package rehearse

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"shuangze/calendar"
)

// client speaks to the API.
type client struct {
	base string
	http *http.Client
}

func newClient(api string) client {
	return client{api + "/api/v1", &http.Client{Timeout: 30 * time.Second}}
}

// summary is what the script reads of a case.
type summary struct {
	ID          string        `json:"id"`
	Stage       string        `json:"stage"`
	Lamp        string        `json:"lamp"`
	Supervision string        `json:"supervision"`
	Key         bool          `json:"key"`
	Difficult   bool          `json:"difficult"`
	Late        bool          `json:"late"`
	Office      string        `json:"office"`
	Unit        string        `json:"unit"`
	ReceivedOn  calendar.Date `json:"received_on"`
	Leaders     struct {
		Upper *seat `json:"upper"`
		Lower *seat `json:"lower"`
	} `json:"leaders"`
	Clocks []clock `json:"clocks"`

	// Of a case that was asked for whole.
	Track   string `json:"track"`
	Opinion struct {
		Version int    `json:"version"`
		Hash    string `json:"hash"`
	} `json:"opinion"`
	Channels []struct {
		Channel    string     `json:"channel"`
		FedBackAt  *time.Time `json:"fed_back_at"`
		ReleasedAt *time.Time `json:"released_at"`
	} `json:"channels"`
	Reviews []struct {
		Round string `json:"round"`
		Unit  string `json:"unit"`
	} `json:"reviews"`
	Suspension *struct {
		Reason string `json:"reason"`
	} `json:"suspension"`
	TermRequest *struct {
		Clock string `json:"clock"`
	} `json:"term_request"`
	Suggestions []struct {
		Number  int     `json:"number"`
		Outcome *string `json:"outcome"`
	} `json:"suggestions"`
}

type clock struct {
	ID       string `json:"id"`
	Extended int    `json:"extended_days"`
	Overdue  bool   `json:"overdue"`
}

type seat struct {
	Official string `json:"official"`
}

type task struct {
	Do   string  `json:"do"`
	For  string  `json:"for"`
	Case summary `json:"case"`
}

type inbox struct {
	Tasks []task `json:"tasks"`
}

type list struct {
	Cases []summary `json:"cases"`
	Total int       `json:"total"`
}

// problem is a refusal (RFC 9457).
type problem struct {
	Status int             `json:"status"`
	Code   string          `json:"code"`
	Detail string          `json:"detail"`
	Fields json.RawMessage `json:"fields"`

	asked string // the command that was refused
}

func (p *problem) Error() string {
	return fmt.Sprintf("%d %s: %s %s", p.Status, p.Code, p.Detail, p.Fields)
}

func (c client) inbox(ctx context.Context, token string) (in inbox, err error) {
	return in, c.call(ctx, http.MethodGet, token, "/me/inbox?limit=200", "", nil, &in)
}

func (c client) list(ctx context.Context, token, query string) (l list, err error) {
	return l, c.call(ctx, http.MethodGet, token, "/cases"+query, "", nil, &l)
}

func (c client) get(ctx context.Context, token, id string) (s summary, err error) {
	return s, c.call(ctx, http.MethodGet, token, "/cases/"+id, "", nil, &s)
}

// command gives one to a case.
func (c client) command(ctx context.Context, token, id, command string, body map[string]any) error {
	if body == nil {
		body = map[string]any{}
	}
	return asked(command, c.post(ctx, token, "/cases/"+id+"/commands/"+command, "", body, nil))
}

// asked notes in a refusal what it refused.
func asked(what string, err error) error {
	if refused := (&problem{}); errors.As(err, &refused) {
		refused.asked = what
	}
	return err
}

func (c client) post(ctx context.Context, token, path, key string, body, answer any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return c.call(ctx, http.MethodPost, token, path, key, raw, answer)
}

func (c client) call(ctx context.Context, method, token, path, key string, body []byte, answer any) error {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", fmt.Sprintf("%x", key)) // a header takes ASCII
	}
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= http.StatusBadRequest {
		p := &problem{Status: res.StatusCode, Code: "unreadable"}
		_ = json.Unmarshal(raw, p) // a body that is no problem leaves the status
		return p
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(raw, answer)
}
