package cfn

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// holds says whether a condition holds; the empty one does. What only AWS knows decides no
// condition.
func (r *Resolver) holds(name string) (bool, error) {
	if name == "" {
		return true, nil
	}
	if o, ok := r.conditions[name]; ok {
		holds, _ := o.value.(bool)
		return holds, o.err
	}
	raw, ok := r.stack.Template.Conditions[name]
	if !ok {
		return false, fmt.Errorf("the template has no condition %q: correct the name", name)
	}
	done, err := r.begin("Conditions." + name)
	if err != nil {
		return false, err
	}
	defer done()
	e := r.evaluation("", key("Conditions"), key(name))
	e.condition = true
	v, faults := decode(e.path, raw, r.keys)
	holds := e.decoded(faults) && e.test(v)
	o := outcome{value: holds}
	if e.problems.err() != nil {
		o = outcome{value: false, err: fmt.Errorf("condition %q cannot be decided: %s: %s", name, e.problems[0].Path, e.problems[0].Message)}
	}
	r.conditions[name] = o
	return holds && o.err == nil, o.err
}

// begin marks something as being resolved, to find what depends on itself.
func (r *Resolver) begin(what string) (done func(), err error) {
	if slices.Contains(r.busy, what) {
		return nil, fmt.Errorf("%s depends on itself: %s: break the cycle", what, strings.Join(append(r.busy, what), " → "))
	}
	if len(r.busy) >= MaxResources {
		return nil, fmt.Errorf("%s depends on more than %d others in a row", what, MaxResources)
	}
	r.busy = append(r.busy, what)
	return func() { r.busy = r.busy[:len(r.busy)-1] }, nil
}

// test decides a condition function (CloudFormation Template Reference, "Condition
// functions"). All arguments are looked at: a problem in one that does not decide is a
// problem too.
func (e *evaluation) test(v any) bool {
	m, _ := v.(map[string]any)
	if len(m) != 1 {
		e.problem("want one of the functions Fn::Equals, Fn::And, Fn::Or, Fn::Not or Condition; got %s", describe(v))
		return false
	}
	for name, arg := range m {
		e.push(key(name))
		defer e.pop()
		switch name {
		case "Condition":
			return e.named(arg)
		case "Fn::Equals":
			return e.equals(arg)
		case "Fn::And":
			return !slices.Contains(e.tests(arg, 2, 10), false)
		case "Fn::Or":
			return slices.Contains(e.tests(arg, 2, 10), true)
		case "Fn::Not":
			return slices.Contains(e.tests(arg, 1, 1), false)
		}
		e.problem("%s is no condition function: use Fn::Equals, Fn::And, Fn::Or, Fn::Not or Condition", name)
	}
	return false
}

func (e *evaluation) named(arg any) bool {
	name, ok := arg.(string)
	if !ok || name == "" {
		e.problem("want the name of a condition; got %s", describe(arg))
		return false
	}
	holds, err := e.r.holds(name)
	if err != nil {
		e.problem("%v", err)
	}
	return holds
}

func (e *evaluation) tests(arg any, least, most int) []bool {
	list, ok := arg.([]any)
	if !ok || len(list) < least || len(list) > most {
		e.problem("want a list of %d to %d conditions; got %s", least, most, describe(arg))
		return nil
	}
	results := make([]bool, len(list))
	for i, v := range list {
		e.push(index(i))
		results[i] = e.test(v)
		e.pop()
	}
	return results
}

func (e *evaluation) equals(arg any) bool {
	pair, ok := arg.([]any)
	if !ok || len(pair) != 2 {
		e.problem("want a list of two values; got %s", describe(arg))
		return false
	}
	var values [2]any
	for i := range values {
		values[i] = e.argument(pair, i)
		if anyOpaque(values[i]) {
			e.problem("%s is known only to AWS and decides no condition: give the value as a parameter", describe(values[i]))
			return false
		}
	}
	// CloudFormation compares the texts of scalars: "1" equals 1.
	x, xok := scalar(values[0])
	y, yok := scalar(values[1])
	if xok && yok {
		return x == y
	}
	return reflect.DeepEqual(values[0], values[1])
}

// ifElse resolves only the branch that is taken.
func (e *evaluation) ifElse(arg any, final bool) any {
	if e.condition {
		return e.problem("Fn::If stands in properties and outputs, not in Conditions: use Fn::And, Fn::Or or Fn::Not")
	}
	args, ok := arg.([]any)
	if !ok || len(args) != 3 {
		return e.problem("want [condition, value if it holds, value if not]; got %s", describe(arg))
	}
	name, ok := args[0].(string)
	if !ok || name == "" {
		return e.problem("want the name of a condition; got %s", describe(args[0]))
	}
	holds, err := e.r.holds(name)
	if err != nil {
		return e.problem("%v", err)
	}
	branch := 2
	if holds {
		branch = 1
	}
	e.push(index(branch))
	defer e.pop()
	return e.walk(args[branch], final)
}
