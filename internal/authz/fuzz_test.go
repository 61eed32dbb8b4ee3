package authz

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

// FuzzToken damages good tokens: the first input chooses the token, the others
// where what is cut out and put in. Of all results only the token itself may be
// allowed, since none of the signatures used has a second spelling.
func FuzzToken(f *testing.F) {
	a := newTestAuthorizer(f, ours().jwks())
	tokens := []string{
		goodToken("EdDSA"), goodToken("RS256"), goodToken("RS512"),
		good("EdDSA", goodHeader("EdDSA").without("typ").json(), goodClaims().with("aud", `["`+testAudience+`"]`).json()),
	}
	for i := range tokens {
		f.Add(uint8(i), uint16(0), uint16(0), []byte(nil))
		f.Add(uint8(i), uint16(40), uint16(1), []byte("A"))
		f.Add(uint8(i), uint16(len(tokens[i])-1), uint16(1), []byte("="))
		f.Add(uint8(i), uint16(0), uint16(len(tokens[i])), []byte("eyJhbGciOiJub25lIn0.e30."))
		f.Add(uint8(i), uint16(3), uint16(0), []byte("\r\n"))
	}
	f.Fuzz(func(t *testing.T, which uint8, offset, cut uint16, insert []byte) {
		token := tokens[int(which)%len(tokens)]
		from := int(offset) % (len(token) + 1)
		to := min(from+int(cut), len(token))
		damaged := token[:from] + string(insert) + token[to:]
		d := decide(a, goodRequest(damaged))
		if d.Allow != (damaged == token) {
			t.Fatalf("%q: %+v", damaged, d)
		}
	})
}

// FuzzClaims signs whatever comes with the right key. What is allowed must be
// right for encoding/json too, which reads the claims on its own.
func FuzzClaims(f *testing.F) {
	a := newTestAuthorizer(f, ours().jwks())
	for _, claims := range validClaims() {
		f.Add([]byte(goodHeader("EdDSA").json()), []byte(claims.json()))
	}
	for _, family := range families {
		for i, attack := range family.attacks() {
			parts := strings.Split(strings.TrimPrefix(strings.Join(attack.request.Authorization, ""), "Bearer "), ".")
			if len(parts) == 3 && i%8 == 0 {
				header, _ := decodeBase64URL(parts[0])
				payload, _ := decodeBase64URL(parts[1])
				f.Add(header, payload)
			}
		}
	}
	f.Fuzz(func(t *testing.T, header, payload []byte) {
		if d := decide(a, goodRequest(good("EdDSA", string(header), string(payload)))); !d.Allow {
			return
		}
		var h map[string]any
		if err := json.Unmarshal(header, &h); err != nil || h["alg"] != "EdDSA" || h["kid"] != "ed" || h["crit"] != nil || h["jwk"] != nil {
			t.Fatalf("header %q is allowed: %v", header, err)
		}
		var c struct {
			Iss   string
			Exp   float64
			Nbf   float64
			Iat   float64
			Aud   any
			Scope string
		}
		if err := json.Unmarshal(payload, &c); err != nil {
			t.Fatalf("claims %q are allowed: %v", payload, err)
		}
		now := float64(testNow.Unix())
		scopes := strings.Split(c.Scope, " ")
		audiences, isList := c.Aud.([]any)
		ok := c.Iss == testIssuer && c.Exp > now-30 && c.Nbf <= now+30 && c.Iat <= now+30 &&
			(c.Aud == testAudience || isList && slices.Contains(audiences, any(testAudience))) &&
			slices.Contains(scopes, "account:12345") && slices.Contains(scopes, "kittens:read")
		if !ok {
			t.Fatalf("claims %q are allowed", payload)
		}
	})
}

// FuzzAuthorization sends whatever comes as the header.
func FuzzAuthorization(f *testing.F) {
	a := newTestAuthorizer(f, ours().jwks())
	token := goodToken("EdDSA")
	for _, attack := range authorizationHeaders() {
		f.Add(strings.Join(attack.request.Authorization, ","))
	}
	for _, family := range families[:7] {
		for i, attack := range family.attacks() {
			if i%8 == 0 {
				f.Add(attack.request.Authorization[0])
			}
		}
	}
	f.Fuzz(func(t *testing.T, value string) {
		r := goodRequest(token)
		r.Authorization = []string{value}
		if d := decide(a, r); d.Allow && (len(value) != 7+len(token) || value[7:] != token || !strings.EqualFold(value[:7], "bearer ")) {
			t.Fatalf("%q is allowed", value)
		}
	})
}

// FuzzJWKS reads whatever comes as a key set, and holds every accepted key against
// the bounds. A token signed by a key of others is never allowed by it.
func FuzzJWKS(f *testing.F) {
	forged := token("EdDSA", theirs()["ed"], goodHeader("EdDSA").json(), goodClaims().json())
	f.Add([]byte(ours().jwks()))
	for kid := range ours() {
		f.Add([]byte(jwksOf(ours().jwk(kid))))
	}
	f.Add([]byte(jwksOf(fieldsOf("rsa").with("use", `"enc"`).json(), fieldsOf("p256").with("key_ops", `["verify"]`).json(), `{"kty":"oct","k":"AAAA"}`)))
	f.Add([]byte(jwksOf(ours().jwk("ed"), ours().jwk("ed"), fieldsOf("ed").without("kid").json())))
	f.Add([]byte(`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"ed","x":"` + b64(make([]byte, 32)) + `"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := parseKeySet(data)
		if err != nil {
			return
		}
		if !json.Valid(data) {
			t.Fatalf("%q is no JSON", data)
		}
		keys := slices.Collect(maps.Values(set.byID))
		if set.sole != nil {
			keys = append(keys, *set.sole)
		}
		for _, key := range keys {
			if !sound(key) || !set.listed[key.id] && key.id != "" {
				t.Fatalf("%q has the key %+v", data, key)
			}
		}
		if d := decide(newTestAuthorizer(t, string(data)), goodRequest(forged)); d.Allow {
			t.Fatalf("%q allows a token of others", data)
		}
	})
}

// sound is what must hold for every key that may verify.
func sound(key verificationKey) bool {
	if key.algorithm != "" && !key.algorithm.takes(key.public) {
		return false
	}
	switch public := key.public.(type) {
	case *rsa.PublicKey:
		bits := public.N.BitLen()
		return bits >= minRSABits && bits <= maxRSABits && public.E > 1<<16 && public.E%2 == 1
	case *ecdsa.PublicKey:
		_, err := public.ECDH()
		return err == nil
	case ed25519.PublicKey:
		return len(public) == ed25519.PublicKeySize && !smallOrder(public)
	}
	return false
}

// FuzzDecode reads whatever comes as a table, and writes what it understood.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(encodedTable))
	f.Add([]byte(`{"operations":[{"id":"x","method":"GET","path":"/","scopes":[["a"]]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		table, err := Decode(data)
		if err != nil {
			return
		}
		encoded, err := table.Encode()
		if err != nil {
			t.Fatalf("%q is decoded and not encoded: %v", data, err)
		}
		again, err := Decode(encoded)
		if err != nil || len(again.Operations) != len(table.Operations) {
			t.Fatalf("%q becomes %q: %v", data, encoded, err)
		}
	})
}
