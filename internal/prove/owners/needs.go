package owners

import (
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/plan"
)

// needs are what the functions of one tenant have to be able to do, from the contract.
type needs struct {
	plan   *plan.Plan
	tenant *plan.Tenant
	cell   *plan.Cell
}

func (n needs) all() []Need {
	var out []Need
	events := map[string]bool{}
	for _, o := range n.plan.Operations {
		out = append(out, n.function(o.Function, o.Method+" "+o.Path, o.Grants)...)
	}
	for _, e := range n.plan.Events {
		events[e.Function] = true
		out = append(out, n.function(e.Function, "event "+e.ID, e.Grants)...)
	}
	out = append(out, n.notifications()...)
	for _, f := range n.tenant.Functions {
		if !events[f.LogicalID] {
			out = append(
				out,
				Need{
					Stack:     n.tenant.Stack,
					LogicalID: n.tenant.API.Role,
					What:      "API Gateway",
					Request:   iam.Request{Action: "lambda:InvokeFunction", Resource: f.Arn},
				},
			)
		}
		for _, g := range n.tenant.LogGroups {
			if g.Name == f.LogGroup {
				out = append(out, logNeed(n.tenant.Stack, f.LogicalID, g))
			}
		}
	}
	out = append(out, n.assumed(n.tenant.API.Role, "API Gateway", "apigateway.amazonaws.com"))
	if n.tenant.Indexer != nil {
		out = append(out, indexerNeeds(n.tenant.Stack, n.tenant.Indexer, n.tenant.Tables, n.tenant.Environment)...)
		out = append(out, n.index(n.tenant.Indexer.Function.LogicalID)...)
	}
	if n.cell != nil && n.cell.Indexer != nil && len(n.tenant.Tables) == 0 {
		out = append(out, n.index("IndexWriterRole")...)
	}
	return out
}

func (n needs) assumed(id, what, service string) Need {
	return Need{Stack: n.tenant.Stack, LogicalID: id, What: what, Service: service}
}

// index is what whoever writes the tenant's index needs.
func (n needs) index(id string) []Need {
	if n.domain() == nil {
		return nil
	}
	base := n.domain().Arn + "/" + n.tenant.BillingAccount
	var out []Need
	for _, r := range []iam.Request{
		{Action: "es:ESHttpPut", Resource: base}, {Action: "es:ESHttpPost", Resource: base + "/_bulk"},
		{Action: "es:ESHttpPut", Resource: base + "/_mapping"},
		{Action: "es:ESHttpPost", Resource: base + "/_refresh"}, {Action: "es:ESHttpPost", Resource: base + "/_search"},
	} {
		out = append(out, Need{Stack: n.tenant.Stack, LogicalID: id, What: "indexing", Request: r})
	}
	for _, r := range n.indexedRows() {
		out = append(out, Need{Stack: n.tenant.Stack, LogicalID: id, What: "indexing", Request: r})
	}
	return out
}

// indexedRows are the readings of rows that go into the index, with each of the tenant's partition keys and with all.
func (n needs) indexedRows() []iam.Request {
	env, tables := n.tables()
	var out []iam.Request
	for _, t := range tables {
		if !t.Stream {
			continue
		}
		keys := n.keys(t.Sharded)
		for _, some := range append(slices.Collect(slices.Chunk(keys, 1)), keys) {
			out = append(out, iam.Request{
				Action: "dynamodb:BatchGetItem", Resource: tableArn(env, t.Name), Context: iam.Context{"dynamodb:LeadingKeys": some},
			})
		}
	}
	return out
}

func (n needs) domain() *plan.Domain {
	if n.tenant.Domain != nil {
		return n.tenant.Domain
	}
	if n.cell == nil {
		return nil
	}
	return n.cell.Domain
}

// function is what a function has to be able to do: run, and use what it was granted.
func (n needs) function(id, what string, g plan.Grants) []Need {
	out := []Need{n.assumed(id, what, "lambda.amazonaws.com")}
	for _, r := range n.granted(id, g) {
		out = append(out, Need{Stack: n.tenant.Stack, LogicalID: id, What: what, Request: r})
	}
	return out
}

// notifications are what S3 has to be able to tell functions of.
func (n needs) notifications() []Need {
	var out []Need
	for _, x := range n.tenant.Uploads.Notifications {
		out = append(
			out,
			Need{Stack: n.tenant.Stack, LogicalID: x.Function, What: "S3", Service: "s3.amazonaws.com", Request: iam.Request{
				Action: "lambda:InvokeFunction", Resource: x.FunctionArn,
				Context: iam.Context{"aws:SourceArn": {n.tenant.Uploads.Arn}, "aws:SourceAccount": {n.tenant.Environment.Account}},
			}},
			Need{
				Stack:        n.tenant.Stack,
				LogicalID:    n.tenant.Uploads.LogicalID,
				What:         "S3",
				Notification: &Notification{x.FunctionArn, x.Prefix},
			},
		)
	}
	return out
}

