package iam

import (
	"slices"
	"strings"
	"testing"
)

// values reads a cell of a table: "-" is a key that is absent, "[]" one without values, and
// a bar stands between several values.
func values(cell string) (list []string, present bool) {
	switch cell {
	case "-":
		return nil, false
	case "[]":
		return []string{}, true
	}
	return strings.Split(cell, "|"), true
}

// contextOf is a request that carries one key, or does not.
func contextOf(key, cell string) Context {
	list, present := values(cell)
	if !present {
		return Context{}
	}
	return Context{key: list}
}

// TestOperators: IAM User Guide, "IAM JSON policy elements: Condition operators".
func TestOperators(t *testing.T) {
	for _, test := range []struct {
		operator, want, have string
		holds                bool
	}{
		{"StringEquals", "a", "a", true},
		{"StringEquals", "a", "A", false},
		{"StringEquals", "a", "ab", false},
		{"StringEquals", "a|b", "b", true},
		{"StringEquals", "a|b", "c", false},
		{"StringEquals", "a*", "ab", false}, // no wildcards
		{"StringEquals", "a*", "a*", true},
		{"StringEquals", "a", "-", false},
		{"StringEquals", "a", "[]", false},
		{"StringEqualsIfExists", "a", "-", true},
		{"StringEqualsIfExists", "a", "a", true},
		{"StringEqualsIfExists", "a", "b", false},
		{"StringNotEquals", "a", "b", true},
		{"StringNotEquals", "a", "a", false},
		{"StringNotEquals", "a", "A", true},
		{"StringNotEquals", "a|b", "b", false}, // none may match
		{"StringNotEquals", "a|b", "c", true},
		{"StringNotEquals", "a", "-", true}, // as if IfExists
		{"StringNotEqualsIfExists", "a", "-", true},
		{"StringNotEqualsIfExists", "a", "a", false},
		{"StringEqualsIgnoreCase", "a", "A", true},
		{"StringEqualsIgnoreCase", "a", "b", false},
		{"StringEqualsIgnoreCase", "a", "-", false},
		{"StringNotEqualsIgnoreCase", "a", "A", false},
		{"StringNotEqualsIgnoreCase", "a", "b", true},
		{"StringNotEqualsIgnoreCase", "a", "-", true},
		{"StringLike", "a*c", "ac", true},
		{"StringLike", "a*c", "a/b:c", true},
		{"StringLike", "a?c", "abc", true},
		{"StringLike", "a?c", "aéc", true},
		{"StringLike", "a?c", "ac", false},
		{"StringLike", "a*", "Ab", false},
		{"StringLike", "*", "", true},
		{"StringLike", "?*", "", false},
		{"StringLike", "*", "-", false},
		{"StringLikeIfExists", "a*", "-", true},
		{"StringLikeIfExists", "a*", "b", false},
		{"StringNotLike", "a*", "ab", false},
		{"StringNotLike", "a*", "b", true},
		{"StringNotLike", "a*|b*", "b", false},
		{"StringNotLike", "a*", "-", true},

		{"NumericEquals", "10", "10", true},
		{"NumericEquals", "10", "10.0", true},
		{"NumericEquals", "0.1", "0.10", true},
		{"NumericEquals", "10", "11", false},
		{"NumericEquals", "9007199254740993", "9007199254740992", false}, // exact beyond float64
		{"NumericEquals", "10", "ten", false},
		{"NumericEquals", "10", "1/1", false},
		{"NumericEquals", "10", "0xa", false},
		{"NumericEquals", "10", "-", false},
		{"NumericEquals", "8|10", "10", true},
		{"NumericNotEquals", "10", "11", true},
		{"NumericNotEquals", "10", "10.0", false},
		{"NumericNotEquals", "10", "-", true},
		{"NumericLessThan", "10", "9.9", true},
		{"NumericLessThan", "10", "10", false},
		{"NumericLessThan", "10", "-11", true},
		{"NumericLessThan", "10", "-", false},
		{"NumericLessThanEquals", "10", "10", true},
		{"NumericLessThanEquals", "10", "10.1", false},
		{"NumericLessThanEqualsIfExists", "10", "-", true},
		{"NumericGreaterThan", "10", "100", true}, // as numbers, not as text
		{"NumericGreaterThan", "10", "9", false},
		{"NumericGreaterThan", "10", "10", false},
		{"NumericGreaterThanEquals", "10", "10", true},
		{"NumericGreaterThanEquals", "10", "9", false},

		{"DateEquals", "2026-01-02T03:04:05Z", "2026-01-02T04:04:05+01:00", true},
		{"DateEquals", "2026-01-02T03:04:05Z", "1767323045", true}, // aws:EpochTime
		{"DateEquals", "1767323045", "2026-01-02T03:04:05Z", true},
		{"DateEquals", "2026-01-02", "2026-01-02T00:00:00Z", true},
		{"DateEquals", "2026-01", "2026-01-01T00:00Z", true},
		{"DateEquals", "2026-01-02", "2026-01-02T00:00:01Z", false},
		{"DateEquals", "2026-01-02", "yesterday", false},
		{"DateEquals", "2026-01-02", "-", false},
		{"DateNotEquals", "2026-01-02", "2026-01-03", true},
		{"DateNotEquals", "2026-01-02", "2026-01-02T00:00:00Z", false},
		{"DateNotEquals", "2026-01-02", "-", true},
		{"DateLessThan", "2026-01-02T00:00:00Z", "2026-01-01T23:59:59Z", true},
		{"DateLessThan", "2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z", false},
		{"DateLessThan", "2026-01-02T00:00:00Z", "-", false},
		{"DateLessThanIfExists", "2026-01-02T00:00:00Z", "-", true},
		{"DateLessThanEquals", "2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z", true},
		{"DateLessThanEquals", "2026-01-02T00:00:00Z", "2026-01-02T00:00:01Z", false},
		{"DateGreaterThan", "2026-01-02T00:00:00Z", "2026-01-02T00:00:00.5Z", true},
		{"DateGreaterThan", "2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z", false},
		{"DateGreaterThanEquals", "2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z", true},
		{"DateGreaterThanEquals", "2026-01-02T00:00:00Z", "2026-01-01", false},

		{"Bool", "true", "true", true},
		{"Bool", "true", "True", true},
		{"Bool", "true", "false", false},
		{"Bool", "false", "false", true},
		{"Bool", "false", "-", false}, // absent is not false
		{"BoolIfExists", "false", "-", true},
		{"BoolIfExists", "false", "true", false},
		{"BinaryEquals", "QmluYXJ5", "QmluYXJ5", true},
		{"BinaryEquals", "QmluYXJ5", "QmluYXJ6", false},
		{"BinaryEquals", "QmluYXJ5", "qmluyxj5", false},
		{"BinaryEquals", "QmluYXJ5", "no base64", false},
		{"BinaryEquals", "QmluYXJ5", "-", false},
		{"BinaryEqualsIfExists", "QmluYXJ5", "-", true},

		{"IpAddress", "203.0.113.0/24", "203.0.113.7", true},
		{"IpAddress", "203.0.113.9/24", "203.0.113.7", true}, // the host's bits do not count
		{"IpAddress", "203.0.113.0/24", "203.0.114.7", false},
		{"IpAddress", "203.0.113.7", "203.0.113.7", true},
		{"IpAddress", "203.0.113.7", "203.0.113.8", false},
		{"IpAddress", "203.0.113.0/24", "203.0.0.0/16", false}, // wider than the policy's
		{"IpAddress", "203.0.113.0/24", "203.0.113.300", false},
		{"IpAddress", "0.0.0.0/0", "2001:db8::1", false},
		{"IpAddress", "::/0", "203.0.113.7", false},
		{"IpAddress", "2001:db8::/32", "2001:db8:0:1::1", true},
		{"IpAddress", "2001:db8::/32", "2001:DB8::1", true},
		{"IpAddress", "2001:db8::/32", "2001:db9::1", false},
		{"IpAddress", "2001:db8::1", "2001:0db8:0000::0001", true},
		{"IpAddress", "203.0.113.0/24|2001:db8::/32", "2001:db8::1", true},
		{"IpAddress", "203.0.113.0/24", "-", false},
		{"IpAddressIfExists", "203.0.113.0/24", "-", true},
		{"NotIpAddress", "203.0.113.0/24", "203.0.113.7", false},
		{"NotIpAddress", "203.0.113.0/24", "203.0.114.7", true},
		{"NotIpAddress", "203.0.113.0/24|2001:db8::/32", "2001:db8::1", false},
		{"NotIpAddress", "203.0.113.0/24|2001:db8::/32", "2001:db9::1", true},
		{"NotIpAddress", "203.0.113.0/24", "-", true},

		{"ArnEquals", "arn:aws:sqs:eu-central-1:111111111111:q", "arn:aws:sqs:eu-central-1:111111111111:q", true},
		// ArnEquals and ArnLike "behave identically".
		{"ArnEquals", "arn:aws:sqs:*:111111111111:q?", "arn:aws:sqs:eu-central-1:111111111111:q1", true},
		{"ArnLike", "arn:aws:sqs:*:111111111111:q?", "arn:aws:sqs:eu-central-1:111111111111:q1", true},
		{"ArnLike", "arn:aws:sqs:*:111111111111:q", "arn:aws:sqs:eu-central-1:222222222222:q", false},
		// "Each of the six colon-delimited components of the ARN is checked separately".
		{"ArnLike", "arn:aws:sqs:*:q", "arn:aws:sqs:eu-central-1:111111111111:q", false},
		{"ArnLike", "arn:aws:sqs:eu-*:*:q", "arn:aws:sqs:eu-central-1:111111111111:a:q", false},
		{"ArnLike", "arn:*", "arn:aws:sqs:eu-central-1:111111111111:q", false},
		{"ArnLike", "arn:aws:s3:::b/*", "arn:aws:s3:::b/a:b/c", true}, // the sixth keeps its colons
		{"ArnLike", "arn:aws:s3:::b/*", "arn:aws:s3:::B/a", false},
		{"ArnLike", "arn:aws:s3:::b/*", "b/a", false},
		{"ArnLike", "arn:aws:s3:::b/*", "-", false},
		{"ArnLikeIfExists", "arn:aws:s3:::b/*", "-", true},
		{"ArnNotEquals", "arn:aws:s3:::b/*", "arn:aws:s3:::b/a", false},
		{"ArnNotEquals", "arn:aws:s3:::b/*", "arn:aws:s3:::c/a", true},
		{"ArnNotLike", "arn:aws:s3:::b/*", "arn:aws:s3:::b/a", false},
		{"ArnNotLike", "arn:aws:s3:::b/*", "arn:aws:s3:::c/a", true},
		{"ArnNotLike", "arn:aws:s3:::b/*", "-", true},

		{"Null", "true", "-", true},
		{"Null", "true", "a", false},
		{"Null", "true", "[]", true},
		{"Null", "false", "-", false},
		{"Null", "false", "a", true},
		{"Null", "False", "a|b", true},
		{"Null", "false", "[]", false},
		{"Null", "maybe", "-", false},

		// What Parse refuses never holds.
		{"StringMatches", "a", "a", false},
		{"stringequals", "a", "a", false},
		{"ForSomeValues:StringEquals", "a", "a", false},
		{"ForAllValues:Null", "true", "-", false},
		{"NullIfExists", "true", "-", false},
	} {
		list, _ := values(test.want)
		c := Condition{test.operator: {"k": list}}
		if got := len(c.holds(contextOf("k", test.have), true)) == 0; got != test.holds {
			t.Errorf("%s of %q with %q: %v, want %v", test.operator, test.want, test.have, got, test.holds)
		}
	}
}

