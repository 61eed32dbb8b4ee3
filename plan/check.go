package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/api"
	"github.com/tenantstack/tenantstack/internal/authz"
	"github.com/tenantstack/tenantstack/tenant"
)

// What the contract and tenants.yaml allow, and synthesis or AWS would not. Everything that can
// be known from the plan is found here, so that tenantctl validate tells it and not a deployment.

const (
	// maxInlinePolicy is the number of characters, white space not counted, of all inline
	// policies of a role (IAM User Guide, "IAM and AWS STS quotas").
	maxInlinePolicy = 10240
	// maxEnvironment is the size of all variables of a function in bytes (Lambda quotas).
	maxEnvironment = 4096
	// maxReference bounds what a reference in a variable becomes: the address of a domain.
	maxReference = 160
	// maxAPIResources is API Gateway's quota "Resources per API".
	maxAPIResources = 300
	// maxLifecycleRules is what S3 takes of a bucket (Amazon S3 User Guide, "Managing the
	// lifecycle of objects"), and ownRules are those that every bucket of uploads has.
	maxLifecycleRules, ownRules = 1000, 2
)

// checkFiles finds what is the same for all tenants.
func checkFiles(f *tenant.File, c *api.Contract) []Problem {
	var out []Problem
	for _, u := range units(c) {
		if u.place[0] == "paths" && u.function.Timeout > maxIntegrationSeconds && !allGrants(c, u.function).InvokeSelf {
			out = append(out, Problem{
				Contract: append(slices.Clip(u.runs), "timeout"),
				Message:  fmt.Sprintf("x-function.timeout %d is longer than the %d seconds API Gateway waits", u.function.Timeout, maxIntegrationSeconds),
				Fix:      "shorten it, or grant invokeSelf and do the work in the background",
			})
		}
	}
	out = append(out, checkRoles(c)...)
	expiring := 0
	for _, folder := range c.Uploads {
		if folder.ExpireDays > 0 {
			expiring++
		}
	}
	if expiring+ownRules > maxLifecycleRules {
		out = append(out, Problem{
			Contract: []string{"x-uploads"},
			Message:  fmt.Sprintf("%d folders have expireDays; a bucket takes %d lifecycle rules, %d of which are the platform's", expiring, maxLifecycleRules, ownRules),
			Fix:      "put what expires after the same time into one folder",
		})
	}
	if n := apiResources(f, c); n > maxAPIResources {
		out = append(out, Problem{
			Contract: []string{"paths"},
			Message:  fmt.Sprintf("the paths need %d resources with {%s} before them, more than the %d of an API", n, accountParameter, maxAPIResources),
			Fix:      "split the application, use fewer path segments, or leave path out of accountSources in tenants.yaml",
		})
	}
	for _, word := range []string{"${", dynamicReference} {
		if audience := f.Platform.IdentityProvider.Audience; strings.Contains(audience, word) {
			out = append(out, Problem{
				Tenants: "platform.identityProvider.audience",
				Message: fmt.Sprintf("audience %q has %s, which begins what CloudFormation replaces", audience, word), Fix: "choose another audience",
			})
		}
	}
	if len(f.Tenants) > 0 {
		out = append(out, checkTable(c)...)
	}
	return out
}

// checkRoles finds operations and events that have a role of their own, of which x-roles has
// the name: both would be one resource, with the rights of either.
func checkRoles(c *api.Contract) []Problem {
	shared := map[string]string{}
	for _, r := range c.Roles {
		shared[strings.ToLower(roleLogicalID(r.Name))] = r.Name
	}
	var out []Problem
	for _, u := range units(c) {
		id := u.functionID + "Role"
		if name, taken := shared[strings.ToLower(id)]; taken && !isEmpty(u.function.Extra) {
			out = append(out, Problem{
				Contract: u.runs,
				Message:  fmt.Sprintf("role %s, which the function has for its own grants: a role has this logical id too, that of x-roles/%s", id, name),
				Fix:      "rename the role, or the operation or event",
			})
		}
	}
	return out
}

