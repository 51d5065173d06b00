package web_test

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// fill sets a form's controls by their names and sends it.
func (b *chrome) fill(form, values, done string) {
	b.t.Helper()
	b.run(chromedp.Evaluate(`void setTimeout(() => {
		const form = document.querySelector('`+form+`')
		for (const [name, value] of Object.entries(`+values+`)) {
			const of = form.elements[name]
			if (of.type === "checkbox") of.checked = value; else of.value = value
		}
		form.querySelector("button:not([name])").click()
	})`, nil))
	b.until(done)
}

// One case on its whole way through five people's screens: a clerk registers it and hands
// out the receipt, a supervisor names the leaders, they acknowledge and sign on telephones,
// and the petitioner looks what has become of it.
func TestFromClerkToPetitioner(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	desk := openChrome(t, 1440, 900)
	desk.signIn(w, "clerk")
	desk.run(chromedp.Navigate(w.url+"/cases/new"), chromedp.WaitVisible(`form.register`, chromedp.ByQuery))
	desk.fill(`form.register`, `{"origin": "province", "petitioner.name": "贺某某", "title": "反映农业补贴少发", "text": "少发两年，请求补发。", "category": "agriculture", "unit": "a-nc"}`,
		`location.pathname.endsWith("/receipt")`)
	var at string
	desk.run(chromedp.Location(&at))
	id := caseAt.FindStringSubmatch(strings.TrimPrefix(at, w.url))[1]
	desk.run(chromedp.Evaluate(`void setTimeout(() => document.querySelector("main form button").click())`, nil))
	desk.until(`document.querySelector(".key-box svg") !== null`)
	var keys []string
	desk.run(chromedp.Evaluate(`[...document.querySelectorAll(".key-box b.code")].map(e => e.textContent)`, &keys))

	give := func(b *chrome, official, command, values string) {
		t.Helper()
		b.run(network.ClearBrowserCookies())
		b.signIn(w, official)
		b.run(chromedp.Navigate(w.url+"/cases/"+id+"/do/"+command), chromedp.WaitVisible(`form.form button`, chromedp.ByQuery))
		b.fits()
		b.fill(`form.form`, values, `location.search === "?done=`+command+`"`)
	}
	give(desk, "clerk", "forward", `{}`)
	give(desk, "supervisor", "assign", `{}`)
	phone := openChrome(t, 375, 812)
	give(phone, "upper", "acknowledge", `{}`)
	give(phone, "lower", "acknowledge", `{}`)
	give(desk, "officer", "accept", `{"text": "予以受理。"}`)
	give(desk, "officer", "opine", `{"result": "support", "days": "30", "text": "补发两年补贴。"}`)
	give(phone, "lower", "sign", `{}`)
	give(phone, "upper", "sign", `{}`)
	give(desk, "officer", "serve", `{"means": "direct"}`)

	phone.run(chromedp.Navigate(w.url+"/lookup?code="+keys[0]), chromedp.WaitVisible(`form.form button`, chromedp.ByQuery))
	phone.fill(`form.form`, `{"secret": "`+keys[1]+`"}`, `location.pathname === "/lookup/case"`)
	var shown string
	phone.run(chromedp.Text(`main`, &shown, chromedp.ByQuery))
	phone.fits()
	for _, want := range []string{longName, "送达", "复查"} {
		if !strings.Contains(shown, want) {
			t.Errorf("no %q in %s", want, shown)
		}
	}
	for _, secret := range []string{"何甲", "马己", "贺某某", "补发两年补贴"} {
		if strings.Contains(shown, secret) {
			t.Errorf("%q is shown", secret)
		}
	}
}
