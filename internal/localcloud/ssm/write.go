package ssm

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

type tag struct{ Key, Value string }

type putParameterInput struct {
	Name, Value, Type, Description, KeyId, AllowedPattern, Tier, Policies, DataType string
	Overwrite                                                                       bool
	Tags                                                                            []tag
}

// putParameter creates or overwrites a parameter (Systems Manager API Reference, "PutParameter").
func (s *Service) putParameter(c *gate.Call, in putParameterInput) (any, *gate.Error) {
	k, selector, problem := resolve(c, in.Name)
	if problem == nil {
		problem = in.check(selector)
	}
	if problem != nil {
		return nil, problem
	}
	context := iam.Context{"ssm:Overwrite": {strconv.FormatBool(in.Overwrite)}}
	tags := map[string]string{}
	for _, t := range in.Tags {
		tags[t.Key] = t.Value
		context["aws:RequestTag/"+t.Key] = []string{t.Value}
		context["aws:TagKeys"] = append(context["aws:TagKeys"], t.Key)
	}
	accesses := []gate.Access{s.access(c, "PutParameter", k, context)}
	if len(in.Tags) > 0 {
		accesses = append(accesses, s.access(c, "AddTagsToResource", k, iam.Context{"aws:TagKeys": context["aws:TagKeys"]}))
		for _, t := range in.Tags {
			accesses[1].Context["aws:RequestTag/"+t.Key] = []string{t.Value}
		}
	}
	if denied := c.Authorize(accesses...); denied != nil {
		return nil, denied
	}
	var put *parameter
	err := s.store.change(k, func(p *parameter) (*parameter, error) {
		next, problem := s.put(c, k, p, in)
		if problem != nil {
			return nil, problem
		}
		if p == nil {
			next.Tags = tags
		}
		put = next
		return next, nil
	})
	if err != nil {
		return nil, asError(err)
	}
	return map[string]any{"Version": put.latest().Version, "Tier": orDefault(put.Tier, "Standard")}, nil
}

// asError is an error of the store as the API answers it.
func asError(err error) *gate.Error {
	var problem *gate.Error
	if errors.As(err, &problem) {
		return problem
	}
	return &gate.Error{Status: 500, Code: "InternalServerError", Message: err.Error()}
}

func (in putParameterInput) check(selector string) *gate.Error {
	switch {
	case selector != "":
		return validation("Parameter name must not have a version: " + in.Name)
	case in.Type != "" && in.Type != plainString && in.Type != stringList && in.Type != secureString:
		return &gate.Error{Status: 400, Code: "UnsupportedParameterType", Message: "The parameter type " + in.Type + " is not supported."}
	case in.KeyId != "" && in.KeyId != "alias/aws/ssm":
		return &gate.Error{Status: 400, Code: "InvalidKeyId", Message: "The local cloud has no KMS key " + in.KeyId}
	case in.Policies != "" && in.Policies != "[]":
		return &gate.Error{Status: 400, Code: "InvalidPolicyTypeException", Message: "The local cloud has no parameter policies"}
	case in.DataType != "" && in.DataType != "text":
		return validation("The local cloud has no parameters of data type " + in.DataType)
	case len(in.Tags) > 0 && in.Overwrite:
		return validation("Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag.")
	}
	seen := map[string]bool{}
	for _, t := range in.Tags {
		if t.Key == "" || len(t.Key) > 128 || len(t.Value) > 256 || strings.HasPrefix(strings.ToLower(t.Key), "aws:") || seen[t.Key] {
			return validation("The tag " + t.Key + " is not valid")
		}
		seen[t.Key] = true
	}
	return checkValue(in.Value, in.AllowedPattern, in.Tier)
}

// checkValue holds a value against its tier's size (4 KB, 8 KB) and its pattern.
func checkValue(value, pattern, tier string) *gate.Error {
	limit := 4096
	switch tier {
	case "", "Standard":
	case "Advanced", "Intelligent-Tiering":
		limit = 8192
	default:
		return validation("1 validation error detected: Value '" + tier + "' at 'tier', want Standard, Advanced or Intelligent-Tiering")
	}
	if value == "" {
		return validation("1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1")
	}
	if len(value) > limit {
		return validation(fmt.Sprintf("Standard tier parameters support a maximum parameter value of 4096 characters, advanced ones of 8192: %d", len(value)))
	}
	if pattern == "" {
		return nil
	}
	re, err := regexp.Compile(`^(?:` + pattern + `)$`)
	if err != nil {
		return &gate.Error{Status: 400, Code: "InvalidAllowedPatternException", Message: "The allowed pattern " + pattern + " is not valid: " + err.Error()}
	}
	if !re.MatchString(value) {
		return &gate.Error{Status: 400, Code: "ParameterPatternMismatchException", Message: "Parameter value, cannot be validated against allowedPattern: " + pattern}
	}
	return nil
}

// put makes the next state of a parameter, which may not exist yet.
func (s *Service) put(c *gate.Call, k key, p *parameter, in putParameterInput) (*parameter, *gate.Error) {
	next := parameter{Key: k, Tier: in.Tier, DataType: in.DataType}
	kind := in.Type
	switch {
	case p == nil && kind == "":
		return nil, validation("A parameter type is required when you create a parameter.")
	case p != nil && !in.Overwrite:
		return nil, &gate.Error{Status: 400, Code: "ParameterAlreadyExists", Message: "The parameter already exists. To overwrite this value, set the overwrite option in the request to true."}
	case p != nil && kind != "" && kind != p.latest().Type:
		return nil, &gate.Error{Status: 400, Code: "HierarchyTypeMismatchException", Message: "Parameter Store doesn't support changing a parameter type in a hierarchy: " + k.Name + " is a " + p.latest().Type}
	case p != nil:
		next, kind = *p, p.latest().Type
		if in.AllowedPattern == "" {
			if problem := checkValue(in.Value, p.AllowedPattern, orDefault(in.Tier, p.Tier)); problem != nil {
				return nil, problem
			}
		}
	}
	next.Description = orDefault(in.Description, next.Description)
	next.AllowedPattern = orDefault(in.AllowedPattern, next.AllowedPattern)
	next.Tier = orDefault(in.Tier, next.Tier)
	next.ByUser = true
	return next.with(version{Type: kind, Value: in.Value, Modified: s.now(), User: c.Caller.ARN}), nil
}

type deleteParameterInput struct{ Name string }

func (s *Service) deleteParameter(c *gate.Call, in deleteParameterInput) (any, *gate.Error) {
	k, selector, problem := resolve(c, in.Name)
	if problem != nil {
		return nil, problem
	}
	if selector != "" {
		return nil, validation("Parameter name must not have a version: " + in.Name)
	}
	if denied := c.Authorize(s.access(c, "DeleteParameter", k, nil)); denied != nil {
		return nil, denied
	}
	err := s.store.change(k, func(p *parameter) (*parameter, error) {
		if p == nil {
			return nil, notFound(in.Name)
		}
		return nil, nil
	})
	if err != nil {
		return nil, asError(err)
	}
	return struct{}{}, nil
}
