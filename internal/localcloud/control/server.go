package control

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Prefix of the paths of the control API on the console's host.
const Prefix = "/_control/"

// Cloud is what the control API is about.
type Cloud interface {
	// Status of everything.
	Status() Status
	// Stop begins the end of the process.
	Stop()
	// Reload brings what runs in line with the templates as they are now.
	Reload(context.Context) error
	// Token issues an access token.
	Token(context.Context, TokenRequest) (Token, error)
	// RotateKeys makes a new signing key and returns its id. With forget, tokens of the old one
	// are refused from now on.
	RotateKeys(forget bool) (string, error)
	// Credentials of a role, or of the operator of an account if the role is empty.
	Credentials(account, role string) (Credentials, error)
	// Logs calls found for each line until ctx ends, found fails or there are no more.
	Logs(ctx context.Context, q LogQuery, found func(LogLine) error) error
}

// Handler serves the control API below Prefix to whoever has the secret.
func Handler(c Cloud, secret string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Prefix+"status", func(w http.ResponseWriter, _ *http.Request) { answer(w, c.Status(), nil) })
	mux.HandleFunc("POST "+Prefix+"stop", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, struct{}{}, nil)
		c.Stop()
	})
	mux.HandleFunc("POST "+Prefix+"reload", func(w http.ResponseWriter, r *http.Request) {
		answer(w, struct{}{}, c.Reload(r.Context()))
	})
	mux.HandleFunc("POST "+Prefix+"token", func(w http.ResponseWriter, r *http.Request) {
		var in TokenRequest
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			answer(w, nil, err)
			return
		}
		token, err := c.Token(r.Context(), in)
		answer(w, token, err)
	})
	mux.HandleFunc("POST "+Prefix+"rotate-keys", func(w http.ResponseWriter, r *http.Request) {
		kid, err := c.RotateKeys(r.FormValue("forget") == "true")
		answer(w, map[string]string{"kid": kid}, err)
	})
	mux.HandleFunc("GET "+Prefix+"credentials", func(w http.ResponseWriter, r *http.Request) {
		credentials, err := c.Credentials(r.FormValue("account"), r.FormValue("role"))
		answer(w, credentials, err)
	})
	mux.HandleFunc("GET "+Prefix+"logs", func(w http.ResponseWriter, r *http.Request) { serveLogs(c, w, r) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok || subtle.ConstantTimeCompare([]byte(given), []byte(secret)) != 1 {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write(encode(Problem{"the control API is for tenantctl"}))
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func answer(w http.ResponseWriter, v any, err error) {
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		v = Problem{err.Error()}
	}
	_, _ = w.Write(encode(v))
}

func serveLogs(c Cloud, w http.ResponseWriter, r *http.Request) {
	q := LogQuery{Tenant: r.FormValue("tenant"), Function: r.FormValue("function"), Text: r.FormValue("text"), Follow: r.FormValue("follow") == "true"}
	if ms, err := strconv.ParseInt(r.FormValue("since"), 10, 64); err == nil {
		q.Since = time.UnixMilli(ms)
	}
	q.Limit, _ = strconv.Atoi(r.FormValue("limit"))
	w.Header().Set("Content-Type", "application/x-ndjson")
	flusher, _ := w.(http.Flusher)
	err := c.Logs(r.Context(), q, func(l LogLine) error {
		_, err := w.Write(append(encode(l), '\n'))
		if q.Follow && flusher != nil {
			flusher.Flush()
		}
		return err
	})
	if err != nil && r.Context().Err() == nil {
		_, _ = w.Write(append(encode(Problem{err.Error()}), '\n'))
	}
}
