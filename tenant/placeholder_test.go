package tenant

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// own is a file of somebody who has an account, a zone, a certificate and an identity provider.
const own = `version: 1
platform:
  name: kittens
  domain: kittens-app.io
  identityProvider:
    issuer: https://id.kittens-app.io/
    audience: https://api.kittens-app.io/
    webClientId: kittens-web
cells:
  eu-1:
    awsAccount: "580312947716"
    region: eu-central-1
    hostedZoneId: Z08134521QX7RT2KD9WVB
    certificateArn: arn:aws:acm:us-east-1:580312947716:certificate/93c1b7de-2f48-4a06-b5d1-8e7a40c9f263
  us-1:
    awsAccount: "604418273590"
    region: us-east-1
    hostedZoneId: Z3M3LMPEXAMQLE
    certificateArn: arn:aws:acm:us-east-1:604418273590:certificate/1c0e58b2-7d3a-4f96-8b21-d4a96e05c7f8
tiers:
  standard: {data: shared, search: shared, throttle: {rate: 50, burst: 100}}
tenants:
  - {id: acme, billingAccount: "12345", cell: eu-1, tier: standard}
`

// ownWith replaces pairs of old and new text in own, everywhere.
func ownWith(pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(own, pairs[i]) {
			panic("own has no " + pairs[i])
		}
	}
	return strings.NewReplacer(pairs...).Replace(own)
}

// placesOf are the paths of problems, with their lines.
func placesOf(problems Problems) []string {
	var out []string
	for _, p := range problems {
		out = append(out, fmt.Sprintf("%d:%d %s", p.Line, p.Column, p.Path))
	}
	return out
}

func TestShippedPlaceholders(t *testing.T) {
	problems, err := Placeholders("../tenants.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"9:11 platform.domain", "11:13 platform.identityProvider.issuer", "12:15 platform.identityProvider.audience",
		"18:17 cells.eu-1.awsAccount", "20:19 cells.eu-1.hostedZoneId", "22:21 cells.eu-1.certificateArn",
		"25:17 cells.acme-1.awsAccount", "27:19 cells.acme-1.hostedZoneId", "28:21 cells.acme-1.certificateArn",
	}
	if diff := cmp.Diff(want, placesOf(problems)); diff != "" {
		t.Errorf("placeholders (-want +got):\n%s", diff)
	}
	golden(t, "placeholders.golden", fmt.Sprintln(problems))
	if _, err := Placeholders("none.yaml"); err == nil || !strings.HasPrefix(err.Error(), "loading tenants: ") {
		t.Errorf("absent file: %v", err)
	}
}

// TestPlaceholderExamples holds that no example of the rules, which the schema shows, can be deployed by mistake.
func TestPlaceholderExamples(t *testing.T) {
	for name, why := range map[string]string{
		"Platform.Domain":          reservedHost(rules["Platform.Domain"].example),
		"IdentityProvider.Issuer":  reservedName(rules["IdentityProvider.Issuer"].example),
		"IdentityProvider.JWKSURI": reservedName(rules["IdentityProvider.JWKSURI"].example),
		"Cell.AWSAccount":          madeUpAccount(strings.Trim(rules["Cell.AWSAccount"].example, `"`)),
		"Cell.HostedZoneID":        madeUpZone(rules["Cell.HostedZoneID"].example),
		"Cell.CertificateArn":      madeUpCertificate(rules["Cell.CertificateArn"].example),
	} {
		if why == "" {
			t.Errorf("the example of %s could be somebody's own", name)
		}
	}
}

func TestPlaceholderCells(t *testing.T) {
	const account, zone = `"580312947716"`, "Z08134521QX7RT2KD9WVB"
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"own values", own, nil},
		{"no tenant in the cell: its account counts, what tenants use does not", ownWith(`"604418273590"`, `"222222222222"`, "east-1:604418273590", "east-1:222222222222", "Z3M3LMPEXAMQLE", "Z0EXAMPLE"), []string{"16:17 cells.us-1.awsAccount"}},
		{"a tenant in the cell", ownWith("Z3M3LMPEXAMQLE", "Z0EXAMPLE", "cell: eu-1", "cell: us-1"), []string{"18:19 cells.us-1.hostedZoneId"}},
		{"nothing of another cell", ownWith(zone, "Z0EXAMPLE"), []string{"13:19 cells.eu-1.hostedZoneId"}},
		{"a value with another problem is told by Load", ownWith(account, "580312947716", zone, "zone"), nil},
		{"a topic", ownWith("    region: eu-central-1\n", "    region: eu-central-1\n    alarmTopicArn: arn:aws:sns:eu-central-1:123456789012:alarms\n",
			`"580312947716"`, `"123456789012"`, "east-1:580312947716", "east-1:123456789012"),
			[]string{"11:17 cells.eu-1.awsAccount", "13:20 cells.eu-1.alarmTopicArn", "15:21 cells.eu-1.certificateArn"}},
		{"parameters, origins and keys", ownWith("    webClientId: kittens-web\n", "    webClientId: kittens-web\n    jwksUri: https://id.example.net/keys\n"+
			"    origins: [https://login.example.org, https://login.kittens-app.io]\n    authorizationParameters: {audience: https://api.acme.test, prompt_hint: test}\n"),
			[]string{"9:14 platform.identityProvider.jwksUri", "10:15 platform.identityProvider.origins[0]", "11:41 platform.identityProvider.authorizationParameters.audience"}},
		{"not YAML", "version: [", nil},
		{"empty", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ParsePlaceholders("tenants.yaml", []byte(c.text))
			if diff := cmp.Diff(c.want, placesOf(got)); diff != "" {
				t.Errorf("placeholders (-want +got):\n%s\n%v", diff, got)
			}
			for _, p := range got {
				if !p.Placeholder || p.Fix == "" || p.Excerpt == "" || p.File != "tenants.yaml" {
					t.Errorf("%+v", p)
				}
			}
		})
	}
}

