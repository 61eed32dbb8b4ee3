package cfn

import (
	"fmt"
	"strings"
)

// ref is Ref: of a pseudo parameter, a parameter or a resource.
func (e *evaluation) ref(arg any) any {
	name, ok := arg.(string)
	if !ok || name == "" {
		return e.problem("want the name of a resource or a parameter; got %s", describe(arg))
	}
	if strings.HasPrefix(name, "AWS::") {
		v, err := e.r.pseudo(name)
		if err != nil {
			return e.problem("%v", err)
		}
		return v
	}
	if p, ok := e.r.stack.Template.Parameters[name]; ok {
		return e.parameter(name, p)
	}
	if _, ok := e.r.stack.Template.Resources[name]; ok {
		return e.attribute(name, "")
	}
	return e.problem("%q is no resource, parameter or pseudo parameter of the template: correct the name", shorten(name))
}

// pseudo is a pseudo parameter (CloudFormation User Guide, "Get AWS values using pseudo
// parameters").
func (r *Resolver) pseudo(name string) (any, error) {
	known := func(value string) (any, error) {
		if r.envErr != nil {
			return nil, fmt.Errorf("%s is not known: %w", name, r.envErr)
		}
		if value == "" {
			return Opaque(r.stack.Name, name, ""), nil
		}
		return value, nil
	}
	switch name {
	case "AWS::AccountId":
		return known(r.env.Account)
	case "AWS::Region":
		return known(r.env.Region)
	case "AWS::Partition":
		return known(r.env.Partition)
	case "AWS::URLSuffix":
		return known(r.env.URLSuffix())
	case "AWS::StackName":
		return r.stack.Name, nil
	case "AWS::StackId":
		id, err := r.fill("", Resource{}, kind{}, "arn:{partition}:cloudformation:{region}:{account}:stack/{stack}/"+Opaque(r.stack.Name, name, ""))
		if err == nil {
			// Neither a stack's name nor the generated id has a colon or a slash.
			r.atoms[id] = ":/"
		}
		return id, err
	case "AWS::NotificationARNs":
		return opaqueList(Opaque(r.stack.Name, name, "")), nil
	case "AWS::NoValue":
		return noValue{}, nil
	}
	return nil, fmt.Errorf("%q is no pseudo parameter: correct the name", shorten(name))
}

// parameter is the value of a parameter, a text or a list (CloudFormation User Guide,
// "CloudFormation template Parameters syntax").
func (e *evaluation) parameter(name string, p Parameter) any {
	value, ok := e.r.o.Parameters[name]
	if !ok {
		if p.Default == nil {
			return e.problem("the parameter %s has no Default and was given no value: give it one", name)
		}
		value = *p.Default
	}
	of := p.Type
	if inner, ok := strings.CutPrefix(of, "AWS::SSM::Parameter::Value<"); ok {
		// The value of the parameter names a parameter of Systems Manager.
		of = strings.TrimSuffix(inner, ">")
		value = e.r.dynamic("{{resolve:ssm:" + value + "}}")
	}
	if of != "CommaDelimitedList" && !strings.HasPrefix(of, "List<") {
		return value
	}
	if isOpaque(value) {
		return opaqueList(value)
	}
	if HasOpaque(value) {
		return e.problem("the parameter %s is a list and its value %q has parts that only AWS knows: give it a value without them", name, shorten(value))
	}
	var list []any
	for _, s := range strings.Split(value, ",") {
		list = append(list, strings.TrimSpace(s))
	}
	if !e.spend(len(value) + 16*len(list)) {
		return failed{}
	}
	return list
}

// getAtt is Fn::GetAtt, as a list or as "LogicalId.Attribute".
func (e *evaluation) getAtt(arg any) any {
	if s, ok := arg.(string); ok {
		id, name, _ := strings.Cut(s, ".")
		if id == "" || name == "" {
			return e.problem("want LogicalId.Attribute; got %q", shorten(s))
		}
		return e.attribute(id, name)
	}
	args, ok := arg.([]any)
	if !ok || len(args) != 2 {
		return e.problem("want [logical id, attribute]; got %s", describe(arg))
	}
	id, ok := args[0].(string)
	if !ok || id == "" {
		return e.problem("want a logical id, which cannot be a function; got %s", describe(args[0]))
	}
	name, ok := e.text(e.argument(args, 1), "an attribute")
	if !ok {
		return failed{}
	}
	if name == "" || HasOpaque(name) {
		return e.problem("want the name of an attribute of %s; got %q", id, name)
	}
	return e.attribute(id, name)
}

// attribute is the value of an attribute of a resource, or of Ref if name is empty.
func (e *evaluation) attribute(logicalID, name string) any {
	if e.condition {
		return e.problem("%q is a resource: Conditions may only use parameters, pseudo parameters and mappings", logicalID)
	}
	res, ok := e.resource(logicalID)
	if !ok {
		return failed{}
	}
	a := attribute{logicalID, name}
	o, ok := e.r.attributes[a]
	if !ok {
		o.value, o.err = e.r.attribute(a, res)
		e.r.attributes[a] = o
	}
	if o.err != nil {
		return e.problem("%v", o.err)
	}
	return o.value
}

// findInMap is Fn::FindInMap.
func (e *evaluation) findInMap(arg any) any {
	args, ok := arg.([]any)
	if ok && len(args) == 4 {
		return e.problem("DefaultValue needs the macro AWS::LanguageExtensions, which is not run here: add the key to the mapping; got %s", describe(args[3]))
	}
	if !ok || len(args) != 3 {
		return e.problem("want [mapping, key, key]; got %s", describe(arg))
	}
	var names [3]string
	for i := range names {
		s, ok := e.text(e.argument(args, i), "a name or key of a mapping")
		if !ok {
			return failed{}
		}
		if HasOpaque(s) {
			return e.problem("the key %s is known only to AWS: give it as a parameter, or name the stack's account and region", s)
		}
		names[i] = s
	}
	o, ok := e.r.mappings[names[0]]
	if !ok {
		o.value, o.err = e.r.mapping(names[0])
		e.r.mappings[names[0]] = o
	}
	if o.err != nil {
		return e.problem("%v", o.err)
	}
	top, _ := o.value.(map[string]any)[names[1]].(map[string]any)
	v, ok := top[names[2]]
	if !ok {
		return e.problem("the mapping %s has no value at [%q][%q]: add it", names[0], shorten(names[1]), shorten(names[2]))
	}
	return e.mapped(v)
}

// mapped is a value of a mapping: a scalar or a list of them.
func (e *evaluation) mapped(v any) any {
	if _, ok := scalar(v); ok {
		return v
	}
	list, ok := v.([]any)
	for _, element := range list {
		_, isScalar := scalar(element)
		ok = ok && isScalar
	}
	if !ok {
		return e.problem("want a text or a list of texts as the value of a mapping; got %s", describe(v))
	}
	if !e.spend(16 * len(list)) {
		return failed{}
	}
	return append([]any(nil), list...)
}

func (r *Resolver) mapping(name string) (any, error) {
	raw, ok := r.stack.Template.Mappings[name]
	if !ok {
		return nil, fmt.Errorf("the template has no mapping %q: correct the name", shorten(name))
	}
	v, faults := decode(path{key("Mappings"), key(name)}, raw, r.keys)
	if len(faults) > 0 {
		return nil, fmt.Errorf("%s: %s", faults[0].path, faults[0].message)
	}
	if _, ok := v.(map[string]any); !ok {
		return nil, fmt.Errorf("the mapping %s is no object: %s", name, describe(v))
	}
	return v, nil
}
