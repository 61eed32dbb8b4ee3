package iam

import (
	"slices"
	"strings"
	"testing"
)

// absent is a key that the request does not carry.
var absent []string

func TestConditionHolds(t *testing.T) {
	list := func(values ...string) []string { return append([]string{}, values...) }
	tests := []struct {
		operator string
		want     []string
		have     []string
		holds    bool
	}{
		// IAM User Guide, "IAM JSON policy elements: Condition operators", operator by operator.
		{"StringEquals", list("a", "b"), list("b"), true},
		{"StringEquals", list("a"), list("A"), false},
		{"StringEquals", list("a*"), list("ab"), false},
		{"StringEquals", list("a"), absent, false},
		{"StringNotEquals", list("a", "b"), list("c"), true},
		{"StringNotEquals", list("a", "b"), list("b"), false},
		{"StringNotEquals", list("a"), absent, true},
		{"StringEqualsIgnoreCase", list("Ab"), list("aB"), true},
		{"StringNotEqualsIgnoreCase", list("Ab"), list("aB"), false},
		{"StringLike", list("home/*"), list("home/a/b"), true},
		{"StringLike", list("h?me"), list("Home"), false},
		{"StringNotLike", list("home/*", "x"), list("home/"), false},
		{"StringNotLike", list("home/*"), absent, true},
		{"NumericEquals", list("10"), list("10.0"), true},
		{"NumericEquals", list("10"), list("ten"), false},
		{"NumericNotEquals", list("10"), list("11"), true},
		{"NumericLessThan", list("10"), list("9.99"), true},
		{"NumericLessThan", list("10"), list("10"), false},
		{"NumericLessThanEquals", list("10"), list("10"), true},
		{"NumericGreaterThan", list("-1"), list("0"), true},
		{"NumericGreaterThanEquals", list("10"), list("9"), false},
		{"NumericLessThan", list("10"), absent, false},
		{"DateEquals", list("2020-01-01T00:00:00Z"), list("1577836800"), true},
		{"DateEquals", list("2020-01-01"), list("2020-01-01T01:00:00+01:00"), true},
		{"DateNotEquals", list("2020-01-01"), list("2020-01-02"), true},
		{"DateLessThan", list("2020-01-01T00:00:01Z"), list("2020-01-01T00:00:00Z"), true},
		{"DateLessThanEquals", list("2020"), list("2020-01-01T00:00:00Z"), true},
		{"DateGreaterThan", list("2020-01-01T00:00:01Z"), list("2020-01-01T00:00:02Z"), true},
		{"DateGreaterThanEquals", list("2020-01-01"), list("2019-12-31T23:59:59Z"), false},
		{"DateGreaterThan", list("2020-01-01"), list("soon"), false},
		{"Bool", list("true"), list("TRUE"), true},
		{"Bool", list("false"), list("true"), false},
		{"Bool", list("false"), absent, false},
		{"BinaryEquals", list("QmluYXJ5"), list("QmluYXJ5"), true},
		{"BinaryEquals", list("QmluYXJ5"), list("QmluYXJ6"), false},
		{"BinaryEquals", list("QmluYXJ5"), list("?"), false},
		{"IpAddress", list("203.0.113.0/24", "2001:DB8:1234:5678::/64"), list("203.0.113.255"), true},
		{"IpAddress", list("203.0.113.0/24", "2001:DB8:1234:5678::/64"), list("2001:db8:1234:5678::1"), true},
		{"IpAddress", list("203.0.113.7"), list("203.0.113.8"), false},
		{"IpAddress", list("203.0.113.0/24"), absent, false},
		{"NotIpAddress", list("203.0.113.0/24"), list("203.0.114.1"), true},
		{"NotIpAddress", list("203.0.113.0/24"), list("203.0.113.1"), false},
		{"ArnEquals", list("arn:aws:sns:*:111122223333:t*"), list("arn:aws:sns:eu-west-1:111122223333:topic"), true},
		{"ArnLike", list("arn:aws:sns:*:111122223333:t*"), list("arn:aws:sns:eu-west-1:111122223333:Topic"), false},
		{"ArnNotEquals", list("arn:aws:sns:*:111122223333:*"), list("arn:aws:sns:eu-west-1:444455556666:topic"), true},
		{"ArnNotLike", list("arn:aws:sns:*:111122223333:*"), list("arn:aws:sns:eu-west-1:111122223333:topic"), false},
		{"Null", list("true"), absent, true},
		{"Null", list("true"), list("a"), false},
		{"Null", list("false"), list("a"), true},
		{"Null", list("false"), absent, false},
		{"Null", list("false"), list(), false}, // "the key exists and its value is not null"

		// The same page, "...IfExists condition operators".
		{"StringEqualsIfExists", list("a"), absent, true},
		{"StringEqualsIfExists", list("a"), list("b"), false},
		{"StringNotEqualsIfExists", list("a"), absent, true},
		{"BoolIfExists", list("true"), absent, true},
		{"BoolIfExists", list("true"), list("false"), false},

		// IAM User Guide, "Set operators for multivalued context keys".
		{"ForAllValues:StringEquals", list("PostDateTime", "Message", "Tags"), list("PostDateTime", "UserName"), false},
		{"ForAllValues:StringEquals", list("PostDateTime", "Message", "Tags"), list("PostDateTime", "Tags"), true},
		{"ForAllValues:StringEquals", list("a"), absent, true},
		{"ForAllValues:StringEquals", list("a"), list(), true},
		{"ForAnyValue:StringEquals", list("PostDateTime", "Message", "Tags"), list("PostDateTime", "UserName"), true},
		{"ForAnyValue:StringEquals", list("a"), list("b", "c"), false},
		{"ForAnyValue:StringEquals", list("a"), absent, false},
		{"ForAnyValue:StringEquals", list("a"), list(), false},
		{"ForAllValues:StringNotLike", list("a*"), list("b", "c"), true},
		{"ForAllValues:StringNotLike", list("a*"), list("b", "ab"), false},
		{"ForAnyValue:StringNotLike", list("a*"), list("b", "ab"), true},
		{"ForAnyValue:StringNotLike", list("a*"), list("aa", "ab"), false},
		{"ForAllValues:StringLikeIfExists", list("a*"), list("b"), false},
		{"ForAnyValue:StringLikeIfExists", list("a*"), absent, true},

		// Without a quantifier several values match nothing.
		{"StringEquals", list("a", "b"), list("a", "b"), false},
		{"StringNotEquals", list("c"), list("a", "b"), false},
		{"StringLikes", list("*"), list("a"), false}, // no operator
		{"ForAllValues:Null", list("true"), absent, false},
	}
	for _, test := range tests {
		context := Context{}
		if test.have != nil {
			context["aws:TagKeys"] = test.have
		}
		c := Condition{test.operator: {"AWS:tagkeys": test.want}}
		failures := c.holds(context, true)
		if holds := len(failures) == 0; holds != test.holds {
			t.Errorf("%s %q of %q (nil is absent: %v) = %v", test.operator, test.want, test.have, test.have == nil, holds)
			continue
		}
		want := Failure{Element: "Condition", Operator: test.operator, Key: "AWS:tagkeys", Want: test.want, Have: test.have, Absent: test.have == nil}
		if !test.holds && failures[0].String() != want.String() {
			t.Errorf("%s: failure %q, want %q", test.operator, failures[0], want)
		}
	}
}

