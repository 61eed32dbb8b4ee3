package s3

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
)

// fixedKeys bound a statement for everyone to fixed values, so that it is not public (S3 User Guide,
// "The meaning of public"). A value with a wildcard or a variable is not fixed.
var fixedKeys = []string{
	"aws:SourceArn", "aws:SourceVpc", "aws:SourceVpce", "aws:SourceOwner", "aws:SourceAccount", "aws:PrincipalOrgID",
	"aws:PrincipalAccount", "aws:PrincipalArn", "aws:userid", "s3:x-amz-server-side-encryption-aws-kms-key-id",
	"s3:DataAccessPointArn", "s3:DataAccessPointAccount",
}

// isPublic says whether a bucket policy grants to everyone.
func isPublic(d iam.Document) bool {
	return slices.ContainsFunc(d.Statement, func(s iam.Statement) bool {
		return s.Effect == iam.Allow && forEveryone(s) && !bounded(s.Condition)
	})
}

func forEveryone(s iam.Statement) bool {
	if s.NotPrincipal != nil {
		return true
	}
	for _, ids := range s.Principal {
		if slices.ContainsFunc(ids, func(id string) bool { return strings.Contains(id, "*") }) {
			return true
		}
	}
	return false
}

// bounded says whether a condition leaves only fixed callers. Operators that are true where the
// key is absent, or that negate, bound nothing.
func bounded(c iam.Condition) bool {
	for operator, keys := range c {
		switch strings.ToLower(operator) {
		case "stringequals", "stringlike", "arnequals", "arnlike", "stringequalsignorecase":
			for key, values := range keys {
				fixed := slices.ContainsFunc(fixedKeys, func(k string) bool { return strings.EqualFold(k, key) })
				if fixed && len(values) > 0 && !slices.ContainsFunc(values, wild(key)) {
					return true
				}
			}
		case "ipaddress":
			for key, values := range keys {
				if strings.EqualFold(key, "aws:SourceIp") && len(values) > 0 && !slices.ContainsFunc(values, wideNetwork) {
					return true
				}
			}
		}
	}
	return false
}

func wild(key string) func(string) bool {
	return func(value string) bool {
		// Of a user id the part before the colon has to be fixed.
		if strings.EqualFold(key, "aws:userid") {
			value, _, _ = strings.Cut(value, ":")
		}
		return strings.ContainsAny(value, "*?$")
	}
}

// wideNetwork says whether a network is so large that it is public: wider than /8 for IPv4 and /32 for
// IPv6, other than private ones (S3 User Guide, "The meaning of public").
func wideNetwork(value string) bool {
	prefix, err := netip.ParsePrefix(value)
	if err != nil {
		addr, err := netip.ParseAddr(value)
		return err != nil || !addr.IsValid()
	}
	if prefix.Addr().Is4() {
		return prefix.Bits() < 8
	}
	return prefix.Bits() < 32
}

// asksForTags says whether a policy has a condition on the tags that an object has.
func asksForTags(documents []iam.Document) bool {
	const key = "s3:ExistingObjectTag/"
	for _, d := range documents {
		for _, s := range d.Statement {
			for _, keys := range s.Condition {
				for k := range keys {
					if len(k) >= len(key) && strings.EqualFold(k[:len(key)], key) {
						return true
					}
				}
			}
			if slices.ContainsFunc(append(slices.Clip(s.Resource), s.NotResource...), func(r string) bool { return strings.Contains(r, "ExistingObjectTag") }) {
				return true
			}
		}
	}
	return false
}