// apiResources counts the resources of the API, the root among them.
func apiResources(f *tenant.File, c *api.Contract) int {
	prefix := ""
	if slices.Contains(f.Platform.AccountSources, tenant.AccountFromPath) {
		prefix = "/{" + accountParameter + "}"
	}
	seen := map[string]bool{"": true}
	for _, o := range c.Operations {
		for path := strings.TrimSuffix(prefix+o.Path, "/"); path != ""; path = path[:strings.LastIndexByte(path, '/')] {
			seen[path] = true
		}
	}
	return len(seen)
}

// checkTable finds what the authorizer would not take as its table.
func checkTable(c *api.Contract) []Problem {
	if len(c.Operations) == 0 {
		return []Problem{{Contract: []string{"paths"}, Message: "the contract has no operation, and API Gateway deploys no API without one", Fix: "write one under paths"}}
	}
	var all authz.Table
	var out []Problem
	for _, o := range c.Operations {
		row := authz.Operation{ID: o.ID, Method: o.Method, Path: o.Path, Scopes: o.Scopes}
		all.Operations = append(all.Operations, row)
		if _, err := (authz.Table{Operations: []authz.Operation{row}}).Encode(); err != nil {
			reason := err
			if inner := errors.Unwrap(err); inner != nil {
				reason = inner
			}
			out = append(out, Problem{
				Contract: []string{"paths", o.Path, strings.ToLower(o.Method)},
				Message:  "the authorizer does not take the operation: " + reason.Error(), Fix: "change what the message names",
			})
		}
	}
	if len(out) > 0 {
		return out
	}
	if _, err := all.Encode(); err != nil {
		out = append(out, Problem{Contract: []string{"paths"}, Message: "the authorizer does not take the operations: " + err.Error(), Fix: "change what the message names, or use fewer operations and shorter scopes"})
	}
	return out
}

// check finds what AWS would refuse of a tenant's stack.
func (b *tenantBuilder) check(t *Tenant) []Problem {
	out := b.checkNames(t)
	for _, r := range t.Roles {
		out = append(out, checkPolicySize(r, b.originOf("AWS::IAM::Role", r.LogicalID))...)
	}
	for _, f := range t.Functions {
		p := Problem{Contract: b.originOf("AWS::Lambda::Function", f.LogicalID), Fix: "let it use fewer tables, or shorten their names"}
		if p.Contract == nil {
			p.Tenants, p.Fix = "platform.identityProvider", "shorten issuer, audience or jwksUri"
		}
		out = append(out, checkEnvironment(f, p)...)
	}
	out = append(out, checkIndexer(t.Indexer)...)
	return append(out, checkTemplate(t.Stack, t.Resources())...)
}

// checkCell finds what AWS would refuse of a cell's stack.
func checkCell(c *Cell) []Problem {
	return append(checkIndexer(c.Indexer), checkTemplate(c.Stack, c.Resources())...)
}

func checkIndexer(x *Indexer) []Problem {
	if x == nil {
		return nil
	}
	return append(checkPolicySize(x.Role, []string{"x-tables"}),
		checkEnvironment(x.Function, Problem{Contract: []string{"x-tables"}, Fix: "let fewer tables be searched, or shorten their names"})...)
}

func checkPolicySize(r Role, origin []string) []Problem {
	n, err := r.Policy.Size()
	switch {
	case err != nil:
		return []Problem{{Contract: slices.Concat([]string{}, origin), Message: fmt.Sprintf("role %s: %v", r.Name, err), Fix: "correct the grants"}}
	case n > maxInlinePolicy:
		return []Problem{{
			kind: "policy of " + r.LogicalID, Contract: slices.Concat([]string{}, origin),
			Message: fmt.Sprintf("the policy of role %s has %d characters; IAM allows %d", r.Name, n, maxInlinePolicy),
			Fix:     "use fewer tables, packages or key shards in one role",
		}}
	}
	return nil
}

// checkEnvironment says with p where the variables come from, and what to do.
func checkEnvironment(f Function, p Problem) []Problem {
	n := 0
	for k, v := range f.Environment {
		n += len(k) + len(v)
		if strings.Contains(v, "${") || strings.Contains(v, dynamicReference) {
			n += max(0, maxReference-len(v))
		}
	}
	if n <= maxEnvironment {
		return nil
	}
	p.kind = "environment of " + f.LogicalID
	p.Message = fmt.Sprintf("the environment of function %s has %d bytes; Lambda allows %d", f.Name, n, maxEnvironment)
	return []Problem{p}
}

