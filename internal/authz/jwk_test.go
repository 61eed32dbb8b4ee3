package authz

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"
)

// odd is an odd number of exactly so many bits, which nobody has factored.
func odd(bits int) *big.Int {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), uint(bits-1)))
	if err != nil {
		panic(err)
	}
	n.SetBit(n, bits-1, 1)
	return n.SetBit(n, 0, 1)
}

func rsaFields(n, e *big.Int) fields {
	return fields{{"kty", `"RSA"`}, {"kid", `"k"`}, {"n", quote(b64(n.Bytes()))}, {"e", quote(b64(e.Bytes()))}}
}

var f4 = big.NewInt(65537)

// fieldsOf are the members of one of our keys.
func fieldsOf(kid string) fields {
	v, err := parseJSON([]byte(ours().jwk(kid)), maxDepth)
	if err != nil {
		panic(err)
	}
	var f fields
	for _, m := range v.members {
		f = append(f, [2]string{m.name, quote(m.value.text)})
	}
	return f
}

// refusedForUse are keys whose members forbid verification, or hold a secret.
func refusedForUse() map[string]fields {
	rsaKey, ec, ed := fieldsOf("rsa"), fieldsOf("p256"), fieldsOf("ed")
	return map[string]fields{
		"symmetric":                {{"kty", `"oct"`}, {"k", `"AAAA"`}, {"alg", `"HS256"`}},
		"symmetric without secret": {{"kty", `"oct"`}},
		"RSA with a secret k":      rsaKey.with("k", `"AAAA"`),
		"k is null":                rsaKey.with("k", "null"),
		"private RSA":              rsaKey.with("d", `"AAAA"`),
		"prime only":               rsaKey.with("p", `"AAAA"`),
		"other primes":             rsaKey.with("oth", "[]"),
		"private EC":               ec.with("d", `"AAAA"`),
		"private Ed25519":          ed.with("d", `"AAAA"`),
		"private in upper case":    ed.with("D", `"AAAA"`),
		"ML-DSA":                   {{"kty", `"AKP"`}, {"alg", `"ML-DSA-65"`}, {"pub", `"AAAA"`}},
		"no kty":                   rsaKey.without("kty"),
		"kty in lower case":        rsaKey.with("kty", `"rsa"`),
		"kty no string":            rsaKey.with("kty", `["RSA"]`),
		"member in upper case":     rsaKey.renamed("n", "N"),
		"member escaped":           rsaKey.renamed("n", `\u006e`),
		"member twice":             rsaKey.also("n", `"AAAA"`),
		"use enc":                  rsaKey.with("use", `"enc"`),
		"use Sig":                  rsaKey.with("use", `"Sig"`),
		"use empty":                rsaKey.with("use", `""`),
		"use null":                 rsaKey.with("use", "null"),
		"use a list":               rsaKey.with("use", `["sig"]`),
		"key_ops sign":             rsaKey.with("key_ops", `["sign"]`),
		"key_ops empty":            rsaKey.with("key_ops", "[]"),
		"key_ops a string":         rsaKey.with("key_ops", `"verify"`),
		"key_ops null":             rsaKey.with("key_ops", "null"),
		"key_ops with a number":    rsaKey.with("key_ops", `["verify",1]`),
		"key_ops repeats":          rsaKey.with("key_ops", `["verify","verify"]`),
		"key_ops Verify":           rsaKey.with("key_ops", `["Verify"]`),
		"use and key_ops":          rsaKey.with("use", `"enc"`).with("key_ops", `["verify"]`),
		"alg of encryption":        rsaKey.with("alg", `"RSA-OAEP"`),
		"alg of a secret":          rsaKey.with("alg", `"HS256"`),
		"alg none":                 rsaKey.with("alg", `"none"`),
		"alg RS1":                  rsaKey.with("alg", `"RS1"`),
		"alg empty":                rsaKey.with("alg", `""`),
		"alg null":                 rsaKey.with("alg", "null"),
		"alg of another kind":      rsaKey.with("alg", `"ES256"`),
		"alg of another curve":     ec.with("alg", `"ES384"`),
		"alg Ed25519":              ed.with("alg", `"Ed25519"`),
		"kid empty":                rsaKey.with("kid", `""`),
		"kid a number":             rsaKey.with("kid", "1"),
		"kid too long":             rsaKey.with("kid", quote(strings.Repeat("k", maxKeyIDSize+1))),
	}
}