// TestSetOperators: IAM User Guide, "Set operators for multivalued context keys".
func TestSetOperators(t *testing.T) {
	for _, test := range []struct {
		operator, want, have string
		holds                bool
	}{
		{"ForAllValues:StringEquals", "a|b", "-", true}, // why it needs a companion in an Allow
		{"ForAllValues:StringEquals", "a|b", "[]", true},
		{"ForAllValues:StringEquals", "a|b", "a", true},
		{"ForAllValues:StringEquals", "a|b", "a|b|a", true},
		{"ForAllValues:StringEquals", "a|b", "a|c", false},
		{"ForAllValues:StringEquals", "a|b", "c", false},
		{"ForAllValues:StringEqualsIfExists", "a", "-", true},
		{"ForAllValues:StringEqualsIfExists", "a", "a|c", false},
		{"ForAllValues:StringLike", "x*", "x1|x2", true},
		{"ForAllValues:StringLike", "x*", "x1|y", false},
		{"ForAllValues:StringNotEquals", "a", "-", true},
		{"ForAllValues:StringNotEquals", "a", "[]", true},
		{"ForAllValues:StringNotEquals", "a", "b|c", true},
		{"ForAllValues:StringNotEquals", "a", "a|b", false},
		{"ForAllValues:StringNotEquals", "a|b", "c|b", false},
		{"ForAllValues:StringNotLike", "x*", "y|x1", false},
		{"ForAllValues:ArnLike", "arn:aws:s3:::b/*", "arn:aws:s3:::b/1|arn:aws:s3:::b/2", true},
		{"ForAllValues:NumericLessThan", "10", "1|2", true},
		{"ForAllValues:NumericLessThan", "10", "1|20", false},

		{"ForAnyValue:StringEquals", "a|b", "-", false},
		{"ForAnyValue:StringEquals", "a|b", "[]", false},
		{"ForAnyValue:StringEquals", "a|b", "b", true},
		{"ForAnyValue:StringEquals", "a|b", "c|b", true},
		{"ForAnyValue:StringEquals", "a|b", "c", false},
		{"ForAnyValue:StringEquals", "a|b", "c|d", false},
		{"ForAnyValue:StringEqualsIfExists", "a", "-", true},
		{"ForAnyValue:StringEqualsIfExists", "a", "c", false},
		{"ForAnyValue:StringLike", "*", "[]", false},
		{"ForAnyValue:StringLike", "*", "a", true},
		{"ForAnyValue:StringNotEquals", "a", "-", false},
		{"ForAnyValue:StringNotEquals", "a", "[]", false},
		{"ForAnyValue:StringNotEquals", "a", "a", false},
		{"ForAnyValue:StringNotEquals", "a", "a|b", true},
		{"ForAnyValue:StringNotEquals", "a|b", "a|b", false},
		{"ForAnyValue:Bool", "true", "false|true", true},

		// Without a set operator AWS leaves several values open: they never hold.
		{"StringEquals", "a", "a|a", false},
		{"StringNotEquals", "a", "b|c", false},
		{"StringNotEquals", "a", "[]", true},
		{"StringEqualsIfExists", "a", "[]", false},
	} {
		list, _ := values(test.want)
		c := Condition{test.operator: {"k": list}}
		if got := len(c.holds(contextOf("k", test.have), true)) == 0; got != test.holds {
			t.Errorf("%s of %q with %q: %v, want %v", test.operator, test.want, test.have, got, test.holds)
		}
	}
}

