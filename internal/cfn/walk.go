package cfn

import (
	"encoding/json"
	"strings"
)

// Values that never leave a Resolver.
type (
	// failed stands for a value that has a problem.
	failed struct{}
	// noValue is what AWS::NoValue returns: the property or element is as if not there.
	noValue struct{}
	// opaqueList is a list that only AWS knows, with the marker of the whole.
	opaqueList string
)

// isIntrinsic says whether a key of an object makes it an intrinsic function. Condition is
// one only within Conditions; elsewhere it is a key as others are, in policies for one.
func isIntrinsic(key string) bool {
	return key == "Ref" || strings.HasPrefix(key, "Fn::")
}

// resolve is the final value of JSON that stands at e.path.
func (e *evaluation) resolve(raw json.RawMessage) any {
	v, faults := decode(e.path, raw, e.r.keys)
	if !e.decoded(faults) {
		return failed{}
	}
	v = e.walk(v, true)
	if _, ok := v.(noValue); ok {
		return e.problem("AWS::NoValue removes a property or an element of a list; here a value is needed")
	}
	return v
}

// decoded tells the problems of decode.
func (e *evaluation) decoded(faults []fault) bool {
	for _, f := range faults {
		e.problem("%s", f.message)
		e.problems[len(e.problems)-1].Path = f.path
	}
	return len(faults) == 0
}

// walk resolves a value in place. A final value is one that AWS gets: dynamic references
// in it are resolved too. In arguments of intrinsic functions they are text, because
// CloudFormation resolves them after the functions (CloudFormation User Guide, "Get values
// stored in other services using dynamic references").
func (e *evaluation) walk(v any, final bool) any {
	switch v := v.(type) {
	case string:
		if final {
			return e.dynamic(v)
		}
	case map[string]any:
		return e.object(v, final)
	case []any:
		return e.list(v, final)
	}
	return v
}

func (e *evaluation) object(m map[string]any, final bool) any {
	if len(m) == 1 {
		for name, arg := range m {
			if isIntrinsic(name) {
				return e.intrinsic(name, arg, final)
			}
		}
	}
	// Before the walk changes m, which the message shows.
	for k := range m {
		if isIntrinsic(k) {
			e.problem("%s stands beside other keys in %s: an intrinsic function is an object with one key", k, describe(m))
		}
	}
	for k, v := range m {
		switch s := v.(type) {
		case json.Number, bool:
			continue
		case string:
			if !strings.Contains(s, dynamicOpen) {
				continue
			}
		}
		e.push(key(k))
		v = e.walk(v, final)
		e.pop()
		if _, ok := v.(noValue); ok {
			delete(m, k)
		} else {
			m[k] = v
		}
	}
	return m
}

func (e *evaluation) list(list []any, final bool) any {
	kept := list[:0]
	for i, v := range list {
		e.push(index(i))
		v = e.walk(v, final)
		e.pop()
		if _, ok := v.(noValue); !ok {
			kept = append(kept, v)
		}
	}
	return kept
}

// intrinsic calls an intrinsic function. Its key is part of the path, as it is in the
// template.
func (e *evaluation) intrinsic(name string, arg any, final bool) any {
	e.push(key(name))
	defer e.pop()
	if name == "Fn::If" {
		return e.ifElse(arg, final)
	}
	v := e.call(name, arg)
	if final {
		return e.finish(v)
	}
	return v
}

// call is the value of an intrinsic function other than Fn::If.
func (e *evaluation) call(name string, arg any) any {
	switch name {
	case "Ref":
		return e.ref(arg)
	case "Fn::GetAtt":
		return e.getAtt(arg)
	case "Fn::Sub":
		return e.sub(arg)
	case "Fn::Join":
		return e.join(arg)
	case "Fn::Select":
		return e.selectOne(arg)
	case "Fn::Split":
		return e.split(arg)
	case "Fn::FindInMap":
		return e.findInMap(arg)
	case "Fn::ImportValue":
		return e.importValue(arg)
	case "Fn::Base64":
		return e.base64(arg)
	case "Fn::GetAZs":
		return e.getAZs(arg)
	case "Fn::Equals", "Fn::And", "Fn::Or", "Fn::Not":
		return e.problem("%s is a function of Conditions: name a condition there and use Fn::If", name)
	case "Fn::Transform":
		return e.problem("the macro %s rewrites the template when it is deployed: take the processed template, aws cloudformation get-template --template-stage Processed", describe(arg))
	case "Fn::Length", "Fn::ToJsonString":
		return e.problem("%s needs the macro AWS::LanguageExtensions, which is not run here: write its value", name)
	default:
		return e.problem("the intrinsic function %s is not known here: write its value, got %s", name, describe(arg))
	}
}

// finish makes the result of a function final.
func (e *evaluation) finish(v any) any {
	switch v := v.(type) {
	case string:
		return e.dynamic(v)
	case opaqueList:
		return []any{string(v)}
	case []any:
		// The list may be the caller's, or a mapping's.
		list := make([]any, len(v))
		for i, element := range v {
			list[i] = e.finish(element)
		}
		return list
	}
	return v
}

// dynamicOpen begins a dynamic reference.
const dynamicOpen = "{{resolve:"

// dynamic resolves the dynamic references in a string. One that the caller does not know
// is opaque.
func (e *evaluation) dynamic(s string) any {
	if !strings.Contains(s, dynamicOpen) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		switch {
		case strings.HasPrefix(s[i:], dynamicOpen):
			end := dynamicEnd(s, i)
			if end < 0 {
				return e.problem("the dynamic reference in %q has no end: close it with }}", shorten(s))
			}
			b.WriteString(e.r.dynamic(s[i:end]))
			i = end
		case strings.HasPrefix(s[i:], opaqueOpen) && markerEnd(s, i) > 0:
			end := markerEnd(s, i)
			b.WriteString(s[i:end])
			i = end
		default:
			b.WriteByte(s[i])
			i++
		}
	}
	return b.String()
}

// dynamicEnd is where a dynamic reference ends; it may have opaque parts, which may be
// dynamic references.
func dynamicEnd(s string, start int) int {
	for i := start; i < len(s); i++ {
		if strings.HasPrefix(s[i:], "}}") {
			return i + 2
		}
		if strings.HasPrefix(s[i:], opaqueOpen) {
			if end := markerEnd(s, i); end > 0 {
				i = end - 1
			}
		}
	}
	return -1
}

func (r *Resolver) dynamic(reference string) string {
	if r.o.Dynamic != nil {
		if v, ok := r.o.Dynamic(reference); ok {
			return v
		}
	}
	return opaque(reference)
}
