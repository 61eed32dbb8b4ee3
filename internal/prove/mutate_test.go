package prove

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/internal/cfn"
	"github.com/tenantstack/tenantstack/internal/prove/report"
)

// edit changes the properties of one resource of a stack.
type edit struct {
	name     string
	stack    string
	resource string
	// change the properties; nil for a resource that is to be added.
	change func(t *testing.T, properties map[string]any)
	// add a resource of this type.
	add string
	// attributes of the resource beside its properties are changed; a resource that is added stays when its
	// stack goes, otherwise.
	attributes func(r *cfn.Resource)
	// sid of the planted statement, if it has one; place is part of the finding's path.
	sid, place string
	// elsewhere: the finding is at what the edit lays open.
	elsewhere bool
	// rule that has to find it; report.CrossTenant if empty.
	rule report.Rule
	// also is done beside, and export is what tabby's stack exports.
	also   []edit
	export map[string]any
}

// planted is the assembly with one edit.
func (e edit) planted(t *testing.T, shipped *cfn.Assembly) *cfn.Assembly {
	t.Helper()
	out := *shipped
	out.Stacks = append([]cfn.Stack(nil), shipped.Stacks...)
	for i, s := range out.Stacks {
		if s.Name != e.stack {
			continue
		}
		resources := maps.Clone(s.Template.Resources)
		r, ok := resources[e.resource]
		if !ok && e.add == "" {
			t.Fatalf("stack %s has no %s", e.stack, e.resource)
		}
		properties := map[string]any{}
		if ok {
			if err := json.Unmarshal(r.Properties, &properties); err != nil {
				t.Fatal(err)
			}
		} else {
			r = cfn.Resource{Type: e.add, DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain"}
		}
		if e.attributes != nil {
			e.attributes(&r)
		}
		if e.change != nil {
			e.change(t, properties)
		}
		encoded, err := json.Marshal(properties)
		if err != nil {
			t.Fatal(err)
		}
		r.Properties = encoded
		resources[e.resource] = r
		out.Stacks[i].Template.Resources = resources
		for _, beside := range e.also {
			out = *beside.planted(t, &out)
		}
		e.exported(t, &out)
		return &out
	}
	t.Fatalf("no stack %s", e.stack)
	return nil
}

// exported adds outputs to tabby's stack.
func (e edit) exported(t *testing.T, assembly *cfn.Assembly) {
	t.Helper()
	for i := range assembly.Stacks {
		if s := &assembly.Stacks[i]; s.Name == tabby && len(e.export) > 0 {
			s.Template.Outputs = maps.Clone(s.Template.Outputs)
			for name, value := range e.export {
				encoded, err := json.Marshal(value)
				if err != nil {
					t.Fatal(err)
				}
				s.Template.Outputs["Exported"+name] = cfn.Output{Value: encoded, ExportName: json.RawMessage(`"` + name + `"`)}
			}
		}
	}
}

// The stacks that edits are planted into.
const (
	cell     = "kittens-cell-eu-1"
	awesome  = "kittens-tenant-super-awesome-customer"
	tabby    = "kittens-tenant-tabby-cafe"
	whisker  = "kittens-tenant-whisker-world"
	bank     = "kittens-tenant-purrfect-bank"
	acme     = "kittens-tenant-acme"
	region   = "eu-central-1"
	account  = "111111111111"
	kittens  = "arn:aws:dynamodb:eu-central-1:111111111111:table/kittens_cell_eu-1_kittens"
	domain   = "arn:aws:es:eu-central-1:111111111111:domain/kittens-eu-1-78828d64"
	tabbyFn  = "arn:aws:lambda:eu-central-1:111111111111:function:kittens_tenant_tabby-cafe_KittensGetFn"
	tabbyRow = "20417"
	reader   = "arn:aws:iam::111111111111:role/kittens/tenant/super-awesome-customer/kittens_tenant_super-awesome-customer_Reader_eu-central-1"
)

// document of a role's first inline policy.
func document(properties map[string]any) map[string]any {
	return properties["Policies"].([]any)[0].(map[string]any)["PolicyDocument"].(map[string]any)
}

func statements(document map[string]any) []any { return document["Statement"].([]any) }

func bySid(t *testing.T, document map[string]any, sid string) map[string]any {
	t.Helper()
	for _, s := range statements(document) {
		if s.(map[string]any)["Sid"] == sid {
			return s.(map[string]any)
		}
	}
	t.Fatalf("no statement %s", sid)
	return nil
}

// in changes a statement of a role's policy.
func in(sid string, change func(s map[string]any)) func(*testing.T, map[string]any) {
	return func(t *testing.T, properties map[string]any) {
		t.Helper()
		change(bySid(t, document(properties), sid))
	}
}

// another adds a statement to a role's policy.
func another(s map[string]any) func(*testing.T, map[string]any) {
	return func(t *testing.T, properties map[string]any) {
		t.Helper()
		d := document(properties)
		d["Statement"] = append(statements(d), s)
	}
}

// allow is a statement with the Sid Planted.
func allow(actions, resources any, condition ...map[string]any) map[string]any {
	s := map[string]any{"Sid": "Planted", "Effect": "Allow", "Action": actions, "Resource": resources}
	if len(condition) > 0 {
		s["Condition"] = condition[0]
	}
	return s
}

// set a property at a path of keys.
func set(value any, path ...string) func(*testing.T, map[string]any) {
	return func(_ *testing.T, properties map[string]any) {
		at := properties
		for _, key := range path[:len(path)-1] {
			next, ok := at[key].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[key] = next
			}
			at = next
		}
		if value == nil {
			delete(at, path[len(path)-1])
		} else {
			at[path[len(path)-1]] = value
		}
	}
}

