package authz

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
)

// RSA keys outside these sizes, in bits, are refused: the lower bound is that of
// RFC 7518 section 3.3, the upper one bounds the time of a verification.
const (
	minRSABits = 2048
	maxRSABits = 8192
)

// RSA exponents are odd and within (2^16, 2^31): the lower bound is that of FIPS
// 186-5 section A.1.1, the upper one that of crypto/rsa.
const (
	minRSAExponent = 1<<16 + 1
	maxRSAExponent = 1<<31 - 1
)

// verificationKey is a public key that may verify signatures of access tokens.
type verificationKey struct {
	// id is kid, or empty when the key has none.
	id string
	// algorithm is alg, or empty when the key is for every algorithm of its kind.
	algorithm algorithm
	public    crypto.PublicKey
}

// serves reports whether the key verifies signatures of the algorithm.
func (k verificationKey) serves(a algorithm) bool {
	return (k.algorithm == "" || k.algorithm == a) && a.takes(k.public)
}

// same reports whether two keys are one and the same, published twice.
func (k verificationKey) same(other verificationKey) bool {
	public, ok := k.public.(interface{ Equal(crypto.PublicKey) bool })
	return ok && k.algorithm == other.algorithm && public.Equal(other.public)
}

// registeredKeyMembers are the members of RFC 7517 and RFC 7518 section 6 that decide on a key.
var registeredKeyMembers = []string{
	"kty", "use", "key_ops", "alg", "kid", "crv", "x", "y", "n", "e",
	"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv",
}

// secretKeyMembers make a key private or symmetric. One that was published can no
// longer be trusted, whatever else it holds.
var secretKeyMembers = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"}

// parseKey reads one JWK (RFC 7517 section 4). Certificates (x5c, x5u, x5t) are
// not looked at: the trust is in the key set itself.
func parseKey(v jsonValue) (verificationKey, error) {
	if v.kind != jsonObject || v.unclear || v.disguised(registeredKeyMembers) {
		return verificationKey{}, errors.New("the key is no object with distinct, properly spelled members")
	}
	for _, name := range secretKeyMembers {
		if _, present := v.member(name); present {
			return verificationKey{}, fmt.Errorf("the key is private or symmetric: it has the member %q", name)
		}
	}
	if err := checkKeyUse(v); err != nil {
		return verificationKey{}, err
	}
	var key verificationKey
	if kid, present := v.member("kid"); present {
		if !isKeyID(kid) {
			return verificationKey{}, fmt.Errorf("kid is no string of 1 to %d bytes", maxKeyIDSize)
		}
		key.id = kid.text
	}
	var err error
	if key.public, err = parsePublicKey(v); err != nil {
		return verificationKey{}, err
	}
	if alg, present := v.member("alg"); present {
		key.algorithm = algorithm(alg.text)
		if alg.kind != jsonString || !key.algorithm.takes(key.public) {
			return verificationKey{}, fmt.Errorf("alg %q is not allowed for this kind of key", alg.text)
		}
	}
	return key, nil
}

// checkKeyUse holds use and key_ops against verification (RFC 7517 sections 4.2 and 4.3).
func checkKeyUse(v jsonValue) error {
	if use, present := v.member("use"); present && (use.kind != jsonString || use.text != "sig") {
		return fmt.Errorf("use is %q, not \"sig\"", use.text)
	}
	ops, present := v.member("key_ops")
	if !present {
		return nil
	}
	seen := map[string]bool{}
	for i := range ops.items {
		op := ops.items[i]
		if op.kind != jsonString || seen[op.text] {
			return errors.New("key_ops is no list of distinct strings")
		}
		seen[op.text] = true
	}
	if !seen["verify"] {
		return errors.New("key_ops does not contain \"verify\"")
	}
	return nil
}

func parsePublicKey(v jsonValue) (crypto.PublicKey, error) {
	kty, _ := v.member("kty")
	crv, _ := v.member("crv")
	switch {
	case kty.kind != jsonString:
		return nil, errors.New("kty is missing")
	case kty.text == "RSA":
		return parseRSA(v)
	case kty.text == "EC" && crv.kind == jsonString:
		return parseEC(v, crv.text)
	case kty.text == "OKP" && crv.kind == jsonString && crv.text == "Ed25519":
		return parseEd25519(v)
	}
	return nil, fmt.Errorf("unsupported kind of key: kty %q, crv %q", kty.text, crv.text)
}

