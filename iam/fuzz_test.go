package iam

import (
	"encoding/json"
	"errors"
	"reflect"
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
	f.Fuzz(func(t *testing.T, text string) {
		for _, kind := range []Kind{Identity, Resource, Trust} {
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
	case pattern[0] == literalStar && s[0] == '*', pattern[0] == literalQuestion && s[0] == '?', pattern[0] == '?', pattern[0] == s[0]:
		return slowGlob(pattern[1:], s[1:])
	default:
		return false
	}
}

func FuzzGlob(f *testing.F) {
	for _, seed := range [][2]string{
		{"a*b*c", "aXbbXc"}, {"*?", ""}, {"**a?*", "bba."}, {"?é", "xé"}, {"\x01\x02*", "*?x"}, {"*ab", "aab"}, {"12345*", "123456"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, s string) {
		// The slow matcher takes exponential time, and knows no broken UTF-8.
		const most = 14
		if len(pattern) > most || len(s) > most || !utf8.ValidString(pattern) || !utf8.ValidString(s) || strings.ContainsAny(s, "\x01\x02") {
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
	f.Add([]byte("isolation, proved: an IAM evaluator and a proof over the templates"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c := &choices{data}
		r := randomRequest(c)
		p := Policies{Identity: randomDocuments(c, Identity), Resource: randomDocuments(c, Resource), Boundary: randomDocuments(c, Boundary), Session: randomDocuments(c, Session)}
		for range c.next(3) {
			p.SCP = append(p.SCP, randomDocuments(c, SCP))
		}
		if Evaluate(p, r).Result == Allowed {
			return
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