// TestConditionBlock: all operators and all keys have to hold; each that does not is told.
func TestConditionBlock(t *testing.T) {
	c := Condition{
		"StringEquals": {"a": {"1"}, "b": {"2", "3"}},
		"Bool":         {"c": {"true"}},
	}
	if got := c.holds(Context{"A": {"1"}, "b": {"3"}, "c": {"true"}}, true); len(got) != 0 {
		t.Errorf("failures %v, want none", got)
	}
	var got []string
	for _, f := range c.holds(Context{"a": {"1"}, "b": {"4"}}, true) {
		got = append(got, f.String())
	}
	want := []string{"Bool c wants true, and the request has nothing", "StringEquals b wants 2, 3, and the request has 4"}
	if !slices.Equal(got, want) {
		t.Errorf("failures %q, want %q", got, want)
	}
	if got := (Condition)(nil).holds(nil, true); len(got) != 0 {
		t.Errorf("failures of no condition: %v", got)
	}
}

// TestPolicyVariables: IAM User Guide, "IAM policy elements: Variables and tags".
func TestPolicyVariables(t *testing.T) {
	for _, test := range []struct {
		operator, want string
		tag            string // aws:PrincipalTag/t
		have           string
		holds          bool
	}{
		{"StringEquals", "${aws:PrincipalTag/t}", "12345", "12345", true},
		{"StringEquals", "${aws:PrincipalTag/t}", "12345", "67890", false},
		{"StringEquals", "${AWS:principaltag/T}", "12345", "12345", true}, // keys know no case
		{"StringEquals", "a-${aws:PrincipalTag/t}-${aws:PrincipalTag/t}", "1", "a-1-1", true},
		{"StringEquals", "x|${aws:PrincipalTag/t}", "1", "1", true},
		// A value that looks like a variable is not replaced again.
		{"StringEquals", "${aws:PrincipalTag/t}", "${k}", "${k}", true},
		// Without a value, "there is no equal or like value".
		{"StringEquals", "${aws:PrincipalTag/t}", "-", "", false},
		{"StringEquals", "${aws:PrincipalTag/t}", "-", "${aws:PrincipalTag/t}", false},
		{"StringLike", "${aws:PrincipalTag/t}*", "-", "x", false},
		{"StringEquals", "${aws:PrincipalTag/t}", "[]", "x", false},
		{"StringEquals", "${aws:PrincipalTag/t}", "a|b", "a", false},
		{"StringEquals", "x|${aws:PrincipalTag/t}", "-", "x", true}, // the other value counts
		{"StringNotEquals", "${aws:PrincipalTag/t}", "1", "2", true},
		{"StringNotEquals", "${aws:PrincipalTag/t}", "1", "1", false},
		// Defaults.
		{"StringEquals", "${aws:PrincipalTag/t, 'company'}", "-", "company", true},
		{"StringEquals", "${aws:PrincipalTag/t,'company'}", "-", "company", true},
		{"StringEquals", "${aws:PrincipalTag/t, 'a, b'}", "-", "a, b", true},
		{"StringEquals", "${aws:PrincipalTag/t, ''}", "-", "", true},
		{"StringEquals", "${aws:PrincipalTag/t, 'company'}", "1", "1", true},
		{"StringEquals", "${aws:PrincipalTag/t, 'company'}", "1", "company", false},
		{"StringEquals", "${aws:PrincipalTag/t, company}", "-", "company", false},
		// The three characters that would otherwise mean something.
		{"StringLike", "a${*}", "-", "a*", true},
		{"StringLike", "a${*}", "-", "ab", false},
		{"StringLike", "a${?}", "-", "a?", true},
		{"StringLike", "a${?}", "-", "ab", false},
		{"StringLike", "${$}{aws:PrincipalTag/t}", "1", "${aws:PrincipalTag/t}", true},
		{"StringEquals", "a${*}${?}${$}", "-", "a*?$", true},
		// Wildcards that come out of a value are no wildcards: a tag "*" opens nothing.
		{"StringLike", "${aws:PrincipalTag/t}", "*", "*", true},
		{"StringLike", "${aws:PrincipalTag/t}", "*", "x", false},
		{"StringLike", "${aws:PrincipalTag/t}/*", "?", "?/x", true},
		{"StringLike", "${aws:PrincipalTag/t}/*", "?", "1/x", false},
		{"StringNotLike", "${aws:PrincipalTag/t}", "*", "x", true},
		{"StringEquals", "${aws:PrincipalTag/t}", "*", "*", true},
		{"ArnLike", "arn:aws:s3:::${aws:PrincipalTag/t}/*", "b", "arn:aws:s3:::b/x", true},
		{"ArnLike", "arn:aws:s3:::${aws:PrincipalTag/t}/*", "*", "arn:aws:s3:::b/x", false},
		{"Bool", "${aws:PrincipalTag/t}", "true", "true", true},
		{"StringEqualsIgnoreCase", "${aws:PrincipalTag/t}", "AB", "ab", true},
		{"ForAllValues:StringEquals", "${aws:PrincipalTag/t}", "1", "1|1", true},
		{"ForAllValues:StringEquals", "${aws:PrincipalTag/t}", "-", "1", false},
		{"ForAllValues:StringEquals", "${aws:PrincipalTag/t}", "-", "-", true},
		// Broken variables match nothing.
		{"StringEquals", "${aws:PrincipalTag/t", "1", "${aws:PrincipalTag/t", false},
		{"StringEquals", "${}", "1", "${}", false},
		// Numbers, dates and addresses take none.
		{"NumericEquals", "${aws:PrincipalTag/t}", "1", "1", false},
	} {
		list, _ := values(test.want)
		context := contextOf("aws:PrincipalTag/t", test.tag)
		if have, present := values(test.have); present {
			context["k"] = have
		}
		c := Condition{test.operator: {"k": list}}
		if got := len(c.holds(context, true)) == 0; got != test.holds {
			t.Errorf("%s of %q with %q, tag %q: %v, want %v", test.operator, test.want, test.have, test.tag, got, test.holds)
		}
	}
	// A document of 2008 has no variables: "${aws:username} is treated as a literal string".
	c := Condition{"StringEquals": {"k": {"${aws:PrincipalTag/t}"}}}
	for have, want := range map[string]bool{"1": false, "${aws:PrincipalTag/t}": true} {
		if got := len(c.holds(Context{"k": {have}, "aws:PrincipalTag/t": {"1"}}, false)) == 0; got != want {
			t.Errorf("version 2008 with %q: %v, want %v", have, got, want)
		}
	}
}

