package authz

import "testing"

// BenchmarkDecide measures a warm decision that allows: no I/O, one verification.
func BenchmarkDecide(b *testing.B) {
	a := newTestAuthorizer(b, ours().jwks())
	for _, alg := range []string{"RS256", "PS256", "ES256", "EdDSA"} {
		b.Run(alg, func(b *testing.B) {
			r := goodRequest(goodToken(alg))
			b.ReportAllocs()
			for b.Loop() {
				if d := decide(a, r); !d.Allow {
					b.Fatalf("denied for %s", d.Reason)
				}
			}
		})
	}
}

// BenchmarkDeny measures the denials that an attacker gets cheapest and dearest.
func BenchmarkDeny(b *testing.B) {
	a := newTestAuthorizer(b, ours().jwks())
	for name, token := range map[string]string{
		"garbage":   "x",
		"signature": token("RS256", theirs()["rsa"], goodHeader("RS256").json(), goodClaims().json()),
		"largest":   largestToken() + "A",
	} {
		b.Run(name, func(b *testing.B) {
			r := goodRequest(token)
			b.ReportAllocs()
			for b.Loop() {
				if d := decide(a, r); d.Allow {
					b.Fatal("allowed")
				}
			}
		})
	}
}
