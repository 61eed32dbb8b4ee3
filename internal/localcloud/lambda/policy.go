package lambda

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// permission is an AWS::Lambda::Permission: a statement of the resource policy of a function, a
// version or an alias.
type permission struct {
	arn      string
	document iam.Document
}

var accountOrARN = regexp.MustCompile(`^([0-9]{12}|arn:aws[a-zA-Z-]*:(iam|sts)::[0-9]{12}:.+)$`)

// readPermission makes the statement that AddPermission would (Lambda API Reference,
// "AddPermission"; AWS Lambda Developer Guide, "Viewing resource-based IAM policies in Lambda").
func readPermission(r resource.Resource) (permission, error) {
	var p struct {
		FunctionName, Action, Principal, PrincipalOrgID, SourceArn, SourceAccount, EventSourceToken, FunctionUrlAuthType string
		InvokedViaFunctionUrl                                                                                            *bool
	}
	if err := r.Decode(&p); err != nil {
		return permission{}, err
	}
	ref, problem := parseReference(p.FunctionName, r.Region, r.Account)
	if problem != nil {
		return permission{}, fmt.Errorf("FunctionName %q: not that of a function", p.FunctionName)
	}
	statement := iam.Statement{Effect: iam.Allow, Action: []string{p.Action}, Resource: []string{ref.arn()}}
	switch {
	case p.Principal == "*":
		statement.Principal = map[string][]string{"AWS": {"*"}}
	case accountOrARN.MatchString(p.Principal):
		statement.Principal = map[string][]string{"AWS": {p.Principal}}
	case strings.Contains(p.Principal, ".amazonaws.com"):
		statement.Principal = map[string][]string{"Service": {p.Principal}}
	default:
		return permission{}, fmt.Errorf("principal %q: want a service such as s3.amazonaws.com, an account, an ARN or *", p.Principal)
	}
	if !strings.HasPrefix(p.Action, "lambda:") {
		return permission{}, fmt.Errorf("action %q: want one of lambda", p.Action)
	}
	condition := iam.Condition{}
	add := func(operator, key, value string) {
		if value != "" {
			if condition[operator] == nil {
				condition[operator] = map[string][]string{}
			}
			condition[operator][key] = []string{value}
		}
	}
	add("ArnLike", "aws:SourceArn", p.SourceArn)
	add("StringEquals", "aws:SourceAccount", p.SourceAccount)
	add("StringEquals", "aws:PrincipalOrgID", p.PrincipalOrgID)
	add("StringEquals", "lambda:EventSourceToken", p.EventSourceToken)
	add("StringEquals", "lambda:FunctionUrlAuthType", p.FunctionUrlAuthType)
	if p.InvokedViaFunctionUrl != nil {
		add("Bool", "lambda:InvokedViaFunctionUrl", fmt.Sprint(*p.InvokedViaFunctionUrl))
	}
	if len(condition) > 0 {
		statement.Condition = condition
	}
	return permission{ref.arn(), iam.NewDocument(statement)}, nil
}

func (s *Service) putPermission(r resource.Resource) error {
	p, err := readPermission(r)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.permissions[r.String()] = p
	s.indexPolicies()
	return nil
}

// indexPolicies makes the resource policies anew, in the order of their places. s.mu is held.
func (s *Service) indexPolicies() {
	s.policies = map[string][]iam.Document{}
	for _, place := range slices.Sorted(maps.Keys(s.permissions)) {
		p := s.permissions[place]
		s.policies[p.arn] = append(s.policies[p.arn], p.document)
	}
}

// InvokeAccess is what a caller has to be allowed to invoke a function, whether it exists or not.
// functionARN may have a version or an alias. The condition keys of the calling service, such as
// aws:SourceArn, are the caller's to add.
func (s *Service) InvokeAccess(functionARN string) gate.Access {
	return s.access("lambda:InvokeFunction", functionARN)
}

func (s *Service) access(action, arn string) gate.Access {
	a := gate.Access{Action: action, Resource: arn}
	owner, _ := splitARN(arn)
	s.mu.Lock()
	defer s.mu.Unlock()
	a.Policies = s.policies[arn]
	if f := s.functions[owner]; f != nil && f.latest != nil {
		a.ResourceAccount, a.ResourceTags = f.latest.config.account, f.latest.config.tags
	}
	return a
}

// policyOf is the resource policy of a function as one document.
func (s *Service) policyOf(arn string) (iam.Document, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	document := iam.Document{Version: iam.Version, ID: "default"}
	for _, d := range s.policies[arn] {
		document.Statement = append(document.Statement, d.Statement...)
	}
	if len(document.Statement) == 0 {
		return document, errors.New("the resource you requested does not exist")
	}
	return document, nil
}
