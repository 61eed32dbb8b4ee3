package iam

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const (
	account     = "111122223333"
	otherOne    = "444455556666"
	roleArn     = "arn:aws:iam::111122223333:role/examplerole"
	sessionArn  = "arn:aws:sts::111122223333:assumed-role/examplerole/examplesession"
	userArn     = "arn:aws:iam::111122223333:user/exampleuser"
	bucket      = "arn:aws:s3:::bucket/key"
	otherRole   = "arn:aws:iam::111122223333:role/other"
	keyArn      = "arn:aws:kms:eu-west-1:111122223333:key/1"
	tableArn    = "arn:aws:dynamodb:eu-west-1:111122223333:table/rows"
	foreignUser = "arn:aws:iam::444455556666:user/Bob"
)

// documents are policies of one statement each.
func documents(statements ...Statement) []Document {
	var out []Document
	for _, s := range statements {
		if s.Resource == nil && s.NotResource == nil {
			s.Resource = []string{"*"}
		}
		if s.Effect == "" {
			s.Effect = Allow
		}
		if s.Action == nil && s.NotAction == nil {
			s.Action = []string{"*"}
		}
		out = append(out, NewDocument(s))
	}
	return out
}

func to(principals ...string) Statement {
	return Statement{Principal: map[string][]string{"AWS": principals}}
}

// TestEvaluateWithinAccount has the rows of the table "Resource-based policies and implicit
// denies in other policy types (same account)" of IAM User Guide, "Policy evaluation logic".
func TestEvaluateWithinAccount(t *testing.T) {
	everything, nothing := documents(Statement{}), documents(Statement{Action: []string{"s3:PutObject"}})
	tests := []struct {
		name      string
		principal string
		policies  Policies
		missing   []Kind
	}{
		{"nothing", roleArn, Policies{}, []Kind{Identity}},
		{"identity", roleArn, Policies{Identity: everything}, nil},
		{"identity of another action", roleArn, Policies{Identity: nothing}, []Kind{Identity}},
		{"the resource names the user", userArn, Policies{Resource: documents(to(userArn))}, nil},
		{"the resource names the user, boundary", userArn, Policies{Resource: documents(to(userArn)), Boundary: nothing}, nil},
		{"the resource names another user", userArn, Policies{Resource: documents(to(userArn + "2"))}, []Kind{Identity}},
		{"the resource names the user in another case", userArn, Policies{Resource: documents(to(strings.ToUpper(userArn)))}, []Kind{Identity}},
		{"the resource names the role", sessionArn, Policies{Resource: documents(to(roleArn))}, nil},
		{"the resource names the role, boundary", sessionArn, Policies{Resource: documents(to(roleArn)), Boundary: nothing}, []Kind{Boundary}},
		{"the resource names the role, session policy", sessionArn, Policies{Resource: documents(to(roleArn)), Session: nothing}, []Kind{Session}},
		{"the resource names the session", sessionArn, Policies{Resource: documents(to(sessionArn)), Boundary: nothing, Session: nothing}, nil},
		{"the resource names another session", sessionArn, Policies{Resource: documents(to(sessionArn + "2"))}, []Kind{Identity}},
		{"the resource names the account", roleArn, Policies{Resource: documents(to(account))}, []Kind{Identity}},
		{"the resource names the account's root", roleArn, Policies{Resource: documents(to("arn:aws:iam::" + account + ":root"))}, []Kind{Identity}},
		{"the resource names everyone, boundary", sessionArn, Policies{Resource: documents(to("*")), Boundary: nothing}, nil},
		{"boundary alone", roleArn, Policies{Boundary: everything}, []Kind{Identity}},
		{"identity and boundary", roleArn, Policies{Identity: everything, Boundary: everything}, nil},
		{"identity, boundary denies implicitly", roleArn, Policies{Identity: everything, Boundary: nothing}, []Kind{Boundary}},
		{"empty boundary", roleArn, Policies{Identity: everything, Boundary: []Document{}}, []Kind{Boundary}},
		{"identity, session policy denies implicitly", sessionArn, Policies{Identity: everything, Session: nothing}, []Kind{Session}},
		{"everything denies implicitly", sessionArn, Policies{Session: nothing, Boundary: nothing, SCP: [][]Document{nothing}}, []Kind{SCP, Identity, Boundary, Session}},
		{"SCP", roleArn, Policies{Identity: everything, SCP: [][]Document{everything, append(slices.Clone(nothing), everything...)}}, nil},
		{"one level of SCP denies implicitly", roleArn, Policies{Identity: everything, SCP: [][]Document{everything, nothing}}, []Kind{SCP}},
		{"SCP with the resource policy", userArn, Policies{Resource: documents(to(userArn)), SCP: [][]Document{nothing}}, []Kind{SCP}},
		{"root", account, Policies{}, nil},
		{"root under an SCP", "arn:aws:iam::" + account + ":root", Policies{SCP: [][]Document{nothing}}, []Kind{SCP}},
		{"anonymous", "*", Policies{Resource: documents(to("*"))}, nil},
		{"anonymous, the resource names an account", "*", Policies{Resource: documents(to(account))}, []Kind{Resource}},
		{"service", "logs.amazonaws.com", Policies{Resource: documents(Statement{Principal: map[string][]string{"Service": {"logs.amazonaws.com"}}})}, nil},
		{"service, identity policies are nobody's", "logs.amazonaws.com", Policies{Identity: everything}, []Kind{Resource}},
		{"Allow with NotPrincipal", userArn, Policies{Resource: documents(Statement{NotPrincipal: map[string][]string{"AWS": {foreignUser}}})}, nil},
		{"Allow with NotPrincipal of the user", userArn, Policies{Resource: documents(Statement{NotPrincipal: map[string][]string{"AWS": {userArn}}})}, []Kind{Identity}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := Evaluate(test.policies, Request{Principal: test.principal, Action: "s3:GetObject", Resource: bucket, ResourceAccount: account})
			if !slices.Equal(got.Missing, test.missing) || (got.Result == Allowed) != (test.missing == nil) || got.Result == ExplicitlyDenied {
				t.Errorf("%s, missing %v; want missing %v", got.Result, got.Missing, test.missing)
			}
		})
	}
}

