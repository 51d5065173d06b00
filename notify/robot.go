package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// EndpointKind is what listens at an address.
type EndpointKind string

// The kinds of endpoints.
const (
	WebhookEndpoint EndpointKind = "webhook"
	WeCom           EndpointKind = "wecom"    // 企业微信群机器人
	DingTalk        EndpointKind = "dingtalk" // 钉钉群机器人
	Lark            EndpointKind = "lark"     // 飞书群机器人
)

// EndpointKinds lists them.
var EndpointKinds = []EndpointKind{WebhookEndpoint, WeCom, DingTalk, Lark}

// Signs reports whether the kind can have a secret to sign with. WeCom's only secret is
// its address.
func (k EndpointKind) Signs() bool { return k != WeCom }

// robot is how one platform wants to be spoken to.
type robot struct {
	most int // bytes of a text
	// request makes the address and the body of a message.
	request func(address, secret, text string, at time.Time) (string, any)
	// later are the codes in an answer that mean "not now"; any other but 0 is for good.
	later []int
}

var robots = map[EndpointKind]robot{
	WeCom: {
		most:    2048,
		request: func(address, _, text string, _ time.Time) (string, any) { return address, plainText(text) },
		later:   []int{-1, 45009}, // busy, too often
	},
	DingTalk: {
		most: 18_000,
		request: func(address, secret, text string, at time.Time) (string, any) {
			if secret != "" {
				stamp := strconv.FormatInt(at.UnixMilli(), 10)
				address = with(address, "timestamp", stamp, "sign", mac(secret, stamp+"\n"+secret))
			}
			return address, plainText(text)
		},
		later: []int{-1, 130101, 410100, 302033}, // busy, too fast
	},
	Lark: {
		most: 18_000,
		request: func(address, secret, text string, at time.Time) (string, any) {
			body := map[string]any{"msg_type": "text", "content": map[string]string{"text": text}}
			if secret != "" {
				stamp := strconv.FormatInt(at.Unix(), 10)
				body["timestamp"], body["sign"] = stamp, mac(stamp+"\n"+secret, "")
			}
			return address, body
		},
		later: []int{-1, 9499, 11232, 11233}, // too often
	},
}

// maxGroup is the shortest of the platforms' limits.
const maxGroup = 2048

func plainText(text string) map[string]any {
	return map[string]any{"msgtype": "text", "text": map[string]string{"content": text}}
}

func mac(key, data string) string {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(data))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// with adds parameters to an address.
func with(address string, params ...string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address // post refuses it
	}
	q := u.Query()
	for i := 0; i+1 < len(params); i += 2 {
		q.Set(params[i], params[i+1])
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// Say tells a letter to an endpoint in its own form, signed with the secrets in force.
func (p Poster) Say(ctx context.Context, kind EndpointKind, address string, secrets []string, l Letter, t *Templates) error {
	if kind == WebhookEndpoint {
		return p.Webhook(ctx, address, secrets, l)
	}
	return p.Robot(ctx, kind, address, secrets[0], l, t)
}

// Robot says a letter to the group of a platform's robot, in one short text. secret
// signs where the robot was set up to want that.
func (p Poster) Robot(ctx context.Context, kind EndpointKind, address, secret string, l Letter, t *Templates) error {
	r, ok := robots[kind]
	if !ok {
		return permanent("%q is no robot", kind)
	}
	m, err := t.Group(l, r.most)
	if err != nil {
		return permanent("%w", err)
	}
	signed, body := r.request(address, secret, m.Text, p.now())
	encoded, err := json.Marshal(body)
	if err != nil {
		return permanent("encode: %w", err)
	}
	said, err := p.post(ctx, signed, encoded, nil)
	// The platforms say what is wrong in the body, whatever the status.
	var answer struct {
		Errcode *int   `json:"errcode"`
		Errmsg  string `json:"errmsg"`
		Code    *int   `json:"code"` // Lark's
		Msg     string `json:"msg"`
	}
	if json.Unmarshal(said, &answer) != nil || answer.Errcode == nil && answer.Code == nil {
		if err == nil {
			err = fmt.Errorf("the answer is not one of a %s robot", kind)
		}
		return err
	}
	code, why := answer.Errcode, answer.Errmsg
	if code == nil {
		code, why = answer.Code, answer.Msg
	}
	switch {
	case slices.Contains(r.later, *code):
		return fmt.Errorf("the robot answered %d: %.200s", *code, why)
	case *code != 0:
		return permanent("the robot answered %d: %.200s", *code, why)
	}
	return err
}
