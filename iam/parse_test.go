package iam

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// statement is a document of one statement that has these elements beside its effect.
func statement(elements string) string {
	return `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", ` + elements + `}]}`
}

// condition is a document that allows GetItem, Query and Scan on this condition.
func condition(c string) string {
	return statement(`"Action": ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"], "Resource": "*", "Condition": ` + c)
}

func TestParse(t *testing.T) {
	const policy = `{"Version": "2012-10-17", "Id": "p", "Statement": {
		"Sid": "Rows", "Effect": "Allow", "Action": "dynamodb:GetItem",
		"Resource": ["arn:aws:dynamodb:*:111122223333:table/${aws:PrincipalTag/table, 'none'}"],
		"Condition": {"Bool": {"aws:SecureTransport": true}, "NumericLessThan": {"aws:MultiFactorAuthAge": 3600}}}}`
	want := Document{Version: Version, ID: "p", Statement: []Statement{{
		Sid: "Rows", Effect: Allow, Action: []string{"dynamodb:GetItem"},
		Resource:  []string{"arn:aws:dynamodb:*:111122223333:table/${aws:PrincipalTag/table, 'none'}"},
		Condition: Condition{"Bool": {"aws:SecureTransport": {"true"}}, "NumericLessThan": {"aws:MultiFactorAuthAge": {"3600"}}},
	}}}
	got, err := Parse([]byte(policy), Identity)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	var decoded any
	if err := json.Unmarshal([]byte(policy), &decoded); err != nil {
		t.Fatal(err)
	}
	if got, err := Decode(decoded, Identity); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Decode: got %+v, %v", got, err)
	}
	old, err := Parse([]byte(`{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/${x"}}`), Resource)
	if err != nil || old.Version != Version2008 || !reflect.DeepEqual(old.Statement[0].Principal, map[string][]string{"AWS": {"*"}}) {
		t.Errorf("a document without a version: %+v, %v", old, err)
	}
}

