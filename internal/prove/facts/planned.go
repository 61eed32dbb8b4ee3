package facts

import (
	"cmp"

	"github.com/tenantstack/tenantstack/internal/cfn"
)

// Planned is a stack that is to exist, with the names of what it will declare. It stands in
// for a stack whose template is not there: what the names belong to is known all the same,
// and what the template would say of them is not.
type Planned struct {
	// Stack is its name.
	Stack string
	// Environment is aws://<account>/<region>.
	Environment string
	// Partition of the region, such as aws.
	Partition string
	// Resources with a name that is known beforehand.
	Resources []PlannedResource
}

// PlannedResource is what a Planned stack will declare.
type PlannedResource struct {
	// Type such as AWS::DynamoDB::Table.
	Type string
	// LogicalID of the resource.
	LogicalID string
	// Arn of the resource.
	Arn string
	// PartitionKey of a table.
	PartitionKey string
}

// expect has what an absent stack will declare, under the names that it will have.
func (f *Facts) expect(p *Planned) {
	t := &reader{Facts: f, stack: Stack{Name: p.Stack, Partition: p.Partition}}
	env, _ := cfn.ParseEnvironment(p.Environment) // what an unusable one leaves out stands for anything
	env.Partition = cmp.Or(env.Partition, p.Partition)
	t.begin(env)
	for _, r := range p.Resources {
		place := t.place(r.LogicalID, "")
		if r.Type == "AWS::IAM::Role" {
			t.Principals = append(
				t.Principals,
				&Principal{Arn: r.Arn, Account: t.stack.Account, Place: place, SessionKey: t.sessionKey(r.Arn), Planned: true},
			)
		}
		t.assetsOf(r.Type, r.Arn, r.properties(), place)
	}
}

// properties that are read of a resource.
func (r PlannedResource) properties() map[string]any {
	if r.PartitionKey == "" {
		return nil
	}
	return map[string]any{"KeySchema": []any{map[string]any{"AttributeName": r.PartitionKey, "KeyType": "HASH"}}}
}
