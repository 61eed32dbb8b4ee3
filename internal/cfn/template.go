package cfn

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// Template is a CloudFormation template (CloudFormation User Guide, "CloudFormation template
// sections"). Values stay as JSON, with their intrinsic functions; a [Resolver] resolves
// them one by one. Rules are left out: they refuse parameters and change no value.
type Template struct {
	// Description of the stack.
	Description string
	// Parameters by logical id.
	Parameters map[string]Parameter
	// Mappings by name: objects of objects.
	Mappings map[string]json.RawMessage
	// Conditions by name.
	Conditions map[string]json.RawMessage
	// Resources by logical id.
	Resources map[string]Resource
	// Outputs by logical id.
	Outputs map[string]Output
}

// Parameter is a value that is given when the template is deployed.
type Parameter struct {
	// Type such as String.
	Type string
	// Default is the text of the default value, nil if there is none.
	Default *string
}

// Resource is one resource of a template.
type Resource struct {
	// Type such as AWS::Lambda::Function.
	Type string
	// Properties as they stand, with intrinsic functions; nil if there are none.
	Properties json.RawMessage
	// Condition names the condition under which the resource exists; empty if always.
	Condition string
	// DependsOn are the logical ids of resources that are created before.
	DependsOn []string
	// DeletionPolicy and UpdateReplacePolicy say what becomes of the resource when it
	// leaves the template or is replaced; empty if the template does not say.
	DeletionPolicy, UpdateReplacePolicy string
	// UpdatePolicy says how an update is carried out, as it stands; nil if there is none.
	UpdatePolicy json.RawMessage
}

// Output is a value that a stack shows, and exports if it has a name for it.
type Output struct {
	// Value as it stands, with intrinsic functions.
	Value json.RawMessage
	// ExportName is Export.Name as it stands; nil if the output is not exported.
	ExportName json.RawMessage
	// Condition names the condition under which the output exists; empty if always.
	Condition string
}

// Count is the number of resources of a type.
func (t Template) Count(resourceType string) int {
	n := 0
	for _, r := range t.Resources {
		if r.Type == resourceType {
			n++
		}
	}
	return n
}

// templateReader reads the sections of a template. It compares keys exactly, as
// CloudFormation does; encoding/json would take "resources" for Resources.
type templateReader struct {
	template Template
	faults   []fault
}

func parseTemplate(data []byte) (Template, []fault) {
	if faults := check(data); len(faults) > 0 {
		return Template{}, faults
	}
	var r templateReader
	if !isObject(data) {
		r.fault("", "want a template, an object; got %s", shorten(string(data)))
		return Template{}, r.faults
	}
	for section, raw := range members(data) {
		r.section(section, raw)
	}
	if r.template.Resources == nil && len(r.faults) == 0 {
		r.fault("", "there is no section Resources: a template declares at least one resource")
	}
	r.references()
	return r.template, r.faults
}

func (r *templateReader) fault(path, format string, args ...any) {
	r.faults = append(r.faults, fault{path, fmt.Sprintf(format, args...)})
}

func (r *templateReader) section(name string, raw json.RawMessage) {
	t := &r.template
	switch name {
	case "AWSTemplateFormatVersion", "Metadata", "Rules":
	case "Description":
		t.Description = r.text(name, raw)
	case "Parameters":
		t.Parameters = section(r, name, raw, r.parameter)
	case "Mappings":
		t.Mappings = section(r, name, raw, r.object)
	case "Conditions":
		t.Conditions = section(r, name, raw, r.object)
	case "Resources":
		t.Resources = section(r, name, raw, r.resource)
	case "Outputs":
		t.Outputs = section(r, name, raw, r.output)
	case "Transform", "Fn::Transform":
		r.fault(name, "the macro %s rewrites the template when it is deployed, so that what is read here is not what AWS runs: take the processed template, aws cloudformation get-template --template-stage Processed", shorten(string(raw)))
	default:
		r.fault(name, "the section %q is none of a template that is read here: remove it", name)
	}
}

var logicalID = regexp.MustCompile(`^[A-Za-z0-9]{1,255}$`)

// section reads a section whose members have logical ids.
func section[T any](r *templateReader, name string, raw json.RawMessage, read func(path string, raw json.RawMessage) T) map[string]T {
	m := map[string]T{}
	if r.object(name, raw) == nil {
		return m
	}
	for id, raw := range members(raw) {
		switch {
		case isIntrinsic(id):
			r.fault(name+"."+id, "%s rewrites the section when it is deployed: take the processed template, aws cloudformation get-template --template-stage Processed", id)
		case !logicalID.MatchString(id):
			r.fault(name, "%q is no logical id: want up to 255 letters and digits", id)
		default:
			m[id] = read(name+"."+id, raw)
		}
	}
	return m
}

