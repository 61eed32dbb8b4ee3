package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/prove/facts"
	"github.com/tenantstack/tenantstack/internal/prove/owners"
	"github.com/tenantstack/tenantstack/internal/prove/report"
)

// configured proves T16: what the other theorems rest on is configured as tenants.yaml says. Every function that is
// planned runs the planned package with the planned handler, role and environment, and nothing beside it; the API of a tenant asks
// the planned authorizer, calls for each operation the planned function, and has one stage, whose variables are the tenant's.
// With a file of owners nothing is planned, and nothing is compared.
func (c *Case) configured() {
	expected := &c.own.Expected
	if len(expected.Functions) == 0 {
		return
	}
	roles := map[string]string{}
	for _, p := range c.Principals {
		roles[p.Place.Resource()] = p.Arn
	}
	declared := sync.OnceValue(func() map[string]bool {
		out := map[string]bool{}
		for i := range c.Resources {
			out[c.Resources[i].Place.Resource()] = true
		}
		return out
	})
	keys := c.keysOfPackages()
	for _, id := range sortedKeys(expected.Functions) {
		if f := c.Functions[id]; f != nil {
			w := configuration{c, f, expected.Functions[id], declared}
			w.check(roles[w.want.Stack+"/"+w.want.Role], keys)
		}
	}
	c.stagesConfigured()
	c.methodsConfigured()
	c.searchersConfigured()
}

// searchersConfigured finds what runs with a role whose searches rest on the code that makes them (A3, A4), and is no
// planned function.
func (c *Case) searchersConfigured() {
	for i := range c.Roles {
		use := &c.Roles[i]
		p := c.own.Principal(use.Role)
		if p == nil {
			p = c.own.RoleNamed(use.Account, facts.LastName(use.Role))
		}
		if p == nil || !c.searchers[p] || c.own.Expected.Functions[use.Place.Resource()] != nil {
			continue
		}
		owner := c.own.Of(use.Place)
		if owner != "" && owner != c.own.Of(p.Place) {
			continue // T5 finds that it is somebody else's, with its template or without
		}
		c.find(report.Finding{
			Rule: report.Configuration, Owner: owner, Place: use.Place, Principal: p.Arn,
			Message: fmt.Sprintf("%s runs with the role %s, whose searches on a shared domain rest on the code of the "+
				"planned functions: IAM does not see what a search has in it", use.Place.LogicalID, p.Place.LogicalID),
			Fix: "give it a role of its own without search",
		})
	}
}

// configuration of one function, beside what it is to be.
type configuration struct {
	*Case
	is   *facts.Function
	want *owners.ExpectedFunction
	// declared are the resources of the templates, by stack and logical id.
	declared func() map[string]bool
}

// differs adds a finding about a property.
func (w configuration) differs(path, message, fix string) {
	place := w.is.Place
	place.Path += path
	w.find(report.Finding{Rule: report.Configuration, Owner: w.own.Of(place), Place: place, Message: message, Fix: fix})
}

const asPlanned = "synthesize again, so that the template says what tenants.yaml does"

func (w configuration) check(role string, keys map[string]string) {
	for _, contradiction := range w.want.Contradictions {
		w.differs(".Environment", fmt.Sprintf("%s: %s", w.want.LogicalID, contradiction), "mend the plan")
	}
	if w.is.Handler != w.want.Handler {
		w.differs(
			".Handler",
			fmt.Sprintf("the handler of %s is %q, and %s by tenants.yaml", w.want.LogicalID, w.is.Handler, w.want.Handler),
			asPlanned,
		)
	}
	if w.is.Role != role {
		w.differs(
			".Role",
			fmt.Sprintf("%s runs with the role %s, and with %s by tenants.yaml", w.want.LogicalID, w.is.Role, w.want.Role),
			asPlanned,
		)
	}
	for _, name := range w.is.Beside {
		w.differs(
			"."+name,
			fmt.Sprintf(
				"%s of %s brings code along, and tenants.yaml has package %s and no more",
				name,
				w.want.LogicalID,
				w.want.Package,
			),
			"remove it",
		)
	}
	w.code(keys)
	w.environment()
}

