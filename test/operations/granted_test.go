// Package operations has a case for every action that a role of the platform may do: the SDK does it as the role, against
// the local cloud, and the answer has to be the one that AWS documents.
package operations

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/api"
	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/plan"
	"github.com/tenantstack/tenantstack/tenant"
)

// grant is one statement of a role that allows an action.
type grant struct {
	action    string
	role      plan.Role
	statement iam.Statement
}

func (g grant) String() string { return g.role.Name + "/" + g.statement.Sid }

// grants are what the roles of the shipped tenants and their cells may do, by action.
func grants(t testing.TB) map[string][]grant {
	t.Helper()
	f, err := tenant.Load("../../tenants.yaml")
	if err != nil {
		t.Fatal(err)
	}
	contract, err := api.Load("../../api/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Build(f, contract, plan.Selection{})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]grant{}
	for _, r := range rolesOf(reflect.ValueOf(p)) {
		for _, s := range r.Policy.Statement {
			if s.Effect != iam.Allow {
				continue
			}
			if len(s.NotAction) > 0 {
				t.Errorf("role %s, %s: NotAction cannot be tried one by one", r.Name, s.Sid)
			}
			for _, action := range s.Action {
				out[action] = append(out[action], grant{action, r, s})
			}
		}
	}
	for _, list := range out {
		slices.SortFunc(list, func(a, b grant) int { return cmp.Compare(a.role.Arn, b.role.Arn) })
	}
	return out
}

// rolesOf are all roles that a value holds, wherever in it they are.
func rolesOf(v reflect.Value) []plan.Role {
	if v.IsValid() && v.Type() == reflect.TypeFor[plan.Role]() {
		return []plan.Role{v.Interface().(plan.Role)}
	}
	var out []plan.Role
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			out = rolesOf(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			out = append(out, rolesOf(v.Field(i))...)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			out = append(out, rolesOf(v.Index(i))...)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			out = append(out, rolesOf(v.MapIndex(k))...)
		}
	}
	return out
}

// untried says what is wrong with cases for actions: an action without one, a pattern, and a case that is of no use any more.
func untried(granted []string, cases map[string]operation) []string {
	var problems []string
	for _, action := range granted {
		switch {
		case strings.ContainsAny(action, "*?"):
			problems = append(problems, fmt.Sprintf("a role may do %s: name the actions, so that each can be tried", action))
		case cases[action] == nil:
			problems = append(problems, fmt.Sprintf("a role may do %s, and no case tries it: add one", action))
		}
	}
	for _, action := range slices.Sorted(maps.Keys(cases)) {
		if !slices.Contains(granted, action) {
			problems = append(problems, fmt.Sprintf("there is a case for %s, which no role may do: remove it", action))
		}
	}
	return problems
}

func TestEveryActionHasACase(t *testing.T) {
	granted := slices.Sorted(maps.Keys(grants(t)))
	if len(granted) < 20 {
		t.Errorf("the plan's roles may do %q: that cannot be all", granted)
	}
	for _, problem := range untried(granted, operations) {
		t.Error(problem)
	}
}

func TestUntried(t *testing.T) {
	some := map[string]operation{"s3:GetObject": getObject, "s3:PutObject": putObject}
	got := untried([]string{"s3:Get*", "s3:GetObject", "s3:ListBucket"}, some)
	if len(got) != 3 || !strings.Contains(got[0], "s3:Get*") || !strings.Contains(got[1], "s3:ListBucket") || !strings.Contains(got[2], "s3:PutObject") {
		t.Errorf("%q", got)
	}
}
