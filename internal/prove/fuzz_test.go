package prove

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/tenantstack/tenantstack/internal/cfn"
	"github.com/tenantstack/tenantstack/internal/prove/declared"
	"github.com/tenantstack/tenantstack/internal/prove/owners"
)

// FuzzFacts reads and judges resources of declared types whose properties can be anything, in a tenant's
// stack and in the platform's. Whatever they are, there is a report.
func FuzzFacts(f *testing.F) {
	types := declared.Types()
	index := map[string]int{}
	for i, t := range types {
		index[t.Name] = i
		f.Add(uint(i), []byte(`{}`))
		f.Add(
			uint(i),
			[]byte(`{"Policies": [null, 1, "x", {}], "PolicyDocument": "{", "Body": {"paths": {"/": {"get": []}}}}`),
		)
	}
	if dir := os.Getenv("TENANTSTACK_CDK_OUT"); dir != "" {
		assembly, err := cfn.ReadAssembly(dir)
		if err != nil {
			f.Fatal(err)
		}
		for _, s := range assembly.Stacks {
			for _, r := range s.Template.Resources {
				if i, known := index[r.Type]; known && len(r.Properties) < 20_000 {
					f.Add(uint(i), []byte(r.Properties))
				}
			}
		}
	}
	ownership := owners.Ownership{
		Platform: "fuzz", Tenants: []owners.Tenant{{ID: "a", Stacks: []string{"a"}}, {ID: "b", Stacks: []string{"b"}}},
		Shared: []owners.Shared{{Resource: kittens, ConditionKey: "dynamodb:LeadingKeys", Values: []string{"{id}"}}},
	}
	f.Fuzz(func(t *testing.T, kind uint, properties []byte) {
		if !json.Valid(properties) {
			t.Skip("no JSON")
		}
		assembly := &cfn.Assembly{}
		for _, name := range []string{"a", "platform"} {
			assembly.Stacks = append(assembly.Stacks, cfn.Stack{
				Name: name, Environment: "aws://111111111111/eu-central-1",
				Template: cfn.Template{
					Resources: map[string]cfn.Resource{"X": {Type: types[kind%uint(len(types))].Name, Properties: properties}},
				},
			})
		}
		got, err := Prove(assembly, ownership)
		if err != nil {
			t.Fatal(err)
		}
		if got.Proved != (len(got.Findings) == 0) {
			t.Errorf("proved is %v with %d findings", got.Proved, len(got.Findings))
		}
	})
}
