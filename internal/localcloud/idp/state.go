package idp

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Bounds of what is remembered; the oldest goes when there is more.
const (
	maxSessions = 1000
	maxGrants   = 10000
)

// signIn is who signed in at the pages of a tenant, and when.
type signIn struct {
	Subject string    `json:"subject"`
	Time    time.Time `json:"time"`
}

// session is that of a browser. It has a sign-in for the pages of each tenant, so that two tenants
// can be open side by side.
type session struct {
	Expires time.Time         `json:"expires"`
	SignIns map[string]signIn `json:"signIns"`
}

// grant is what a user, or a machine client, gave a client.
type grant struct {
	Subject  string    `json:"subject"`
	Client   string    `json:"client"`
	Scopes   []string  `json:"scopes"`
	AuthTime time.Time `json:"authTime"`
	// Session is empty if the grant is not of a browser.
	Session string `json:"session,omitempty"`
	// Nonce is for the first ID token alone.
	Nonce string `json:"-"`
}

// refreshGrant is a grant that can be refreshed.
type refreshGrant struct {
	grant
	// Generation of the one refresh token that is valid; those before it were used.
	Generation int       `json:"generation"`
	Expires    time.Time `json:"expires"`
}

// state is what survives a restart: sessions and refresh tokens.
type state struct {
	file   string
	secret []byte
	now    func() time.Time

	mu       sync.Mutex
	sessions map[string]session
	grants   map[string]refreshGrant
}

type storedState struct {
	Sessions map[string]session      `json:"sessions"`
	Grants   map[string]refreshGrant `json:"grants"`
}

func openState(dir string, secret []byte, now func() time.Time) (*state, error) {
	s := &state{secret: secret, now: now, sessions: map[string]session{}, grants: map[string]refreshGrant{}}
	if dir == "" {
		return s, nil
	}
	s.file = filepath.Join(dir, "state.json")
	var stored storedState
	if err := readJSON(s.file, &stored); err != nil {
		return nil, fmt.Errorf("reading sessions and refresh tokens: %w", err)
	}
	maps.Copy(s.sessions, stored.Sessions)
	maps.Copy(s.grants, stored.Grants)
	return s, nil
}

// save drops what expired and writes the rest. The caller holds mu.
func (s *state) save() error {
	now := s.now()
	maps.DeleteFunc(s.sessions, func(_ string, v session) bool { return !now.Before(v.Expires) })
	maps.DeleteFunc(s.grants, func(_ string, v refreshGrant) bool { return !now.Before(v.Expires) })
	evict(s.sessions, maxSessions, func(v session) time.Time { return v.Expires })
	evict(s.grants, maxGrants, func(v refreshGrant) time.Time { return v.Expires })
	if s.file == "" {
		return nil
	}
	if err := writeJSON(s.file, storedState{s.sessions, s.grants}); err != nil {
		return fmt.Errorf("keeping sessions and refresh tokens: %w", err)
	}
	return nil
}

// evict drops those that expire first until there are at most size.
func evict[V any](m map[string]V, size int, expires func(V) time.Time) {
	for len(m) > size {
		first := ""
		for k, v := range m {
			if first == "" || expires(v).Before(expires(m[first])) {
				first = k
			}
		}
		delete(m, first)
	}
}

// sessionKey is what a session is kept under: the file does not hold what opens it.
func sessionKey(cookie string) string {
	sum := sha256.Sum256([]byte(cookie))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// signedIn is the sign-in of a session at the pages of a site.
func (s *state) signedIn(key, site string) (signIn, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.sessions[key]
	if !ok || !s.now().Before(v.Expires) {
		return signIn{}, false
	}
	in, ok := v.SignIns[site]
	return in, ok
}

// signIn adds a sign-in to what the session had under its old key, and keeps it under a new one.
func (s *state) signIn(old, key, site string, in signIn) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.sessions[old]
	signIns := maps.Clone(v.SignIns)
	if signIns == nil || !s.now().Before(v.Expires) {
		signIns = map[string]signIn{}
	}
	signIns[site] = in
	delete(s.sessions, old)
	for id, g := range s.grants {
		if old != "" && g.Session == old {
			g.Session = key
			s.grants[id] = g
		}
	}
	s.sessions[key] = session{Expires: s.now().Add(sessionLifetime), SignIns: signIns}
	return s.save()
}

// signOut ends the sign-ins of a session, those of one subject or, if it is empty, all, with the
// refresh tokens that they led to.
func (s *state) signOut(key, subject string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.sessions[key]
	if !ok {
		return nil
	}
	signIns := maps.Clone(v.SignIns)
	maps.DeleteFunc(signIns, func(_ string, in signIn) bool { return subject == "" || in.Subject == subject })
	if v.SignIns = signIns; len(signIns) == 0 {
		delete(s.sessions, key)
	} else {
		s.sessions[key] = v
	}
	maps.DeleteFunc(s.grants, func(_ string, g refreshGrant) bool {
		return g.Session == key && (subject == "" || g.Subject == subject)
	})
	return s.save()
}

// addGrant keeps a grant and returns its id and first refresh token.
func (s *state) addGrant(g grant) (id, token string, err error) {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails (crypto/rand)
	id = base64.RawURLEncoding.EncodeToString(raw[:])
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grants[id] = refreshGrant{grant: g, Expires: s.now().Add(refreshTokenLifetime)}
	return id, s.refreshToken(id, 0), s.save()
}

// clientOf is the client of a grant.
func (s *state) clientOf(id string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.grants[id]
	return g.Client, ok
}

func (s *state) revoke(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.grants[id]; !ok {
		return nil
	}
	delete(s.grants, id)
	return s.save()
}

// refreshToken names a grant and a generation; nobody else can make one.
func (s *state) refreshToken(id string, generation int) string {
	text := id + "." + strconv.Itoa(generation)
	mac := hmac.New(sha256.New, s.secret)
	mac.Write([]byte("refresh token\x00" + text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

var (
	errNoToken = errors.New("no such refresh token")
	errReused  = errors.New("the refresh token was used before, so all of its grant are revoked")
)

// parse takes a refresh token apart if it was made here.
func (s *state) parse(token string) (id string, generation int, err error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", 0, errNoToken
	}
	generation, err = strconv.Atoi(parts[1])
	if err != nil || !hmac.Equal([]byte(token), []byte(s.refreshToken(parts[0], generation))) {
		return "", 0, errNoToken
	}
	return parts[0], generation, nil
}

// lookup finds the grant of a refresh token. A token that was used before has been stolen from, or
// by, whoever used it; all that came from the grant ends (RFC 9700 section 4.14.2).
func (s *state) lookup(token string) (string, grant, error) {
	id, generation, err := s.parse(token)
	if err != nil {
		return "", grant{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.valid(id, generation)
	return id, g.grant, err
}

// valid is the grant of the generation that is the turn. The caller holds mu.
func (s *state) valid(id string, generation int) (refreshGrant, error) {
	g, ok := s.grants[id]
	if !ok || !s.now().Before(g.Expires) {
		return refreshGrant{}, errNoToken
	}
	if generation != g.Generation {
		delete(s.grants, id)
		return refreshGrant{}, errors.Join(errReused, s.save())
	}
	return g, nil
}

// rotate replaces a refresh token. Of two that come with the same one, the second finds it used.
func (s *state) rotate(token string) (string, error) {
	id, generation, err := s.parse(token)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.valid(id, generation)
	if err != nil {
		return "", err
	}
	g.Generation++
	s.grants[id] = g
	return s.refreshToken(id, g.Generation), s.save()
}
