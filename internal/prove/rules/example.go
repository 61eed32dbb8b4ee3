package rules

import (
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/prove/facts"
	"github.com/tenantstack/tenantstack/internal/prove/pattern"
)

// example is a request that the statement allows, and whether the evaluator, with all
// policies of the principal, allows it too.
func (k *check) example(possible []*iam.ActionSpec, x *facts.Asset, witness string) (*iam.Request, bool) {
	request := &iam.Request{Principal: k.principal.Arn, Action: possible[0].String(), Resource: pattern.Readable(witness)}
	for _, a := range possible {
		for _, values := range k.foreignValues(a, x) {
			context := iam.Context{}
			if values != nil {
				context[k.keyOf(x)] = values
			}
			if k.confirm(a.String(), request.Resource, context) {
				request.Action, request.Context = a.String(), context
				return request, true
			}
		}
	}
	return request, false
}

// foreign is a string of the pattern and of the asset that is not the principal's own, for
// an example; the given one if none is found.
func (k *check) foreign(r pattern.Pattern, x *facts.Asset, witness string) string {
	for _, fill := range []string{"0", "x", "-2", "0/_search", "anything"} {
		filled := r.Filled(fill)
		if p := pattern.Compile(filled, false); x.Pattern.Covers(p) && !k.holds.Covers(p) {
			return filled
		}
	}
	return witness
}

func (k *check) keyOf(x *facts.Asset) string {
	if parts := k.sharedParts(x); len(parts) > 0 {
		return parts[0].Key
	}
	return ""
}

// foreignValues are what a request for somebody else's part can carry in the key that tells
// parts apart: another tenant's value, alone or with an own one, an empty list, nothing.
func (k *check) foreignValues(a *iam.ActionSpec, x *facts.Asset) [][]string {
	key := k.keyOf(x)
	if key == "" || !a.Carries(key) {
		return [][]string{nil}
	}
	var own []string
	var foreign [][]string
	for _, part := range k.sharedParts(x) {
		if part.Key != key {
			continue
		}
		for _, v := range part.Values[k.owner] {
			own = append(own, v.Example())
		}
		for _, t := range k.own.Tenants {
			if values := part.Values[t.ID]; t.ID != k.owner && len(values) > 0 {
				foreign = append(foreign, []string{values[0].Example()})
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
	for _, keys := range k.statement.Condition {
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
func (k *check) confirm(action, resource string, context iam.Context) bool {
	full := iam.Context{"aws:SecureTransport": {"true"}}
	for k, v := range context {
		full[k] = v
	}
	p := iam.Policies{Identity: k.principal.Documents(), Resource: k.policiesFor(resource)}
	r := iam.Request{Principal: k.principal.Arn, Action: action, Resource: resource, Context: full}
	return iam.Evaluate(p, r).Result == iam.Allowed
}

// policiesFor are the policies of the resource that an ARN belongs to.
func (c *Case) policiesFor(arn string) []iam.Document {
	for {
		if documents, ok := c.policiesOf[arn]; ok {
			return documents
		}
		i := strings.LastIndexByte(arn, '/')
		if i < 0 {
			return nil
		}
		arn = arn[:i]
	}
}
