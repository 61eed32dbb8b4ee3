package iamdiff

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
)

// sample is one request with its policies.
type sample struct {
	Name     string   `json:"-"`
	Policies policies `json:"policies"`
	Request  request  `json:"request"`
	// Whole asks for all of the logic, not of identity policies alone.
	Whole bool `json:"whole,omitempty"`
}

type policies struct {
	Identity []iam.Document   `json:"identity,omitempty"`
	Resource []iam.Document   `json:"resource,omitempty"`
	Boundary []iam.Document   `json:"boundary,omitempty"`
	Session  []iam.Document   `json:"session,omitempty"`
	SCP      [][]iam.Document `json:"scp,omitempty"`
}

type request struct {
	Principal       string         `json:"principal"`
	Action          string         `json:"action"`
	Resource        string         `json:"resource"`
	ResourceAccount string         `json:"resourceAccount"`
	Context         map[string]any `json:"context"`
}

const (
	ownAccount   = "111111111111"
	otherAccount = "222222222222"
	roleArn      = "arn:aws:iam::111111111111:role/path/reader"
	sessionArn   = "arn:aws:sts::111111111111:assumed-role/reader/session"
	userArn      = "arn:aws:iam::111111111111:user/anna"
	rootArn      = "arn:aws:iam::111111111111:root"
	table        = "arn:aws:dynamodb:eu-central-1:111111111111:table/t"
)

func document(statements ...iam.Statement) iam.Document { return iam.NewDocument(statements...) }

// family of operators that compare alike: policy values of which the first matches the
// first request value, and the second none.
type family struct {
	operators []string
	// single and multi are keys with one value and with several.
	single, multi  string
	match, noMatch string
	// values of the policy.
	want []string
}