func refusedRSA() map[string]fields {
	rsaKey := fieldsOf("rsa")
	return map[string]fields{
		"n missing":               rsaKey.without("n"),
		"n a number":              rsaKey.with("n", "5"),
		"n padded":                rsaKey.with("n", `"AAA="`),
		"n with a line break":     rsaKey.with("n", `"AA\nAA"`),
		"e missing":               rsaKey.without("e"),
		"RSA 512 bits":            rsaFields(odd(512), f4),
		"RSA 1024 bits":           rsaFields(odd(1024), f4),
		"RSA 2047 bits":           rsaFields(odd(2047), f4),
		"RSA 2047 bits and zeros": rsaFields(odd(2047), f4).with("n", quote(b64(append([]byte{0}, odd(2047).Bytes()...)))),
		"RSA 8193 bits":           rsaFields(odd(8193), f4),
		"RSA 65536 bits":          rsaFields(odd(65536), f4),
		"RSA even modulus":        rsaFields(new(big.Int).SetBit(odd(2048), 0, 0), f4),
		"e 0":                     rsaFields(odd(2048), f4).with("e", `"AA"`),
		"e 1":                     rsaFields(odd(2048), big.NewInt(1)),
		"e 2":                     rsaFields(odd(2048), big.NewInt(2)),
		"e 3":                     rsaFields(odd(2048), big.NewInt(3)),
		"e 65536":                 rsaFields(odd(2048), big.NewInt(65536)),
		"e 65538":                 rsaFields(odd(2048), big.NewInt(65538)),
		"e 2^31+1":                rsaFields(odd(2048), big.NewInt(1<<31+1)),
		"e 2^63+1":                rsaFields(odd(2048), new(big.Int).SetBit(big.NewInt(1), 63, 1)),
		"e 2^200+1":               rsaFields(odd(2048), new(big.Int).SetBit(big.NewInt(1), 200, 1)),
	}
}

func refusedCurves(t *testing.T) map[string]fields {
	t.Helper()
	ec, ed := fieldsOf("p256"), fieldsOf("ed")
	key, err := parseJSON([]byte(ec.json()), maxDepth)
	if err != nil {
		t.Fatal(err)
	}
	x, err := keyBytes(key, "x", 32)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]fields{
		"crv missing":            ec.without("crv"),
		"crv unknown":            ec.with("crv", `"secp256k1"`),
		"crv of another size":    ec.with("crv", `"P-384"`),
		"crv P-224":              ec.with("crv", `"P-224"`),
		"point not on the curve": ec.with("y", quote(b64(odd(255).FillBytes(make([]byte, 32))))),
		"point at infinity":      ec.with("x", quote(b64(make([]byte, 32)))).with("y", quote(b64(make([]byte, 32)))),
		"x too short":            ec.with("x", quote(b64(x[1:]))),
		"x too long":             ec.with("x", quote(b64(append([]byte{0}, x...)))),
		"y missing":              ec.without("y"),
		"OKP without crv":        ed.without("crv"),
		"Ed448":                  ed.with("crv", `"Ed448"`).with("x", quote(b64(make([]byte, 57)))),
		"X25519":                 ed.with("crv", `"X25519"`),
		"Ed25519 too short":      ed.with("x", quote(b64(make([]byte, 31)))),
		"Ed25519 too long":       ed.with("x", quote(b64(make([]byte, 33)))),
	}
}

func TestParseKeyRefuses(t *testing.T) {
	refused := refusedForUse()
	maps.Copy(refused, refusedRSA())
	maps.Copy(refused, refusedCurves(t))
	for name, f := range refused {
		v, err := parseJSON([]byte(f.json()), maxDepth)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := parseKey(v); err == nil {
			t.Errorf("%s: the key is accepted", name)
		}
		// The refused key never disables the others of its set.
		set, err := parseKeySet([]byte(jwksOf(f.json(), ours().jwk("p384"))))
		if err != nil || len(set.byID) != 1 || len(set.refused) != 1 {
			t.Errorf("%s: the set beside it is %+v, %v", name, set, err)
		}
	}
}

