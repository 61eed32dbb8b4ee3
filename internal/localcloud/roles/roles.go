// Package roles creates IAM roles and policies from templates in the IAM gate.
package roles

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// Service keeps the roles of the gate as the templates have them. It is a [resource.Provider].
type Service struct {
	gate *gate.Gate
	log  func(string)

	mu sync.Mutex
	// roles by ARN, policies by the place of their resource.
	roles    map[string]*role
	policies map[string]policy
	// told are the AWS managed policies that were named as unknown.
	told map[string]bool
}

// role is what AWS::IAM::Role itself says.
type role struct {
	gate.Role
	managed  []string
	boundary string
}

// policy is an AWS::IAM::Policy, AWS::IAM::RolePolicy or AWS::IAM::ManagedPolicy.
type policy struct {
	arn     string
	account string
	// roles that the policy names, by name.
	roles    []string
	document iam.Document
}

// New makes the service. log is told of what is not enforced.
func New(g *gate.Gate, log func(string)) *Service {
	return &Service{gate: g, log: log, roles: map[string]*role{}, policies: map[string]policy{}, told: map[string]bool{}}
}

// Types implements [resource.Provider].
func (s *Service) Types() []string {
	return []string{"AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::RolePolicy", "AWS::IAM::ManagedPolicy"}
}

// Put implements [resource.Provider]. A policy that AWS would not take, or of which AWS would
// ignore a part, is an error.
func (s *Service) Put(_ context.Context, r resource.Resource) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Type == "AWS::IAM::Role" {
		parsed, err := readRole(r)
		if err != nil {
			return fmt.Errorf("creating role %s (%s): %w", r.Name, r, err)
		}
		s.roles[r.ARN] = parsed
	} else {
		parsed, err := readPolicy(r)
		if err != nil {
			return fmt.Errorf("creating the policy of %s: %w", r, err)
		}
		s.policies[r.String()] = parsed
	}
	s.apply()
	return nil
}

// Delete implements [resource.Provider].
func (s *Service) Delete(_ context.Context, r resource.Resource) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Type == "AWS::IAM::Role" {
		delete(s.roles, r.ARN)
		s.gate.RemoveRole(r.ARN)
	} else {
		delete(s.policies, r.String())
	}
	s.apply()
	return nil
}

// apply gives the gate every role with all its policies.
func (s *Service) apply() {
	for _, r := range s.roles {
		out := r.Role
		out.Identity = slices.Clone(out.Identity)
		for _, place := range slices.Sorted(maps.Keys(s.policies)) {
			p := s.policies[place]
			if p.account == r.Account && (slices.Contains(p.roles, r.Name) || p.arn != "" && slices.Contains(r.managed, p.arn)) {
				out.Identity = append(out.Identity, p.document)
			}
		}
		if r.boundary != "" {
			// A boundary that is not known here allows nothing: it must not widen anything.
			out.Boundary = []iam.Document{}
			for _, p := range s.policies {
				if p.arn == r.boundary {
					out.Boundary = append(out.Boundary, p.document)
				}
			}
		}
		s.tellUnknown(r)
		s.gate.PutRole(out)
	}
}

// tellUnknown names policies of AWS, whose documents are in no template.
func (s *Service) tellUnknown(r *role) {
	for _, arn := range append(slices.Clone(r.managed), r.boundary) {
		if strings.Contains(arn, ":iam::aws:policy/") && !s.told[arn] {
			s.told[arn] = true
			s.log(fmt.Sprintf("%s: the document of an AWS managed policy is not known locally; roles with it are allowed nothing by it", arn))
		}
	}
}

// list takes one string or several.
func list(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, e := range v {
			if text, ok := e.(string); ok {
				out = append(out, text)
			}
		}
		return out
	}
	return nil
}

func readRole(r resource.Resource) (*role, error) {
	var p struct {
		AssumeRolePolicyDocument any
		Policies                 []struct {
			PolicyName     string
			PolicyDocument any
		}
		ManagedPolicyArns   []string
		PermissionsBoundary string
		MaxSessionDuration  int
		Tags                []struct{ Key, Value string }
	}
	if err := r.Decode(&p); err != nil {
		return nil, err
	}
	out := &role{managed: p.ManagedPolicyArns, boundary: p.PermissionsBoundary}
	out.Role = gate.Role{ARN: r.ARN, Name: r.Name, Account: r.Account, MaxSession: time.Duration(p.MaxSessionDuration) * time.Second, Tags: map[string]string{}}
	for _, t := range p.Tags {
		out.Tags[t.Key] = t.Value
	}
	var problems []error
	read := func(what string, value any, kind iam.Kind) iam.Document {
		d, err := iam.Decode(plain(value), kind)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", what, err))
		}
		return d
	}
	out.Trust = read("AssumeRolePolicyDocument", p.AssumeRolePolicyDocument, iam.Trust)
	for _, inline := range p.Policies {
		out.Identity = append(out.Identity, read("policy "+inline.PolicyName, inline.PolicyDocument, iam.Identity))
	}
	return out, errors.Join(problems...)
}

func readPolicy(r resource.Resource) (policy, error) {
	out := policy{account: r.Account, roles: append(list(r.Properties["Roles"]), list(r.Properties["RoleName"])...)}
	if r.Type == "AWS::IAM::ManagedPolicy" {
		out.arn = r.ARN
	}
	var err error
	out.document, err = iam.Decode(plain(r.Properties["PolicyDocument"]), iam.Identity)
	return out, err
}

// plain is a document as iam.Decode takes it, whether the template has it as an object or as text.
func plain(value any) any {
	text, ok := value.(string)
	if !ok {
		return value
	}
	var v any
	if json.Unmarshal([]byte(text), &v) != nil {
		return value
	}
	return v
}
