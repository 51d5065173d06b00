package api

import (
	"net/http"

	"golang.org/x/text/language"

	"shuangze/policy"
)

// lang is one of the two languages of the product.
type lang int

const (
	chinese lang = iota // the default
	english
)

var offered = language.NewMatcher([]language.Tag{language.SimplifiedChinese, language.English})

// languageOf is the language in which the caller wants to be answered.
func languageOf(r *http.Request) lang {
	_, i := language.MatchStrings(offered, r.Header.Get("Accept-Language"))
	return lang(i)
}

// tag is the language's name in a header.
func (l lang) tag() string {
	if l == english {
		return "en"
	}
	return "zh-CN"
}

// of picks the text in this language.
func (l lang) of(t policy.Text) string {
	if l == english {
		return t.English
	}
	return t.Chinese
}