// IAM User Guide, "Cross-account policy evaluation logic".
func TestEvaluateAcrossAccounts(t *testing.T) {
	everything := documents(Statement{})
	for _, named := range []string{roleArn, sessionArn, account, "*"} {
		policies := Policies{Resource: documents(to(named))}
		request := Request{Principal: sessionArn, Action: "s3:GetObject", Resource: bucket, ResourceAccount: otherOne}
		if got := Evaluate(policies, request); !slices.Equal(got.Missing, []Kind{Identity}) {
			t.Errorf("Principal %s alone: %s, missing %v", named, got.Result, got.Missing)
		}
		policies.Identity = everything
		if got := Evaluate(policies, request); got.Result != Allowed {
			t.Errorf("Principal %s and identity: %s, missing %v", named, got.Result, got.Missing)
		}
		policies.Boundary = documents(Statement{Action: []string{"s3:PutObject"}})
		if got := Evaluate(policies, request); !slices.Equal(got.Missing, []Kind{Boundary}) {
			t.Errorf("Principal %s, identity, boundary: %s, missing %v", named, got.Result, got.Missing)
		}
	}
	if got := Evaluate(Policies{Identity: everything}, Request{Principal: roleArn, Action: "s3:GetObject", Resource: bucket, ResourceAccount: otherOne}); !slices.Equal(got.Missing, []Kind{Resource}) {
		t.Errorf("identity alone: %s, missing %v", got.Result, got.Missing)
	}
}

