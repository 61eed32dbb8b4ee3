package idp

import (
	"net/http"
	"time"
)

// A session has two cookies of the same value. Browsers take id.localhost and the host of a tenant's
// page for two sites, since localhost is a public suffix to them (Public Suffix List, rule "*"). To a
// frame in a page of another site, where silent renewal happens, they send a cookie with SameSite=None
// alone, and only while third-party cookies are allowed; it has to be Secure, which they take
// http://*.localhost for. Clients that do not use the first one. On AWS the
// provider and the pages share a domain, so that all of this is of the local cloud alone.
const (
	sessionCookie = "session"
	frameCookie   = "session-frame"
)

// sessionOf is the key of the session of a request; empty if there is none.
func sessionOf(r *http.Request) string {
	for _, name := range []string{sessionCookie, frameCookie} {
		if c, err := r.Cookie(name); err == nil && c.Value != "" {
			return sessionKey(c.Value)
		}
	}
	return ""
}

// startSession gives the browser the cookies of a new session and returns its key. It is new with
// every sign-in, so that nobody can put a session of theirs under a user (session fixation).
func (p *Provider) startSession(w http.ResponseWriter) string {
	value := randomID()
	setCookies(w, value, int(sessionLifetime/time.Second))
	return sessionKey(value)
}

// endSessionCookies takes the cookies away.
func endSessionCookies(w http.ResponseWriter) { setCookies(w, "", -1) }

func setCookies(w http.ResponseWriter, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Value: value, Path: "/", MaxAge: maxAge, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.SetCookie(w, &http.Cookie{Name: frameCookie, Value: value, Path: "/", MaxAge: maxAge, HttpOnly: true, SameSite: http.SameSiteNoneMode, Secure: true})
}
