package iam

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var everyKind = []Kind{Identity, Resource, Trust, Boundary, Session, SCP}

// FuzzParse: no text panics, and an accepted document survives being written and read.
func FuzzParse(f *testing.F) {
	f.Add([]byte(functionPolicy))
	for _, seed := range []string{
		`{"Version":"2012-10-17","Id":"x","Statement":{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*"}}`,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["111111111111","arn:aws:iam::111111111111:role/r"],"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"x"}}}]}`,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","NotPrincipal":{"AWS":"arn:aws:iam::111111111111:root"},"NotAction":["s3:Get*"],"NotResource":["arn:aws:s3:::b/${aws:PrincipalTag/t, 'x'}/*"]}]}`,
		`{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"NumericLessThan":{"aws:MultiFactorAuthAge":3600},"Bool":{"aws:SecureTransport":true},"IpAddress":{"aws:SourceIp":["2001:db8::/32"]}}}]}`,
		`{"Statement":[{"Effect":"Allow","Effect":"Deny","Action":"*","Resource":"*"}]}`,
		"{\"Statement\":[{\"Sid\":\"\\u0000\\ud800<&>\\u2028\"}]} x", `[[[[`, `{"Statement":null}`, `"\"`, ``, `nul`, `{"a":-1.5e+3,"b":[true,false,null]}`, "\xff",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, kind := range everyKind {
			d, err := Parse(data, kind)
			if err != nil {
				if _, ok := err.(Problems); !ok || err.Error() == "" {
					t.Errorf("error %#v of kind %s is no Problems", err, kind)
				}
				continue
			}
			encoded, err := json.Marshal(d)
			if err != nil {
				t.Fatalf("encode %+v: %v", d, err)
			}
			again, err := Parse(encoded, kind)
			if err != nil {
				t.Fatalf("%s is accepted as %s, but not as written: %v", data, encoded, err)
			}
			for i := range d.Statement { // an empty condition is not written
				if len(d.Statement[i].Condition) == 0 {
					d.Statement[i].Condition = nil
				}
			}
			if !reflect.DeepEqual(d, again) {
				t.Fatalf("read %+v, and after writing %+v", d, again)
			}
			if size, err := d.Size(); err != nil || size <= 0 {
				t.Errorf("Size() = %d, %v", size, err)
			}
		}
	})
}

// slowGlob is the definition of glob, one character at a time.
func slowGlob(pattern, s []rune) bool {
	if len(pattern) == 0 {
		return len(s) == 0
	}
	switch c := pattern[0]; {
	case c == '*':
		return slowGlob(pattern[1:], s) || len(s) > 0 && slowGlob(pattern, s[1:])
	case len(s) == 0:
		return false
	case c == '?':
		return slowGlob(pattern[1:], s[1:])
	case c == literalStar:
		return s[0] == '*' && slowGlob(pattern[1:], s[1:])
	case c == literalQuestion:
		return s[0] == '?' && slowGlob(pattern[1:], s[1:])
	default:
		return s[0] == c && slowGlob(pattern[1:], s[1:])
	}
}

func FuzzGlob(f *testing.F) {
	for _, seed := range [][2]string{
		{"", ""}, {"*", ""}, {"?", ""}, {"?", "é"}, {"*é?", "aéé世"}, {"a*b*c", "aXbYbZc"}, {"*a*b", "aab"}, {"**?", "x"}, {"a\x01", "a*"}, {"a\x02*", "a?b"},
		{"\x01", "\x01"}, {"*\x02", "??"}, {"arn:aws:s3:::b/*/c", "arn:aws:s3:::b/1:2/c"}, {"?*?", "世"}, {"*ab", "aab"}, {"A", "a"}, {"*\x80", "é"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, s string) {
		// The slow one takes exponential time.
		if len(pattern) > 24 || len(s) > 40 || strings.Count(pattern, "*") > 5 {
			return
		}
		// Policies are UTF-8: Parse refuses other bytes.
		pattern, s = strings.ToValidUTF8(pattern, "?"), strings.ToValidUTF8(s, "x")
		if got, want := glob(pattern, s), slowGlob([]rune(pattern), []rune(s)); got != want {
			t.Errorf("glob(%q, %q) = %v, want %v", pattern, s, got, want)
		}
	})
}

