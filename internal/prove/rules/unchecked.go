package rules

import (
	"github.com/tenantstack/tenantstack/internal/prove/owners"
	"github.com/tenantstack/tenantstack/internal/prove/report"
)

// unseen says what a template tells of resources of a type, beside their names.
var unseen = []struct{ kind, what string }{
	{"AWS::IAM::Role", "what its roles may do, and who may become them"},
	{"AWS::DynamoDB::Table", "the keys of its tables, and whom their policies let in"},
	{
		"AWS::OpenSearchService::Domain",
		"whether a request to its search domain may name an index in the body, and whom the domain's policy lets in",
	},
	{"AWS::S3::Bucket", "whether its buckets are closed"},
	{"AWS::Lambda::Function", "which roles its functions run with"},
	{"AWS::ApiGateway::RestApi", "whether every method of its API is behind the authorizer"},
	{"AWS::CloudFront::Distribution", "what its distribution answers, and to whom"},
}

// unchecked names the stacks whose templates are not there.
func (c *Case) unchecked() {
	for _, p := range c.own.Absent(func(stack string) bool { return c.own.Present[stack] }) {
		c.report.NotChecked = append(c.report.NotChecked, c.notChecked(&p))
	}
}

// notChecked is what the template of an absent stack would have said.
func (c *Case) notChecked(p *owners.Planned) report.NotChecked {
	owner, _ := c.own.OfStack(p.Stack)
	n := report.NotChecked{Stack: p.Stack, Tenant: owner}
	if owner == "" {
		n.Cell, n.UsedBy = p.Cell, c.own.TenantsIn(p.Cell)
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