// TestOperators covers every operator with every prefix and suffix: none of them is true of
// a value that it cannot read, unless it is negated.
func TestOperators(t *testing.T) {
	for base, c := range comparisons {
		for _, prefix := range []string{"", "ForAllValues:", "ForAnyValue:"} {
			for _, suffix := range []string{"", "IfExists"} {
				name := prefix + base + suffix
				o, known := parseOperator(name)
				if !known || o.base != base || o.ifExists != (suffix != "") {
					t.Errorf("%s is read as %+v, %v", name, o, known)
					continue
				}
				if got := o.holds("k", []string{"\x00"}, Context{"k": {"\xff"}}, true); got != c.negated {
					t.Errorf("%s of nonsense is %v", name, got)
				}
			}
		}
	}
	names := []string{"stringequals", "NullIfExists", "ForAllValues:Null", "ForSomeValues:StringEquals", "IfExists", "", ":StringEquals", "StringEqualsIfExistsIfExists"}
	for _, name := range names {
		if _, known := parseOperator(name); known {
			t.Errorf("%q is an operator", name)
		}
	}
}

// IAM User Guide, "IAM policy elements: Variables and tags".
func TestVariables(t *testing.T) {
	context := Context{
		"aws:PrincipalTag/team": {"yellow"}, "aws:username": {"David"}, "aws:PrincipalTag/star": {"*"},
		"aws:PrincipalTag/money": {"${aws:username}"}, "aws:TagKeys": {"a", "b"},
	}
	tests := []struct {
		pattern, resource string
		want              bool
	}{
		{"arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/David/x", true},
		{"arn:aws:s3:::b/${AWS:UserName}/*", "arn:aws:s3:::b/David/x", true},
		{"arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/david/x", false},
		{"arn:aws:s3:::b-${aws:PrincipalTag/team, 'company-wide'}", "arn:aws:s3:::b-yellow", true},
		{"arn:aws:s3:::b-${aws:PrincipalTag/team, 'company-wide'}", "arn:aws:s3:::b-company-wide", false},
		{"arn:aws:s3:::b-${aws:PrincipalTag/none, 'company-wide'}", "arn:aws:s3:::b-company-wide", true},
		{"arn:aws:s3:::b-${aws:PrincipalTag/none}", "arn:aws:s3:::b-", false},
		{"arn:aws:s3:::b-${aws:PrincipalTag/none}*", "arn:aws:s3:::b-x", false},
		{"arn:aws:s3:::b/${*}", "arn:aws:s3:::b/*", true},
		{"arn:aws:s3:::b/${*}", "arn:aws:s3:::b/x", false},
		{"arn:aws:s3:::b/${?}", "arn:aws:s3:::b/?", true},
		{"arn:aws:s3:::b/${?}", "arn:aws:s3:::b/x", false},
		{"arn:aws:s3:::b/${$}{x}", "arn:aws:s3:::b/${x}", true},
		// What a variable brings in is neither a wildcard nor another variable.
		{"arn:aws:s3:::b/${aws:PrincipalTag/star}", "arn:aws:s3:::b/x", false},
		{"arn:aws:s3:::b/${aws:PrincipalTag/star}", "arn:aws:s3:::b/*", true},
		{"arn:aws:s3:::b/${aws:PrincipalTag/money}", "arn:aws:s3:::b/David", false},
		{"arn:aws:s3:::b/${aws:TagKeys}", "arn:aws:s3:::b/a", false},
	}
	for _, test := range tests {
		e := &evaluation{request: Request{Resource: test.resource}, context: context}
		if _, got := e.coversResource(&Statement{Resource: []string{test.pattern}}, true); got != test.want {
			t.Errorf("Resource %q covers %q: %v", test.pattern, test.resource, got)
		}
		if _, got := e.coversResource(&Statement{Resource: []string{test.pattern}}, false); got {
			t.Errorf("Resource %q covers %q in a document without variables", test.pattern, test.resource)
		}
	}
	// A pattern with a variable without a value matches no resource, so NotResource leaves out none.
	e := &evaluation{request: Request{Resource: "arn:aws:s3:::x"}, context: context}
	if _, got := e.coversResource(&Statement{NotResource: []string{"arn:aws:s3:::b-${aws:PrincipalTag/none}"}}, true); !got {
		t.Error("NotResource with a variable without a value leaves out a resource")
	}
}