// inPolicy adds a statement to the policy document of a resource.
func inPolicy(property string, s map[string]any) func(*testing.T, map[string]any) {
	return func(_ *testing.T, properties map[string]any) {
		d := properties[property].(map[string]any)
		d["Statement"] = append(d["Statement"].([]any), s)
	}
}

func letIn(principal, actions, resource any) map[string]any {
	return map[string]any{
		"Sid":       "Planted",
		"Effect":    "Allow",
		"Principal": principal,
		"Action":    actions,
		"Resource":  resource,
	}
}

// trusting replaces a role's trust policy.
func trusting(principal any) func(*testing.T, map[string]any) {
	return set(map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
		"Sid": "Planted", "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole",
	}}}, "AssumeRolePolicyDocument")
}

// operation changes one method of the API's document.
func operation(path, method string, change func(o map[string]any)) func(*testing.T, map[string]any) {
	return func(t *testing.T, properties map[string]any) {
		t.Helper()
		paths := properties["Body"].(map[string]any)["paths"].(map[string]any)
		o, ok := paths[path].(map[string]any)[method].(map[string]any)
		if !ok {
			t.Fatalf("no %s %s", method, path)
		}
		change(o)
	}
}

func authorizer(change func(a map[string]any)) func(*testing.T, map[string]any) {
	return func(_ *testing.T, properties map[string]any) {
		schemes := properties["Body"].(map[string]any)["components"].(map[string]any)["securitySchemes"].(map[string]any)
		change(schemes["oauth2"].(map[string]any))
	}
}

func leadingKeys(conditions ...any) map[string]any {
	out := map[string]any{}
	for i := 0; i < len(conditions); i += 2 {
		out[conditions[i].(string)] = map[string]any{"dynamodb:LeadingKeys": conditions[i+1]}
	}
	return out
}

// own is a condition that keeps to the rows of an account.
func own(account string) map[string]any {
	return leadingKeys("ForAllValues:StringEquals", []any{account}, "Null", "false", "ForAnyValue:StringLike", "*")
}

func condition(c map[string]any) func(s map[string]any) {
	return func(s map[string]any) {
		if s["Condition"] = c; c == nil {
			delete(s, "Condition")
		}
	}
}

// TestMutations plants ways to break the isolation, one at a time.
func TestMutations(t *testing.T) {
	assembly, ownership := shipped(t)
	if len(mutations) < 60 {
		t.Fatalf("%d mutations", len(mutations))
	}
	random := rand.New(rand.NewPCG(3, 4))
	for _, e := range slices.Concat(mutations, webMutations, dataMutations, edgeMutations, operationsMutations, watchingMutations) {
		t.Run(e.name, func(t *testing.T) {
			planted := e.planted(t, assembly)
			got, err := Prove(planted, ownership)
			if err != nil {
				t.Fatal(err)
			}
			e.checkParts(t, planted, got, ownership, random)
			if got.Proved {
				t.Fatal("PROVED")
			}
			rule := e.rule
			if rule == "" {
				rule = report.CrossTenant
			}
			for _, f := range got.Findings {
				if f.Rule == rule && e.elsewhere ||
					f.Rule == rule && f.Place.Stack == e.stack && f.Place.LogicalID == e.resource && strings.Contains(f.Place.Path, e.place) &&
						(e.sid == "" || f.Place.Sid == e.sid) {
					if f.Message == "" || f.Fix == "" {
						t.Errorf("no message or fix: %+v", f)
					}
					return
				}
			}
			t.Errorf("%d findings, none of which names it; the first ones:", len(got.Findings))
			for _, f := range got.Findings[:min(3, len(got.Findings))] {
				t.Errorf("  %s %s: %s", f.Rule, f.Place, f.Message)
			}
		})
	}
}

// TestHarmlessEdits plants edits that break nothing.
func TestHarmlessEdits(t *testing.T) {
	assembly, ownership := shipped(t)
	if len(harmlessEdits) < 20 {
		t.Fatalf("%d harmless edits", len(harmlessEdits))
	}
	for _, e := range slices.Concat(harmlessEdits, harmlessWeb, harmlessData, harmlessEdge, harmlessOperations, harmlessWatching) {
		t.Run(e.name, func(t *testing.T) {
			got, err := Prove(e.planted(t, assembly), ownership)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range got.Findings {
				t.Errorf("%s %s: %s", f.Rule, f.Place, f.Message)
			}
		})
	}
}
