package templates

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/internal/cfn"
)

// resource is a resource of a deployment with everything that rules of order look at.
type resource struct {
	stack, id, kind string
	account, region string
	name, arn       string // as far as the templates tell
	properties      map[string]any
	first           map[string]bool // logical ids of the stack that CloudFormation makes before
	siblings        []*resource     // all of the stack
}

func (r *resource) String() string { return r.stack + " " + r.id }

// deployment is what the stacks of an assembly make, and in which order.
type deployment struct {
	resources []*resource
	first     map[string]map[string]bool // stacks that the CDK deploys before a stack
}

// need is what has to be there before a resource is made.
type need struct {
	what string // for messages
	is   func(*resource) bool
	// must says that AWS refuses the resource when there is none. Otherwise there may be none.
	must bool
}

// violations are the resources that CloudFormation may make before what they need.
func (d *deployment) violations(rules []rule) (found []string, applied map[string]int) {
	applied = map[string]int{}
	for _, r := range d.resources {
		for _, rule := range rules {
			for _, n := range rule.needs(r) {
				applied[rule.name]++
				if problem := d.missing(r, n); problem != "" {
					found = append(found, fmt.Sprintf("%s: %s (%s; %s)", r, problem, rule.name, rule.source))
				}
			}
		}
	}
	slices.Sort(found)
	return found, applied
}

// missing says what is wrong with the order of a resource and its need; it is empty if nothing is. What is in the
// resource's own stack is made before it; what is in another stack of the account is enough once.
func (d *deployment) missing(r *resource, n need) string {
	var late, elsewhere []string
	here, before := false, false
	for _, other := range d.resources {
		if other == r || other.account != r.account || !n.is(other) {
			continue
		}
		switch {
		case other.stack == r.stack:
			here = true
			if !r.first[other.id] {
				late = append(late, other.id)
			}
		case d.first[r.stack][other.stack]:
			before = true
		default:
			elsewhere = append(elsewhere, other.String())
		}
	}
	switch {
	case len(late) > 0:
		return fmt.Sprintf("does not depend on %s, %s", n.what, strings.Join(late, ", "))
	case here, before:
		return ""
	case len(elsewhere) > 0:
		return fmt.Sprintf("its stack does not depend on that of %s, %s", n.what, strings.Join(elsewhere, ", "))
	case n.must:
		return "there is no " + n.what
	}
	return ""
}

// deploymentOf reads an assembly.
func deploymentOf(t *testing.T, a *cfn.Assembly) *deployment {
	t.Helper()
	d := &deployment{first: stackOrder(t, a.Dir)}
	for i := range a.Stacks {
		s := &a.Stacks[i]
		e, err := cfn.ParseEnvironment(s.Environment)
		if err != nil {
			t.Fatal(err)
		}
		resolver := cfn.NewResolver(s, cfn.Options{})
		order := resourceOrder(t, s.Template)
		for _, id := range slices.Sorted(maps.Keys(s.Template.Resources)) {
			properties, err := resolver.Properties(id)
			if err != nil {
				t.Fatal(err)
			}
			r := &resource{stack: s.Name, id: id, kind: s.Template.Resources[id].Type, account: e.Account, region: e.Region, properties: properties, first: order[id]}
			r.name, _ = resolver.Name(id) // a type without a name
			r.arn, _ = resolver.Arn(id)   // or without an ARN
			d.resources = append(d.resources, r)
		}
	}
	for _, r := range d.resources {
		for _, other := range d.resources {
			if other.stack == r.stack {
				r.siblings = append(r.siblings, other)
			}
		}
	}
	return d
}

// stackOrder is which stacks the CDK deploys before which, by manifest.json.
func stackOrder(t *testing.T, dir string) map[string]map[string]bool {
	t.Helper()
	direct := map[string][]string{}
	for id, artifact := range manifestOf(t, dir) {
		direct[id] = artifact.Dependencies
	}
	return closure(direct)
}

// artifact is what tests look at of a cloud assembly's manifest.json (AWS CDK, "Cloud Assembly Specification").
type artifact struct {
	Type         string
	Dependencies []string
	Properties   struct{ TerminationProtection bool }
}

func manifestOf(t *testing.T, dir string) map[string]artifact {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m struct{ Artifacts map[string]artifact }
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	return m.Artifacts
}

// resourceOrder is which resources of a template CloudFormation makes before which: those that a resource refers to
// or depends on (CloudFormation Template Reference, "DependsOn attribute").
func resourceOrder(t *testing.T, template cfn.Template) map[string]map[string]bool {
	t.Helper()
	direct := map[string][]string{}
	for id, r := range template.Resources {
		var properties any
		if r.Properties != nil {
			if err := json.Unmarshal(r.Properties, &properties); err != nil {
				t.Fatal(err)
			}
		}
		direct[id] = append(slices.Clone(r.DependsOn), referred(properties)...)
	}
	return closure(direct)
}

var substitution = regexp.MustCompile(`\$\{([A-Za-z0-9]+)(\.[A-Za-z0-9.]+)?\}`)

// referred are the names that Ref, Fn::GetAtt and Fn::Sub have.
func referred(v any) (names []string) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			names = append(names, referred(item)...)
		}
	case map[string]any:
		for key, value := range v {
			list, _ := value.([]any)
			text, isText := value.(string)
			switch {
			case key == "Ref" && isText:
				names = append(names, text)
			case key == "Fn::GetAtt" && isText:
				id, _, _ := strings.Cut(text, ".")
				names = append(names, id)
			case key == "Fn::GetAtt" && len(list) > 0:
				names = append(names, fmt.Sprint(list[0]))
			case key == "Fn::Sub":
				if len(list) > 0 {
					text, _ = list[0].(string)
				}
				for _, found := range substitution.FindAllStringSubmatch(text, -1) {
					names = append(names, found[1])
				}
			}
			names = append(names, referred(value)...)
		}
	}
	return names
}

// closure follows names to the names of names.
func closure(direct map[string][]string) map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for id := range direct {
		seen := map[string]bool{}
		var follow func(string)
		follow = func(id string) {
			for _, next := range direct[id] {
				if !seen[next] {
					seen[next] = true
					follow(next)
				}
			}
		}
		follow(id)
		out[id] = seen
	}
	return out
}
