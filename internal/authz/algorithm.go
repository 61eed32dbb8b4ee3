package authz

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	_ "crypto/sha256" // the hashes that crypto.Hash.New makes below
	_ "crypto/sha512"

	"github.com/go-jose/go-jose/v4"
)

// algorithm is the allow-list: the signature algorithms of RFC 7518 section 3.1
// and RFC 8037 section 3.1 that need no shared secret. A name that is not in it
// is refused wherever it stands; "none" and the HMACs are absent.
type algorithm string

var algorithms = map[algorithm]struct {
	// hash of RSASSA-PSS, whose salt must be as long as the hash.
	pss crypto.Hash
	// curve of ECDSA: each algorithm has exactly one.
	curve elliptic.Curve
	// rsa and ed25519 say which other kind of key the algorithm takes.
	rsa, ed25519 bool
}{
	"RS256": {rsa: true},
	"RS384": {rsa: true},
	"RS512": {rsa: true},
	"PS256": {rsa: true, pss: crypto.SHA256},
	"PS384": {rsa: true, pss: crypto.SHA384},
	"PS512": {rsa: true, pss: crypto.SHA512},
	"ES256": {curve: elliptic.P256()},
	"ES384": {curve: elliptic.P384()},
	"ES512": {curve: elliptic.P521()},
	"EdDSA": {ed25519: true},
}

func (a algorithm) allowed() bool {
	_, ok := algorithms[a]
	return ok
}

// takes reports whether the algorithm verifies with this kind of key.
func (a algorithm) takes(key crypto.PublicKey) bool {
	spec, ok := algorithms[a]
	if !ok {
		return false
	}
	switch key := key.(type) {
	case *rsa.PublicKey:
		return spec.rsa
	case *ecdsa.PublicKey:
		return spec.curve != nil && spec.curve == key.Curve
	case ed25519.PublicKey:
		return spec.ed25519
	}
	return false
}

// verify checks the signature of a compact JWS whose header was already
// examined, and returns the payload that is signed.
func (a algorithm) verify(token string, key crypto.PublicKey, signed, signature []byte) ([]byte, bool) {
	if !a.takes(key) {
		return nil, false
	}
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(a)})
	if err != nil {
		return nil, false
	}
	payload, err := jws.Verify(key)
	if err != nil {
		return nil, false
	}
	if hash := algorithms[a].pss; hash != 0 && !saltFillsHash(key, hash, signed, signature) {
		return nil, false
	}
	return payload, true
}

// saltFillsHash checks what go-jose leaves open: RFC 7518 section 3.5 fixes the
// length of the salt to that of the hash.
func saltFillsHash(key crypto.PublicKey, hash crypto.Hash, signed, signature []byte) bool {
	public, ok := key.(*rsa.PublicKey)
	if !ok {
		return false
	}
	h := hash.New()
	h.Write(signed)
	options := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash}
	return rsa.VerifyPSS(public, hash, h.Sum(nil), signature, options) == nil
}
