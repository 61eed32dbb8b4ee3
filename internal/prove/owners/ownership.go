// Package owners says what belongs to whom: from tenants.yaml by way of the plan, or from a file of
// owners, and of everything that is in the facts.
package owners

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/prove/facts"
)

// Ownership says what belongs to whom. It comes from tenants.yaml (FromPlan) or, for
// templates that this platform did not make, from a file (LoadOwnership); never from the
// templates that are to be proved. What no tenant owns is the platform's.
type Ownership struct {
	// Platform names what is not a tenant's in reports.
	Platform string `yaml:"platform"`
	// Tenants by id.
	Tenants []Tenant `yaml:"tenants"`
	// Namespaces are ARNs that contain a tenant's variables, such as
	// arn:aws:lambda:{region}:{awsAccount}:function:shop_{id}_*. What begins a tenant's
	// resource there can never begin another's, those of tenants to come included.
	Namespaces []string `yaml:"namespaces"`
	// Reserved are ARNs, with * and ?, of names that the platform gives: a tenant's resource
	// may have one of them only in the tenant's own namespaces.
	Reserved []string `yaml:"reserved"`
	// Shared resources are the platform's, with a part for each tenant.
	Shared []Shared `yaml:"shared"`
	// Trusted are principals outside of the templates that may have access (ARNs, account
	// ids or services), and ARNs and host names that resources of tenants may name.
	Trusted []string `yaml:"trusted"`
	// Accepted findings and actions are assumptions of the proof. An entry that nothing needs is an
	// error.
	Accepted []Accepted `yaml:"accept"`
	// Planned are all stacks that are to exist, those whose templates are not there too. If it
	// is empty, what no template declares is nobody's.
	Planned []Planned `yaml:"-"`
	// Indexers are functions of tenants whose code is the platform's, and which may create
	// the tenant's index.
	Indexers []Indexer `yaml:"-"`
	// Kept are buckets of which only certain objects may expire.
	Kept []Kept `yaml:"-"`
	// Needs are requests that have to be allowed.
	Needs []Need `yaml:"-"`
	// Expected is how functions and APIs are to be configured.
	Expected Expected `yaml:"-"`
}

// Tenant is an owner of resources.
type Tenant struct {
	// ID of the tenant.
	ID string `yaml:"id"`
	// Stacks whose resources are all the tenant's.
	Stacks []string `yaml:"stacks"`
	// Resources are further ARNs of the tenant, with * and ?, and resources of stacks that are not the
	// tenant's as <stack>/<logical id>.
	Resources []string `yaml:"resources"`
	// Public are the ARNs of objects that are meant for everyone, with * and ?. If it is nil,
	// what a distribution reads is assumed to be.
	Public []string `yaml:"public"`
	// Hosts are the names that the tenant is reached at, with all below them. If it is nil,
	// the tenant may take any that nobody else takes.
	Hosts []string `yaml:"hosts"`
	// Scopes are those that only the tenant's users have in their tokens.
	Scopes []string `yaml:"scopes"`
	// Variables of the namespaces, each with one or more values.
	Variables map[string][]string `yaml:"variables"`
}

// Shared is a resource in which a condition key tells the tenants' parts apart.
type Shared struct {
	// Resource is an ARN, with * and ?, or <stack>/<logical id>.
	Resource string `yaml:"resource"`
	// ConditionKey such as dynamodb:LeadingKeys or s3:prefix.
	ConditionKey string `yaml:"conditionKey"`
	// PartitionKey is the attribute whose values dynamodb:LeadingKeys are; tables and indices
	// with another partition key do not tell tenants apart. Any, if empty.
	PartitionKey string `yaml:"partitionKey"`
	// Values of a tenant's own part, with variables, such as {billingAccount}. For keys
	// other than dynamodb:LeadingKeys they may have * and ?.
	Values []string `yaml:"values"`
}

// Planned is a stack that is to exist.
type Planned struct {
	facts.Planned
	// Cell that the stack is of, or that the tenant of the stack lives in.
	Cell string
}

// Indexer is a function in a tenant's stack that feeds the tenant's index.
type Indexer struct {
	// Stack and logical ids of the function and of the role that no other one runs with.
	Stack, Function, Role string
}

// Accepted is a finding that somebody decided to live with, or an action of a statement, which
// then does not count. Of Rule, Stack, Resource, Type, Path and Action each that is not empty has to fit.
type Accepted struct {
	// Rule of the finding, such as not-understood.
	Rule string `yaml:"rule"`
	// Stack and Resource (its logical id), with * for any text.
	Stack    string `yaml:"stack"`
	Resource string `yaml:"resource"`
	// Path within the resource, or the beginning of it in whole steps.
	Path string `yaml:"path"`
	// Type of the resource, such as AWS::RDS::DBInstance.
	Type string `yaml:"type"`
	// Action pattern.
	Action string `yaml:"action"`
	// Reason is printed with the proof.
	Reason string `yaml:"reason"`
	// Where the entry stands, such as tenants.yaml:12:5; empty if that is not known.
	Where string `yaml:"-"`
}

