package s3

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// postPolicy says what a form may upload (S3 API Reference, "POST Policy").
type postPolicy struct {
	expiration time.Time
	conditions []postCondition
	// low and high bound the size of the file in bytes.
	low, high int64
}

// postCondition is about a field: it is equal to the value, or begins with it.
type postCondition struct {
	field, value string
	prefix       bool
}

func errPostPolicy(message string) *gate.Error {
	return fault(http.StatusBadRequest, "InvalidPolicyDocument", message)
}

func parsePostPolicy(document []byte) (*postPolicy, *gate.Error) {
	var raw struct {
		Expiration string            `json:"expiration"`
		Conditions []json.RawMessage `json:"conditions"`
	}
	if err := json.Unmarshal(document, &raw); err != nil {
		return nil, errPostPolicy("Invalid Policy: Invalid JSON.")
	}
	p := &postPolicy{high: maxPut}
	var err error
	if p.expiration, err = time.Parse(time.RFC3339, raw.Expiration); err != nil {
		return nil, errPostPolicy("Invalid Policy: Invalid 'expiration' value: '" + raw.Expiration + "'")
	}
	if raw.Conditions == nil {
		return nil, errPostPolicy("Invalid Policy: Policy missing 'conditions'.")
	}
	for _, condition := range raw.Conditions {
		if problem := p.add(condition); problem != nil {
			return nil, problem
		}
	}
	return p, nil
}

// add reads a condition: an object with fields that are equal, or a list of operator, field and value.
func (p *postPolicy) add(raw json.RawMessage) *gate.Error {
	invalid := errPostPolicy("Invalid Policy: Invalid Condition: " + string(raw))
	var equal map[string]string
	if json.Unmarshal(raw, &equal) == nil {
		if len(equal) != 1 {
			return invalid
		}
		for field, value := range equal {
			p.conditions = append(p.conditions, postCondition{field: lower(field), value: value})
		}
		return nil
	}
	var list []any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if decoder.Decode(&list) != nil || len(list) != 3 {
		return invalid
	}
	operator, ok := list[0].(string)
	if !ok {
		return invalid
	}
	switch lower(operator) {
	case "content-length-range":
		low, okLow := number(list[1])
		high, okHigh := number(list[2])
		if !okLow || !okHigh || low < 0 || high < low {
			return invalid
		}
		p.low, p.high = max(p.low, low), min(p.high, high)
		return nil
	case "eq", "starts-with":
		field, isField := list[1].(string)
		value, isText := list[2].(string)
		name, dollar := strings.CutPrefix(field, "$")
		if !isField || !isText || !dollar || name == "" {
			return invalid
		}
		p.conditions = append(p.conditions, postCondition{field: lower(name), value: value, prefix: lower(operator) == "starts-with"})
		return nil
	}
	return invalid
}

// number reads a JSON number, or a string of one.
func number(v any) (int64, bool) {
	if s, ok := v.(string); ok {
		v = json.Number(s)
	}
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := n.Int64()
	return i, err == nil
}

// exempt fields need no condition; so do those that begin with x-ignore-.
var exempt = []string{"x-amz-signature", "file", "policy", "x-amz-security-token"}

// check holds the fields against the policy: each condition must hold and each field have one.
func (p *postPolicy) check(fields map[string]string, bucket string, now time.Time) *gate.Error {
	if !now.Before(p.expiration) {
		return errForbidden("Invalid according to Policy: Policy expired.")
	}
	covered := map[string]bool{}
	for _, c := range p.conditions {
		covered[c.field] = true
		value := fields[c.field]
		if c.field == "bucket" {
			value = bucket
		}
		if !c.holds(value) {
			return errForbidden("Invalid according to Policy: Policy Condition failed: [\"" + c.operator() + "\", \"$" + c.field + "\", \"" + c.value + "\"]")
		}
	}
	for field := range fields {
		if !covered[field] && !slices.Contains(exempt, field) && !strings.HasPrefix(field, "x-ignore-") {
			return errForbidden("Invalid according to Policy: Extra input fields: " + field)
		}
	}
	return nil
}

func (c postCondition) operator() string {
	if c.prefix {
		return "starts-with"
	}
	return "eq"
}

// holds says whether a value fits. A Content-Type may be a list, each of which must begin so
// (S3 API Reference, "POST Policy": "Condition matching").
func (c postCondition) holds(value string) bool {
	switch {
	case !c.prefix:
		return value == c.value
	case c.field == "content-type" && c.value != "":
		for kind := range strings.SplitSeq(value, ",") {
			if !strings.HasPrefix(strings.TrimSpace(kind), c.value) {
				return false
			}
		}
		return true
	}
	return strings.HasPrefix(value, c.value)
}