func TestParseProblems(t *testing.T) {
	const allowAll = `"Action": "s3:GetObject", "Resource": "*"`
	tests := []struct {
		name   string
		policy string
		kind   Kind
		want   []string // parts of each problem, in order
	}{
		{"no JSON", `{"Version"`, Identity, []string{"not JSON"}},
		{"no object", `[]`, Identity, []string{"a policy document is an object"}},
		{"text after it", `{} {}`, Identity, []string{"after top-level value"}},
		{"too deep", strings.Repeat("[", 100) + strings.Repeat("]", 100), Identity, []string{"levels deep"}},
		{"a name twice", `{"Version": "2012-10-17", "Version": "2012-10-17"}`, Identity, []string{"Version appears twice"}},
		{"a condition key twice", condition(`{"StringEquals": {"aws:username": "a", "aws:username": "b"}}`), Identity, []string{"Statement.Condition.StringEquals.aws:username appears twice"}},
		{"empty", `{}`, Identity, []string{"at least one statement"}},
		{"no statement", `{"Version": "2012-10-17", "Statement": []}`, Identity, []string{"at least one statement"}},
		{"version", `{"Version": "2012-10-18", "Statement": [{"Effect": "Allow", ` + allowAll + `}]}`, Identity, []string{`version "2012-10-18" does not exist: write "2012-10-17"`}},
		{"unknown element of the document", `{"Version": "2012-10-17", "Statements": []}`, Identity, []string{"did you mean Statement?"}},
		{"unknown element of a statement", statement(allowAll + `, "Conditions": {}`), Identity, []string{`unknown element "Conditions": did you mean Condition?`}},
		{"element in another case", statement(`"action": "s3:GetObject", "Resource": "*"`), Identity, []string{"did you mean Action?", "has no Action"}},
		{"effect", `{"Version": "2012-10-17", "Statement": {"Effect": "allow", ` + allowAll + `}}`, Identity, []string{`Statement.Effect: want "Allow" or "Deny"; got "allow"`}},
		{"both", statement(allowAll + `, "NotAction": "s3:*"`), Identity, []string{"has both Action and NotAction"}},
		{"principal in an identity policy", statement(allowAll + `, "Principal": "*"`), Identity, []string{"a policy of kind identity has no Principal"}},
		{"no principal in a resource policy", statement(allowAll), Resource, []string{"has no Principal"}},
		{"resource in a trust policy", statement(`"Principal": "*", "Action": "sts:AssumeRole", "Resource": "*"`), Trust, []string{"a policy of kind trust has no Resource"}},
		{"NotPrincipal in a trust policy", statement(`"NotPrincipal": "*", "Action": "sts:AssumeRole"`), Trust, []string{"a trust policy has no NotPrincipal", "Deny"}},
		{"principal without a kind", statement(allowAll + `, "Principal": "111122223333"`), Resource, []string{"a principal has a kind"}},
		{"principal with a wildcard", statement(allowAll + `, "Principal": {"AWS": "arn:aws:iam::111122223333:role/*"}`), Resource, []string{"wildcards are not allowed"}},
		{"no principal", statement(allowAll + `, "Principal": {"AWS": "bob", "Service": "lambda"}`), Resource, []string{"no account id", "no service principal"}},
		{"kind of principal", statement(allowAll + `, "Principal": {"Aws": "111122223333"}`), Resource, []string{"did you mean AWS?"}},
		{"Sid twice", `{"Version": "2012-10-17", "Statement": [{"Sid": "A", "Effect": "Allow", ` + allowAll + `}, {"Sid": "A", "Effect": "Deny", ` + allowAll + `}]}`, Identity, []string{"Statement[1].Sid"}},
		{"action without a service", statement(`"Action": "GetObject", "Resource": "*"`), Identity, []string{"an action is <service>:<name>"}},
		{"service with a wildcard", statement(`"Action": "s*:GetObject", "Resource": "*"`), Identity, []string{"no wildcards"}},
		{"action with a space", statement(`"Action": "s3: GetObject", "Resource": "*"`), Identity, []string{"the name of an action has"}},
		{"empty list", statement(`"Action": [], "Resource": "*"`), Identity, []string{"an empty list matches nothing"}},
		{"values", statement(`"Action": ["s3:GetObject", 7, ""], "Resource": {"a": "b"}`), Identity, []string{"Action[1]: want a string; got 7", "Action[2]: is empty", "Resource[0]: want a string"}},
		{"resource", statement(`"Action": "s3:GetObject", "Resource": ["bucket", "arn:aws:*:::bucket"]`), Identity, []string{`"bucket": a resource is an ARN or *`, "the service of an ARN cannot have wildcards"}},
		{"control characters", statement(`"Action": "s3:GetObject", "Resource": "arn:aws:s3:::\u0001"`), Identity, []string{"holds a control character"}},

		// AWS's own sample of a policy with this key has the space, and is wide open.
		{"space in a key", condition(`{"ForAllValues:StringEquals": {"dynamodb: LeadingKeys": "a"}}`), Identity, []string{"does not exist, so AWS never finds it in a request: did you mean dynamodb:LeadingKeys?"}},
		{"misspelled key", condition(`{"ForAllValues:StringEquals": {"dynamodb:LeadingKey": "a"}}`), Identity, []string{"did you mean dynamodb:LeadingKeys?"}},
		{"misspelled global key", condition(`{"StringEquals": {"aws:PrincipalTags/tenant": "a"}}`), Identity, []string{`"aws:PrincipalTags/tenant" does not exist`}},
		{"key that no action carries", statement(`"Action": "dynamodb:Scan", "Resource": "*", "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": "a"}}`), Identity, []string{"none of the actions carries"}},
		{"key of another service", statement(`"Action": "s3:*", "Resource": "*", "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": "a"}}`), Identity, []string{"none of the actions carries"}},
		{"unknown operator", condition(`{"StringEqual": {"aws:username": "a"}}`), Identity, []string{"did you mean StringEquals?"}},
		{"operator in another case", condition(`{"forAllValues:stringLike": {"aws:TagKeys": "a"}}`), Identity, []string{"did you mean ForAllValues:StringLike?"}},
		{"Null with IfExists", condition(`{"NullIfExists": {"aws:username": "true"}}`), Identity, []string{"unknown operator"}},
		{"operator of another type", condition(`{"NumericEquals": {"aws:SourceIp": 7}}`), Identity, []string{"operator NumericEquals cannot compare aws:SourceIp"}},
		{"number", condition(`{"NumericEquals": {"aws:MultiFactorAuthAge": "an hour"}}`), Identity, []string{"want a number"}},
		{"date", condition(`{"DateLessThan": {"aws:CurrentTime": "tomorrow"}}`), Identity, []string{"want an ISO 8601 date"}},
		{"address", condition(`{"IpAddress": {"aws:SourceIp": "10.0.0.0/33"}}`), Identity, []string{"want an IP address"}},
		{"boolean", condition(`{"Bool": {"aws:SecureTransport": "yes"}}`), Identity, []string{"want true or false"}},
		{"Null of a value", condition(`{"Null": {"aws:username": "bob"}}`), Identity, []string{"want true or false"}},
		{"operator without keys", condition(`{"StringEquals": {}}`), Identity, []string{"want an object of condition keys"}},
		{"no operators", condition(`"StringEquals"`), Identity, []string{"want an object of operators"}},
		{"value", condition(`{"StringEquals": {"aws:username": [{"a": "b"}, null]}}`), Identity, []string{"want a string, number or boolean", "want a string, number or boolean"}},

		{"variable without an end", statement(`"Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:username"`), Identity, []string{"a policy variable is ${key}"}},
		{"default without quotes", statement(`"Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:username, x}"`), Identity, []string{"a policy variable is ${key}"}},
		{"variable of nothing", statement(`"Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:user}"`), Identity, []string{`no request carries "aws:user"`}},
		{"variable of several values", statement(`"Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:TagKeys}"`), Identity, []string{"can have several values"}},
		{"variable before the fifth colon", statement(`"Action": "sqs:*", "Resource": "arn:aws:sqs:eu-west-1:${aws:PrincipalAccount}:q"`), Identity, []string{"after the fifth colon"}},

		{"everything at once", `{"Version": "2012", "Statement": [{"Effect": "Maybe", "Action": "s3", "Resource": "b", "Condition": {"StringIs": {"aws:user": 1}}}, 7]}`, Identity, []string{
			"Version:", "Statement[0].Effect:", "unknown operator", "Action[0]", "Resource[0]", `condition key "aws:user" does not exist`, "Statement[1]:",
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse([]byte(test.policy), test.kind)
			var problems Problems
			if !errors.As(err, &problems) {
				t.Fatalf("error %v is no list of problems", err)
			}
			if len(problems) != len(test.want) {
				t.Errorf("%d problems, want %d:\n%v", len(problems), len(test.want), err)
			}
			text := problems.Error()
			for _, want := range test.want {
				if !strings.Contains(text, want) {
					t.Errorf("no problem says %q:\n%s", want, text)
				}
			}
		})
	}
}