// keyBytes decodes a member in canonical base64url.
func keyBytes(v jsonValue, name string, maxSize int) ([]byte, error) {
	m, _ := v.member(name)
	decoded, ok := decodeBase64URL(m.text)
	if m.kind != jsonString || !ok || len(decoded) == 0 || len(decoded) > maxSize {
		return nil, fmt.Errorf("%s is no base64url value of 1 to %d bytes", name, maxSize)
	}
	return decoded, nil
}

// parseRSA reads n and e (RFC 7518 section 6.3.1). A leading zero octet of n,
// which section 6.3.1.1 warns that some libraries write, changes nothing.
func parseRSA(v jsonValue) (*rsa.PublicKey, error) {
	modulus, err := keyBytes(v, "n", maxRSABits/8+1)
	if err != nil {
		return nil, err
	}
	exponent, err := keyBytes(v, "e", 8)
	if err != nil {
		return nil, err
	}
	n, e := new(big.Int).SetBytes(modulus), new(big.Int).SetBytes(exponent)
	if bits := n.BitLen(); bits < minRSABits || bits > maxRSABits {
		return nil, fmt.Errorf("the RSA modulus has %d bits, not %d to %d", bits, minRSABits, maxRSABits)
	}
	if n.Bit(0) == 0 {
		return nil, errors.New("the RSA modulus is even")
	}
	if !e.IsInt64() || e.Int64() < minRSAExponent || e.Int64() > maxRSAExponent || e.Bit(0) == 0 {
		return nil, fmt.Errorf("the RSA exponent %s is not odd and within 2^16 and 2^31", e)
	}
	return &rsa.PublicKey{N: n, E: int(e.Int64())}, nil
}

// parseEC reads x and y, each of exactly the curve's size (RFC 7518 section 6.2.1).
func parseEC(v jsonValue, crv string) (*ecdsa.PublicKey, error) {
	curves := map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}
	curve, ok := curves[crv]
	if !ok {
		return nil, fmt.Errorf("unsupported curve %q", crv)
	}
	size := (curve.Params().BitSize + 7) / 8
	point := []byte{4} // uncompressed, SEC 1 section 2.3.3
	for _, name := range []string{"x", "y"} {
		coordinate, err := keyBytes(v, name, size)
		if err != nil {
			return nil, err
		}
		if len(coordinate) != size {
			return nil, fmt.Errorf("%s has %d bytes, not %d", name, len(coordinate), size)
		}
		point = append(point, coordinate...)
	}
	public, err := ecdsa.ParseUncompressedPublicKey(curve, point)
	if err != nil {
		return nil, fmt.Errorf("the point is not on %s", crv)
	}
	return public, nil
}

// parseEd25519 reads x (RFC 8037 section 2).
func parseEd25519(v jsonValue) (ed25519.PublicKey, error) {
	x, err := keyBytes(v, "x", ed25519.PublicKeySize)
	if err != nil {
		return nil, err
	}
	if len(x) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("x has %d bytes, not %d", len(x), ed25519.PublicKeySize)
	}
	if smallOrder(x) {
		return nil, errors.New("the Ed25519 point has a small order")
	}
	return ed25519.PublicKey(x), nil
}

// smallOrderPoints are the encodings of y of the points whose order divides 8, with
// those that are not reduced. Under such a key signatures exist that anyone can
// write (RFC 8032 section 8.4 leaves the check to the protocol).
var smallOrderPoints = [][]byte{
	unhex("0000000000000000000000000000000000000000000000000000000000000000"),
	unhex("0100000000000000000000000000000000000000000000000000000000000000"),
	unhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
	unhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
	unhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
	unhex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
	unhex("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
}

func unhex(s string) []byte {
	decoded, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return decoded
}

// smallOrder ignores the sign of x, the highest bit.
func smallOrder(point []byte) bool {
	y := bytes.Clone(point)
	y[len(y)-1] &= 0x7f
	for _, small := range smallOrderPoints {
		if bytes.Equal(y, small) {
			return true
		}
	}
	return false
}
