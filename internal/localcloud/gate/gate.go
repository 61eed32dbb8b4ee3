// Package gate is the one place where the local cloud decides who calls and what the caller
// may do. Every service asks it: Authenticate verifies the signature of a request
// (Signature Version 4) and finds the role session that signed it, Authorize has package iam
// decide by the identity, resource, boundary and session policies.
//
// Sessions are stateless: a session token is the session itself, sealed with the key of the
// local cloud, so that tokens survive a restart and cost no memory.
package gate

import (
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tenantstack/tenantstack/iam"
)

// Options of a gate.
type Options struct {
	// Key seals session tokens and derives secrets: 32 bytes. The same key makes the same
	// tokens valid again. Optional; random by default.
	Key []byte
	// Now is the clock. Optional.
	Now func() time.Time
	// OnDecision is told of every decision. It must not block. Optional.
	OnDecision func(Event)
}

// Gate verifies and decides. It is safe for concurrent use.
type Gate struct {
	key        []byte
	seal       cipher.AEAD
	now        func() time.Time
	onDecision func(Event)

	mu    sync.RWMutex
	roles map[string]*Role // by ARN

	sessions sync.Map // session token → *Caller
	known    atomic.Int64
	keys     sync.Map // signingScope → []byte
	scopes   atomic.Int64
}

// New makes a gate without roles.
func New(o Options) (*Gate, error) {
	if o.Key == nil {
		o.Key = make([]byte, 32)
		if _, err := rand.Read(o.Key); err != nil {
			return nil, err
		}
	}
	if len(o.Key) < 32 {
		return nil, fmt.Errorf("making the IAM gate: a key of %d bytes, want 32", len(o.Key))
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.OnDecision == nil {
		o.OnDecision = func(Event) {}
	}
	g := &Gate{key: o.Key, now: o.Now, onDecision: o.OnDecision, roles: map[string]*Role{}}
	var err error
	g.seal, err = newSeal(g.derive("session tokens"))
	return g, err
}

// derive makes a secret from the key for a purpose.
func (g *Gate) derive(purpose string) []byte {
	h := hmac.New(sha256.New, g.key)
	h.Write([]byte(purpose))
	return h.Sum(nil)
}

// Role is an IAM role.
type Role struct {
	// ARN with the role's path.
	ARN string
	// Name without the path, and the account.
	Name, Account string
	// ID is the unique id, which begins with AROA. Put makes one from the ARN if it is empty.
	ID string
	// Trust says who may assume the role.
	Trust iam.Document
	// Identity policies; Boundary is nil if there is none.
	Identity, Boundary []iam.Document
	// Tags of the role.
	Tags map[string]string
	// MaxSession is the longest session. One hour if zero.
	MaxSession time.Duration
}

// PutRole adds or replaces a role. Sessions of a role that is replaced have its new policies.
func (g *Gate) PutRole(r Role) {
	if r.ID == "" {
		r.ID = "AROA" + g.identifier("role:"+r.ARN)
	}
	if r.MaxSession == 0 {
		r.MaxSession = time.Hour
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.roles[r.ARN] = &r
}

// RemoveRole removes a role; its sessions end.
func (g *Gate) RemoveRole(arn string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.roles, arn)
}

// Role finds a role by its ARN.
func (g *Gate) Role(arn string) (Role, bool) {
	r := g.role(arn)
	if r == nil {
		return Role{}, false
	}
	return *r, true
}

func (g *Gate) role(arn string) *Role {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.roles[arn]
}

// Roles lists the ARNs of all roles, sorted.
func (g *Gate) Roles() []string {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return slices.Sorted(maps.Keys(g.roles))
}

const identifierAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

// identifier is a unique id of AWS's form, the same for the same name.
func (g *Gate) identifier(name string) string {
	sum := g.derive("identifier:" + name)
	id := make([]byte, 16)
	for i := range id {
		id[i] = identifierAlphabet[sum[i]%32]
	}
	return string(id)
}