// granted lists the requests that a function's grants promise.
func (n needs) granted(function string, g plan.Grants) []iam.Request {
	var out []iam.Request
	for _, name := range sortedKeys(g.Tables) {
		out = append(out, n.rows(name, g.Tables[name])...)
	}
	reads := func(access string) bool { return access == "read" || access == "readDelete" || access == "readWrite" }
	writes := func(access string) bool { return access == "write" || access == "readWrite" }
	if d := n.domain(); d != nil {
		base := d.Arn + "/" + n.tenant.BillingAccount + "/"
		if reads(g.Search) {
			out = append(
				out,
				iam.Request{Action: "es:ESHttpPost", Resource: base + "_search"},
				iam.Request{Action: "es:ESHttpPost", Resource: base + "_count"},
			)
		}
		if writes(g.Search) {
			out = append(
				out,
				iam.Request{Action: "es:ESHttpPost", Resource: base + "_bulk"},
				iam.Request{
					Action:   "es:ESHttpPost",
					Resource: base + "_refresh",
				},
				iam.Request{Action: "es:ESHttpPut", Resource: base + "_mapping"},
			)
		}
	}
	for _, folder := range sortedKeys(g.Uploads) {
		access, object := g.Uploads[folder], n.tenant.Uploads.Arn+"/"+n.tenant.Uploads.Prefix+folder+"/kitten/photo"
		if reads(access) {
			out = append(out, iam.Request{Action: "s3:GetObject", Resource: object})
		}
		if writes(access) {
			out = append(out, n.put(object))
		}
		if access == "readDelete" || access == "readWrite" {
			out = append(out, iam.Request{Action: "s3:DeleteObject", Resource: object})
		}
	}
	if g.InvokeSelf {
		for _, f := range n.tenant.Functions {
			if f.LogicalID == function {
				out = append(out, iam.Request{Action: "lambda:InvokeFunction", Resource: f.Arn})
			}
		}
	}
	return out
}

// put stores an object. Where S3 tells a function of what arrives, it is a signed request that overwrites nothing.
func (n needs) put(object string) iam.Request {
	r := iam.Request{Action: "s3:PutObject", Resource: object}
	for _, x := range n.tenant.Uploads.Notifications {
		if strings.HasPrefix(object, n.tenant.Uploads.Arn+"/"+x.Prefix) {
			r.Context = iam.Context{"s3:if-none-match": {"*"}}
		}
	}
	return r
}

// tables are those that have the tenant's rows, and where they are.
func (n needs) tables() (plan.Environment, []plan.Table) {
	if len(n.tenant.Tables) == 0 && n.cell != nil {
		return n.cell.Environment, n.cell.Tables
	}
	return n.tenant.Environment, n.tenant.Tables
}

// keys are the partition keys of the tenant's rows in a table.
func (n needs) keys(sharded bool) []string {
	if sharded && len(n.tenant.PartitionKeys) > 1 {
		return n.tenant.PartitionKeys
	}
	return []string{n.tenant.BillingAccount}
}

// rows are the item actions of a table, with each of the tenant's partition keys.
func (n needs) rows(name string, grant plan.TableGrant) []iam.Request {
	env, tables := n.tables()
	i := slices.IndexFunc(tables, func(t plan.Table) bool { return t.Table == name })
	if i < 0 {
		return nil
	}
	keys := append(slices.Clone(n.keys(grant.Sharded)), plan.LayoutKey(n.tenant.BillingAccount))
	actions := []string{"GetItem", "Query", "BatchGetItem"}
	if grant.Access == "readWrite" {
		actions = append(actions, "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem", "BatchWriteItem")
	}
	var out []iam.Request
	for _, action := range actions {
		for _, key := range keys {
			out = append(out, iam.Request{
				Action: "dynamodb:" + action, Resource: tableArn(env, tables[i].Name), Context: iam.Context{"dynamodb:LeadingKeys": {key}},
			})
		}
	}
	return append(
		out,
		iam.Request{
			Action:   "dynamodb:BatchGetItem",
			Resource: tableArn(env, tables[i].Name),
			Context:  iam.Context{"dynamodb:LeadingKeys": keys},
		},
	)
}

func logNeed(stack, id string, g plan.LogGroup) Need {
	return Need{
		Stack:     stack,
		LogicalID: id,
		What:      "its log",
		Request:   iam.Request{Action: "logs:PutLogEvents", Resource: g.Arn + ":log-stream:stream"},
	}
}

func indexerNeeds(stack string, x *plan.Indexer, tables []plan.Table, env plan.Environment) []Need {
	id := x.Function.LogicalID
	out := []Need{
		{Stack: stack, LogicalID: id, What: "indexing", Service: "lambda.amazonaws.com"},
		logNeed(stack, id, x.LogGroup),
		{Stack: stack, LogicalID: id, What: "dead letters", Request: iam.Request{
			Action: "sqs:SendMessage", Resource: "arn:" + env.Partition + ":sqs:" + env.Region + ":" + env.Account + ":" + x.DeadLetterQueue,
		}},
	}
	for _, t := range tables {
		if slices.Contains(x.Tables, t.LogicalID) {
			out = append(out, Need{Stack: stack, LogicalID: id, What: "indexing", Request: iam.Request{
				Action: "dynamodb:GetRecords", Resource: tableArn(env, t.Name) + "/stream/2026-01-01T00:00:00.000",
			}})
		}
	}
	return out
}

// cellNeeds are those of the indexer of shared tables, which becomes each tenant's index
// writer in turn.
func cellNeeds(p *plan.Plan, cell *plan.Cell) []Need {
	if cell.Indexer == nil {
		return nil
	}
	out := indexerNeeds(cell.Stack, cell.Indexer, cell.Tables, cell.Environment)
	for _, t := range p.Tenants {
		for _, r := range t.Roles {
			if t.Cell == cell.Name && r.LogicalID == "IndexWriterRole" {
				out = append(
					out,
					Need{
						Stack:     cell.Stack,
						LogicalID: cell.Indexer.Function.LogicalID,
						What:      "indexing for tenant " + t.ID,
						Request: iam.Request{
							Action: "sts:AssumeRole", Resource: r.Arn,
						},
					},
				)
			}
		}
	}
	return out
}