// choices turns bytes into choices; when they run out, always the first.
type choices struct{ data []byte }

func (c *choices) below(n int) int {
	if len(c.data) == 0 {
		return 0
	}
	b := c.data[0]
	c.data = c.data[1:]
	return int(b) % n
}

func choose[T any](c *choices, from ...T) T { return from[c.below(len(from))] }

func (c *choices) id() string {
	return choose(c, "arn:aws:sts::111111111111:assumed-role/reader/job", "arn:aws:iam::111111111111:role/reader", "arn:aws:iam::111111111111:user/ann",
		"arn:aws:iam::111111111111:root", "111111111111", "arn:aws:iam::222222222222:role/reader", "222222222222", "*", "lambda.amazonaws.com")
}

func (c *choices) ids() map[string][]string {
	id := c.id()
	if strings.HasSuffix(id, ".com") {
		return map[string][]string{"Service": {id}}
	}
	if c.below(2) == 0 {
		return map[string][]string{"AWS": {id}}
	}
	return map[string][]string{"AWS": {id, c.id()}}
}

func (c *choices) actions() []string {
	return choose(c, []string{"*"}, []string{"sqs:SendMessage"}, []string{"sqs:*", "kms:*"}, []string{"dynamodb:GetItem", "dynamodb:Scan"}, []string{"sts:AssumeRole"}, []string{"KMS:decrypt"})
}

func (c *choices) resources() []string {
	return choose(c, []string{"*"}, []string{"arn:aws:sqs:eu-central-1:111111111111:*"}, []string{"arn:aws:sqs:*:222222222222:${aws:PrincipalTag/t}"},
		[]string{table}, []string{"arn:aws:kms:*:*:key/k", "arn:aws:iam::111111111111:role/reader"})
}

func (c *choices) statement(kind Kind, effect Effect) Statement {
	s := Statement{Effect: effect}
	if c.below(5) == 4 {
		s.NotAction = c.actions()
	} else {
		s.Action = c.actions()
	}
	switch {
	case kind.namesPrincipals() && c.below(5) == 4:
		s.NotPrincipal = c.ids()
	case kind.namesPrincipals():
		s.Principal = c.ids()
	}
	if c.below(5) == 4 {
		s.NotResource = c.resources()
	} else {
		s.Resource = c.resources()
	}
	if c.below(2) == 1 {
		name := choose(c, "StringEquals", "StringNotEquals", "ForAllValues:StringLike", "ForAnyValue:StringNotLike", "Null", "StringLikeIfExists", "Bool")
		key := choose(c, "dynamodb:LeadingKeys", "aws:PrincipalTag/t", "aws:PrincipalArn", "aws:ResourceAccount", "AWS:securetransport")
		s.Condition = Condition{name: {key: {choose(c, "true", "false", "12345", "${aws:PrincipalTag/t}", "*", "111111111111")}}}
	}
	return s
}

func (c *choices) documents(kind Kind) []Document {
	documents := make([]Document, 0, 2)
	for range c.below(3) {
		d := Document{Version: choose(c, Version, Version2008)}
		for range 1 + c.below(3) {
			d.Statement = append(d.Statement, c.statement(kind, choose(c, Allow, Allow, Deny)))
		}
		documents = append(documents, d)
	}
	if len(documents) == 0 {
		return nil
	}
	return documents
}

func (c *choices) request() Request {
	r := Request{
		Principal: c.id(),
		Action:    choose(c, "sqs:SendMessage", "dynamodb:GetItem", "dynamodb:Scan", "kms:Decrypt", "sts:AssumeRole"),
		Resource: choose(c, "arn:aws:sqs:eu-central-1:111111111111:q", "arn:aws:sqs:eu-central-1:222222222222:12345", table,
			"arn:aws:kms:eu-central-1:111111111111:key/k", "arn:aws:iam::111111111111:role/reader", "*"),
		ResourceAccount: choose(c, "", "", "111111111111", "222222222222"),
		Context:         Context{},
	}
	for _, key := range []string{"dynamodb:LeadingKeys", "aws:PrincipalTag/t", "aws:SecureTransport"} {
		if list := choose(c, nil, []string{}, []string{"12345"}, []string{"12345", "67890"}, []string{"true"}, []string{""}, []string{"*"}); list != nil {
			r.Context[key] = list
		}
	}
	return r
}