func TestVariablesInConditions(t *testing.T) {
	context := Context{"aws:username": {"a*"}, "s3:prefix": {"a*"}, "aws:SourceIp": {"10.0.0.1"}, "aws:PrincipalTag/ip": {"10.0.0.1"}}
	tests := []struct {
		operator, key, want string
		holds               bool
	}{
		{"StringEquals", "s3:prefix", "${aws:username}", true},
		{"StringLike", "s3:prefix", "${aws:username}", true},
		{"StringLike", "aws:SourceIp", "${aws:PrincipalTag/none, '10.*'}", false}, // a default has no wildcards
		{"StringEquals", "s3:prefix", "${aws:PrincipalTag/none}", false},
		{"StringNotEquals", "s3:prefix", "${aws:PrincipalTag/none}", true}, // "inverted operators do match against a null value"
		{"StringNotEquals", "aws:TagKeys", "${aws:PrincipalTag/none}", true},
		{"IpAddress", "aws:SourceIp", "${aws:PrincipalTag/ip}", false}, // not in IP address operators
	}
	for _, test := range tests {
		c := Condition{test.operator: {test.key: {test.want}}}
		if failures := c.holds(context, true); (len(failures) == 0) != test.holds {
			t.Errorf("%s %s %q: failures %v", test.operator, test.key, test.want, failures)
		}
	}
}

