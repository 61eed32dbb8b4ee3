package owners

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/plan"
)

// FromPlan says what belongs to whom on this platform: each tenant has its stack, its
// billing account's rows in the tables of its cell and its index in the cell's domain, and
// everything else is the platform's. It takes the plan's names, and none of its policies.
func FromPlan(p *plan.Plan) Ownership {
	o := Ownership{Platform: p.Platform}
	cells := map[string]*plan.Cell{}
	for i := range p.Cells {
		cell := &p.Cells[i]
		cells[cell.Name] = cell
		for _, t := range cell.Tables {
			o.Shared = append(o.Shared, Shared{
				Resource: tableArn(cell.Environment, t.Name), ConditionKey: "dynamodb:LeadingKeys", PartitionKey: partitionKey,
				Values: []string{"{billingAccount}", "{partitionKey@" + cell.Name + "}"},
			})
		}
		if cell.Domain != nil {
			o.Namespaces = append(
				o.Namespaces,
				cell.Domain.Arn+"/{billingAccount@"+cell.Name+"}",
				cell.Domain.Arn+"/{billingAccount@"+cell.Name+"}/*",
			)
		}
	}
	o.Namespaces = append(o.Namespaces, namespaces(p.Platform)...)
	o.Reserved = reserved(p.Platform)
	for i := range p.Tenants {
		t := &p.Tenants[i]
		o.Tenants = append(o.Tenants, Tenant{ID: t.ID, Stacks: []string{t.Stack}, Variables: variables(p.Platform, t),
			Public: []string{
				t.Web.Bucket.Arn + "/*",
			}, Hosts: []string{t.Web.Host}, Scopes: []string{"account:" + t.BillingAccount}})
		o.Needs = append(o.Needs, needs{p, t, cells[t.Cell]}.all()...)
		o.Kept = append(o.Kept, kept(t)...)
		if t.Indexer != nil {
			o.Indexers = append(
				o.Indexers,
				Indexer{Stack: t.Stack, Function: t.Indexer.Function.LogicalID, Role: t.Indexer.Role.LogicalID},
			)
		}
	}
	for i := range p.Cells {
		o.Needs = append(o.Needs, cellNeeds(p, &p.Cells[i])...)
	}
	for _, a := range p.Accept {
		o.Accepted = append(
			o.Accepted,
			Accepted{Rule: a.Rule, Stack: a.Stack, Resource: a.Resource, Path: a.Path, Reason: a.Reason, Where: a.Where},
		)
	}
	o.Planned = planned(p)
	o.Expected = expected(p)
	return o
}

// kept are the buckets of a tenant: of the uploads, what is incoming may expire, and of the application nothing.
func kept(t *plan.Tenant) []Kept {
	expiring := map[string]int{}
	for _, e := range t.Uploads.Expiries {
		expiring[e.Prefix] = e.Days
	}
	return []Kept{
		{Stack: t.Stack, LogicalID: t.Uploads.LogicalID, Expiring: expiring},
		{Stack: t.Stack, LogicalID: t.Web.Bucket.LogicalID},
	}
}

// namespaces are where the names of a tenant's resources begin. Ids, billing accounts and
// cells have no underscore and no slash, so no name of one tenant begins another's.
func namespaces(platform string) []string {
	const env = "{region}:{awsAccount}:"
	return []string{
		"arn:{partition}:lambda:" + env + "function:" + platform + "_tenant_{name}_*",
		"arn:{partition}:dynamodb:" + env + "table/" + platform + "_tenant_{name}_*",
		"arn:{partition}:sqs:" + env + platform + "_tenant_{name}_*",
		"arn:{partition}:cloudwatch:" + env + "alarm:" + platform + "_tenant_{name}_*",
		"arn:{partition}:logs:" + env + "log-group:/" + platform + "/tenant/{id}/*",
		"arn:{partition}:ssm:" + env + "parameter/" + platform + "/tenant/{id}/*",
		"arn:{partition}:ssm:" + env + "parameter/" + platform + "/cell/{cell}/search-endpoints/{billingAccount}",
		"arn:{partition}:iam::{awsAccount}:role/" + platform + "/tenant/{id}/*",
		"arn:{partition}:iam::{awsAccount}:role/" + platform + "/cell/{cell}/index-writer/" + platform + "_index_{indexWriters}_{billingAccount}",
	}
}

// reserved are all names that the platform gives.
func reserved(platform string) []string {
	return []string{
		"arn:*:lambda:*:*:function:" + platform + "_*",
		"arn:*:dynamodb:*:*:table/" + platform + "_*",
		"arn:*:sqs:*:*:" + platform + "_*",
		"arn:*:cloudwatch:*:*:alarm:" + platform + "_*",
		"arn:*:logs:*:*:log-group:/" + platform + "/*",
		"arn:*:ssm:*:*:parameter/" + platform + "/*",
		"arn:*:iam::*:role/" + platform + "/*",
		"arn:*:s3:::" + platform + "-*",
		"arn:*:cloudfront::*:function/" + platform + "_*",
	}
}

func variables(platform string, t *plan.Tenant) map[string][]string {
	// The row that says how the others are keyed has a partition key of its own.
	keys := append(slices.Clone(t.PartitionKeys), t.BillingAccount+"#layout")
	v := map[string][]string{
		"id": {t.ID}, "billingAccount": {t.BillingAccount}, "partitionKey": keys, "cell": {t.Cell},
		"partition": {t.Environment.Partition}, "region": {t.Environment.Region}, "awsAccount": {t.Environment.Account},
		"indexWriters": {indexWriters(t)}, "partitionKey@" + t.Cell: keys, "billingAccount@" + t.Cell: {t.BillingAccount},
	}
	if len(t.Functions) > 0 {
		// Long ids are shortened in names; the functions show how.
		name := strings.TrimPrefix(t.Functions[0].Name, platform+"_tenant_")
		name, _, _ = strings.Cut(name, "_")
		v["name"] = []string{name}
	}
	return v
}

// indexWriters is what all roles that write indices for the tenant's cell have in their names.
func indexWriters(t *plan.Tenant) string {
	sum := sha256.Sum256([]byte(t.Cell + "/" + t.Environment.Region))
	return hex.EncodeToString(sum[:4])
}

func tableArn(env plan.Environment, name string) string {
	return "arn:" + env.Partition + ":dynamodb:" + env.Region + ":" + env.Account + ":table/" + name
}
