package tenant

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// reservedNames are never those of a service on the internet: RFC 2606 sections 2 and 3, RFC 6761 section 6, and what
// later documents added to the registry "Special-Use Domain Names" that RFC 6761 set up.
var reservedNames = []struct{ name, rfc, use string }{
	{"example.com", "RFC 2606", "examples"},
	{"example.net", "RFC 2606", "examples"},
	{"example.org", "RFC 2606", "examples"},
	{"example", "RFC 2606", "examples"},
	{"test", "RFC 2606", "tests"},
	{"invalid", "RFC 2606", "names that do not exist"},
	{"localhost", "RFC 6761", "one's own machine"},
	{"local", "RFC 6762", "the local network"},
	{"home.arpa", "RFC 8375", "the local network"},
	{"onion", "RFC 7686", "Tor"},
	{"alt", "RFC 9476", "names outside of the DNS"},
}

// documentationNetworks are of addresses for examples (RFC 5737 section 3).
var documentationNetworks = []netip.Prefix{
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"),
}

// reservedHost says why a host cannot be one of a deployment; it is empty for any other.
func reservedHost(host string) string {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if address, err := netip.ParseAddr(host); err == nil {
		switch {
		case address.IsLoopback(), address.IsUnspecified():
			return host + " is an address of one's own machine"
		case slices.ContainsFunc(documentationNetworks, func(n netip.Prefix) bool { return n.Contains(address) }):
			return "RFC 5737 reserves " + host + " for examples"
		}
		return ""
	}
	for _, r := range reservedNames {
		if host == r.name || strings.HasSuffix(host, "."+r.name) {
			return fmt.Sprintf("%s reserves %s for %s", r.rfc, r.name, r.use)
		}
	}
	return ""
}

// bareHost is a host name without a scheme, as an audience may be, with a port or a path behind it perhaps.
var bareHost = regexp.MustCompile(`^((?:[A-Za-z0-9-]+\.)*[A-Za-z0-9-]+\.?)(?:[:/].*)?$`)

// reservedName says why a URL, a URN or a host name cannot be one of a deployment; it is empty for any other text.
func reservedName(text string) string {
	if strings.HasPrefix(strings.ToLower(text), "urn:example:") {
		return "RFC 6963 reserves urn:example for examples"
	}
	if strings.Contains(text, "://") {
		u, err := url.Parse(text)
		if err != nil {
			return ""
		}
		return reservedHost(u.Hostname())
	}
	// A single word, such as test, is the name of something rather than of a host.
	if m := bareHost.FindStringSubmatch(text); m != nil && strings.Contains(strings.TrimSuffix(m[1], "."), ".") {
		return reservedHost(m[1])
	}
	return ""
}

// madeUpAccount says why an account id is one of documentation; it is empty for any other. AWS's guides have ids such as
// 111122223333, 444455556666 and 123456789012: with a pattern that one sees at once, which chance has given hardly anybody.
func madeUpAccount(id string) string {
	fours := len(id) == 12 && repeats(id[:4], 1) && repeats(id[4:8], 1) && repeats(id[8:], 1)
	if fours || repeats(id, 1) || repeats(id, 2) || repeats(id, 3) || repeats(id, 4) || isSequence(id) || isSequence(reversed(id)) {
		return "it is made up, as account ids in documentation are"
	}
	return ""
}

// repeats reports whether a text is its first n characters over and over.
func repeats(text string, n int) bool {
	return len(text) > n && len(text)%n == 0 && strings.Repeat(text[:n], len(text)/n) == text
}

// isSequence reports whether each digit is one more than the one before, with 0 after 9, or after f in hexadecimal.
func isSequence(digits string) bool {
	if len(digits) < 5 {
		return false
	}
	for _, order := range []string{"0123456789", "0123456789abcdef"} {
		if strings.Contains(strings.Repeat(order, len(digits)/len(order)+2), strings.ToLower(digits)) {
			return true
		}
	}
	return false
}

func reversed(text string) string {
	b := []byte(text)
	slices.Reverse(b)
	return string(b)
}

// exampleWords occur in no id that was chosen by chance.
var exampleWords = regexp.MustCompile(`(?i)example|placeholder|change-?me|replace-?me|dummy|sample|xxxx`)

// madeUpZone says why an id is of no hosted zone of one's own; it is empty for any other.
func madeUpZone(id string) string {
	rest := strings.TrimPrefix(id, "Z")
	switch {
	case id == "Z2FDTNDATAQYW2": // Route 53 API Reference, "AliasTarget"
		return "it is the zone of CloudFront's own names"
	case exampleWords.MatchString(rest), distinct(rest) < 4, isSequence(rest), isSequence(reversed(rest)):
		return "it is made up, as ids in documentation are"
	}
	return ""
}

// shippedCertificates are those of the tenants.yaml that comes with this module.
var shippedCertificates = []string{"0f7d2c1e-58a4-4b0e-9d61-3c5b8e2a7f10", "6b1f9e34-27c5-4d8a-b3f0-91e4d7a5c208"}

// certificateID is that of an ACM certificate, a UUID (AWS Certificate Manager API Reference, "CertificateDetail", CertificateArn).
var certificateID = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// madeUpCertificate says why an ARN is of no certificate of one's own; it is empty for any other.
func madeUpCertificate(arn string) string {
	parts := strings.Split(arn, ":")
	if len(parts) != 6 {
		return ""
	}
	id := strings.ToLower(strings.TrimPrefix(parts[5], "certificate/"))
	groups := strings.Split(id, "-")
	switch {
	case slices.Contains(shippedCertificates, id):
		return "nobody has the certificates of the examples"
	case !certificateID.MatchString(id):
		return "ACM gives certificates a UUID, and " + shorten(id) + " is none"
	case distinct(strings.ReplaceAll(id, "-", "")) < 5, isSequence(groups[0]), isSequence(groups[4]):
		return "its id is made up, as ids in documentation are"
	}
	return madeUpAccount(parts[4])
}

// distinct counts the characters of a text, each once.
func distinct(text string) int {
	seen := map[rune]bool{}
	for _, r := range text {
		seen[r] = true
	}
	return len(seen)
}
