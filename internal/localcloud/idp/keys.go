package idp

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/op"
)

const (
	algorithm = jose.RS256
	keyBits   = 2048
	// keptKeys is how many keys stay in the set after those that replaced them: the next rotation
	// keeps a key, the next but one takes it away.
	keptKeys = 2
)

// signingKey signs tokens until it is retired.
type signingKey struct {
	private *rsa.PrivateKey
	kid     string
	// retired is when another took its place; zero for the one that signs.
	retired time.Time
	// access and id sign tokens of their types.
	access, id jose.Signer
}

// keyRing are the signing keys, the current one first.
type keyRing struct {
	file    string
	overlap time.Duration
	now     func() time.Time

	mu   sync.RWMutex
	keys []*signingKey
}

// storedKey is a key in the file.
type storedKey struct {
	PKCS8   []byte    `json:"pkcs8"`
	Retired time.Time `json:"retired,omitzero"`
}

// openKeys reads the keys of a folder, or makes the first one. Without a folder none is kept.
func openKeys(dir string, overlap time.Duration, now func() time.Time) (*keyRing, error) {
	r := &keyRing{overlap: overlap, now: now}
	if dir != "" {
		r.file = filepath.Join(dir, "keys.json")
		var stored []storedKey
		if err := readJSON(r.file, &stored); err != nil {
			return nil, fmt.Errorf("reading the signing keys: %w", err)
		}
		for _, s := range stored {
			key, err := parseSigningKey(s)
			if err != nil {
				return nil, fmt.Errorf("reading the signing keys in %s: %w", r.file, err)
			}
			r.keys = append(r.keys, key)
		}
	}
	if len(r.keys) == 0 {
		if _, err := r.rotate(true); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func parseSigningKey(s storedKey) (*signingKey, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(s.PKCS8)
	if err != nil {
		return nil, err
	}
	private, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("the key is %T, not RSA", parsed)
	}
	key, err := newSigningKey(private)
	if err != nil {
		return nil, err
	}
	key.retired = s.Retired
	return key, nil
}

func newSigningKey(private *rsa.PrivateKey) (*signingKey, error) {
	thumbprint, err := (&jose.JSONWebKey{Key: private.Public()}).Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("naming a signing key: %w", err)
	}
	k := &signingKey{private: private, kid: base64.RawURLEncoding.EncodeToString(thumbprint)}
	if k.access, err = k.signer("at+jwt"); err == nil { // RFC 9068 section 2.1
		k.id, err = k.signer("JWT")
	}
	if err != nil {
		return nil, fmt.Errorf("making a signer: %w", err)
	}
	return k, nil
}

func (k *signingKey) signer(typ jose.ContentType) (jose.Signer, error) {
	return jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: jose.JSONWebKey{Key: k.private, KeyID: k.kid}}, (&jose.SignerOptions{}).WithType(typ))
}

// current is the key that signs.
func (r *keyRing) current() *signingKey {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.keys[0]
}

// verifying are the keys whose tokens are valid, the current one first.
func (r *keyRing) verifying() []*signingKey {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.live(r.keys)
}

// live leaves out keys whose overlap is over.
func (r *keyRing) live(keys []*signingKey) []*signingKey {
	now := r.now()
	return slices.DeleteFunc(slices.Clone(keys), func(k *signingKey) bool {
		return !k.retired.IsZero() && !now.Before(k.retired.Add(r.overlap))
	})
}

// rotate makes a new key the current one. With forget, no other key stays.
func (r *keyRing) rotate(forget bool) (string, error) {
	private, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return "", fmt.Errorf("making a signing key: %w", err)
	}
	key, err := newSigningKey(private)
	if err != nil {
		return "", err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	keys := []*signingKey{key}
	if !forget {
		old := *r.keys[0] // a copy: the key itself is still in use
		old.retired = r.now()
		rest := r.live(r.keys[1:])
		keys = append(keys, &old)
		keys = append(keys, rest[:min(len(rest), keptKeys-1)]...)
	}
	if err := r.save(keys); err != nil {
		return "", err
	}
	r.keys = keys
	return key.kid, nil
}

func (r *keyRing) save(keys []*signingKey) error {
	if r.file == "" {
		return nil
	}
	stored := make([]storedKey, len(keys))
	for i, k := range keys {
		der, err := x509.MarshalPKCS8PrivateKey(k.private)
		if err != nil {
			return fmt.Errorf("keeping the signing keys: %w", err)
		}
		stored[i] = storedKey{PKCS8: der, Retired: k.retired}
	}
	if err := writeJSON(r.file, stored); err != nil {
		return fmt.Errorf("keeping the signing keys: %w", err)
	}
	return nil
}

// Rotate makes a new signing key and returns its id. The old one stays in the key set for the
// overlap, or until the next but one rotation.
func (p *Provider) Rotate() (kid string, err error) { return p.keys.rotate(false) }

// RotateAndForget makes a new signing key, returns its id, and takes all others away at once, so
// that their tokens are refused by whoever fetches the key set again.
func (p *Provider) RotateAndForget() (kid string, err error) { return p.keys.rotate(true) }

func (p *Provider) jwks(w http.ResponseWriter, _ *http.Request) {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, k := range p.keys.verifying() {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: k.private.Public(), KeyID: k.kid, Algorithm: string(algorithm), Use: "sig"})
	}
	// Not cached: after a rotation without overlap, what was cached would be wrong.
	w.Header().Set("Cache-Control", "no-cache")
	answerJSON(w, http.StatusOK, set)
}

// opKey shows a key to the library, which verifies id_token_hint with it.
type opKey struct{ *signingKey }

var _ op.Key = opKey{}

// ID implements op.Key.
func (k opKey) ID() string { return k.kid }

// Algorithm implements op.Key.
func (k opKey) Algorithm() jose.SignatureAlgorithm { return algorithm }

// Use implements op.Key.
func (k opKey) Use() string { return "sig" }

// Key implements op.Key.
func (k opKey) Key() any { return k.private.Public() }

// readJSON leaves v as it is if there is no such file.
func readJSON(name string, v any) error {
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// writeJSON replaces a file as a whole, readable by the owner alone.
func writeJSON(name string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*") // made with mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