func TestContextGet(t *testing.T) {
	c := Context{"aws:TagKeys": {}}
	if values, ok := c.Get("AWS:TAGKEYS"); !ok || !slices.Equal(values, []string{}) {
		t.Errorf("got %v, %v", values, ok)
	}
	if _, ok := c.Get("aws:TagKey"); ok {
		t.Error("found a key that is not there")
	}
}

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

// TestOperatorTable has the edges of each operator, absent keys and IfExists included: IAM User Guide, "IAM JSON policy elements: Condition operators".
func TestOperatorTable(t *testing.T) {
	for _, test := range []struct {
		operator, want, have string
		holds                bool
	}{
		{"StringEquals", "a", "a", true},
		{"StringEquals", "a|b", "b", true},
		{"StringEquals", "a*", "a*", true},
		{"StringEquals", "a", "[]", false},
		{"StringNotEquals", "a", "A", true},
		{"StringNotEquals", "a|b", "b", false}, // none may match
		{"StringNotEquals", "a|b", "c", true},
		{"StringNotEqualsIfExists", "a", "a", false},
		{"StringEqualsIgnoreCase", "a", "-", false},
		{"StringNotEqualsIgnoreCase", "a", "-", true},
		{"StringLike", "a*c", "a/b:c", true},
		{"StringLike", "a?c", "aéc", true},
		{"StringLike", "a?c", "ac", false},
		{"StringLike", "*", "", true},
		{"StringLike", "?*", "", false},
		{"StringLike", "*", "-", false},
		{"StringLikeIfExists", "a*", "-", true},
		{"StringLikeIfExists", "a*", "b", false},
		{"StringNotLike", "a*|b*", "b", false},
		{"StringNotLike", "a*", "-", true},

		{"NumericEquals", "10", "10", true},
		{"NumericEquals", "0.1", "0.10", true},
		{"NumericEquals", "9007199254740993", "9007199254740992", false}, // exact beyond float64
		{"NumericEquals", "10", "1/1", false},
		{"NumericEquals", "10", "0xa", false},
		{"NumericEquals", "10", "-", false},
		{"NumericEquals", "8|10", "10", true},
		{"NumericNotEquals", "10", "10.0", false},
		{"NumericNotEquals", "10", "-", true},
		{"NumericLessThan", "10", "-11", true},
		{"NumericLessThanEquals", "10", "10.1", false},
		{"NumericLessThanEqualsIfExists", "10", "-", true},
		{"NumericGreaterThan", "10", "100", true}, // as numbers, not as text
		{"NumericGreaterThan", "10", "10", false},
		{"NumericGreaterThanEquals", "10", "10", true},

		{"DateEquals", "2026-01-02T03:04:05Z", "2026-01-02T04:04:05+01:00", true},
		{"DateEquals", "2026-01-02T03:04:05Z", "1767323045", true}, // aws:EpochTime
		{"DateEquals", "1767323045", "2026-01-02T03:04:05Z", true},
		{"DateEquals", "2026-01-02", "2026-01-02T00:00:00Z", true},
		{"DateEquals", "2026-01", "2026-01-01T00:00Z", true},
		{"DateEquals", "2026-01-02", "2026-01-02T00:00:01Z", false},
		{"DateEquals", "2026-01-02", "yesterday", false},
		{"DateEquals", "2026-01-02", "-", false},
		{"DateNotEquals", "2026-01-02", "2026-01-02T00:00:00Z", false},
		{"DateNotEquals", "2026-01-02", "-", true},
		{"DateLessThan", "2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z", false},
		{"DateLessThan", "2026-01-02T00:00:00Z", "-", false},
		{"DateLessThanIfExists", "2026-01-02T00:00:00Z", "-", true},
		{"DateLessThanEquals", "2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z", true},
		{"DateLessThanEquals", "2026-01-02T00:00:00Z", "2026-01-02T00:00:01Z", false},
		{"DateGreaterThan", "2026-01-02T00:00:00Z", "2026-01-02T00:00:00.5Z", true},
		{"DateGreaterThan", "2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z", false},
		{"DateGreaterThanEquals", "2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z", true},

		{"Bool", "true", "True", true},
		{"Bool", "false", "false", true},
		{"BoolIfExists", "false", "-", true},
		{"BinaryEquals", "QmluYXJ5", "qmluyxj5", false},
		{"BinaryEquals", "QmluYXJ5", "no base64", false},
		{"BinaryEquals", "QmluYXJ5", "-", false},
		{"BinaryEqualsIfExists", "QmluYXJ5", "-", true},

		{"IpAddress", "203.0.113.9/24", "203.0.113.7", true}, // the host's bits do not count
		{"IpAddress", "203.0.113.0/24", "203.0.114.7", false},
		{"IpAddress", "203.0.113.7", "203.0.113.7", true},
		{"IpAddress", "203.0.113.0/24", "203.0.0.0/16", false}, // wider than the policy's
		{"IpAddress", "203.0.113.0/24", "203.0.113.300", false},
		{"IpAddress", "0.0.0.0/0", "2001:db8::1", false},
		{"IpAddress", "::/0", "203.0.113.7", false},
		{"IpAddress", "2001:db8::/32", "2001:db8:0:1::1", true},
		{"IpAddress", "2001:db8::/32", "2001:DB8::1", true},
		{"IpAddress", "2001:db8::/32", "2001:db9::1", false},
		{"IpAddress", "2001:db8::1", "2001:0db8:0000::0001", true},
		{"IpAddress", "203.0.113.0/24|2001:db8::/32", "2001:db8::1", true},
		{"IpAddressIfExists", "203.0.113.0/24", "-", true},
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

		{"Null", "true", "[]", true},
		{"Null", "False", "a|b", true},
		{"Null", "maybe", "-", false},
	} {
		list, _ := values(test.want)
		c := Condition{test.operator: {"k": list}}
		if got := len(c.holds(contextOf("k", test.have), true)) == 0; got != test.holds {
			t.Errorf("%s of %q with %q: %v, want %v", test.operator, test.want, test.have, got, test.holds)
		}
	}
}

// TestSetOperatorTable: IAM User Guide, "Set operators for multivalued context keys".
func TestSetOperatorTable(t *testing.T) {
	for _, test := range []struct {
		operator, want, have string
		holds                bool
	}{
		{"ForAllValues:StringEquals", "a|b", "-", true}, // why it needs a companion in an Allow
		{"ForAllValues:StringEquals", "a|b", "[]", true},
		{"ForAllValues:StringEquals", "a|b", "a", true},
		{"ForAllValues:StringEquals", "a|b", "a|b|a", true},
		{"ForAllValues:StringEquals", "a|b", "a|c", false},
		{"ForAllValues:StringEqualsIfExists", "a", "-", true},
		{"ForAllValues:StringEqualsIfExists", "a", "a|c", false},
		{"ForAllValues:StringLike", "x*", "x1|y", false},
		{"ForAllValues:StringNotEquals", "a", "-", true},
		{"ForAllValues:StringNotEquals", "a", "[]", true},
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
		{"ForAnyValue:StringEqualsIfExists", "a", "-", true},
		{"ForAnyValue:StringEqualsIfExists", "a", "c", false},
		{"ForAnyValue:StringLike", "*", "[]", false},
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