// references counts the values that refer to resources of the template.
func references(environment map[string]string) int {
	n := 0
	for _, v := range environment {
		if strings.Contains(v, "${") {
			n++
		}
	}
	return n
}

// checkTemplate holds a stack against the quotas of a template.
func checkTemplate(stack string, all []Resource) []Problem {
	var out []Problem
	if len(all) > maxResources {
		out = append(out, Problem{
			kind: "resources", Contract: []string{"paths"},
			Message: fmt.Sprintf("stack %s has %d resources; CloudFormation takes %d", stack, len(all), maxResources),
			Fix:     "split the API, or use fewer operations, packages, roles and tables",
		})
	}
	n := 0
	for _, r := range all {
		n += r.Bytes
	}
	if n > maxTemplateBytes {
		out = append(out, Problem{
			kind: "bytes", Contract: []string{"paths"},
			Message: fmt.Sprintf("the template of stack %s has about %d bytes; CloudFormation takes %d", stack, n, maxTemplateBytes),
			Fix:     "split the API, or shorten its schemas",
		})
	}
	return out
}

// checkNames finds resources that would have one logical id, and roles that would have one
// name: IAM tells names apart without regard to case.
func (b *tenantBuilder) checkNames(t *Tenant) []Problem {
	var out []Problem
	seen := map[string]Resource{}
	for _, r := range t.Resources() {
		keys := []string{r.LogicalID}
		if r.Type == "AWS::IAM::Role" {
			keys = append(keys, "role "+strings.ToLower(r.LogicalID))
		}
		for _, key := range keys {
			other, taken := seen[key]
			seen[key] = r
			if taken {
				out = append(out, b.sameName(other, r))
				break
			}
		}
	}
	return out
}

// sameName is about two resources with one name, of which the contract made at least one.
func (b *tenantBuilder) sameName(a, other Resource) Problem {
	origin, of := b.originOf(a.Type, a.LogicalID), "the platform's"
	second := b.originsOf(other.Type, other.LogicalID)
	if len(second) > 0 {
		if origin != nil && len(second) > 1 && slices.Equal(origin, second[0]) {
			second = second[1:]
		}
		if origin != nil && !slices.Equal(origin, second[0]) {
			of = "that of " + strings.Join(origin, "/")
		}
		origin = second[0]
	}
	return Problem{
		kind: "name " + strings.ToLower(a.LogicalID), Contract: slices.Concat([]string{}, origin),
		Message: fmt.Sprintf("%s %s: a %s has this logical id too, %s", noun(other.Type), other.LogicalID, noun(a.Type), of),
		Fix:     "rename the role, the package or the operation in the contract",
	}
}

// noun is the last word of a type: role, function, loggroup.
func noun(kind string) string { return strings.ToLower(kind[strings.LastIndexByte(kind, ':')+1:]) }

// originOf is the first of originsOf, or nil.
func (b *tenantBuilder) originOf(kind, id string) []string {
	if all := b.originsOf(kind, id); len(all) > 0 {
		return all[0]
	}
	return nil
}

// originsOf are the places in the contract that a resource is made for; none for the
// platform's own.
func (b *tenantBuilder) originsOf(kind, id string) [][]string {
	var out [][]string
	switch kind {
	case "AWS::IAM::Role":
		for _, r := range b.contract.Roles {
			if roleLogicalID(r.Name) == id {
				out = append(out, []string{"x-roles", r.Name})
			}
		}
	case "AWS::DynamoDB::Table":
		for _, t := range b.contract.Tables {
			if tableID(t.Name) == id {
				out = append(out, []string{"x-tables", t.Name})
			}
		}
	}
	for _, u := range units(b.contract) {
		switch {
		case kind == "AWS::Lambda::Function" && u.functionID == id:
			out = append(out, u.place)
		case kind == "AWS::IAM::Role" && !isEmpty(u.function.Extra) && roleID(u) == id:
			out = append(out, u.runs)
		case kind == "AWS::Logs::LogGroup" && logicalID(u.function.Package)+"LogGroup" == id:
			out = append(out, append(slices.Clip(u.runs), "package"))
		}
	}
	return out
}
