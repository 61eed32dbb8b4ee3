package idp

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"strings"
)

//go:embed static
var static embed.FS

var pages = template.Must(template.ParseFS(static, "static/*.html"))

// page writes a page that loads nothing from elsewhere, runs nothing, and is in no frame: silent
// renewal only ever redirects, so that no page of this provider has to be framed.
func (p *Provider) page(w http.ResponseWriter, status int, name string, data any, formTargets []string) {
	var body bytes.Buffer
	if err := pages.ExecuteTemplate(&body, name, data); err != nil {
		http.Error(w, "writing a page: "+err.Error(), http.StatusInternalServerError)
		return
	}
	if len(formTargets) == 0 {
		formTargets = []string{"'none'"}
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'; form-action "+strings.Join(formTargets, " "))
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = body.WriteTo(w) // the browser went away
}

// problem shows what is wrong where no client can be told.
func (p *Provider) problem(w http.ResponseWriter, status int, text string) {
	p.page(w, status, "problem", text, nil)
}

func serveStyle(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-cache")
	http.ServeFileFS(w, r, static, "static/login.css")
}
