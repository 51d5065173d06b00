package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A letter can be looked at without any server, and what is wrong with a template is
// said with its place.
func TestNoticesPreview(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		want []string
	}{
		{nil, []string{"【信访督办】", "双重督办1件，上报1件\n\n马某同志：", "https://shuangze.example/cases/"}},
		{[]string{"--language", "en", "--kind", "digest"}, []string{"[Petitions] 23 Nov: 6 tasks wait for you", "Dear Ma,"}},
		{[]string{"--kind", "board", "--public-url", "https://xf.example/"}, []string{"包案周报", "https://xf.example/cases/"}},
		{[]string{"--kind", "reception"}, []string{"领导接待日", "预约"}},
		{[]string{"--kind", "endpoint_off", "--format", "html"}, []string{"<!DOCTYPE html>", "停用"}},
		{[]string{"--kind", "group", "--language", "en"}, []string{"News of 6 cases"}},
	} {
		out, code := shuangze(t, append([]string{"notices", "preview"}, c.args...)...)
		for _, want := range c.want {
			if code != 0 || !strings.Contains(out, want) {
				t.Errorf("%v: %d, no %q in\n%s", c.args, code, want, out)
			}
		}
	}
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "zh"), 0o700); err != nil {
		t.Fatal(err)
	}
	write := func(content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, "zh", "digest.txt"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{{define "subject"}}本局今日待办{{end}}{{.To.Name}}，您好`)
	if out, code := shuangze(t, "notices", "preview", "--kind", "digest", "--templates", folder); code != 0 || out != "本局今日待办\n\n马某，您好\n" {
		t.Errorf("an own template: %d\n%s", code, out)
	}
	write("{{define \"subject\"}}x{{end}}\n{{.Petitioner.Phone}}")
	for _, args := range [][]string{{"notices", "preview"}, {"worker"}, {"api"}, {"dev", "--data", filepath.Join(t.TempDir(), "data")}} {
		if out, code := shuangze(t, append(args, "--templates", folder)...); code != 1 || !strings.Contains(out, "zh/digest.txt:2") {
			t.Errorf("%v with a bad template: %d\n%s", args, code, out)
		}
	}
}

// Bad settings of the mail server are said at the start, and its password never is.
func TestMailSettings(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "none")
	for _, c := range []struct {
		env  []string
		want string
	}{
		{[]string{"SHUANGZE_SMTP_URL=smtp://u:hidden@mail.example"}, "SHUANGZE_MAIL_FROM"},
		{[]string{"SHUANGZE_SMTP_URL=http://u:hidden@mail.example", "SHUANGZE_MAIL_FROM=a@b.example"}, "smtp://"},
		{[]string{"SHUANGZE_SMTP_URL=smtp://u:hidden@mail.example", "SHUANGZE_MAIL_FROM=信访局"}, "sender"},
		{[]string{"SHUANGZE_SMTP_URL_FILE=" + missing}, "none"},
		{[]string{"SHUANGZE_PUBLIC_URL=xf.example"}, "public url"},
		{[]string{"SHUANGZE_TEMPLATES=" + missing}, "none"},
		{[]string{"SHUANGZE_MAIL_LANGUAGE=fr"}, "mail-language"},
	} {
		for _, args := range [][]string{{"worker"}, {"dev", "--data", filepath.Join(t.TempDir(), "data")}} {
			cmd := command(t, args...)
			cmd.Env = append(cmd.Env, c.env...)
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), c.want) || strings.Contains(string(out), "hidden") {
				t.Errorf("%v with %v: %v, want %q:\n%s", args, c.env, err, c.want, out)
			}
		}
	}
}