// TestParseAccepts reads what is unusual and right.
func TestParseAccepts(t *testing.T) {
	for _, test := range []struct {
		policy string
		kind   Kind
	}{
		{condition(`{"ForAllValues:StringEquals": {"DynamoDB:LeadingKeys": ["a"]}, "Null": {"dynamodb:LeadingKeys": false}}`), Identity},
		{condition(`{"StringEquals": {"aws:PrincipalTag/tenant": "${aws:PrincipalTag/other, 'none'}", "aws:username": ""}}`), Identity},
		{condition(`{"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:DB8::/32", "10.0.0.1"]}}`), Identity},
		{condition(`{"DateGreaterThan": {"aws:CurrentTime": ["2020-01-01T00:00:01Z", "2020", "1577836801"]}}`), Identity},
		{statement(`"NotAction": "iam:*", "NotResource": "arn:aws:s3:::b/*"`), Identity},
		{statement(`"Action": "*", "Resource": "*"`), SCP},
		{statement(`"Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"`), Trust},
		{statement(`"Principal": {"Federated": "id.example.com"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": {"id.example.com:aud": "x"}}`), Trust},
		{statement(`"Principal": {"AWS": ["111122223333", "AROAEXAMPLEEXAMPLEEX", "*"], "CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}, "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"`), Resource},
		{statement(`"Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"`), Resource},
	} {
		if _, err := Parse([]byte(test.policy), test.kind); err != nil {
			t.Errorf("%s: %v", test.policy, err)
		}
	}
}

