package prove

import (
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
)

// example is a request that the statement allows, and whether the evaluator, with all
// policies of the principal, allows it too.
func (c *check) example(possible []*iam.ActionSpec, x *asset, witness string) (*iam.Request, bool) {
	request := &iam.Request{Principal: c.principal.arn, Action: possible[0].String(), Resource: readable(witness)}
	for _, a := range possible {
		for _, values := range c.foreignValues(a, x) {
			context := iam.Context{}
			if values != nil {
				context[c.keyOf(x)] = values
			}
			if c.confirm(a.String(), request.Resource, context) {
				request.Action, request.Context = a.String(), context
				return request, true
			}
		}
	}
	return request, false
}

// foreign is a string of the pattern and of the asset that is not the principal's own, for
// an example; the given one if none is found.
func (c *check) foreign(r pattern, x *asset, witness string) string {
	for _, fill := range []string{"0", "x", "-2", "0/_search", "anything"} {
		var b strings.Builder
		for _, t := range r.from(0) {
			switch t.kind {
			case anyRun:
				b.WriteString(fill)
			case anyOne:
				b.WriteString(fill[:1])
			default:
				b.WriteString(t.text())
			}
		}
		if p := compile(b.String(), false); x.arn.covers(p) && !c.own.covers(p) {
			return b.String()
		}
	}
	return witness
}

func (c *check) keyOf(x *asset) string {
	if parts := c.sharedParts(x); len(parts) > 0 {
		return parts[0].key
	}
	return ""
}

// foreignValues are what a request for somebody else's part can carry in the key that tells
// parts apart: another tenant's value, alone or with an own one, an empty list, nothing.
func (c *check) foreignValues(a *iam.ActionSpec, x *asset) [][]string {
	key := c.keyOf(x)
	if key == "" || !a.Carries(key) {
		return [][]string{nil}
	}
	var own []string
	var foreign [][]string
	for _, part := range c.sharedParts(x) {
		if part.key != key {
			continue
		}
		for _, v := range part.values[c.principal.owner] {
			own = append(own, v.example())
		}
		for _, t := range c.ownership.Tenants {
			if values := part.values[t.ID]; t.ID != c.principal.owner && len(values) > 0 {
				foreign = append(foreign, []string{values[0].example()})
			}
			if len(foreign) > 50 {
				break
			}
		}
	}
	for _, v := range own {
		foreign = append(foreign, []string{v + "0"}, []string{v, v + "0"})
		foreign = append(foreign, []string{v, foreign[0][0]})
	}
	for _, keys := range c.statement.Condition {
		for name, values := range keys {
			if strings.EqualFold(name, key) {
				for _, v := range values {
					foreign = append(foreign, []string{strings.NewReplacer("*", "0", "?", "0").Replace(v)})
				}
			}
		}
	}
	foreign = slices.DeleteFunc(foreign, func(values []string) bool {
		return !slices.ContainsFunc(values, func(v string) bool { return !slices.Contains(own, v) })
	})
	return append(foreign, []string{}, nil)
}

// confirm asks the evaluator, over TLS.
func (c *check) confirm(action, resource string, context iam.Context) bool {
	full := iam.Context{"aws:SecureTransport": {"true"}}
	for k, v := range context {
		full[k] = v
	}
	p := iam.Policies{Identity: c.principal.documents(), Resource: c.policiesFor(resource)}
	r := iam.Request{Principal: c.principal.arn, Action: action, Resource: resource, Context: full}
	return iam.Evaluate(p, r).Result == iam.Allowed
}

func (p *principal) documents() []iam.Document {
	out := make([]iam.Document, len(p.policies))
	for i, a := range p.policies {
		out[i] = a.document
	}
	return out
}

// policiesFor are the policies of the resource that an ARN belongs to.
func (m *model) policiesFor(arn string) []iam.Document {
	for {
		if documents, ok := m.policiesOf[arn]; ok {
			return documents
		}
		i := strings.LastIndexByte(arn, '/')
		if i < 0 {
			return nil
		}
		arn = arn[:i]
	}
}