// TestNegatedVariableWithoutValue: "Inverted condition operators such as StringNotEquals or
// StringNotLike do match against a null value" (IAM User Guide, "IAM policy elements:
// Variables and tags", "Policy variables with no value"). A Deny for rows that are not the
// principal's own has to reach a principal without the tag.
func TestNegatedVariableWithoutValue(t *testing.T) {
	for _, name := range []string{"StringNotEquals", "StringNotLike", "StringNotEqualsIgnoreCase", "ForAnyValue:StringNotEquals", "ForAllValues:StringNotEquals"} {
		c := Condition{name: {"aws:ResourceTag/t": {"${aws:PrincipalTag/t}"}}}
		if got := c.holds(Context{"aws:ResourceTag/t": {"1"}}, true); len(got) != 0 {
			t.Errorf("%s with a variable without a value does not hold: %v", name, got)
		}
	}
}

// itemActions are the actions that carry dynamodb:LeadingKeys.
func itemActions(t *testing.T) []string {
	t.Helper()
	names := carriers("dynamodb", "dynamodb:LeadingKeys")
	if len(names) < 9 {
		t.Fatalf("only %q carry dynamodb:LeadingKeys", names)
	}
	return names
}

const table = "arn:aws:dynamodb:eu-central-1:111111111111:table/rows"