func (r *templateReader) text(path string, raw json.RawMessage) string {
	s, ok := text(raw)
	if !ok {
		r.fault(path, "want a text; got %s", shorten(string(raw)))
	}
	return s
}

// object is raw if it is an object, else nil.
func (r *templateReader) object(path string, raw json.RawMessage) json.RawMessage {
	if !isObject(raw) {
		r.fault(path, "want an object; got %s", shorten(string(raw)))
		return nil
	}
	return raw
}

func (r *templateReader) parameter(path string, raw json.RawMessage) Parameter {
	var p Parameter
	if r.object(path, raw) == nil {
		return p
	}
	for k, raw := range members(raw) {
		switch k {
		case "Type":
			p.Type = r.text(path+".Type", raw)
		case "Default":
			s, ok := text(raw)
			if !ok {
				// CloudFormation takes the text of a number or boolean.
				s = string(raw)
			}
			if !ok && strings.ContainsAny(s[:1], "{[n") {
				r.fault(path+".Default", "want a text or a number; got %s", shorten(s))
			}
			if strings.ContainsAny(s, opaqueOpen+opaqueClose) {
				r.fault(path+".Default", "the text %q has a bracket %s or %s, which marks values that only AWS knows: use other brackets", shorten(s), opaqueOpen, opaqueClose)
			}
			p.Default = &s
		}
	}
	if p.Type == "" {
		r.fault(path, "the parameter has no Type: give it one, such as String")
	}
	return p
}

func (r *templateReader) resource(path string, raw json.RawMessage) Resource {
	var res Resource
	typed := false
	if r.object(path, raw) == nil {
		return res
	}
	for k, raw := range members(raw) {
		at := path + "." + k
		switch k {
		case "Type":
			res.Type = r.text(at, raw)
			typed = string(raw) != `""`
		case "Properties":
			res.Properties = r.object(at, raw)
		case "Condition":
			res.Condition = r.text(at, raw)
		case "DependsOn":
			res.DependsOn = r.texts(at, raw)
		case "DeletionPolicy":
			res.DeletionPolicy = r.text(at, raw)
		case "UpdateReplacePolicy":
			res.UpdateReplacePolicy = r.text(at, raw)
		case "UpdatePolicy":
			res.UpdatePolicy = r.object(at, raw)
		case "Metadata", "CreationPolicy":
		default:
			r.fault(at, "the attribute %q is none of a resource: correct or remove it", k)
		}
	}
	if !typed {
		r.fault(path, "the resource has no Type: give it one, such as AWS::S3::Bucket")
	}
	return res
}

func (r *templateReader) texts(path string, raw json.RawMessage) []string {
	if s, ok := text(raw); ok {
		return []string{s}
	}
	var list []string
	if err := json.Unmarshal(raw, &list); err != nil {
		r.fault(path, "want a text or a list of texts; got %s", shorten(string(raw)))
	}
	return list
}

func (r *templateReader) output(path string, raw json.RawMessage) Output {
	var o Output
	if r.object(path, raw) == nil {
		return o
	}
	for k, raw := range members(raw) {
		at := path + "." + k
		switch k {
		case "Value":
			o.Value = raw
		case "Condition":
			o.Condition = r.text(at, raw)
		case "Export":
			if r.object(at, raw) == nil {
				continue
			}
			for k, raw := range members(raw) {
				if k != "Name" {
					r.fault(at+"."+k, "the attribute %q is none of an export: correct or remove it", k)
					continue
				}
				o.ExportName = raw
			}
		case "Description":
		default:
			r.fault(at, "the attribute %q is none of an output: correct or remove it", k)
		}
	}
	if o.Value == nil {
		r.fault(path, "the output has no Value: give it one")
	}
	return o
}

// references checks what a resource names outside of its properties.
func (r *templateReader) references() {
	for id, res := range r.template.Resources {
		if _, twice := r.template.Parameters[id]; twice {
			r.fault("Resources."+id, "%q is a parameter too: rename one of them", id)
		}
		for _, on := range res.DependsOn {
			if _, ok := r.template.Resources[on]; !ok {
				r.fault("Resources."+id+".DependsOn", "%q is no resource of the template: correct the name", on)
			}
		}
	}
}
