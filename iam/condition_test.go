package iam

import (
	"slices"
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
	// NotResource with an unknown variable excludes something unknown: it does not match.
	e := &evaluation{request: Request{Resource: "arn:aws:s3:::x"}, context: context}
	if _, got := e.coversResource(&Statement{NotResource: []string{"arn:aws:s3:::b-${aws:PrincipalTag/none}"}}, true); got {
		t.Error("NotResource with a variable without a value covers a resource")
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
		{"StringNotEquals", "s3:prefix", "${aws:PrincipalTag/none}", false}, // a missing tag never grants
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
