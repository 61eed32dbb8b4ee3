package plan

import (
	"regexp"
	"strings"
	"testing"
)

// Every pair of scopes has different names for everything, also where one id begins with
// or contains the other, in two platforms of an account, one of which begins like the other,
// and in two regions of it where names count in the whole account.
func TestNamesAreUnambiguous(t *testing.T) {
	ids := []string{
		"a", "acme", "acme-eu", "acme-eu-1", "eu", "eu-acme", "cell", "tenant", "cell-eu-1", "tenant-acme", "x-uploads", "uploads", "web",
		strings.Repeat("a", 63), strings.Repeat("a", 62) + "b", strings.Repeat("a", 24), strings.Repeat("a", 25), strings.Repeat("a-", 31) + "b",
	}
	names := map[string]string{}
	prefixes := map[string]string{}
	for _, region := range []string{"eu-central-1", "ap-southeast-1"} {
		for _, platform := range []string{"kittens", "kittens-eu", "k"} {
			for _, kind := range []string{"cell", "tenant"} {
				for _, id := range ids {
					s := scope{platform, kind, id, Environment{Partition: "aws", Account: "111111111111", Region: region}}
					who := strings.Join([]string{region, platform, kind, id}, " ")
					for use, name := range namesOf(s) {
						key := use + " " + name
						if owner, ok := names[key]; ok {
							t.Errorf("%s and %s both have the %s %q", who, owner, use, name)
						}
						names[key] = who
					}
					for other, owner := range prefixes {
						if owner != who && strings.HasPrefix(owner, region) && (strings.HasPrefix(s.prefix(), other) || strings.HasPrefix(other, s.prefix())) {
							t.Errorf("prefixes of %s and %s: %q and %q begin with one another", who, owner, s.prefix(), other)
						}
					}
					prefixes[s.prefix()] = who
				}
			}
		}
	}
}

// namesOf are names of a scope by what they are the names of. What AWS counts by region has it in
// the key.
func namesOf(s scope) map[string]string {
	region := s.env.Region + " "
	out := map[string]string{
		region + "stack": s.stack(), region + "table kittens": s.tableName("kittens"), region + "table eu-kittens": s.tableName("eu-kittens"),
		region + "function": s.functionName("KittensGetFn"), region + "domain": s.domainName(), region + "log group": s.logGroupName("kittens"),
		region + "parameter": s.parameterName("x"), region + "queue": s.queueName(deadLetters),
		"role": s.roleName("ReaderRole"), "role of an operation": s.roleName("AdminTasksPostFnRole"),
	}
	if s.kind == "tenant" {
		out["uploads"], out["web"] = s.bucketName("uploads"), s.bucketName("web")
		return out
	}
	out["logs"], out["response headers policy"] = s.bucketName(logsBucket), s.sharedName()
	out["router"], out["viewer host"] = s.edgeFunctionName(routerFunction), s.edgeFunctionName(viewerHostFunction)
	for _, account := range []string{"1", "12", "eu", "eu-1"} {
		out["index writer of "+account] = s.indexWriterName(account)
	}
	return out
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
					`^[\w+=,.@-]{1,64}$ (index writer)`: s.indexWriterName(strings.Repeat("1", 32)),
					`^[a-zA-Z0-9-_]{1,64}$ (edge)`:      s.edgeFunctionName(viewerHostFunction),
					`^[\w-]{1,128}$ (headers)`:          s.sharedName(),
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
