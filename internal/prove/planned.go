package prove

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/internal/cfn"
)

// Planned is a stack that is to exist, with the names of what it will declare. It stands in
// for a stack whose template is not there: what the names belong to is known all the same,
// and what the template would say of them is not checked.
type Planned struct {
	// Stack is its name. Whose it is, the tenants say; it is the platform's if none has it.
	Stack string
	// Cell that the stack is of, or that the tenant of the stack lives in.
	Cell string
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

// NotChecked is a stack whose template was not there, so that what it says was not checked.
type NotChecked struct {
	// Stack is the name of the CloudFormation stack.
	Stack string `json:"stack"`
	// Cell that the stack is of, or Tenant.
	Cell   string `json:"cell,omitempty"`
	Tenant string `json:"tenant,omitempty"`
	// UsedBy are the tenants among the templates that live in the cell, sorted by id.
	UsedBy []string `json:"usedBy,omitempty"`
	// What its template would have said, and nobody looked at.
	What []string `json:"what"`
}

// absent are the planned stacks that have no template, in the order of the plan.
func (m *model) absent() []*Planned {
	var out []*Planned
	for i := range m.ownership.Planned {
		if p := &m.ownership.Planned[i]; !m.present[p.Stack] {
			out = append(out, p)
		}
	}
	return out
}

// checkStacks compares the stacks of the templates with the planned ones. None in common
// means that the templates are of something else. A stack that has the name of a tenant's or
// a cell's and is neither is left over: whose it is, nothing says.
func (m *model) checkStacks(assembly *cfn.Assembly) error {
	if len(m.ownership.Planned) == 0 {
		return nil
	}
	planned := map[string]bool{}
	for _, p := range m.ownership.Planned {
		planned[p.Stack] = true
	}
	if !slices.ContainsFunc(assembly.Stacks, func(s cfn.Stack) bool { return planned[s.Name] }) {
		return fmt.Errorf("prove: none of the %s among the templates is a tenant's or a cell's of platform %s: synthesize again",
			counted(len(assembly.Stacks), "stack"), m.ownership.Platform)
	}
	for _, s := range assembly.Stacks {
		switch kind, id, found := stackOf(m.ownership.Platform, s.Name); {
		case planned[s.Name]:
		case found:
			m.find(Finding{
				Rule: NotUnderstood, Place: Place{Stack: s.Name, File: s.File},
				Message: fmt.Sprintf("the stack %s is among the templates, but there is no %s %s, so whose it is is not known", s.Name, kind, id),
				Fix:     "synthesize again; what was removed from tenants.yaml is deleted from AWS, and is not deployed any more",
			})
		default:
			m.report.Notes = append(m.report.Notes, fmt.Sprintf("the stack %s is neither a tenant's nor a cell's: it counts as the platform's, which is trusted", s.Name))
		}
	}
	return nil
}

// stackOf takes the name of a stack apart: <platform>-tenant-<id> or <platform>-cell-<name>.
func stackOf(platform, stack string) (kind, id string, found bool) {
	rest, ours := strings.CutPrefix(stack, platform+"-")
	kind, id, found = strings.Cut(rest, "-")
	return kind, id, ours && found && (kind == "tenant" || kind == "cell")
}

// expect has what an absent stack will declare, under the names that it will have.
func (m *model) expect(p *Planned) []*asset {
	t := &stackReader{model: m, stack: &cfn.Stack{Name: p.Stack, Environment: p.Environment}, owner: m.stackOwner[p.Stack]}
	t.env, _ = cfn.ParseEnvironment(p.Environment) // what an unusable one leaves out stands for anything
	t.env.Partition = cmp.Or(t.env.Partition, p.Partition)
	t.account = t.env.Account
	t.stackAsset()
	for _, r := range p.Resources {
		place := t.place(r.LogicalID, "")
		if r.Type == "AWS::IAM::Role" {
			t.expectRole(r, place)
		}
		t.declaredAs(r.Type, r.Arn, r.properties(), place)
	}
	m.report.NotChecked = append(m.report.NotChecked, m.notChecked(p, t.owner))
	return t.found
}

// properties that the proof reads of a resource.
func (r PlannedResource) properties() map[string]any {
	if r.PartitionKey == "" {
		return nil
	}
	return map[string]any{"KeySchema": []any{map[string]any{"AttributeName": r.PartitionKey, "KeyType": "HASH"}}}
}

// expectRole makes known whose a role is. It has no policies to be judged.
func (t *stackReader) expectRole(r PlannedResource, place Place) {
	p := &principal{owner: t.owner, arn: r.Arn, account: t.account, place: place, planned: true}
	t.principals = append(t.principals, p)
	t.byArn[p.arn] = p
	t.byArn[t.sessionOf(p.arn)] = p
}

// unseen says what a template tells of resources of a type, beside their names.
var unseen = []struct{ kind, what string }{
	{"AWS::IAM::Role", "what its roles may do, and who may become them"},
	{"AWS::DynamoDB::Table", "the keys of its tables, and whom their policies let in"},
	{"AWS::OpenSearchService::Domain", "whether a request to its search domain may name an index in the body, and whom the domain's policy lets in"},
	{"AWS::S3::Bucket", "whether its buckets are closed"},
	{"AWS::Lambda::Function", "which roles its functions run with"},
	{"AWS::ApiGateway::RestApi", "whether every method of its API is behind the authorizer"},
	{"AWS::CloudFront::Distribution", "what its distribution answers, and to whom"},
}

// notChecked is what the template of an absent stack would have said.
func (m *model) notChecked(p *Planned, owner string) NotChecked {
	n := NotChecked{Stack: p.Stack, Tenant: owner}
	if owner == "" {
		n.Cell, n.UsedBy = p.Cell, m.tenantsIn(p.Cell)
	}
	kinds := map[string]bool{"AWS::ApiGateway::RestApi": owner != "", "AWS::CloudFront::Distribution": owner != ""}
	for _, r := range p.Resources {
		kinds[r.Type] = true
	}
	for _, u := range unseen {
		if kinds[u.kind] {
			n.What = append(n.What, u.what)
		}
	}
	n.What = append(n.What, "whatever else its template declares or exports")
	return n
}

// tenantsIn are the tenants among the templates that live in a cell.
func (m *model) tenantsIn(cell string) []string {
	var out []string
	for i := range m.ownership.Planned {
		p := &m.ownership.Planned[i]
		if owner := m.stackOwner[p.Stack]; p.Cell == cell && owner != "" && m.present[p.Stack] {
			out = append(out, owner)
		}
	}
	slices.Sort(out)
	return out
}

// maxUnchecked is how many stacks without templates are named in a sentence.
const maxUnchecked = 6

// notCheckedTexts say in sentences what was not checked: each cell that tenants of the
// templates rest on, with what they rest on, and then all other stacks.
func (r *Report) notCheckedTexts() []string {
	var out, others []string
	for _, n := range r.NotChecked {
		switch {
		case len(n.UsedBy) > 0:
			out = append(out, fmt.Sprintf("cell %s (%s is not among the templates), which %s: %s", n.Cell, n.Stack, whoUses(n.UsedBy), strings.Join(n.What, "; ")))
		case n.Cell != "":
			others = append(others, "cell "+n.Cell)
		default:
			others = append(others, "tenant "+n.Tenant)
		}
	}
	if len(others) == 0 {
		return out
	}
	named := strings.Join(others[:min(len(others), maxUnchecked)], ", ")
	if more := len(others) - maxUnchecked; more > 0 {
		named += fmt.Sprintf(" and %s more", thousands(uint64(more)))
	}
	if len(others) == 1 {
		return append(out, named+" (its stack is not among the templates): all that its template says")
	}
	return append(out, named+" (their stacks are not among the templates): all that their templates say")
}

// whoUses says which tenants use a cell.
func whoUses(ids []string) string {
	if len(ids) == 1 {
		return "tenant " + ids[0] + " uses"
	}
	return fmt.Sprintf("%d tenants of the templates use", len(ids))
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
