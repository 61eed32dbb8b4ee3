package cfn

import (
	"errors"
	"fmt"
	"strings"
)

// kind says how AWS names the resources of a type. Patterns have places in braces, which
// [Resolver.place] fills.
type kind struct {
	// name is the property that names the resource; without it AWS generates a name.
	name string
	// ref is the pattern of what Ref returns.
	ref string
	// arn is the pattern of the ARN; empty if there is none.
	arn string
	// attributes are patterns of what Fn::GetAtt returns, by attribute. Others are opaque.
	attributes map[string]string
	// unless is a property that changes the patterns in a way not described here. With it,
	// all attributes are opaque.
	unless string
}

// maxName is the length of a property that is part of a name, in bytes. The longest is the
// value of an SSM parameter of the advanced tier.
const maxName = 8 << 10

// attribute is the value of an attribute, or of Ref, of a resource that exists.
func (r *Resolver) attribute(a attribute, res Resource) (any, error) {
	if r.o.Attribute != nil {
		if v, ok := r.o.Attribute(a.logicalID, a.name); ok {
			return v, nil
		}
	}
	k, known, err := r.kind(a.logicalID, res)
	if err != nil {
		return nil, err
	}
	pattern := k.attributes[a.name]
	if a.name == "" {
		pattern = k.ref
	}
	if !known && a.name == "" {
		// What Ref returns is not known either: it may be a name that the template chose.
		return Opaque(r.stack.Name, a.logicalID, "Ref"), nil
	}
	if !known || pattern == "" {
		return Opaque(r.stack.Name, a.logicalID, a.name), nil
	}
	if pattern == "{arn}" {
		return r.arnOf(a.logicalID, res, k)
	}
	return r.fill(a.logicalID, res, k, pattern)
}

// kind is not known either if the resource has the property that excludes it.
func (r *Resolver) kind(logicalID string, res Resource) (k kind, known bool, err error) {
	k, known = kinds[res.Type]
	if known && k.unless != "" {
		_, excluded, err := r.property(logicalID, res, k.unless)
		if excluded || err != nil {
			return kind{}, false, err
		}
	}
	return k, known, nil
}

// arn is the ARN of a resource that exists.
func (r *Resolver) arn(logicalID string, res Resource) (string, error) {
	k, known, err := r.kind(logicalID, res)
	if err != nil {
		return "", err
	}
	if known && k.arn == "" {
		return "", fmt.Errorf("%s has no ARN: its type %s has none", logicalID, res.Type)
	}
	if !known {
		v, err := r.attribute(attribute{logicalID, "Arn"}, res)
		if err != nil {
			return "", err
		}
		if s, ok := v.(string); ok {
			return s, nil
		}
		return "", fmt.Errorf("the attribute Arn of %s is no text: %s", logicalID, describe(v))
	}
	return r.arnOf(logicalID, res, k)
}

// arnOf is the ARN that the caller knows by one of its attributes, else by its pattern.
func (r *Resolver) arnOf(logicalID string, res Resource, k kind) (string, error) {
	for _, name := range []string{"", "Arn", "DomainArn", "TopicArn", "PolicyArn", "BackupVaultArn", "FunctionARN"} {
		pattern := k.attributes[name]
		if name == "" {
			pattern = k.ref
		}
		if pattern != "{arn}" || r.o.Attribute == nil {
			continue
		}
		if v, ok := r.o.Attribute(logicalID, name); ok {
			if s, ok := v.(string); ok {
				return s, nil
			}
		}
	}
	arn, err := r.fill(logicalID, res, k, k.arn)
	if err == nil && r.onlyGenerated(arn, logicalID) {
		r.atoms[arn] = ":"
	}
	return arn, err
}

// onlyGenerated says whether what is opaque in an ARN is generated for that resource, or
// a pseudo parameter: such text has no colon. A name that the template takes from
// elsewhere might have one.
func (r *Resolver) onlyGenerated(arn, logicalID string) bool {
	parts := Parts(arn)
	if len(parts) < 2 || !strings.HasPrefix(arn, "arn:") {
		return false
	}
	own := strings.TrimSuffix(Opaque(r.stack.Name, logicalID, ""), opaqueClose)
	pseudo := opaqueOpen + r.stack.Name + "/AWS::"
	for _, part := range parts {
		generated := part.Text == own+opaqueClose || strings.HasPrefix(part.Text, own+".") || strings.HasPrefix(part.Text, pseudo)
		if part.Opaque && !generated {
			return false
		}
	}
	return true
}

