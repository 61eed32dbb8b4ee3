package iam

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzParse: what can be read is the same when it is written and read again, and what
// cannot is a list of problems.
func FuzzParse(f *testing.F) {
	f.Add(statement(`"Action": "s3:Get*", "Resource": ["arn:aws:s3:::b/${aws:username, 'x'}/*"]`))
	f.Add(condition(`{"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["a", 1, true]}, "Null": {"dynamodb:LeadingKeys": "false"}}`))
	f.Add(`{"Statement": {"Effect": "Deny", "Principal": {"AWS": "*"}, "NotAction": "s3:*", "NotResource": "*"}}`)
	f.Add(statement(`"Action": "s3:GetObject", "Resource": "*", "Condition": {}`))
	f.Add(`{"Version": "2012-10-17", "Version": [{}, "\u0000\ud800"], "Statement": 1e999}`)
	f.Add(`{"Statement": [{"NotPrincipal": {"Service": ["lambda.amazonaws.com"]}}], "": null}`)
	f.Add(functionPolicy)
	f.Add(`{"Id": "<&>\u2028", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}} x`)
	f.Add(strings.Repeat("[", 40) + strings.Repeat("]", 40))
	f.Add("\"\\\"")
	f.Add("\xff")
	f.Fuzz(func(t *testing.T, text string) {
		for _, kind := range []Kind{Identity, Resource, Trust, Boundary, Session, SCP} {
			document, err := Parse([]byte(text), kind)
			if err != nil {
				var problems Problems
				if !errors.As(err, &problems) || len(problems) == 0 {
					t.Fatalf("kind %s: error without problems: %v", kind, err)
				}
				continue
			}
			written, err := json.Marshal(document)
			if err != nil {
				t.Fatal(err)
			}
			again, err := Parse(written, kind)
			if err != nil || !reflect.DeepEqual(again, document) {
				t.Fatalf("kind %s: %s is read as %+v, and written %s, read as %+v, %v", kind, text, document, written, again, err)
			}
		}
	})
}

// slowGlob is what * and ? mean, said twice.
func slowGlob(pattern, s []rune) bool {
	switch {
	case len(pattern) == 0:
		return len(s) == 0
	case pattern[0] == '*':
		return slowGlob(pattern[1:], s) || len(s) > 0 && slowGlob(pattern, s[1:])
	case len(s) == 0:
		return false
	case pattern[0] == literalStar:
		return s[0] == '*' && slowGlob(pattern[1:], s[1:])
	case pattern[0] == literalQuestion:
		return s[0] == '?' && slowGlob(pattern[1:], s[1:])
	case pattern[0] == '?', pattern[0] == s[0]:
		return slowGlob(pattern[1:], s[1:])
	default:
		return false
	}
}

func FuzzGlob(f *testing.F) {
	for _, seed := range [][2]string{
		{"a*b*c", "aXbbXc"}, {"*?", ""}, {"**a?*", "bba."}, {"?é", "xé"}, {"\x01\x02*", "*?x"}, {"*ab", "aab"}, {"\x01", "\x01"}, {"*\x02", "??"}, {"?*?", "世"}, {"A", "a"}, {"12345*", "123456"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, s string) {
		// The slow matcher takes exponential time, and knows no broken UTF-8.
		if len(pattern) > 24 || len(s) > 40 || strings.Count(pattern, "*") > 5 || !utf8.ValidString(pattern) || !utf8.ValidString(s) {
			t.Skip()
		}
		if got, want := glob(pattern, s), slowGlob([]rune(pattern), []rune(s)); got != want {
			t.Errorf("glob(%q, %q) = %v, want %v", pattern, s, got, want)
		}
	})
}

// choices turns the bytes of a fuzzer into decisions, zeros at the end.
type choices struct{ data []byte }

func (c *choices) next(n int) int {
	if len(c.data) == 0 {
		return 0
	}
	b := c.data[0]
	c.data = c.data[1:]
	return int(b) % n
}

func pick[T any](c *choices, of ...T) T { return of[c.next(len(of))] }

// randomStatement has elements that often meet and often miss randomRequest.
func randomStatement(c *choices, effect Effect, kind Kind) Statement {
	s := Statement{Effect: effect}
	actions := []string{pick(c, "s3:GetObject", "s3:*", "*", "dynamodb:GetItem", "sts:AssumeRole")}
	if pick(c, true, true, false) {
		s.Action = actions
	} else {
		s.NotAction = actions
	}
	resources := []string{pick(c, "*", bucket, "arn:aws:s3:::bucket/${aws:username}", tableArn)}
	if pick(c, true, true, false) {
		s.Resource = resources
	} else {
		s.NotResource = resources
	}
	if kind.namesPrincipals() {
		principals := map[string][]string{"AWS": {pick(c, "*", roleArn, sessionArn, account, userArn, foreignUser)}}
		if pick(c, true, true, false) {
			s.Principal = principals
		} else {
			s.NotPrincipal = principals
		}
	}
	if pick(c, false, true) {
		operator := pick(c, "", "ForAllValues:", "ForAnyValue:") + pick(c, "StringEquals", "StringNotLike", "StringLike", "ArnLike") + pick(c, "", "IfExists")
		s.Condition = Condition{operator: {pick(c, "aws:username", "aws:TagKeys", "aws:PrincipalArn"): {pick(c, "key", "k*", "${aws:username}", roleArn)}}}
	}
	return s
}

