package authz

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
)

// attacksOf makes one attack a token.
func attacksOf(reason Reason, tokens map[string]string) []attack {
	var out []attack
	for name, token := range tokens {
		out = append(out, attack{name, reason, goodRequest(token)})
	}
	return out
}

// unsignedTokens claim to need no signature, or name no algorithm that has one.
func unsignedTokens() []attack {
	tokens := map[string]string{}
	for _, alg := range []string{
		`"none"`, `"None"`, `"NONE"`, `"nOnE"`, `"\u006eone"`, `"none "`, `""`, `"null"`, `null`, `0`, `false`, `[]`, `["RS256"]`, `{}`,
		`"rs256"`, `"RS256 "`, `" RS256"`, `"RS256\u0000"`, `"\u0052S256"`, `"RS-256"`, `"RS1"`, `"ES256K"`, `"ES512 "`, `"EDDSA"`, `"Ed25519"`,
		`"Ed448"`, `"RSA-OAEP"`, `"dir"`, `"A128KW"`, `"ML-DSA-65"`, `"RS256,none"`,
	} {
		h := goodHeader("RS256").with("alg", alg).json()
		signed := b64([]byte(h)) + "." + b64([]byte(goodClaims().json())) + "."
		tokens[alg+" with a good signature"] = good("RS256", h, goodClaims().json())
		tokens[alg+" with a made-up signature"] = signed + "AAAA"
	}
	h := goodHeader("RS256").without("alg").json()
	tokens["no alg"] = good("RS256", h, goodClaims().json())
	out := attacksOf(AlgorithmNotAllowed, tokens)
	none := b64([]byte(`{"alg":"none"}`)) + "." + b64([]byte(goodClaims().json())) + "."
	return append(out, attacksOf(TokenMalformed, map[string]string{"none with an empty signature": none})...)
}

// publicForms are the ways in which a public key is published, taken for a secret.
func publicForms() map[string][]byte {
	forms := map[string][]byte{"an empty key": {}, "the key set": []byte(ours().jwks())}
	for kid, signer := range ours() {
		der := mustBytes(x509.MarshalPKIXPublicKey(signer.Public()))
		forms[kid+" DER"] = der
		forms[kid+" PEM"] = pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
		forms[kid+" PEM without line end"] = bytes.TrimSpace(forms[kid+" PEM"])
		forms[kid+" JWK"] = []byte(ours().jwk(kid))
		switch public := signer.Public().(type) {
		case *rsa.PublicKey:
			der := x509.MarshalPKCS1PublicKey(public)
			forms["PKCS 1 DER"] = der
			forms["PKCS 1 PEM"] = pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: der})
			forms["modulus"] = public.N.Bytes()
		case *ecdsa.PublicKey:
			forms[kid+" point"] = mustBytes(public.Bytes())
		case ed25519.PublicKey:
			forms["Ed25519 key"] = public
		}
	}
	return forms
}

// sharedSecretTokens are signed by HMAC with what everybody knows.
func sharedSecretTokens() []attack {
	tokens := map[string]string{}
	hashes := map[string]crypto.Hash{"HS256": crypto.SHA256, "HS384": crypto.SHA384, "HS512": crypto.SHA512}
	for alg, hash := range hashes {
		for name, secret := range publicForms() {
			h := goodHeader("RS256").with("alg", quote(alg)).json()
			signed := b64([]byte(h)) + "." + b64([]byte(goodClaims().json()))
			mac := hmac.New(hash.New, secret)
			mac.Write([]byte(signed))
			tokens[alg+" with "+name] = signed + "." + b64(mac.Sum(nil))
		}
	}
	return attacksOf(AlgorithmNotAllowed, tokens)
}

// wrongKeyTokens are signed well, with a key that is not the one named or not ours.
func wrongKeyTokens() []attack {
	forged, crossed := map[string]string{}, map[string]string{}
	for _, alg := range allAlgorithms {
		forged[alg+" with an attacker's key"] = token(alg, theirs()[kidFor[alg]], goodHeader(alg).json(), goodClaims().json())
		for kid := range ours() {
			if kid != kidFor[alg] {
				crossed[alg+" under "+kid] = good(alg, goodHeader(alg).with("kid", quote(kid)).json(), goodClaims().json())
			}
		}
	}
	for _, pair := range [][2]string{{"RS256", "PS256"}, {"PS256", "RS256"}, {"RS256", "RS512"}, {"PS384", "PS256"}} {
		h := goodHeader(pair[0]).json()
		forged[pair[0]+" signed as "+pair[1]] = good(pair[1], h, goodClaims().json())
	}
	return append(attacksOf(SignatureInvalid, forged), attacksOf(KeyNotForAlgorithm, crossed)...)
}