// fill fills the places of a pattern.
func (r *Resolver) fill(logicalID string, res Resource, k kind, pattern string) (string, error) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(pattern, "{")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		place, after, _ := strings.Cut(rest, "}")
		s, err := r.place(logicalID, res, k, place)
		if err != nil {
			return "", err
		}
		b.WriteString(s)
		pattern = after
	}
}

// place is what stands for a place of a pattern:
//
//	{partition} {region} {account} {suffix}  the pseudo parameters
//	{stack}     the stack's name
//	{name}      the physical name
//	{/name}     the physical name with one slash before it
//	{id}        the generated id, which Ref returns
//	{arn}       the ARN
//	{function}  the ARN of the Lambda function that FunctionName or TargetFunctionArn names
//	{website}   the website endpoint of S3 in the region
//	{?Part}     a part of the attribute that AWS generates
//	{Property}  a property; {Property|default} if it has a default
func (r *Resolver) place(logicalID string, res Resource, k kind, place string) (string, error) {
	switch place {
	case "partition":
		return r.pseudoText("AWS::Partition")
	case "region":
		return r.pseudoText("AWS::Region")
	case "account":
		return r.pseudoText("AWS::AccountId")
	case "suffix":
		return r.pseudoText("AWS::URLSuffix")
	case "stack":
		return r.stack.Name, nil
	case "name":
		return r.physicalName(logicalID, res, k)
	case "/name":
		name, err := r.physicalName(logicalID, res, k)
		if strings.HasPrefix(name, opaqueOpen) && name != Opaque(r.stack.Name, logicalID, "") {
			// It may begin with a slash or not; generated names do not.
			return Opaque(r.stack.Name, logicalID, "/Name"), err
		}
		return "/" + strings.TrimPrefix(name, "/"), err
	case "id":
		return r.generated(logicalID), nil
	case "arn":
		return r.arnOf(logicalID, res, k)
	case "function":
		return r.functionARN(logicalID, res)
	case "website":
		return r.websiteEndpoint()
	}
	if part, ok := strings.CutPrefix(place, "?"); ok {
		return Opaque(r.stack.Name, logicalID, part), nil
	}
	name, otherwise, hasDefault := strings.Cut(place, "|")
	s, ok, err := r.propertyText(logicalID, res, name)
	switch {
	case err != nil || ok:
		return s, err
	case hasDefault:
		return otherwise, nil
	}
	return Opaque(r.stack.Name, logicalID, name), nil
}

func (r *Resolver) pseudoText(name string) (string, error) {
	v, err := r.pseudo(name)
	s, _ := v.(string)
	return s, err
}

// physicalName is the name that the template gives, else the one that the caller knows, else
// opaque.
func (r *Resolver) physicalName(logicalID string, res Resource, k kind) (string, error) {
	if k.name != "" {
		name, ok, err := r.propertyText(logicalID, res, k.name)
		if err != nil || ok {
			return name, err
		}
	}
	if k.ref == "{name}" {
		return r.generated(logicalID), nil
	}
	return Opaque(r.stack.Name, logicalID, ""), nil
}

// generated is the name or id that Ref returns, if the caller knows it, else opaque.
func (r *Resolver) generated(logicalID string) string {
	if r.o.Attribute != nil {
		if v, ok := r.o.Attribute(logicalID, ""); ok {
			if s, ok := v.(string); ok {
				return s
			}
		}
	}
	return Opaque(r.stack.Name, logicalID, "")
}

// propertyText is the text of a property that is part of a name.
func (r *Resolver) propertyText(logicalID string, res Resource, name string) (string, bool, error) {
	v, ok, err := r.property(logicalID, res, name)
	if err != nil || !ok {
		return "", false, err
	}
	s, isText := scalar(v)
	switch {
	case !isText || s == "":
		return "", false, fmt.Errorf("property %s of %s is part of a name: want a text; got %s", name, logicalID, describe(v))
	case len(s) > maxName:
		return "", false, fmt.Errorf("property %s of %s is part of a name and has %d bytes; no name has more than %d: %s", name, logicalID, len(s), maxName, shorten(s))
	}
	return s, true, nil
}