// guarded allows an action on the rows of tenant 12345: ForAllValues alone would also hold
// for a request without the key, so the two others ask for its presence.
func guarded(actions ...string) Policies {
	return Policies{Identity: []Document{NewDocument(Statement{
		Effect: Allow, Action: actions, Resource: []string{table},
		Condition: Condition{
			"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": {"12345"}},
			"ForAnyValue:StringLike":    {"dynamodb:LeadingKeys": {"*"}},
			"Null":                      {"dynamodb:LeadingKeys": {"false"}},
		},
	})}}
}

func TestLeadingKeys(t *testing.T) {
	for _, name := range itemActions(t) {
		for _, test := range []struct {
			keys string
			want Result
		}{
			{"-", ImplicitlyDenied},
			{"[]", ImplicitlyDenied},
			{"", ImplicitlyDenied}, // "a null dataset, such as an empty string"
			{"12345", Allowed},
			{"12345|12345", Allowed},
			{"67890", ImplicitlyDenied},
			{"12345|67890", ImplicitlyDenied},
			{"67890|12345", ImplicitlyDenied},
			{"12345|", ImplicitlyDenied},
			{"123456", ImplicitlyDenied},
			{"*", ImplicitlyDenied},
		} {
			for _, key := range []string{"dynamodb:LeadingKeys", "DynamoDB:leadingkeys"} {
				d := Evaluate(guarded("dynamodb:"+name), Request{
					Principal: "arn:aws:iam::111111111111:role/r", Action: "dynamodb:" + name, Resource: table, Context: contextOf(key, test.keys),
				})
				if d.Result != test.want {
					t.Errorf("%s with %s %q: %s, want %s: %v", name, key, test.keys, d.Result, test.want, d.Reasons)
				}
			}
		}
	}
}