// psychicSignatures have the degenerate values that faulty verifiers accept.
func psychicSignatures() []attack {
	tokens := map[string]string{}
	for _, alg := range allAlgorithms {
		signed := b64([]byte(goodHeader(alg).json())) + "." + b64([]byte(goodClaims().json())) + "."
		size := len(sign(alg, ours()[kidFor[alg]], nil))
		tokens[alg+" zeros"] = signed + b64(make([]byte, size))
		tokens[alg+" ones"] = signed + b64(bytes.Repeat([]byte{0xff}, size))
		tokens[alg+" one"] = signed + b64(append(make([]byte, size-1), 1))
		switch key := ours()[kidFor[alg]].(type) {
		case *ecdsa.PrivateKey:
			n, one, zero := key.Curve.Params().N, big.NewInt(1), new(big.Int)
			for name, rs := range map[string][2]*big.Int{
				"n n": {n, n}, "n 0": {n, zero}, "0 n": {zero, n}, "1 0": {one, zero}, "0 1": {zero, one}, "1 n": {one, n}, "n 1": {n, one},
			} {
				half := size / 2
				tokens[alg+" "+name] = signed + b64(append(rs[0].FillBytes(make([]byte, half)), rs[1].FillBytes(make([]byte, half))...))
			}
		case ed25519.PrivateKey:
			for i, point := range smallOrderPoints {
				tokens[fmt.Sprint("small order R ", i)] = signed + b64(append(bytes.Clone(point), make([]byte, 32)...))
			}
			tokens["the public key as R"] = signed + b64(append(bytes.Clone(key.Public().(ed25519.PublicKey)), make([]byte, 32)...))
		case *rsa.PrivateKey:
			tokens[alg+" modulus"] = signed + b64(key.N.Bytes())
		}
	}
	return attacksOf(SignatureInvalid, tokens)
}

// damagedSignatures are good ones with another length or encoding.
func damagedSignatures() []attack {
	tokens := map[string]string{}
	for _, alg := range allAlgorithms {
		signed := b64([]byte(goodHeader(alg).json())) + "." + b64([]byte(goodClaims().json()))
		key := ours()[kidFor[alg]]
		sig := sign(alg, key, []byte(signed))
		flipped := bytes.Clone(sig)
		flipped[len(flipped)/2] ^= 1
		for name, damaged := range map[string][]byte{
			"truncated": sig[:len(sig)-1], "without its first byte": sig[1:], "half": sig[:len(sig)/2],
			"extended": append(bytes.Clone(sig), 0), "prefixed": append([]byte{0}, sig...),
			"doubled": append(bytes.Clone(sig), sig...), "flipped": flipped,
			"of other content": sign(alg, key, []byte(signed+" ")), "of the payload": sign(alg, key, []byte(goodClaims().json())),
		} {
			tokens[alg+" "+name] = signed + "." + b64(damaged)
		}
		if _, isEC := key.(*ecdsa.PrivateKey); isEC {
			half := len(sig) / 2
			der := mustBytes(asn1.Marshal([]*big.Int{new(big.Int).SetBytes(sig[:half]), new(big.Int).SetBytes(sig[half:])}))
			tokens[alg+" DER"] = signed + "." + b64(der)
			tokens[alg+" DER padded"] = signed + "." + b64(append(der, make([]byte, max(0, len(sig)-len(der)))...))
			tokens[alg+" s r"] = signed + "." + b64(append(bytes.Clone(sig[half:]), sig[:half]...))
		}
	}
	for _, salt := range []int{0, 20, 222} {
		signed := b64([]byte(goodHeader("PS256").json())) + "." + b64([]byte(goodClaims().json()))
		digest := crypto.SHA256.New()
		digest.Write([]byte(signed))
		sig := mustBytes(rsa.SignPSS(rand.Reader, ours()["rsa"].(*rsa.PrivateKey), crypto.SHA256, digest.Sum(nil), &rsa.PSSOptions{SaltLength: salt}))
		tokens[fmt.Sprintf("PS256 with a salt of %d bytes", salt)] = signed + "." + b64(sig)
	}
	return attacksOf(SignatureInvalid, tokens)
}