// property is one resolved property; the others are not looked at.
func (r *Resolver) property(logicalID string, res Resource, name string) (v any, present bool, err error) {
	a := attribute{logicalID, name}
	o, ok := r.properties[a]
	if !ok {
		done, err := r.begin("Properties." + name + " of " + logicalID)
		if err != nil {
			return nil, false, err
		}
		o.value, o.err = r.resolveProperty(a, res)
		done()
		r.properties[a] = o
	}
	_, absent := o.value.(noValue)
	return o.value, !absent, o.err
}

func (r *Resolver) resolveProperty(a attribute, res Resource) (any, error) {
	e := r.evaluation(a.logicalID, key("Properties"), key(a.name))
	e.budget = 4 * maxName
	v, faults := any(noValue{}), []fault(nil)
	if res.Properties != nil {
		if f := checkSyntax(res.Properties); f != nil || !isObject(res.Properties) {
			return nil, fmt.Errorf("Properties of %s are no object: %s", a.logicalID, shorten(string(res.Properties)))
		}
		for k, raw := range members(res.Properties) {
			if isIntrinsic(k) {
				return nil, fmt.Errorf("Properties of %s are made by %s: list them", a.logicalID, k)
			}
			if k == a.name {
				v, faults = decode(e.path, raw, r.keys)
			}
		}
	}
	if e.decoded(faults) {
		v = e.walk(v, true)
	}
	if len(e.problems) > 0 {
		first := e.problems[0]
		if len(first.Message) > 400 {
			// The way through many resources says no more than its end.
			return nil, errors.New(first.Message)
		}
		return nil, fmt.Errorf("%s of %s: %s", first.Path, a.logicalID, first.Message)
	}
	return v, nil
}

// functionARN is the ARN of a function that a property names by its name, its ARN, or its
// ARN without what is before the account (AWS Lambda API Reference, "CreateAlias").
func (r *Resolver) functionARN(logicalID string, res Resource) (string, error) {
	property := "FunctionName"
	if res.Type == "AWS::Lambda::Url" {
		property = "TargetFunctionArn"
	}
	name, ok, err := r.propertyText(logicalID, res, property)
	if err != nil {
		return "", err
	}
	switch {
	case strings.HasPrefix(name, "arn:"):
		return name, nil
	case !ok || strings.Contains(name, ":") || (HasOpaque(name) && !r.isGeneratedName(name, "AWS::Lambda::Function")):
		// It may be a name or an ARN.
		return Opaque(r.stack.Name, logicalID, property), nil
	}
	return r.fill(logicalID, res, kind{}, "arn:{partition}:lambda:{region}:{account}:function:"+name)
}

// isGeneratedName says whether an opaque name is the one of a resource of a type in this
// stack, so that it is a name and no ARN.
func (r *Resolver) isGeneratedName(name, resourceType string) bool {
	id := strings.TrimSuffix(strings.TrimPrefix(name, opaqueOpen+r.stack.Name+"/"), opaqueClose)
	return r.stack.Template.Resources[id].Type == resourceType && name == Opaque(r.stack.Name, id, "")
}

// dashed are the regions whose website endpoint has a dash instead of a dot (AWS General
// Reference, "Amazon S3 endpoints and quotas").
var dashed = map[string]bool{
	"us-east-1": true, "us-west-1": true, "us-west-2": true, "us-gov-west-1": true, "eu-west-1": true, "sa-east-1": true,
	"ap-northeast-1": true, "ap-southeast-1": true, "ap-southeast-2": true,
}

func (r *Resolver) websiteEndpoint() (string, error) {
	region, err := r.pseudoText("AWS::Region")
	if err != nil {
		return "", err
	}
	suffix, err := r.pseudoText("AWS::URLSuffix")
	if dashed[region] {
		return "s3-website-" + region + "." + suffix, err
	}
	return "s3-website." + region + "." + suffix, err
}