// TestResourceDecides has the exceptions of IAM User Guide, "Policy evaluation logic": a role
// trust policy and a key policy must allow explicitly.
func TestResourceDecides(t *testing.T) {
	everything := documents(Statement{})
	trusts := func(p ...string) []Document {
		return []Document{NewDocument(Statement{Effect: Allow, Principal: map[string][]string{"AWS": p}, Action: []string{"sts:AssumeRole"}})}
	}
	tests := []struct {
		name             string
		action, resource string
		policies         Policies
		missing          []Kind
	}{
		{"assume, identity alone", "sts:AssumeRole", otherRole, Policies{Identity: everything}, []Kind{Resource}},
		{"assume, the role is trusted", "sts:AssumeRole", otherRole, Policies{Resource: trusts(roleArn)}, nil},
		{"assume, the account is trusted", "sts:AssumeRole", otherRole, Policies{Resource: trusts(account)}, []Kind{Identity}},
		{"assume, the account is trusted, identity", "sts:AssumeRole", otherRole, Policies{Identity: everything, Resource: trusts(account)}, nil},
		{"decrypt, identity alone", "kms:Decrypt", keyArn, Policies{Identity: everything}, []Kind{Resource}},
		{"decrypt, the key names the account", "kms:Decrypt", keyArn, Policies{Identity: everything, Resource: documents(to(account))}, nil},
		{"decrypt, the key names the account alone", "kms:Decrypt", keyArn, Policies{Resource: documents(to(account))}, []Kind{Identity}},
		{"decrypt, the key names the role", "kms:Decrypt", keyArn, Policies{Resource: documents(to(roleArn))}, nil},
		{"an action without a key", "kms:ListKeys", "*", Policies{Identity: everything}, nil},
	}
	for _, test := range tests {
		got := Evaluate(test.policies, Request{Principal: roleArn, Action: test.action, Resource: test.resource})
		if !slices.Equal(got.Missing, test.missing) || (got.Result == Allowed) != (test.missing == nil) {
			t.Errorf("%s: %s, missing %v; want missing %v", test.name, got.Result, got.Missing, test.missing)
		}
	}
}

// TestExplicitDeny finds a Deny in every kind of policy, whatever else allows.
func TestExplicitDeny(t *testing.T) {
	allow, deny := documents(Statement{})[0], documents(Statement{Effect: Deny})[0]
	everyone := documents(to("*"))[0]
	denyEveryone := documents(Statement{Effect: Deny, Principal: map[string][]string{"AWS": {"*"}}})[0]
	all := func() Policies {
		return Policies{
			Identity: []Document{allow}, Resource: []Document{everyone}, Boundary: []Document{allow},
			Session: []Document{allow}, SCP: [][]Document{{allow}, {allow}},
		}
	}
	for kind, plant := range map[Kind]func(*Policies){
		Identity: func(p *Policies) { p.Identity = append(p.Identity, deny) },
		Resource: func(p *Policies) { p.Resource = append(p.Resource, denyEveryone) },
		Boundary: func(p *Policies) { p.Boundary = append(p.Boundary, deny) },
		Session:  func(p *Policies) { p.Session = append(p.Session, deny) },
		SCP:      func(p *Policies) { p.SCP[1] = append(p.SCP[1], deny) },
	} {
		p := all()
		r := Request{Principal: sessionArn, Action: "s3:GetObject", Resource: bucket, ResourceAccount: account}
		if got := Evaluate(p, r); got.Result != Allowed {
			t.Fatalf("without a Deny: %s", got.Result)
		}
		plant(&p)
		if got := Evaluate(p, r); got.Result != ExplicitlyDenied || len(got.Missing) > 0 {
			t.Errorf("Deny in %s: %s, missing %v", kind, got.Result, got.Missing)
		}
	}
}