var families = []family{
	{[]string{"StringEquals", "StringNotEquals"}, "aws:PrincipalTag/t", "dynamodb:LeadingKeys", "abc", "Abc", []string{"abc", "x*"}},
	{[]string{"StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"}, "aws:PrincipalTag/t", "dynamodb:LeadingKeys", "ABC", "abd", []string{"abc", "x"}},
	{[]string{"StringLike", "StringNotLike"}, "aws:PrincipalTag/t", "dynamodb:LeadingKeys", "abcd", "xbcd", []string{"a*d", "a?"}},
	{[]string{"NumericEquals", "NumericNotEquals"}, "aws:MultiFactorAuthAge", "dynamodb:LeadingKeys", "10", "11", []string{"10.0", "-3"}},
	{[]string{"NumericLessThan", "NumericLessThanEquals"}, "aws:MultiFactorAuthAge", "dynamodb:LeadingKeys", "9", "11", []string{"10", "9.5"}},
	{[]string{"NumericGreaterThan", "NumericGreaterThanEquals"}, "aws:MultiFactorAuthAge", "dynamodb:LeadingKeys", "11", "9", []string{"10", "10.5"}},
	{[]string{"DateEquals", "DateNotEquals"}, "aws:CurrentTime", "dynamodb:LeadingKeys", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", []string{"2026-01-01T00:00:00Z", "2020-01-01T00:00:00Z"}},
	{[]string{"DateLessThan", "DateLessThanEquals"}, "aws:CurrentTime", "dynamodb:LeadingKeys", "2025-01-01T00:00:00Z", "2027-01-02T00:00:00Z", []string{"2026-01-01T00:00:00Z", "2025-06-01T00:00:00Z"}},
	{[]string{"DateGreaterThan", "DateGreaterThanEquals"}, "aws:CurrentTime", "dynamodb:LeadingKeys", "2027-01-01T00:00:00Z", "2025-01-02T00:00:00Z", []string{"2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z"}},
	{[]string{"Bool"}, "aws:SecureTransport", "dynamodb:LeadingKeys", "true", "false", []string{"true"}},
	{[]string{"BinaryEquals"}, "aws:PrincipalTag/t", "dynamodb:LeadingKeys", "QmluYXJ5", "QmluYXJ6", []string{"QmluYXJ5", "QQ=="}},
	{[]string{"IpAddress", "NotIpAddress"}, "aws:SourceIp", "dynamodb:LeadingKeys", "203.0.113.7", "198.51.100.7", []string{"203.0.113.0/24", "2001:db8::/32"}},
	{[]string{"ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"}, "aws:SourceArn", "dynamodb:LeadingKeys", "arn:aws:s3:::bucket/x:y", "arn:aws:sns:eu-central-1:111111111111:bucket/x", []string{"arn:aws:s3:::buck?t/*", "arn:aws:sqs:*:111111111111:q"}},
}

// contextValues by name; nil is absent.
func (f family) contextValues() map[string]any {
	return map[string]any{
		"absent": nil, "empty": []string{}, "match": f.match, "no match": f.noMatch,
		"list match": []string{f.match}, "list no match": []string{f.noMatch}, "all match": []string{f.match, f.match}, "mixed": []string{f.noMatch, f.match}, "none": []string{f.noMatch, f.noMatch},
	}
}

// operatorSamples reach every operator, quantifier and IfExists with every kind of value.
func operatorSamples() []sample {
	var out []sample
	for _, f := range families {
		for _, base := range f.operators {
			for _, quantifier := range []string{"", "ForAllValues:", "ForAnyValue:"} {
				for _, suffix := range []string{"", "IfExists"} {
					values := f.contextValues()
					for _, name := range slices.Sorted(maps.Keys(values)) {
						value := values[name]
						for _, effect := range []iam.Effect{iam.Allow, iam.Deny} {
							for _, want := range [][]string{f.want, f.want[:1]} {
								out = append(out, f.sample(quantifier+base+suffix, name, value, effect, want))
							}
						}
					}
				}
			}
		}
	}
	for _, value := range []string{"true", "false"} {
		values := families[0].contextValues()
		for _, name := range slices.Sorted(maps.Keys(values)) {
			out = append(out, families[0].sample("Null", name, values[name], iam.Allow, []string{value}))
		}
	}
	return out
}

func (f family) sample(operator, name string, value any, effect iam.Effect, want []string) sample {
	key := f.single
	_, several := value.([]string)
	if several || strings.Contains(operator, ":") {
		key = f.multi
	}
	statements := []iam.Statement{{Effect: effect, Action: []string{"dynamodb:GetItem"}, Resource: []string{"*"}, Condition: iam.Condition{operator: {key: want}}}}
	if effect == iam.Deny {
		statements = append(statements, iam.Statement{Effect: iam.Allow, Action: []string{"*"}, Resource: []string{"*"}})
	}
	context := map[string]any{}
	if value != nil {
		context[key] = value
		if s, ok := value.(string); ok && key == f.multi {
			context[key] = []string{s}
		}
	}
	return sample{
		Name:     fmt.Sprintf("operator %s %s %s %d", operator, name, effect, len(want)),
		Policies: policies{Identity: []iam.Document{document(statements...)}},
		Request:  request{roleArn, "dynamodb:GetItem", table, ownAccount, context},
	}
}

func pick[T any](r *rand.Rand, pool []T) T { return pool[r.IntN(len(pool))] }

// patternSamples have patterns of actions and resources, and their negations.
func patternSamples(r *rand.Rand, n int) []sample {
	actions := []string{"s3:GetObject", "s3:getobject", "s3:Get*", "S3:*Object", "s3:?etObject", "*", "s3:*", "dynamodb:*", "s3:PutObject", "s3:G?t*ct"}
	resources := []string{
		"*", "arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/a/*", "arn:aws:s3:::bucket/?/b", "arn:aws:s3:::Bucket/*", "arn:aws:s3:::*", "arn:aws:s3:::buck*/b",
		"arn:aws:s3:::bucket/${aws:PrincipalTag/t}/*", "arn:aws:s3:::bucket/${aws:PrincipalTag/missing, 'a'}/b", "arn:aws:s3:::bucket/${*}", "arn:aws:s3:::bucket/${?}${$}", "arn:aws:s3:::bucket/${aws:PrincipalTag/missing}/*",
	}
	requested := []string{"arn:aws:s3:::bucket/a/b", "arn:aws:s3:::bucket/x", "arn:aws:s3:::bucket/a/b/c:d", "arn:aws:s3:::other/b", "arn:aws:s3:::bucket/$", "arn:aws:s3:::bucket/A/b"}
	var out []sample
	for range n {
		s := iam.Statement{Effect: iam.Allow}
		if r.IntN(4) == 0 {
			s.NotAction = []string{pick(r, actions[:9])}
		} else {
			s.Action = []string{pick(r, actions), pick(r, actions)}[:1+r.IntN(2)]
		}
		if r.IntN(4) == 0 {
			s.NotResource = []string{pick(r, resources[1:])}
		} else {
			s.Resource = []string{pick(r, resources), pick(r, resources)}[:1+r.IntN(2)]
		}
		context := map[string]any{"aws:PrincipalTag/t": pick(r, []string{"a", "A", "x", "a*", "*"})}
		out = append(out, sample{
			Name:     "pattern " + strings.Join(append(s.Resource, s.NotResource...), " "),
			Policies: policies{Identity: []iam.Document{document(s)}},
			Request:  request{roleArn, pick(r, []string{"s3:GetObject", "s3:PutObject", "s3:GETOBJECT"}), pick(r, requested), ownAccount, context},
		})
	}
	return out
}

// variableSamples have policy variables in conditions.
func variableSamples(r *rand.Rand, n int) []sample {
	values := []string{"${aws:PrincipalTag/t}", "x${aws:PrincipalTag/t}y", "${aws:PrincipalTag/missing}", "${aws:PrincipalTag/missing, 'abc'}", "a${*}c", "a${?}c", "${$}", "${aws:principaltag/t}*", "abc"}
	var out []sample
	for range n {
		op := pick(r, []string{"StringEquals", "StringLike", "StringNotEquals", "StringNotLike", "StringEqualsIgnoreCase"})
		value := pick(r, values)
		d := document(iam.Statement{Effect: iam.Allow, Action: []string{"s3:ListBucket"}, Resource: []string{"*"}, Condition: iam.Condition{op: {"s3:prefix": {value}}}})
		if r.IntN(6) == 0 {
			d.Version = iam.Version2008
		}
		out = append(out, sample{
			Name:     "variable " + op + " " + value + " " + d.Version,
			Policies: policies{Identity: []iam.Document{d}},
			Request: request{roleArn, "s3:ListBucket", "arn:aws:s3:::bucket", ownAccount, map[string]any{
				"aws:PrincipalTag/t": pick(r, []string{"abc", "a*", "ABC"}), "s3:prefix": pick(r, []string{"abc", "xabcy", "a*c", "a?c", "$", "a*", "ABC", "abcd", "${aws:PrincipalTag/t}"}),
			}},
		})
	}
	return out
}

// logicSamples combine the kinds of policies, principals and accounts.
func logicSamples(r *rand.Rand, n int) []sample {
	principals := []string{roleArn, sessionArn, userArn, rootArn, "arn:aws:iam::222222222222:role/other", "lambda.amazonaws.com", "*"}
	named := []map[string][]string{
		{"AWS": {roleArn}}, {"AWS": {sessionArn}}, {"AWS": {userArn}}, {"AWS": {rootArn}}, {"AWS": {ownAccount}}, {"AWS": {"*"}}, {"Service": {"lambda.amazonaws.com"}},
		{"AWS": {"arn:aws:iam::222222222222:role/other"}}, {"AWS": {otherAccount}},
	}
	targets := []struct{ action, resource string }{
		{"dynamodb:GetItem", table}, {"s3:GetObject", "arn:aws:s3:::bucket/x"}, {"sts:AssumeRole", "arn:aws:iam::111111111111:role/target"}, {"kms:Decrypt", "arn:aws:kms:eu-central-1:111111111111:key/k"},
	}
	var out []sample
	for range n {
		target := pick(r, targets)
		s := sample{Whole: true, Request: request{pick(r, principals), target.action, target.resource, ownAccount, map[string]any{}}}
		name := []string{"logic", s.Request.Principal, target.action}
		// Callers without policies of their own have none here either.
		outside := s.Request.Principal == "*" || s.Request.Principal == "lambda.amazonaws.com"
		some := func(kind string) []iam.Document {
			if outside {
				return nil
			}
			switch r.IntN(4) {
			case 0:
				return nil
			case 1:
				name = append(name, kind+" other")
				return []iam.Document{document(iam.Statement{Effect: iam.Allow, Action: []string{"sqs:*"}, Resource: []string{"*"}})}
			case 2:
				if r.IntN(3) == 0 {
					name = append(name, kind+" deny")
					return []iam.Document{document(iam.Statement{Effect: iam.Allow, Action: []string{"*"}, Resource: []string{"*"}}, iam.Statement{Effect: iam.Deny, Action: []string{target.action}, Resource: []string{"*"}})}
				}
			}
			name = append(name, kind+" allow")
			return []iam.Document{document(iam.Statement{Effect: iam.Allow, Action: []string{target.action}, Resource: []string{"*"}})}
		}
		s.Policies.Identity = some("identity")
		if s.Request.Principal == rootArn {
			s.Policies.Identity = nil
		}
		if r.IntN(3) == 0 && s.Request.Principal != rootArn {
			s.Policies.Boundary = some("boundary")
		}
		if r.IntN(4) == 0 && (s.Request.Principal == sessionArn || s.Request.Principal == roleArn) {
			s.Policies.Session = some("session")
		}
		if r.IntN(3) == 0 {
			for level := range 1 + r.IntN(2) {
				if d := some(fmt.Sprintf("scp%d", level)); d != nil {
					s.Policies.SCP = append(s.Policies.SCP, d)
				}
			}
		}
		if r.IntN(5) > 0 {
			statement := iam.Statement{Effect: iam.Allow, Action: []string{target.action}, Resource: []string{"*"}, Principal: pick(r, named)}
			if r.IntN(8) == 0 {
				statement.Effect = iam.Deny
			}
			if r.IntN(10) == 0 {
				statement.NotPrincipal, statement.Principal, statement.Effect = statement.Principal, nil, iam.Deny
			}
			if target.action == "sts:AssumeRole" {
				statement.Resource = nil
			}
			name = append(name, fmt.Sprint("resource ", statement.Effect, statement.Principal, statement.NotPrincipal))
			s.Policies.Resource = []iam.Document{document(statement)}
		}
		s.Name = strings.Join(name, ", ")
		out = append(out, s)
	}
	return out
}