// encodings are good tokens spelled in another way; where the signature covers
// the spelling, it is made over it.
func encodings() []attack {
	const alg = "EdDSA"
	good := strings.Split(goodToken(alg), ".")
	tokens := map[string]string{}
	for i, part := range []string{"header", "payload", "signature"} {
		for name, change := range map[string]func(string) string{
			"padded":          func(s string) string { return s + strings.Repeat("=", (4-len(s)%4)%4+1)[:max(1, (4-len(s)%4)%4)] },
			"line break":      func(s string) string { return s[:4] + "\r\n" + s[4:] },
			"newline":         func(s string) string { return s[:4] + "\n" + s[4:] },
			"newline at end":  func(s string) string { return s + "\n" },
			"space":           func(s string) string { return s[:4] + " " + s[4:] },
			"tab":             func(s string) string { return s[:4] + "\t" + s[4:] },
			"NUL":             func(s string) string { return s[:4] + "\x00" + s[4:] },
			"plus":            func(s string) string { return s + "+" },
			"slash":           func(s string) string { return s + "/" },
			"other alphabet":  func(s string) string { return toStdAlphabet(s) },
			"percent":         func(s string) string { return s + "%3D" },
			"not canonical":   notCanonical,
			"single letter":   func(s string) string { return s + strings.Repeat("A", 1+(4-len(s)%4)%4) },
			"empty":           func(string) string { return "" },
			"letter beyond":   func(s string) string { return s + "é" },
			"byte order mark": func(s string) string { return "\ufeff" + s },
		} {
			parts := append([]string(nil), good...)
			parts[i] = change(parts[i])
			if parts[i] == good[i] {
				continue
			}
			if i < 2 {
				parts[2] = b64(sign(alg, ours()["ed"], []byte(parts[0]+"."+parts[1])))
			}
			tokens[part+" "+name] = strings.Join(parts, ".")
		}
	}
	return attacksOf("", tokens)
}

// notCanonical sets a bit that the last letter does not use.
func notCanonical(s string) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	if len(s)%4 == 0 {
		return s + "AB"
	}
	last := strings.IndexByte(letters, s[len(s)-1])
	return s[:len(s)-1] + string(letters[last^1])
}

// toStdAlphabet spells a part in the alphabet of RFC 4648 section 4, with a letter that differs.
func toStdAlphabet(s string) string {
	decoded, _ := base64.RawURLEncoding.DecodeString(s)
	return base64.RawStdEncoding.EncodeToString(append(decoded, 0xff, 0xff, 0xff))
}

// serializations are other forms than three parts.
func serializations() []attack {
	t := goodToken("ES256")
	p := strings.Split(t, ".")
	tokens := map[string]string{
		"a part more": t + ".AAAA", "two parts": p[0] + "." + p[1], "one part": p[0], "dots": "..", "a dot": ".",
		"leading dot": "." + t, "trailing dot": t + ".", "doubled dot": p[0] + ".." + p[1] + "." + p[2],
		"detached": p[0] + ".." + p[2], "encrypted": p[0] + "." + p[1] + "." + p[2] + ".AAAA.AAAA",
		"encrypted for real": b64([]byte(`{"alg":"dir","enc":"A128GCM"}`)) + "..AAAA.AAAA.AAAA",
		"four dots":          "a.b.c.d.e", "twice": t + "." + t, "token and letters": t + "A" + "A.A",
		"largest and one more byte": largestToken() + "A",
	}
	out := attacksOf("", tokens)
	general := fmt.Sprintf(`{"payload":%q,"signatures":[{"protected":%q,"signature":%q}]}`, p[1], p[0], p[2])
	flat := fmt.Sprintf(`{"payload":%q,"protected":%q,"signature":%q}`, p[1], p[0], p[2])
	nested := good("ES256", goodHeader("ES256").json(), quote(t))
	bare := good("ES256", goodHeader("ES256").json(), t)
	out = append(out, attacksOf(AuthorizationMalformed, map[string]string{"general JSON": general, "flattened JSON": flat})...)
	return append(out, attacksOf(ClaimsMalformed, map[string]string{"nested in quotes": nested, "nested": bare})...)
}