// TestScanCarriesNoLeadingKeys: whatever the caller claims, a Scan comes without the key, so
// the guards refuse it, and ForAllValues alone lets it read every tenant's rows.
func TestScanCarriesNoLeadingKeys(t *testing.T) {
	bare := guarded("dynamodb:*")
	bare.Identity[0].Statement[0].Condition = Condition{"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": {"12345"}}}
	for _, name := range []string{"dynamodb:Scan", "DYNAMODB:SCAN", "dynamodb:ExportTableToPointInTime", "dynamodb:DescribeTable"} {
		for _, keys := range []string{"-", "[]", "12345", "67890"} {
			r := Request{Principal: "arn:aws:iam::111111111111:role/r", Action: name, Resource: table, Context: contextOf("dynamodb:LeadingKeys", keys)}
			d := Evaluate(guarded("dynamodb:*"), r)
			if d.Result != ImplicitlyDenied {
				t.Errorf("%s with %q: %s, want ImplicitlyDenied", name, keys, d.Result)
			}
			for _, f := range d.Reasons[0].Failures {
				if !f.Absent || f.Have != nil {
					t.Errorf("%s with %q: the key is not told absent: %+v", name, keys, f)
				}
			}
			if d := Evaluate(bare, r); d.Result != Allowed {
				t.Errorf("%s with %q and ForAllValues alone: %s, want Allowed", name, keys, d.Result)
			}
		}
	}
}
