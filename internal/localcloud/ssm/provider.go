package ssm

import (
	"context"
	"fmt"
	"maps"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// Types are the resource types of the provider.
func (s *Service) Types() []string { return []string{"AWS::SSM::Parameter"} }

// declared are the properties of AWS::SSM::Parameter.
type declared struct {
	Type, Value, Description, AllowedPattern, Tier, DataType string
	Tags                                                     map[string]string
}

// Put declares a parameter. What a user put into a declared parameter stays until the
// template's own value changes, as a stack update on AWS leaves resources alone that did not change.
func (s *Service) Put(_ context.Context, r resource.Resource) error {
	var d declared
	if err := r.Decode(&d); err != nil {
		return err
	}
	// CloudFormation creates no SecureString (CloudFormation Template Reference, "AWS::SSM::Parameter").
	if d.Type != plainString && d.Type != stringList {
		return fmt.Errorf("creating parameter %s: Type is %q, want %s or %s", r, d.Type, plainString, stringList)
	}
	if problem := checkName(r.Name); problem != nil {
		return fmt.Errorf("creating parameter %s: %s", r, problem.Message)
	}
	if problem := checkValue(d.Value, d.AllowedPattern, d.Tier); problem != nil {
		return fmt.Errorf("creating parameter %s: %s", r, problem.Message)
	}
	k := key{r.Account, r.Region, r.Name}
	return s.store.change(k, func(p *parameter) (*parameter, error) {
		next := parameter{Key: k}
		if p != nil {
			next = *p
		}
		next.Description, next.AllowedPattern, next.Tier, next.DataType = d.Description, d.AllowedPattern, d.Tier, d.DataType
		next.Tags = maps.Clone(d.Tags)
		same := p != nil && p.Template != nil && *p.Template == d.Value
		next.Template = &d.Value
		if same || p != nil && p.latest().Value == d.Value && p.latest().Type == d.Type {
			return &next, nil
		}
		next.ByUser = false
		return next.with(version{Type: d.Type, Value: d.Value, Modified: s.now(), User: "cloudformation.amazonaws.com"}), nil
	})
}

// Delete removes a parameter that left the templates.
func (s *Service) Delete(_ context.Context, r resource.Resource) error {
	return s.store.change(key{r.Account, r.Region, r.Name}, func(*parameter) (*parameter, error) { return nil, nil })
}
