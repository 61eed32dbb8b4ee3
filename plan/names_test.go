package plan

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

var testEnv = Environment{Partition: "aws", Account: "111111111111", Region: "ap-southeast-1"}

// Every pair of scopes has different names for everything, also where one id begins with
// or contains the other.
func TestNamesAreUnambiguous(t *testing.T) {
	ids := []string{
		"a", "acme", "acme-eu", "acme-eu-1", "eu", "cell", "tenant", "cell-eu-1", "tenant-acme", "x-uploads", "uploads", "web",
		strings.Repeat("a", 63), strings.Repeat("a", 62) + "b", strings.Repeat("a", 24), strings.Repeat("a", 25), strings.Repeat("a-", 31) + "b",
	}
	names := map[string]string{}
	prefixes := map[string]string{}
	for _, kind := range []string{"cell", "tenant"} {
		for _, id := range ids {
			s := scope{"kittens", kind, id, testEnv}
			who := kind + " " + id
			for other, owner := range prefixes {
				if strings.HasPrefix(s.prefix(), other) || strings.HasPrefix(other, s.prefix()) {
					t.Errorf("prefixes of %s and %s: %q and %q begin with one another", who, owner, s.prefix(), other)
				}
			}
			prefixes[s.prefix()] = who
			all := []string{
				s.stack(), s.tableName("kittens"), s.tableName("eu-kittens"), s.functionName("KittensGetFn"), s.roleName("Reader"),
				s.domainName(), s.logGroupName("kittens"), s.parameterName("x"),
			}
			if kind == "tenant" {
				all = append(all, s.bucketName("uploads"), s.bucketName("web"))
			} else {
				all = append(all, s.bucketName("logs"))
			}
			for i, name := range all {
				key := fmt.Sprintf("%d %s", i, name)
				if owner, ok := names[key]; ok {
					t.Errorf("%s and %s are both named %q", who, owner, name)
				}
				names[key] = who
			}
		}
	}
}

// Names fit AWS's rules at the lengths that tenants.yaml and the contract allow.
func TestNamesFit(t *testing.T) {
	operation := strings.Repeat("O", 48) + "Fn"
	for _, id := range []string{"a", "super-awesome-customer", strings.Repeat("a", 63), strings.Repeat("a-", 31) + "b"} {
		for _, platform := range []string{"k", "kittens", strings.Repeat("p", 16)} {
			for _, kind := range []string{"cell", "tenant"} {
				s := scope{platform, kind, id, Environment{"aws-us-gov", "111111111111", "us-gov-west-1"}}
				for rule, name := range map[string]string{
					`^[a-zA-Z0-9-_]{1,64}$`:             s.functionName(operation),
					`^[\w+=,.@-]{1,64}$`:                s.roleName(operation),
					`^[a-zA-Z0-9_.-]{3,255}$`:           s.tableName(strings.Repeat("t", 64)),
					`^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$`: s.bucketName("uploads"),
					`^[a-z][a-z0-9-]{2,27}$`:            s.domainName(),
					`^[A-Za-z][A-Za-z0-9-]{0,127}$`:     s.stack(),
					`^[A-Za-z0-9_-]{1,80}$`:             s.queueName(deadLetters),
					`^[.\-_/#A-Za-z0-9]{1,512}$`:        s.logGroupName("kittens"),
					`^(/[a-zA-Z0-9_.-]+){1,15}$`:        s.parameterName(tenantEndpoints + "12345"),
					`^[\w+=,.@-]{1,64}$ (index writer)`: indexWriterName(platform, strings.Repeat("1", 32)),
				} {
					rule, _, _ = strings.Cut(rule, " (")
					if !regexp.MustCompile(rule).MatchString(name) {
						t.Errorf("%s %s %s: name %q does not match %s", platform, kind, id, name, rule)
					}
				}
			}
		}
	}
}

func TestShorten(t *testing.T) {
	for _, test := range []struct {
		in    string
		limit int
	}{{"short", 24}, {strings.Repeat("x", 24), 24}, {strings.Repeat("x", 25), 24}, {"abc-----------------------------", 12}} {
		got := shorten(test.in, test.limit)
		if len(got) > test.limit {
			t.Errorf("shorten(%q, %d) = %q has %d characters", test.in, test.limit, got, len(got))
		}
		if len(test.in) <= test.limit && got != test.in {
			t.Errorf("shorten(%q, %d) = %q changed a name that fits", test.in, test.limit, got)
		}
	}
}