func (c *choices) policies() Policies {
	p := Policies{
		Identity: c.documents(Identity), Resource: c.documents(Resource),
		Boundary: c.documents(Boundary), Session: c.documents(Session),
	}
	for range c.below(3) {
		p.SCP = append(p.SCP, c.documents(SCP))
	}
	return p
}

// clone copies what edited changes.
func clone(documents []Document) []Document {
	out := slices.Clone(documents)
	for i := range out {
		out[i].Statement = slices.Clone(out[i].Statement)
	}
	return out
}

// edited are all the policy sets that edit makes of p, by the kind that changed.
func edited(p Policies, edit func(kind Kind, documents []Document) [][]Document) map[Kind][]Policies {
	out := map[Kind][]Policies{}
	for _, kind := range []Kind{Identity, Resource, Boundary, Session} {
		list := func(p *Policies) *[]Document {
			return map[Kind]*[]Document{Identity: &p.Identity, Resource: &p.Resource, Boundary: &p.Boundary, Session: &p.Session}[kind]
		}
		for _, documents := range edit(kind, *list(&p)) {
			changed := p
			*list(&changed) = documents
			out[kind] = append(out[kind], changed)
		}
	}
	for level := range p.SCP {
		for _, documents := range edit(SCP, p.SCP[level]) {
			changed := p
			changed.SCP = slices.Clone(p.SCP)
			changed.SCP[level] = documents
			out[SCP] = append(out[SCP], changed)
		}
	}
	return out
}

// withoutAllow are the documents without one of their Allow statements.
func withoutAllow(_ Kind, documents []Document) [][]Document {
	var out [][]Document
	for i := range documents {
		for j, s := range documents[i].Statement {
			if s.Effect == Allow {
				fewer := clone(documents)
				fewer[i].Statement = slices.Delete(fewer[i].Statement, j, j+1)
				out = append(out, fewer)
			}
		}
	}
	return out
}

// FuzzEvaluate: a Deny more or an Allow less never opens anything, and a decision depends on
// nothing but what it is given.
func FuzzEvaluate(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{2, 1, 1, 0, 0, 2, 2, 0, 3, 0, 1, 0, 0, 1, 2, 0, 0, 0, 0, 0, 1, 1, 1, 0, 4, 0, 7, 0, 0, 0, 0, 0})
	source := rand.New(rand.NewPCG(1, 2))
	for range 64 {
		seed := make([]byte, 120)
		for i := range seed {
			seed[i] = byte(source.UintN(256))
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c := &choices{data: data}
		r, p := c.request(), c.policies()
		d := Evaluate(p, r)
		if again := Evaluate(p, r); !reflect.DeepEqual(d, again) {
			t.Fatalf("first %+v, then %+v", d, again)
		}
		denied := slices.ContainsFunc(d.Reasons, func(reason Reason) bool { return reason.Matched && reason.Effect == Deny })
		if denied != (d.Result == ExplicitlyDenied) || (d.Result == ImplicitlyDenied) != (len(d.Missing) > 0) {
			t.Errorf("the reasons do not carry the decision: %+v", d)
		}
		for _, reason := range d.Reasons {
			if reason.Matched != (len(reason.Failures) == 0) {
				t.Errorf("matched with failures, or neither: %+v", reason)
			}
		}
		if d.Result == Allowed {
			return
		}
		checkClosed(t, "an Allow less", edited(p, withoutAllow), r)
		more := func(kind Kind, documents []Document) [][]Document {
			return [][]Document{append(clone(documents), NewDocument(c.statement(kind, Deny)))}
		}
		checkClosed(t, "a Deny more", edited(p, more), r)
	})
}

func checkClosed(t *testing.T, what string, changed map[Kind][]Policies, r Request) {
	t.Helper()
	for kind, list := range changed {
		for _, p := range list {
			if d := Evaluate(p, r); d.Result == Allowed {
				t.Errorf("%s of kind %s opens %+v: %+v", what, kind, r, p)
			}
		}
	}
}