// String names what is accepted.
func (a *Accepted) String() string {
	var parts []string
	for _, part := range []struct{ name, value string }{
		{"", a.Rule}, {"action ", a.Action}, {"type ", a.Type}, {"stack ", a.Stack}, {"resource ", a.Resource}, {"path ", a.Path},
	} {
		if part.value != "" {
			parts = append(parts, part.name+part.value)
		}
	}
	return strings.Join(parts, ", ")
}

// Kept is a bucket that keeps what is put into it.
type Kept struct {
	// Stack and LogicalID of the bucket.
	Stack, LogicalID string
	// Expiring are the prefixes of the keys whose objects may be deleted, with the least number of days after
	// which they may.
	Expiring map[string]int
}

// Need is a request that a function has to be able to make.
type Need struct {
	// Stack and LogicalID of the function, or of the role itself.
	Stack, LogicalID string
	// What it is needed for, such as GET /kittens.
	What string
	// Request without its principal.
	Request iam.Request
	// Service that makes the request, such as s3.amazonaws.com. Without a request, it is the
	// service that assumes the role, such as lambda.amazonaws.com.
	Service string
	// Notification that the bucket LogicalID has to have, instead of a request.
	Notification *Notification
}

// Notification tells a function of objects that are created below a prefix.
type Notification struct {
	// FunctionArn of the function, and Prefix of the keys.
	FunctionArn, Prefix string
}

// expand puts a tenant's variables into a text, once for each combination of values, as a
// pattern to be compiled with variables. A variable without a value yields nothing.
func (t Tenant) expand(text string) []string {
	start := variableAt(text)
	if start < 0 {
		return []string{text}
	}
	end := start + strings.IndexByte(text[start:], '}')
	name := text[start+1 : end]
	values := t.Variables[name]
	if name == "id" && len(values) == 0 {
		values = []string{t.ID}
	}
	var out []string
	for _, v := range values {
		out = append(out, t.expand(text[:start]+characters.Replace(v)+text[end+1:])...)
	}
	return out
}

// characters of a value that mean something in a pattern stand for themselves, written as in
// policies; braces are not allowed in values.
var characters = strings.NewReplacer("*", "${*}", "?", "${?}")

// variableAt is where the first {variable} begins, -1 if there is none; ${*} is none.
func variableAt(text string) int {
	for i := range text {
		if text[i] == '{' && (i == 0 || text[i-1] != '$') && strings.IndexByte(text[i:], '}') > 0 {
			return i
		}
	}
	return -1
}

// anybodys is a text with any values of its variables.
func anybodys(text string) string {
	var out strings.Builder
	for {
		start := variableAt(text)
		if start < 0 {
			return out.String() + text
		}
		end := start + strings.IndexByte(text[start:], '}')
		out.WriteString(text[:start] + "*")
		text = text[end+1:]
	}
}

// Check finds what would make the proof meaningless: ids that two tenants have, values that
// are no text, variables that no tenant has.
func (o *Ownership) Check() error {
	var problems []string
	ids := map[string]bool{}
	for _, t := range o.Tenants {
		if t.ID == "" || ids[t.ID] {
			problems = append(problems, fmt.Sprintf("tenant id %q is empty or used twice", t.ID))
		}
		ids[t.ID] = true
		for _, name := range slices.Sorted(maps.Keys(t.Variables)) {
			for _, v := range t.Variables[name] {
				if v == "" || strings.ContainsAny(v, "{}$⟨⟩") {
					problems = append(
						problems,
						fmt.Sprintf("tenant %s: variable %s has the value %q: want text without { } $ ⟨ ⟩", t.ID, name, v),
					)
				}
			}
		}
	}
	texts := slices.Clone(o.Namespaces)
	for _, s := range o.Shared {
		texts = append(texts, s.Values...)
	}
	for _, text := range texts {
		if len(o.Tenants) > 0 && !slices.ContainsFunc(o.Tenants, func(t Tenant) bool { return len(t.expand(text)) > 0 }) {
			problems = append(problems, fmt.Sprintf("%q: no tenant has values for its variables", text))
		}
	}
	if len(problems) > 0 {
		return fmt.Errorf("read ownership: %s", strings.Join(problems, "\nread ownership: "))
	}
	return nil
}

// Distinct are the words that stand for the tenant alone: its id, and the values of the variables that no
// environment has.
func (t *Tenant) Distinct() []string {
	out := []string{t.ID}
	for _, name := range sortedKeys(t.Variables) {
		switch name {
		case "partition", "region", "awsAccount", "cell", "indexWriters":
		default:
			out = append(out, t.Variables[name]...)
		}
	}
	return out
}

// StackOf takes the name of a stack apart: <platform>-tenant-<id> or <platform>-cell-<name>.
func (o *Ownership) StackOf(stack string) (kind, id string, found bool) {
	rest, ours := strings.CutPrefix(stack, o.Platform+"-")
	kind, id, found = strings.Cut(rest, "-")
	return kind, id, ours && found && (kind == "tenant" || kind == "cell")
}