func randomDocuments(c *choices, kind Kind) []Document {
	var out []Document
	for range c.next(3) {
		d := NewDocument()
		for range 1 + c.next(2) {
			d.Statement = append(d.Statement, randomStatement(c, pick(c, Allow, Allow, Deny), kind))
		}
		out = append(out, d)
	}
	return out
}

func randomRequest(c *choices) Request {
	r := Request{
		Principal: pick(c, roleArn, sessionArn, userArn, account, foreignUser, "*", "lambda.amazonaws.com"),
		Action:    pick(c, "s3:GetObject", "dynamodb:GetItem", "sts:AssumeRole", "kms:Decrypt"),
		Resource:  pick(c, bucket, tableArn, otherRole, "*"), ResourceAccount: pick(c, account, otherOne), Context: Context{},
	}
	for _, key := range []string{"aws:username", "aws:TagKeys"} {
		if values := pick(c, nil, []string{}, []string{"key"}, []string{"key", "other"}, []string{"*"}); values != nil {
			r.Context[key] = values
		}
	}
	return r
}

// FuzzEvaluate: another Deny never allows, and no more does one Allow less.
func FuzzEvaluate(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"))
	source := rand.New(rand.NewPCG(1, 2))
	for range 64 {
		seed := make([]byte, 160)
		for i := range seed {
			seed[i] = byte(source.UintN(256))
		}
		f.Add(seed)
	}
	f.Add([]byte("isolation, proved: an IAM evaluator and a proof over the templates"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c := &choices{data}
		r := randomRequest(c)
		p := Policies{Identity: randomDocuments(c, Identity), Resource: randomDocuments(c, Resource), Boundary: randomDocuments(c, Boundary), Session: randomDocuments(c, Session)}
		for range c.next(3) {
			p.SCP = append(p.SCP, randomDocuments(c, SCP))
		}
		decision := Evaluate(p, r)
		if again := Evaluate(p, r); !reflect.DeepEqual(again, decision) {
			t.Errorf("first %+v, then %+v", decision, again)
		}
		denied := slices.ContainsFunc(decision.Reasons, func(reason Reason) bool { return reason.Matched && reason.Effect == Deny })
		if denied != (decision.Result == ExplicitlyDenied) || (decision.Result == ImplicitlyDenied) != (len(decision.Missing) > 0) {
			t.Errorf("the reasons do not carry the decision: %+v", decision)
		}
		if decision.Result == Allowed {
			return
		}
		for _, fewer := range lessOne(p) {
			if got := Evaluate(fewer, r); got.Result == Allowed {
				t.Errorf("%+v is allowed by one Allow less: %+v of %+v", r, fewer, p)
			}
		}
		less := p
		less.Identity = withoutAllow(c, p.Identity)
		less.Resource = withoutAllow(c, p.Resource)
		less.Boundary = withoutAllow(c, p.Boundary)
		less.Session = withoutAllow(c, p.Session)
		if got := Evaluate(less, r); got.Result == Allowed {
			t.Errorf("%+v is allowed by less: %+v of %+v", r, less, p)
		}
		more := p
		more.Identity = append(documents(randomStatement(c, Deny, Identity)), p.Identity...)
		more.Resource = append(documents(randomStatement(c, Deny, Resource)), p.Resource...)
		if got := Evaluate(more, r); got.Result == Allowed {
			t.Errorf("%+v is allowed with another Deny: %+v", r, more)
		}
		more.Boundary = append(documents(randomStatement(c, Deny, Boundary)), p.Boundary...)
		more.Session = append(documents(randomStatement(c, Deny, Session)), p.Session...)
		more.SCP = append([][]Document{documents(randomStatement(c, Deny, SCP))}, p.SCP...)
		if got := Evaluate(more, r); got.Result == Allowed {
			t.Errorf("%+v is allowed with another Deny: %+v", r, more)
		}
	})
}

// withoutAllow leaves out an Allow statement of each document, but no document.
func withoutAllow(c *choices, from []Document) []Document {
	var out []Document
	for _, d := range from {
		kept := NewDocument()
		skip := c.next(2)
		for _, s := range d.Statement {
			if s.Effect == Allow && skip == 0 {
				skip = -1
				continue
			}
			skip--
			kept.Statement = append(kept.Statement, s)
		}
		out = append(out, kept)
	}
	return out
}

// lessOne are the policies without one of their Allow statements, for each of these.
func lessOne(p Policies) []Policies {
	var out []Policies
	without := func(from []Document, set func(*Policies, []Document)) {
		for i, d := range from {
			for j, s := range d.Statement {
				if s.Effect != Allow {
					continue
				}
				changed := slices.Clone(from)
				changed[i].Statement = slices.Delete(slices.Clone(d.Statement), j, j+1)
				fewer := p
				set(&fewer, changed)
				out = append(out, fewer)
			}
		}
	}
	without(p.Identity, func(p *Policies, d []Document) { p.Identity = d })
	without(p.Resource, func(p *Policies, d []Document) { p.Resource = d })
	without(p.Boundary, func(p *Policies, d []Document) { p.Boundary = d })
	without(p.Session, func(p *Policies, d []Document) { p.Session = d })
	for level := range p.SCP {
		without(p.SCP[level], func(p *Policies, d []Document) {
			p.SCP = slices.Clone(p.SCP)
			p.SCP[level] = d
		})
	}
	return out
}