func TestMadeUp(t *testing.T) {
	for _, c := range []struct {
		kind    string
		why     func(string) string
		made    []string
		notMade []string
	}{
		{"account", madeUpAccount, []string{
			"111111111111", "222222222222", "000000000000", "999999999999", "123456789012", "012345678901", "210987654321", "111122223333",
			"444455556666", "777788889999", "121212121212", "123412341234", "123123123123", "098765432109",
		}, []string{"580312947716", "604418273590", "111122223334", "123456789013", "112233445566", "100000000000"}},
		{"host", reservedHost, []string{
			"example.com", "app.example.com", "EXAMPLE.ORG", "a.b.example.net.", "kittens.example", "kittens.test", "a.invalid", "localhost", "a.localhost",
			"printer.local", "nas.home.arpa", "x.onion", "x.alt", "127.0.0.1", "0.0.0.0", "192.0.2.1", "198.51.100.7", "203.0.113.255",
		}, []string{"kittens-app.io", "myexample.com", "example.com.kittens-app.io", "example.io", "test.kittens-app.io", "contest", "latest", "8.8.8.8", "203.0.114.1"}},
		{"name", reservedName, []string{
			"https://id.example.com/", "https://ID.Example.com:8443/x", "api://api.example.com", "api.example.com", "api.example.com:8080", "example.org/api",
			"urn:example:kittens", "https://localhost/", "https://127.0.0.1:4566/",
		}, []string{"https://id.kittens-app.io/", "kittens", "test", "example", "urn:kittens:example", "https://kittens-app.io/example.com", "api://5e2f9a14-0d7b", "kittens api"}},
		{"zone", madeUpZone, []string{
			"Z0EXAMPLE", "Z0EXAMPLEACME", "ZEXAMPLE1234", "Z00000000000", "Z111111QQQQQQQ", "ZXXXXXXXXXXXX", "Z1", "Z123456789", "Z0123456789", "Z987654321", "Z2FDTNDATAQYW2", "ZCHANGEME",
		}, []string{"Z1D633PJN98FT9", "ZKMS4ADUDXJ1B", "Z08134521QX7RT2KD9WVB"}},
		{"certificate", func(id string) string {
			return madeUpCertificate("arn:aws:acm:us-east-1:580312947716:certificate/" + id)
		}, []string{
			"0f7d2c1e-58a4-4b0e-9d61-3c5b8e2a7f10", "6B1F9E34-27C5-4D8A-B3F0-91E4D7A5C208", "00000000-0000-4000-8000-000000000000", "12345678-1234-1234-1234-123456789012",
			"11111111-2222-3333-1111-222222222222", "a1b2c3d4-5678-90ab-cdef-EXAMPLE11111", "1", "abc", "12345678-90ab-cdef-1234-567890abcdef",
		}, []string{"93c1b7de-2f48-4a06-b5d1-8e7a40c9f263", "1C0E58B2-7D3A-4F96-8B21-D4A96E05C7F8"}},
	} {
		for _, value := range c.made {
			if c.why(value) == "" {
				t.Errorf("the %s %s is taken for somebody's own", c.kind, value)
			}
		}
		for _, value := range c.notMade {
			if why := c.why(value); why != "" {
				t.Errorf("the %s %s is refused: %s", c.kind, value, why)
			}
		}
	}
	if why := madeUpCertificate("arn:aws:acm:us-east-1:111122223333:certificate/93c1b7de-2f48-4a06-b5d1-8e7a40c9f263"); why == "" {
		t.Error("a certificate of an account of documentation is taken for somebody's own")
	}
}

// FuzzMadeUp holds that no rule fails on text of any kind.
func FuzzMadeUp(f *testing.F) {
	f.Add("https://id.example.com/")
	f.Add("arn:aws:acm:us-east-1:111111111111:certificate/1")
	f.Add("Z0EXAMPLE")
	f.Fuzz(func(_ *testing.T, text string) {
		for _, why := range []func(string) string{madeUpAccount, reservedHost, reservedName, madeUpZone, madeUpCertificate} {
			_ = why(text)
		}
	})
}