// code is one object in S3, and that of the package: by the name that the assembly gives it, and by what other
// functions have.
func (w configuration) code(keys map[string]string) {
	for _, name := range sortedKeys(w.is.Code) {
		if name != "S3Bucket" && name != "S3Key" {
			w.differs(
				".Code."+name,
				fmt.Sprintf(
					"%s of %s is not the file that the platform built of package %s",
					name,
					w.want.LogicalID,
					w.want.Package,
				),
				asPlanned,
			)
		}
	}
	key, _ := w.is.Code["S3Key"].(string)
	switch {
	case w.is.Package != "" && w.is.Package != w.want.AssetName():
		w.differs(
			".Code.S3Key",
			fmt.Sprintf(
				"%s runs %s, which the assembly calls %s, and package %s by tenants.yaml",
				w.want.LogicalID,
				key,
				w.is.Package,
				w.want.Package,
			),
			asPlanned,
		)
	case w.is.Unlisted:
		w.differs(
			".Code.S3Key",
			fmt.Sprintf(
				"%s runs %s, which is not among the files of the assembly, and package %s by tenants.yaml",
				w.want.LogicalID,
				key,
				w.want.Package,
			),
			asPlanned,
		)
	case keys[w.want.Package] != key:
		w.differs(
			".Code.S3Key",
			fmt.Sprintf(
				"%s runs %s, and other functions of package %s run %s",
				w.want.LogicalID,
				key,
				w.want.Package,
				keys[w.want.Package],
			),
			asPlanned,
		)
	}
}

// keysOfPackages are the objects that most functions of each package run. Of two packages with the same one, the one that
// has it more often keeps it.
func (c *Case) keysOfPackages() map[string]string {
	counts := map[string]map[string]int{}
	for id, want := range c.own.Expected.Functions {
		if f := c.Functions[id]; f != nil {
			key, _ := f.Code["S3Key"].(string)
			if counts[want.Package] == nil {
				counts[want.Package] = map[string]int{}
			}
			counts[want.Package][key]++
		}
	}
	keys, takers := map[string]string{}, map[string]string{}
	for _, name := range sortedKeys(counts) {
		best := ""
		for _, key := range sortedKeys(counts[name]) {
			if counts[name][key] > counts[name][best] {
				best = key
			}
		}
		switch other, taken := takers[best]; {
		case !taken:
		case counts[name][best] > counts[other][best]:
			keys[other] = "another file"
		default:
			keys[name] = "another file"
			continue
		}
		keys[name], takers[best] = best, name
	}
	return keys
}

// furtherVariables may stand beside the planned ones: the platform's code alone reads them, and only to say more or less.
// The runtime, the libraries and the SDK read others, such as those that name a proxy or whose certificates count, so what
// is not known is not understood (AWS SDKs and Tools Reference Guide, "Environment variables list").
var furtherVariables = []string{"LOG_LEVEL"}

func (w configuration) environment() {
	for _, name := range sortedKeys(w.want.Environment) {
		want := w.want.Environment[name]
		got, there := w.is.Environment[name]
		switch {
		case !there:
			w.differs(
				".Environment.Variables."+name,
				fmt.Sprintf("%s has no variable %s, which is %q by tenants.yaml", w.want.LogicalID, name, want),
				asPlanned,
			)
		case !w.given(name, want) && (got != want || strings.Contains(want, "${")):
			w.differs(
				".Environment.Variables."+name,
				fmt.Sprintf("%s of %s is %q, and %q by tenants.yaml", name, w.want.LogicalID, got, want),
				asPlanned,
			)
		}
	}
	for _, name := range sortedKeys(w.is.Environment) {
		switch _, planned := w.want.Environment[name]; {
		case planned || slices.Contains(furtherVariables, name):
		case w.own.Expected.Variables[name]:
			w.differs(
				".Environment.Variables."+name,
				fmt.Sprintf(
					"%s has the variable %s, which tells other functions of the platform where data is and is not for this one",
					w.want.LogicalID,
					name,
				),
				"remove it",
			)
		default:
			w.differs(
				".Environment.Variables."+name,
				fmt.Sprintf(
					"%s has the variable %s, which tenants.yaml does not: the runtime or a library may act on it",
					w.want.LogicalID,
					name,
				),
				"remove it, or accept it with a reason",
			)
		}
	}
}

