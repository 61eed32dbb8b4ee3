package cfn

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Options are what a caller knows beside the template. All are optional. Values may have
// opaque parts, for instance those of another stack's export, but no other text in their
// brackets.
type Options struct {
	// Parameters are values of the template's parameters; a parameter that is not in the
	// map has its default. Their constraints, such as AllowedValues, are not checked.
	Parameters map[string]string
	// Imports is the value of an export of another stack.
	Imports func(exportName string) (any, bool)
	// Attribute is the real value of an attribute, or of Ref if attribute is empty. It
	// goes before the value that the template tells.
	Attribute func(logicalID, attribute string) (any, bool)
	// Dynamic is the value of a dynamic reference such as {{resolve:ssm:/x}}.
	Dynamic func(reference string) (string, bool)
}

// Resolver resolves the intrinsic functions of one stack (CloudFormation Template Reference,
// "Intrinsic function reference"). Values are strings, booleans, [json.Number], []any and
// map[string]any. It remembers names and conditions and is not safe for concurrent use.
type Resolver struct {
	stack  *Stack
	o      Options
	env    Environment
	envErr error

	conditions map[string]outcome
	attributes map[attribute]outcome
	properties map[attribute]outcome
	mappings   map[string]outcome
	busy       []string          // conditions and properties that are being resolved
	atoms      map[string]string // our own ARNs with opaque parts, to the delimiters these cannot have
	keys       map[string]string
}

// attribute is an attribute or a property of a resource.
type attribute struct {
	logicalID, name string
}

// outcome is a value that was resolved once, or why it could not be.
type outcome struct {
	value any
	err   error
}

// NewResolver makes a resolver of a stack. The stack must not change afterwards.
func NewResolver(s *Stack, o Options) *Resolver {
	r := &Resolver{
		stack: s, o: o,
		conditions: map[string]outcome{},
		attributes: map[attribute]outcome{},
		properties: map[attribute]outcome{},
		mappings:   map[string]outcome{},
		atoms:      map[string]string{},
		keys:       map[string]string{},
	}
	r.env, r.envErr = ParseEnvironment(s.Environment)
	return r
}

// Resources are the sorted logical ids of the resources that exist: those whose condition
// holds, and those whose condition cannot be decided, which [Resolver.Properties] refuses.
func (r *Resolver) Resources() []string {
	ids := slices.Sorted(maps.Keys(r.stack.Template.Resources))
	return slices.DeleteFunc(ids, func(id string) bool {
		holds, err := r.holds(r.stack.Template.Resources[id].Condition)
		return err == nil && !holds
	})
}

// Properties are the resolved properties of a resource. The caller may change them. An error
// is [Problems], all of the resource.
func (r *Resolver) Properties(logicalID string) (map[string]any, error) {
	e := r.evaluation(logicalID, key("Properties"))
	res, ok := e.resource(logicalID)
	if !ok || res.Properties == nil {
		return map[string]any{}, e.problems.err()
	}
	v, faults := decode(e.path, res.Properties, r.keys)
	m, ok := v.(map[string]any)
	if e.decoded(faults) && !ok {
		e.problem("want an object; got %s", describe(v))
	}
	for k := range m {
		if isIntrinsic(k) {
			e.problem("the properties are made by %s: list them", k)
			return nil, e.problems.err()
		}
	}
	e.walk(m, true)
	if err := e.problems.err(); err != nil {
		return nil, err
	}
	return m, nil
}

// Value is the resolved value of JSON that belongs to the template; at says where, for
// problems.
func (r *Resolver) Value(at string, raw json.RawMessage) (any, error) {
	e := r.evaluation("", key(at))
	return e.result(e.resolve(raw))
}

// Output is the resolved value of an output. It is an error if the output does not exist
// because its condition does not hold.
func (r *Resolver) Output(name string) (any, error) {
	e := r.evaluation("", key("Outputs"), key(name))
	o, ok := r.stack.Template.Outputs[name]
	if !ok {
		return e.result(e.problem("the template has no output %q: correct the name", name))
	}
	if !e.exists("output "+name, o.Condition) {
		return e.result(nil)
	}
	e.path = append(e.path, key("Value"))
	return e.result(e.resolve(o.Value))
}

