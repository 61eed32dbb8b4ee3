package cfn

import (
	"regexp"
	"strings"
)

// variable is the form of a name in Fn::Sub (CloudFormation Template Reference, "Fn::Sub").
var variable = regexp.MustCompile(`^[A-Za-z0-9_.:]+$`)

// sub is Fn::Sub, with or without a map of values.
func (e *evaluation) sub(arg any) any {
	template, ok := arg.(string)
	values := map[string]any{}
	if args, isList := arg.([]any); isList && len(args) == 2 {
		template, ok = args[0].(string)
		if given, isMap := args[1].(map[string]any); isMap && ok {
			v := e.argument(args, 1)
			if values, ok = v.(map[string]any); !ok {
				return e.problem("want an object of values; got the intrinsic function %s", describe(given))
			}
		} else {
			ok = false
		}
	}
	if !ok {
		return e.problem("want a text, or [text, object of values]; got %s", describe(arg))
	}
	var b strings.Builder
	good := true
	for rest := template; ; {
		before, after, found := strings.Cut(rest, "${")
		b.WriteString(before)
		if !found {
			break
		}
		name, tail, closed := strings.Cut(after, "}")
		if !closed {
			return e.problem("${ has no } in %q: close it, or write ${!} around literal text", shorten(template))
		}
		rest = tail
		if literal, isLiteral := strings.CutPrefix(name, "!"); isLiteral {
			b.WriteString("${" + literal + "}")
			continue
		}
		s, isText := e.text(e.substitute(name, values), "${"+shorten(name)+"}")
		good = good && isText && e.spend(len(s))
		if good {
			b.WriteString(s)
		}
	}
	if !good || !e.spend(len(template)) {
		return failed{}
	}
	return b.String()
}

// substitute is the value of a variable of Fn::Sub: one of its map, else what Ref or
// Fn::GetAtt returns.
func (e *evaluation) substitute(name string, values map[string]any) any {
	if v, ok := values[name]; ok {
		return v
	}
	if !variable.MatchString(name) {
		return e.problem("${%s} is no variable: want letters, digits, underscores, periods and colons; write ${!%s} for literal text", shorten(name), shorten(name))
	}
	if id, attribute, ok := strings.Cut(name, "."); ok {
		return e.attribute(id, attribute)
	}
	return e.ref(name)
}