// TestGuardsAreCarried: each item action of DynamoDB carries the key of the guards alone.
func TestGuardsAreCarried(t *testing.T) {
	const guard = `{"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": "a"}, "ForAnyValue:StringLike": {"dynamodb:LeadingKeys": "*"}, "Null": {"dynamodb:LeadingKeys": "false"}}`
	for _, name := range []string{"BatchGetItem", "BatchWriteItem", "ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"} {
		policy := statement(fmt.Sprintf(`"Action": "dynamodb:%s", "Resource": "*", "Condition": %s`, name, guard))
		if _, err := Parse([]byte(policy), Identity); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"Scan", "ExportTableToPointInTime", "Describe*"} {
		policy := statement(fmt.Sprintf(`"Action": "dynamodb:%s", "Resource": "*", "Condition": %s`, name, guard))
		_, err := Parse([]byte(policy), Identity)
		var problems Problems
		if !errors.As(err, &problems) || !slices.ContainsFunc(problems, func(p Problem) bool { return strings.Contains(p.Message, "none of the actions carries") }) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestProblemText has problems to the letter: where, what came, and what to write.
func TestProblemText(t *testing.T) {
	const get = `"Action": "s3:GetObject", "Resource": "*"`
	for _, test := range []struct {
		policy string
		kind   Kind
		want   []string
	}{
		{statement(get + `, "Principals": "*"`), Resource, []string{
			`Statement[0]: unknown element "Principals": did you mean Principal?`, `Statement[0]: has no Principal`,
		}},
		{statement(`"Action": "s3:GetObject", "resource": "*"`), Identity, []string{
			`Statement[0]: unknown element "resource": did you mean Resource?`, `Statement[0]: has no Resource`,
		}},
		{condition(`{"ForAllValues:StringEquals": {"dynamodb: LeadingKeys": "a"}}`), Identity, []string{
			`Statement[0].Condition.ForAllValues:StringEquals.dynamodb: LeadingKeys: condition key "dynamodb: LeadingKeys" does not exist, so AWS never finds it in a request: did you mean dynamodb:LeadingKeys?`,
		}},
		{statement(`"Action": "dynamodb:Scan", "Resource": "*", "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": "a"}}`), Identity, []string{
			`Statement[0].Condition.ForAllValues:StringEquals.dynamodb:LeadingKeys: none of the actions carries the condition key "dynamodb:LeadingKeys", so the condition never sees a value: remove it, or name actions that carry it`,
		}},
		{condition(`{"StringEqual": {"aws:username": "a"}}`), Identity, []string{
			`Statement[0].Condition: unknown operator "StringEqual": did you mean StringEquals?`,
		}},
		{condition(`{"NumericLessThan": {"aws:MultiFactorAuthAge": ["1", "an hour"]}}`), Identity, []string{
			`Statement[0].Condition.NumericLessThan.aws:MultiFactorAuthAge: value "an hour": want a number`,
		}},
		{statement(get + `, "Principal": {"AWS": ["111122223333", "arn:aws:iam::111122223333:role/*"]}`), Resource, []string{
			`Statement[0].Principal.AWS[1]: "arn:aws:iam::111122223333:role/*": a principal is matched exactly, wildcards are not allowed in it: name the principal`,
		}},
		{statement(get + `, "Principal": "*"`), Identity, []string{`Statement[0].Principal: a policy of kind identity has no Principal`}},
		{statement(`"Action": "s3:GetObject", "NotAction": "s3:*", "Resource": "arn:aws:*:::b"`), Identity, []string{
			`Statement[0]: has both Action and NotAction: keep one`,
			`Statement[0].Resource[0]: "arn:aws:*:::b": the service of an ARN cannot have wildcards: name it`,
		}},
		{`{"Statement": {"Effect": "Allow", "Effect": "Deny"}}`, Identity, []string{`Statement.Effect appears twice in one object: remove one`}},
		// The same name, written with an escape.
		{`{"Statement": {"Effect": "Allow", "\u0045ffect": "Deny"}}`, Identity, []string{`Statement.Effect appears twice in one object: remove one`}},
		{strings.Repeat("[", 34) + strings.Repeat("]", 34), Identity, []string{`more than 32 levels deep`}},
	} {
		_, err := Parse([]byte(test.policy), test.kind)
		var problems Problems
		errors.As(err, &problems)
		var got []string
		for _, p := range problems {
			got = append(got, p.String())
		}
		slices.Sort(got)
		slices.Sort(test.want)
		if !slices.Equal(got, test.want) {
			t.Errorf("%s\n got %q\nwant %q", test.policy, got, test.want)
		}
	}
}