func TestParseKeyAccepts(t *testing.T) {
	rsaKey := fieldsOf("rsa")
	modulus := ours()["rsa"].Public().(*rsa.PublicKey).N.Bytes()
	accepted := map[string]fields{
		"plain":                   rsaKey,
		"use":                     rsaKey.with("use", `"sig"`),
		"key_ops":                 rsaKey.with("key_ops", `["sign","verify"]`),
		"alg":                     rsaKey.with("alg", `"PS512"`),
		"certificates":            rsaKey.with("x5c", `["not a certificate"]`).with("x5u", `"::"`).with("x5t", "1").with("x5t#S256", `"AAAA"`),
		"other members":           rsaKey.with("crv", `"P-256"`).with("ext", "true").with("iat", "1").with("nbf", "1e999"),
		"leading zero of n":       rsaKey.with("n", quote(b64(append([]byte{0}, modulus...)))),
		"no kid":                  rsaKey.without("kid"),
		"2048 bits":               rsaFields(odd(2048), f4),
		"8192 bits":               rsaFields(odd(8192), f4),
		"largest exponent":        rsaFields(odd(2048), big.NewInt(maxRSAExponent)),
		"P-256":                   fieldsOf("p256").with("alg", `"ES256"`),
		"P-384":                   fieldsOf("p384").with("alg", `"ES384"`),
		"P-521":                   fieldsOf("p521").with("alg", `"ES512"`),
		"Ed25519":                 fieldsOf("ed").with("alg", `"EdDSA"`),
		"kid that looks hostile":  rsaKey.with("kid", `"../../etc/passwd' OR 1=1"`),
		"kid of the largest size": rsaKey.with("kid", quote(strings.Repeat("k", maxKeyIDSize))),
	}
	for name, f := range accepted {
		v, err := parseJSON([]byte(f.json()), maxDepth)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := parseKey(v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSmallOrderPoints shows for every point of the list why it is there: somebody
// without a private key finds a message whose signature it accepts.
func TestSmallOrderPoints(t *testing.T) {
	if len(smallOrderPoints) != 7 {
		t.Fatalf("%d points", len(smallOrderPoints))
	}
	for _, y := range smallOrderPoints {
		for _, sign := range []byte{0, 0x80} {
			point := bytes.Clone(y)
			point[31] |= sign
			if !smallOrder(point) {
				t.Errorf("%x is not recognized", point)
			}
			if !forgeable(point) && sign == 0 {
				t.Errorf("no forgery found for %x: does it belong here?", point)
			}
		}
	}
	if smallOrder(ours()["ed"].Public().(ed25519.PublicKey)) {
		t.Error("an honest key is taken for a point of small order")
	}
}

// forgeable looks for a message that the key accepts with s = 0 and R of small order.
func forgeable(key []byte) bool {
	for i := range uint32(64) {
		message := binary.BigEndian.AppendUint32(nil, i)
		for _, r := range smallOrderPoints {
			for _, sign := range []byte{0, 0x80} {
				signature := append(bytes.Clone(r), make([]byte, 32)...)
				signature[31] |= sign
				if ed25519.Verify(key, message, signature) {
					return true
				}
			}
		}
	}
	return false
}

// TestLargeRSAKey verifies with a modulus beyond the 4096 bits that go-jose reads by default.
func TestLargeRSAKey(t *testing.T) {
	n, phi := big.NewInt(1), big.NewInt(1)
	for range 5 {
		p, err := rand.Prime(rand.Reader, 1024)
		if err != nil {
			t.Fatal(err)
		}
		n.Mul(n, p)
		phi.Mul(phi, p.Sub(p, big.NewInt(1)))
	}
	d := new(big.Int).ModInverse(f4, phi)
	if d == nil {
		t.Fatal("the exponent has no inverse")
	}
	signed := b64([]byte(goodHeader("RS256").with("kid", `"k"`).json())) + "." + b64([]byte(goodClaims().json()))
	digest := sha256.Sum256([]byte(signed))
	prefix, err := hex.DecodeString("3031300d060960864801650304020105000420") // RFC 8017 section 9.2, note 1
	if err != nil {
		t.Fatal(err)
	}
	size := (n.BitLen() + 7) / 8
	tail := append(append([]byte{0}, prefix...), digest[:]...)
	em := append([]byte{0, 1}, bytes.Repeat([]byte{0xff}, size-2-len(tail))...)
	em = append(em, tail...)
	s := new(big.Int).Exp(new(big.Int).SetBytes(em), d, n)
	a := newTestAuthorizer(t, jwksOf(rsaFields(n, f4).json()))
	if d := decide(a, goodRequest(signed+"."+b64(s.FillBytes(make([]byte, size))))); !d.Allow {
		t.Errorf("RSA with %d bits: denied for %s", n.BitLen(), d.Reason)
	}
}

// TestRefusedKeysVerifyNothing signs well with keys that the set has and forbids,
// whichever comes first.
func TestRefusedKeysVerifyNothing(t *testing.T) {
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	weakToken := token("RS256", weak, goodHeader("RS256").with("kid", `"k"`).json(), goodClaims().json())
	rsaKey, ed := fieldsOf("rsa"), fieldsOf("ed")
	tests := map[string]struct {
		token string
		keys  []string
	}{
		"RSA 1024":     {weakToken, []string{jwkOf(weak.Public(), fields{{"kid", `"k"`}})}},
		"use enc":      {goodToken("RS256"), []string{rsaKey.with("use", `"enc"`).json()}},
		"key_ops":      {goodToken("RS256"), []string{rsaKey.with("key_ops", `["encrypt"]`).json()}},
		"alg PS256":    {goodToken("RS256"), []string{rsaKey.with("alg", `"PS256"`).json()}},
		"alg RS512":    {goodToken("RS256"), []string{rsaKey.with("alg", `"RS512"`).json()}},
		"private":      {goodToken("EdDSA"), []string{ed.with("d", `"AAAA"`).json()}},
		"no kid":       {goodToken("EdDSA"), []string{ed.without("kid").json()}},
		"keys differ":  {goodToken("EdDSA"), []string{ed.json(), jwkOf(theirs()["ed"].Public(), fields{{"kid", `"ed"`}})}},
		"alg differs":  {goodToken("RS256"), []string{rsaKey.with("alg", `"RS256"`).json(), rsaKey.with("alg", `"PS256"`).json()}},
		"kinds differ": {goodToken("EdDSA"), []string{ed.json(), rsaKey.with("kid", `"ed"`).json()}},
		"one of three": {goodToken("EdDSA"), []string{ed.json(), rsaKey.with("kid", `"ed"`).json(), ed.json()}},
	}
	for name, test := range tests {
		for range 2 {
			a := newTestAuthorizer(t, jwksOf(test.keys...))
			if d := decide(a, goodRequest(test.token)); d.Allow || d.Status != 401 {
				t.Errorf("%s: decision is %+v", name, d)
			}
			slices.Reverse(test.keys)
		}
	}
}

func TestKeySet(t *testing.T) {
	exotic := []string{
		"null", "1", `"x"`, "[]", "{}", `{"kty":"X"}`, `{"kty":"AKP","alg":"ML-DSA-44","pub":"AAAA","kid":"ed"}`, `{"kty":"RSA","use":"enc","kid":"ed"}`,
		`{"kid":"ed","kid":"rsa"}`, `{"kty":"OKP","crv":"X25519","x":"AAAA","kid":"ed"}`, `{"a":"\ud800"}`, `{"x5c":["\\"],"kty":{}}`,
	}
	a := newTestAuthorizer(t, jwksOf(append(exotic, ours().jwk("ed"), ours().jwk("ed"))...))
	if d := decide(a, goodRequest(goodToken("EdDSA"))); !d.Allow {
		t.Errorf("beside exotic keys and published twice: denied for %s", d.Reason)
	}
	without := good("EdDSA", goodHeader("EdDSA").without("kid").json(), goodClaims().json())
	if d := decide(a, goodRequest(without)); !d.Allow {
		t.Errorf("no kid and one usable key: denied for %s", d.Reason)
	}
	anonymous := newTestAuthorizer(t, jwksOf(fieldsOf("ed").without("kid").json()))
	if d := decide(anonymous, goodRequest(without)); !d.Allow {
		t.Errorf("no kid on either side: denied for %s", d.Reason)
	}
	if d := decide(newTestAuthorizer(t, jwksOf(ours().jwk("ed"), ours().jwk("rsa"))), goodRequest(without)); d.Reason != KeyIDMissing {
		t.Errorf("no kid and two keys: %s", d.Reason)
	}
}

func TestKeySetRefuses(t *testing.T) {
	key := ours().jwk("ed")
	many := jwksOf(append(make([]string, 0, maxKeys+1), strings.Split(strings.Repeat(`{"kty":"X"} `, maxKeys+1), " ")[:maxKeys+1]...)...)
	for _, text := range []string{
		"", "null", "[]", "{}", "[" + key + "]", key, `{"keys":null}`, `{"keys":{}}`, `{"keys":"x"}`, `{"Keys":[` + key + `]}`, `{"\u006beys":[` + key + `]}`,
		`{"keys":[` + key + `],"keys":[]}`, `{"keys":[` + key + `],"KEYS":[]}`, jwksOf(key) + "x", jwksOf(key) + jwksOf(key), "\ufeff" + jwksOf(key),
		`{"keys":[` + key + `,]}`, `{"keys":[` + key, jwksOf(key, nest(maxDepth)), jwksOf(key, "\"\xff\""), many, "<html></html>",
	} {
		if set, err := parseKeySet([]byte(text)); err == nil {
			t.Errorf("%.80q is accepted as %+v", text, set)
		}
	}
	if _, err := parseKeySet([]byte(strings.Replace(many, `{"kty":"X"},`, "", 1))); err != nil {
		t.Errorf("a set of %d keys: %v", maxKeys, err)
	}
	if _, err := parseKeySet(fmt.Appendf(nil, `{"keys":[%s],"x":1,"x":2}`, key)); err != nil {
		t.Errorf("members beside the keys repeat: %v", err)
	}
}