// TestNotPrincipal has the examples of IAM User Guide, "IAM JSON policy elements:
// NotPrincipal", and what "Permissions boundaries for IAM entities" says of it.
func TestNotPrincipal(t *testing.T) {
	const audit = "arn:aws:sts::444455556666:assumed-role/audit/app"
	tests := []struct {
		principal string
		spared    []string
		boundary  []Document
		want      Result
	}{
		{foreignUser, []string{foreignUser, "arn:aws:iam::444455556666:root"}, nil, Allowed},
		{foreignUser, []string{foreignUser}, nil, ExplicitlyDenied},
		{foreignUser, []string{"arn:aws:iam::444455556666:root"}, nil, ExplicitlyDenied},
		{"arn:aws:iam::444455556666:user/Eve", []string{foreignUser, otherOne}, nil, ExplicitlyDenied},
		{audit, []string{audit, "arn:aws:iam::444455556666:role/audit", otherOne}, nil, Allowed},
		{audit, []string{"arn:aws:iam::444455556666:role/audit", otherOne}, nil, Allowed},
		{foreignUser, []string{foreignUser, otherOne}, documents(Statement{}), ExplicitlyDenied},
	}
	for _, test := range tests {
		p := Policies{
			Identity: documents(Statement{}), Boundary: test.boundary,
			Resource: documents(to(otherOne), Statement{Effect: Deny, NotPrincipal: map[string][]string{"AWS": test.spared}}),
		}
		got := Evaluate(p, Request{Principal: test.principal, Action: "s3:GetObject", Resource: bucket, ResourceAccount: account})
		if got.Result != test.want {
			t.Errorf("%s, NotPrincipal %q, boundary %v: %s, want %s", test.principal, test.spared, test.boundary != nil, got.Result, test.want)
		}
	}
}

func TestNotActionAndNotResource(t *testing.T) {
	// IAM User Guide, "IAM JSON policy elements: NotAction" and "NotResource".
	allow := documents(Statement{NotAction: []string{"iam:*", "s3:Delete*"}, NotResource: []string{"arn:aws:s3:::secret/*"}})
	for _, test := range []struct {
		action, resource string
		want             Result
	}{
		{"s3:GetObject", bucket, Allowed},
		{"s3:DeleteObject", bucket, ImplicitlyDenied},
		{"S3:deleteobject", bucket, ImplicitlyDenied},
		{"s3:GetObject", "arn:aws:s3:::secret/key", ImplicitlyDenied},
		{"s3:GetObject", "arn:aws:s3:::secret", Allowed},
	} {
		got := Evaluate(Policies{Identity: allow}, Request{Principal: userArn, Action: test.action, Resource: test.resource})
		if got.Result != test.want {
			t.Errorf("%s on %s: %s, want %s", test.action, test.resource, got.Result, test.want)
		}
	}
}

// TestLeadingKeys holds the three guards of a shared table against what a request can carry.
func TestLeadingKeys(t *testing.T) {
	const key = "dynamodb:LeadingKeys"
	items := []string{"BatchGetItem", "BatchWriteItem", "ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"}
	guarded := documents(Statement{
		Action: []string{"dynamodb:*"}, Resource: []string{tableArn},
		Condition: Condition{
			"ForAllValues:StringEquals": {key: {"12345"}}, "ForAnyValue:StringLike": {key: {"*"}}, "Null": {key: {"false"}},
		},
	})
	tests := []struct {
		name    string
		context Context
		want    Result
	}{
		{"own", Context{key: {"12345"}}, Allowed},
		{"own in another case of the key", Context{"DynamoDB:leadingkeys": {"12345"}}, Allowed},
		{"own twice", Context{key: {"12345", "12345"}}, Allowed},
		{"absent", Context{}, ImplicitlyDenied},
		{"empty", Context{key: {}}, ImplicitlyDenied},
		{"empty text", Context{key: {""}}, ImplicitlyDenied},
		{"foreign", Context{key: {"1234"}}, ImplicitlyDenied},
		{"longer", Context{key: {"123456"}}, ImplicitlyDenied},
		{"mixed", Context{key: {"12345", "67890"}}, ImplicitlyDenied},
		{"a wildcard", Context{key: {"*"}}, ImplicitlyDenied},
	}
	for _, name := range items {
		for _, test := range tests {
			got := Evaluate(Policies{Identity: guarded}, Request{Principal: roleArn, Action: "dynamodb:" + name, Resource: tableArn, Context: test.context})
			if got.Result != test.want {
				t.Errorf("%s, %s: %s, want %s", name, test.name, got.Result, test.want)
			}
		}
	}
	for _, name := range []string{"Scan", "ExportTableToPointInTime", "DescribeTable"} {
		got := Evaluate(Policies{Identity: guarded}, Request{Principal: roleArn, Action: "dynamodb:" + name, Resource: tableArn, Context: Context{key: {"12345"}}})
		if got.Result != ImplicitlyDenied {
			t.Errorf("%s, which carries no such key: %s", name, got.Result)
		}
	}
}