// Exports are the values that the stack exports, by export name.
func (r *Resolver) Exports() (map[string]any, error) {
	exports := map[string]any{}
	var problems Problems
	for _, id := range slices.Sorted(maps.Keys(r.stack.Template.Outputs)) {
		o := r.stack.Template.Outputs[id]
		if o.ExportName == nil {
			continue
		}
		e := r.evaluation("", key("Outputs"), key(id))
		if holds, err := r.holds(o.Condition); err == nil && !holds {
			continue
		}
		if e.exists("output "+id, o.Condition) {
			e.export(o, exports)
		}
		problems = append(problems, e.problems...)
	}
	if err := problems.err(); err != nil {
		return nil, err
	}
	return exports, nil
}

// export adds the value of an output to exports.
func (e *evaluation) export(o Output, exports map[string]any) {
	at := e.path
	e.path = append(at, key("Export"), key("Name"))
	name, ok := e.text(e.resolve(o.ExportName), "the name of an export")
	switch _, twice := exports[name]; {
	case !ok:
		return
	case name == "" || HasOpaque(name):
		e.problem("the name %q of an export is not known: give it a name without values that only AWS knows", name)
		return
	case twice:
		e.problem("the export %q stands twice in the template: rename one of them", name)
		return
	}
	e.path = append(at, key("Value"))
	exports[name] = e.resolve(o.Value)
}

// Name is what Ref returns for a resource: its name, its ARN, or what else AWS chose for
// its type.
func (r *Resolver) Name(logicalID string) (string, error) {
	e := r.evaluation(logicalID)
	v, err := e.result(e.attribute(logicalID, ""))
	if err != nil {
		return "", err
	}
	name, ok := e.text(v, "a name")
	if !ok {
		return "", e.problems.err()
	}
	return name, nil
}

// Arn is the ARN of a resource, opaque if its type is not known here. A log group's ends
// with ":*", as the attribute Arn does. It is an error if the type is known to have none.
func (r *Resolver) Arn(logicalID string) (string, error) {
	e := r.evaluation(logicalID)
	if res, ok := e.resource(logicalID); ok {
		arn, err := r.arn(logicalID, res)
		if err == nil {
			return arn, nil
		}
		e.problem("%v", err)
	}
	return "", e.problems.err()
}

// evaluation resolves one value at a path of the template. Its methods return [failed] once
// they told a problem.
type evaluation struct {
	r         *Resolver
	logicalID string
	path      path
	problems  Problems
	// condition says that only what is allowed in Conditions is.
	condition bool
	// budget is how many bytes of text may still be made.
	budget int
}

// maxText is how much text intrinsic functions may make for one resource, in bytes. Names
// that double each other would else fill the memory.
const maxText = 16 * MaxTemplateBytes

func (r *Resolver) evaluation(logicalID string, at ...step) *evaluation {
	return &evaluation{r: r, logicalID: logicalID, path: at, budget: maxText}
}

// result ends an evaluation.
func (e *evaluation) result(v any) (any, error) {
	if err := e.problems.err(); err != nil {
		return nil, err
	}
	return v, nil
}

func (e *evaluation) problem(format string, args ...any) any {
	e.problems = append(e.problems, Problem{
		Stack: e.r.stack.Name, File: e.r.stack.File, LogicalID: e.logicalID,
		Path: e.path.String(), Message: fmt.Sprintf(format, args...),
	})
	return failed{}
}

func (e *evaluation) push(s step) { e.path = append(e.path, s) }

func (e *evaluation) pop() { e.path = e.path[:len(e.path)-1] }

// spend counts text that is made.
func (e *evaluation) spend(n int) bool {
	if e.budget < 0 {
		return false
	}
	e.budget -= n
	if e.budget < 0 {
		e.problem("the intrinsic functions make more text than a template can use: join less")
		return false
	}
	return true
}

// resource is a resource that exists.
func (e *evaluation) resource(logicalID string) (Resource, bool) {
	res, ok := e.r.stack.Template.Resources[logicalID]
	if !ok {
		e.problem("the template has no resource %q: correct the name", logicalID)
		return res, false
	}
	return res, e.exists(logicalID, res.Condition)
}

func (e *evaluation) exists(what, condition string) bool {
	holds, err := e.r.holds(condition)
	switch {
	case err != nil:
		e.problem("%v", err)
	case !holds:
		e.problem("%s does not exist: its condition %q does not hold", what, condition)
	}
	return err == nil && holds
}