// valueOf is what stands for a value of a resource in the text of an Fn::Sub.
var valueOf = regexp.MustCompile(`\$\{([A-Za-z0-9]+)(?:\.[A-Za-z0-9.]+)?\}`)

// given says whether a variable is given as the planned text, whose values are those of resources of the stack.
func (w configuration) given(name, want string) bool {
	if w.is.Given[name] != want {
		return false
	}
	for _, match := range valueOf.FindAllStringSubmatch(want, -1) {
		if !w.declared()[w.want.Stack+"/"+match[1]] {
			return false
		}
	}
	return true
}

// plannedVariable says whether a place is a variable of a function that is planned, which is compared.
func (c *Case) plannedVariable(p facts.Place) bool {
	return c.own.Expected.Functions[p.Resource()] != nil && strings.HasPrefix(p.Path, "Properties.Environment.")
}

// stagesConfigured finds stages that are not as planned.
func (c *Case) stagesConfigured() {
	for i := range c.APIStages {
		s := &c.APIStages[i]
		want := c.own.Expected.APIs[s.Place.Stack]
		if want == nil {
			continue
		}
		differs := func(path, message string) {
			place := s.Place
			place.Path += path
			c.find(
				report.Finding{Rule: report.Configuration, Owner: c.own.Of(place), Place: place, Message: message, Fix: asPlanned},
			)
		}
		if s.Name != want.Stage {
			differs(
				".StageName",
				fmt.Sprintf("%s makes the stage %q, and tenants.yaml has %s alone", s.Place.LogicalID, s.Name, want.Stage),
			)
		}
		for _, name := range sortedKeys(want.Variables) {
			if s.Variables[name] != want.Variables[name] {
				differs(
					".Variables."+name,
					fmt.Sprintf(
						"the variable %s of %s is %q, and %q by tenants.yaml",
						name,
						s.Place.LogicalID,
						s.Variables[name],
						want.Variables[name],
					),
				)
			}
		}
		for _, name := range sortedKeys(s.Variables) {
			if _, planned := want.Variables[name]; !planned {
				differs(
					".Variables."+name,
					fmt.Sprintf("%s has the variable %s, which tenants.yaml does not have", s.Place.LogicalID, name),
				)
			}
		}
		for _, name := range sortedKeys(s.Overrides) {
			differs(
				".CanarySetting",
				fmt.Sprintf(
					"%s has another value of the variable %s for a part of the requests: %q",
					s.Place.LogicalID,
					name,
					s.Overrides[name],
				),
			)
		}
	}
}

// methodsConfigured finds operations that call another function than planned, and other authorizers.
func (c *Case) methodsConfigured() {
	for i := range c.Methods {
		m := &c.Methods[i]
		api := c.own.Expected.APIs[m.Place.Stack]
		if api == nil || m.Kind != "document" {
			continue
		}
		want, planned := api.Methods[m.Name]
		got := m.Integration.Function
		if !planned || got == want {
			continue
		}
		place := m.Place
		place.Path += ".x-amazon-apigateway-integration"
		c.find(report.Finding{
			Rule: report.Configuration, Owner: c.own.Of(place), Place: place, Asset: &facts.Asset{Kind: "function", Arn: got},
			Message: fmt.Sprintf("%s calls %q, and %s by tenants.yaml", m.Name, got, want), Fix: asPlanned,
			Request: &iam.Request{Principal: "apigateway.amazonaws.com", Action: "lambda:InvokeFunction", Resource: got},
		})
	}
	for _, a := range c.Authorizers {
		api := c.own.Expected.APIs[a.Place.Stack]
		if api == nil || a.Type == "" || a.Type == "jwt" || a.FunctionArn == api.Authorizer {
			continue // whom an HTTP API lets in by tokens, T7 judges
		}
		c.find(report.Finding{
			Rule: report.Configuration, Owner: c.own.Of(a.Place), Place: a.Place, Asset: &facts.Asset{Kind: "function", Arn: a.FunctionArn},
			Message: fmt.Sprintf(
				"%s is an authorizer of type %s that asks %q, and tenants.yaml has %s decide",
				a.Name,
				a.Type,
				a.URI,
				api.Authorizer,
			), Fix: asPlanned,
		})
	}
}