func TestReasons(t *testing.T) {
	p := Policies{
		Identity: documents(
			Statement{Sid: "Rows", Action: []string{"dynamodb:GetItem"}, Condition: Condition{"StringEquals": {"aws:PrincipalTag/t": {"a"}, "aws:PrincipalTag/u": {"b"}}}},
			Statement{Sid: "Objects", Action: []string{"s3:*"}},
			Statement{Sid: "Table", Action: []string{"dynamodb:*"}, Resource: []string{tableArn + "2"}},
		),
		SCP: [][]Document{documents(Statement{}), documents(Statement{Effect: Deny, Action: []string{"dynamodb:Get*"}})},
	}
	got := Evaluate(p, Request{Principal: roleArn, Action: "dynamodb:GetItem", Resource: tableArn, Context: Context{"aws:PrincipalTag/t": {"x"}}})
	var lines []string
	for _, r := range got.Reasons {
		lines = append(lines, fmt.Sprint(r.Policy, r.Level, r.Index, r.Statement, " ", r.Sid, " ", r.Effect, " ", r.Matched))
		for _, f := range r.Failures {
			lines = append(lines, f.String())
		}
	}
	want := []string{
		"identity0 0 0 Rows Allow false",
		"StringEquals aws:PrincipalTag/t wants a, and the request has x",
		"StringEquals aws:PrincipalTag/u wants b, and the request has nothing",
		"identity0 2 0 Table Allow false",
		"Resource wants " + tableArn + "2, and the request has " + tableArn,
		"scp0 0 0  Allow true",
		"scp1 0 0  Deny true",
	}
	if !slices.Equal(lines, want) || got.Result != ExplicitlyDenied {
		t.Errorf("%s, reasons\n%s\nwant\n%s", got.Result, strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
}

// TestImpliedKeys: aws:PrincipalArn of a session is its role (IAM User Guide, "AWS global
// condition context keys").
func TestImpliedKeys(t *testing.T) {
	for _, test := range []struct{ principal, key, want string }{
		{sessionArn, "aws:PrincipalArn", roleArn},
		{sessionArn, "aws:PrincipalAccount", account},
		{userArn, "aws:PrincipalArn", userArn},
		{account, "aws:PrincipalArn", "arn:aws:iam::" + account + ":root"},
		{userArn, "aws:ResourceAccount", otherOne},
	} {
		p := Policies{Identity: documents(Statement{Condition: Condition{"StringEquals": {test.key: {test.want}}}})}
		got := Evaluate(p, Request{Principal: test.principal, Action: "s3:GetObject", Resource: bucket, ResourceAccount: otherOne})
		if slices.Contains(got.Missing, Identity) {
			t.Errorf("%s of %s is not %s: %v", test.key, test.principal, test.want, got.Reasons)
		}
	}
}

// TestCase: actions and names of keys know no case, resources and values do (IAM User Guide,
// "IAM JSON policy elements: Action", "Resource" and "Condition").
func TestCase(t *testing.T) {
	p := Policies{Identity: documents(Statement{
		Action: []string{"S3:getobject", "dynamodb:GET*"}, Resource: []string{"arn:aws:s3:::Bucket/*"},
		Condition: Condition{"StringEquals": {"AWS:principaltag/Team": {"Red"}}},
	})}
	for _, test := range []struct {
		action, resource, key, value string
		want                         Result
	}{
		{"s3:GetObject", "arn:aws:s3:::Bucket/key", "aws:PrincipalTag/team", "Red", Allowed},
		{"s3:GETOBJECT", "arn:aws:s3:::Bucket/key", "aws:PrincipalTag/TEAM", "Red", Allowed},
		{"DynamoDB:getItem", "arn:aws:s3:::Bucket/key", "aws:principalTag/team", "Red", Allowed},
		{"s3:GetObject", "arn:aws:s3:::bucket/key", "aws:PrincipalTag/team", "Red", ImplicitlyDenied},
		{"s3:GetObject", "ARN:aws:s3:::Bucket/key", "aws:PrincipalTag/team", "Red", ImplicitlyDenied},
		{"s3:GetObject", "arn:aws:s3:::Bucket/key", "aws:PrincipalTag/team", "red", ImplicitlyDenied},
	} {
		got := Evaluate(p, Request{Principal: roleArn, Action: test.action, Resource: test.resource, ResourceAccount: account, Context: Context{test.key: {test.value}}})
		if got.Result != test.want {
			t.Errorf("%+v: %s", test, got.Result)
		}
	}
}

// TestAcrossAccountsTwice: a role's trust policy and a key's policy do not suffice across
// accounts either (IAM User Guide, "Cross-account policy evaluation logic"; AWS KMS
// Developer Guide, "Allowing users in other accounts to use a KMS key").
func TestAcrossAccountsTwice(t *testing.T) {
	const key = "arn:aws:kms:eu-west-1:444455556666:key/1"
	const role = "arn:aws:iam::444455556666:role/there"
	for _, test := range []struct {
		action, resource   string
		identity, attached []Document
		missing            []Kind
	}{
		{"sts:AssumeRole", role, nil, documents(to(roleArn)), []Kind{Identity}},
		{"sts:AssumeRole", role, documents(Statement{}), nil, []Kind{Resource}},
		{"sts:AssumeRole", role, documents(Statement{}), documents(to(account)), nil},
		{"kms:Decrypt", key, nil, documents(to(sessionArn)), []Kind{Identity}},
		{"kms:Decrypt", key, documents(Statement{}), documents(to(otherOne)), []Kind{Resource}},
		{"kms:Decrypt", key, documents(Statement{}), documents(to(account)), nil},
		{"kms:Decrypt", key, nil, nil, []Kind{Resource, Identity}},
	} {
		got := Evaluate(Policies{Identity: test.identity, Resource: test.attached}, Request{Principal: sessionArn, Action: test.action, Resource: test.resource})
		if !slices.Equal(got.Missing, test.missing) || (got.Result == Allowed) != (test.missing == nil) {
			t.Errorf("%s of %s: %s, missing %v; want missing %v", test.action, test.resource, got.Result, got.Missing, test.missing)
		}
	}
}

// TestLevelsOfSCP: "for a permission to be allowed for a specific account, there must be an
// explicit Allow statement at every level" (AWS Organizations User Guide, "SCP evaluation").
func TestLevelsOfSCP(t *testing.T) {
	all, other := documents(Statement{}), documents(Statement{Action: []string{"sqs:*"}})
	for _, test := range []struct {
		levels [][]Document
		want   Result
	}{
		{nil, Allowed},
		{[][]Document{all, all, all}, Allowed},
		{[][]Document{all, {}, all}, ImplicitlyDenied},
		{[][]Document{other, all, all}, ImplicitlyDenied},
		{[][]Document{all, all, other}, ImplicitlyDenied},
		{[][]Document{all, documents(Statement{}, Statement{Effect: Deny}), all}, ExplicitlyDenied},
		{[][]Document{all, documents(Statement{}, Statement{Effect: Deny, NotAction: []string{"s3:*"}}), all}, Allowed},
		{[][]Document{all, documents(Statement{}, Statement{Effect: Deny, NotResource: []string{bucket}})}, Allowed},
		{[][]Document{all, documents(Statement{}, Statement{Effect: Deny, NotResource: []string{bucket + "2"}})}, ExplicitlyDenied},
	} {
		got := Evaluate(Policies{Identity: all, SCP: test.levels}, Request{Principal: roleArn, Action: "s3:GetObject", Resource: bucket, ResourceAccount: account})
		if got.Result != test.want {
			t.Errorf("%v: %s, want %s", test.levels, got.Result, test.want)
		}
	}
}

// TestFailures: every element that does not match is told, with what it wants and has.
func TestFailures(t *testing.T) {
	p := Policies{Resource: documents(Statement{
		Sid: "Names", Principal: map[string][]string{"AWS": {userArn}}, Resource: []string{tableArn},
		Condition: Condition{"StringEquals": {"aws:PrincipalTag/t": {"a", "b"}}, "Null": {"aws:PrincipalTag/u": {"false"}}, "ForAnyValue:StringEquals": {"aws:TagKeys": {"k"}}},
	})}
	got := Evaluate(p, Request{Principal: roleArn, Action: "s3:PutObject", Resource: bucket, ResourceAccount: account, Context: Context{"aws:PrincipalTag/t": {"c"}, "aws:TagKeys": {""}}})
	want := []Reason{{Policy: Resource, Sid: "Names", Effect: Allow, Failures: []Failure{
		{Element: "Principal", Have: []string{roleArn}},
		{Element: "Resource", Want: []string{tableArn}, Have: []string{bucket}},
		{Element: "Condition", Operator: "ForAnyValue:StringEquals", Key: "aws:TagKeys", Want: []string{"k"}, Have: []string{}},
		{Element: "Condition", Operator: "Null", Key: "aws:PrincipalTag/u", Want: []string{"false"}, Absent: true},
		{Element: "Condition", Operator: "StringEquals", Key: "aws:PrincipalTag/t", Want: []string{"a", "b"}, Have: []string{"c"}},
	}}}
	if !reflect.DeepEqual(got.Reasons, want) || !slices.Equal(got.Missing, []Kind{Identity}) {
		t.Errorf("missing %v, reasons\n%+v\nwant\n%+v", got.Missing, got.Reasons, want)
	}
	// A statement about another action is no reason.
	if got := Evaluate(Policies{Identity: documents(Statement{Action: []string{"sqs:*"}})}, Request{Principal: roleArn, Action: "s3:GetObject", Resource: bucket}); len(got.Reasons) != 0 {
		t.Errorf("reasons %+v", got.Reasons)
	}
}

// TestScanCarriesNoLeadingKeys: whatever the caller claims, a Scan comes without the key, so
// the guards refuse it, and ForAllValues alone lets it read every tenant's rows.
func TestScanCarriesNoLeadingKeys(t *testing.T) {
	const key = "dynamodb:LeadingKeys"
	on := func(c Condition) Policies {
		return Policies{Identity: documents(Statement{Action: []string{"dynamodb:*"}, Resource: []string{tableArn}, Condition: c})}
	}
	bare := on(Condition{"ForAllValues:StringEquals": {key: {"12345"}}})
	guarded := on(Condition{"ForAllValues:StringEquals": {key: {"12345"}}, "ForAnyValue:StringLike": {key: {"*"}}, "Null": {key: {"false"}}})
	for _, name := range []string{"dynamodb:Scan", "DYNAMODB:SCAN", "dynamodb:ExportTableToPointInTime", "dynamodb:DescribeTable"} {
		for _, keys := range []string{"-", "[]", "12345", "67890"} {
			r := Request{Principal: roleArn, Action: name, Resource: tableArn, Context: contextOf(key, keys)}
			d := Evaluate(guarded, r)
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

// TestLeadingKeysOfPartiQL: the actions of PartiQL carry the key as the others do.
func TestLeadingKeysOfPartiQL(t *testing.T) {
	const key = "dynamodb:LeadingKeys"
	p := Policies{Identity: documents(Statement{Condition: Condition{
		"ForAllValues:StringEquals": {key: {"12345"}}, "ForAnyValue:StringLike": {key: {"*"}}, "Null": {key: {"false"}},
	}})}
	for _, name := range carriers("dynamodb", key) {
		for cell, want := range map[string]Result{"-": ImplicitlyDenied, "[]": ImplicitlyDenied, "12345": Allowed, "67890": ImplicitlyDenied, "12345|67890": ImplicitlyDenied} {
			got := Evaluate(p, Request{Principal: roleArn, Action: "dynamodb:" + name, Resource: tableArn, Context: contextOf(key, cell)})
			if got.Result != want {
				t.Errorf("%s with %q: %s, want %s", name, cell, got.Result, want)
			}
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
