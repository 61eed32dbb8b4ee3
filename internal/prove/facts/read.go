package facts

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/internal/cfn"
	"github.com/tenantstack/tenantstack/internal/prove/declared"
	"github.com/tenantstack/tenantstack/internal/prove/pattern"
)

// Read reads the templates of an assembly, and the names of stacks whose templates are not there.
func Read(assembly *cfn.Assembly, planned []Planned) *Facts {
	f := newFacts()
	imports := imports(assembly)
	for i := range assembly.Stacks {
		f.stack(&assembly.Stacks[i], imports)
	}
	for i := range planned {
		f.expect(&planned[i])
	}
	return f
}

func newFacts() *Facts {
	return &Facts{
		Accounts: map[string]bool{}, CachePolicies: map[string]CachePolicy{}, Signs: map[string]bool{},
		WebSockets: map[string]bool{}, UserPools: map[string]bool{}, Functions: map[string]*Function{},
		Notifications: map[string][]Notification{},
	}
}

// reader reads one stack.
type reader struct {
	*Facts
	stack    Stack
	resolver *cfn.Resolver
	// assets of the stack, by the keys of their objects; nil if nobody says.
	assets map[string]string
	// raw properties of the resource that is being read.
	raw json.RawMessage
}

func (f *Facts) stack(s *cfn.Stack, imports func(string) (any, bool)) {
	t := &reader{
		Facts:    f,
		resolver: cfn.NewResolver(s, cfn.Options{Imports: imports}),
		stack:    Stack{Name: s.Name, File: s.File},
		assets:   s.Assets,
	}
	env, err := cfn.ParseEnvironment(s.Environment)
	if err != nil {
		t.problem(t.place("", ""), err)
	}
	t.begin(env)
	f.Stacks = append(f.Stacks, t.stack)
	for _, name := range slices.Sorted(maps.Keys(s.Template.Parameters)) {
		if name != "BootstrapVersion" && f.Parameters == nil {
			f.Parameters = &Place{Stack: s.Name, File: s.File, Path: "Parameters." + name}
		}
	}
	for _, id := range t.resolver.Resources() {
		t.resource(id, s.Template.Resources[id])
	}
}

// begin makes the environment known, and the stack itself, which is an asset.
func (t *reader) begin(env cfn.Environment) {
	t.stack.Account, t.stack.Region, t.stack.Partition = env.Account, env.Region, cmp.Or(env.Partition, t.stack.Partition)
	if env.Account != "" {
		t.Accounts[env.Account] = true
	}
	t.asset("stack", t.anyArn("cloudformation", "stack/"+t.stack.Name+"/*"), t.place("", ""))
}

// anyArn is an ARN in the environment of the stack, with an asterisk for what is open.
func (t *reader) anyArn(service, resource string) string {
	return fmt.Sprintf(
		"arn:%s:%s:%s:%s:%s",
		cmp.Or(t.stack.Partition, "*"),
		service,
		cmp.Or(t.stack.Region, "*"),
		cmp.Or(t.stack.Account, "*"),
		resource,
	)
}

// arn is an ARN in the environment of the stack.
func (t *reader) arn(service, resource string) string {
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s", t.partition(), service, t.stack.Region, t.stack.Account, resource)
}

func (t *reader) partition() string { return cmp.Or(t.stack.Partition, "aws") }

func (t *reader) place(id, path string) Place {
	return Place{Stack: t.stack.Name, File: t.stack.File, LogicalID: id, Path: path}
}

func (t *reader) problem(place Place, err error) {
	t.Problems = append(t.Problems, Problem{Place: place, Message: err.Error()})
}

func (t *reader) unknown(kind string, place Place, message, fix string) {
	t.Unknown = append(t.Unknown, Unknown{Type: kind, Place: place, Message: message, Fix: fix})
}

func (t *reader) asset(kind, arn string, place Place) *Asset {
	a := NewAsset(kind, "", arn, place)
	t.Assets = append(t.Assets, a)
	return a
}

// opaqueTypes make other resources, which the template does not show.
var opaqueTypes = regexp.MustCompile(
	`^(Custom::|AWS::Serverless::|AWS::ServiceCatalog::|AWS::CloudFormation::(Stack|StackSet|CustomResource|Macro)$|[^:]+::[^:]+::[^:]+::MODULE$)`,
)

// resource reads one resource.
func (t *reader) resource(id string, r cfn.Resource) {
	properties, err := t.resolver.Properties(id)
	if err != nil {
		t.problem(t.place(id, ""), err)
		return
	}
	t.raw = r.Properties
	kind := declared.Lookup(r.Type)
	fact := Resource{
		Type: r.Type, Place: t.place(id, ""), Account: t.stack.Account, Region: t.stack.Region,
		DeletionPolicy: r.DeletionPolicy, UpdateReplacePolicy: r.UpdateReplacePolicy,
	}
	if kind != nil {
		fact.Data, fact.AccountWide = kind.Has(declared.Data), kind.Has(declared.AccountWide)
	}
	t.Resources = append(t.Resources, fact)
	t.declaredAsset(id, r.Type, properties)
	if bytes.Contains(r.Properties, []byte("{{resolve:")) {
		t.lookups(id, properties)
	}
	if r.UpdatePolicy != nil && !harmlessUpdate(r.UpdatePolicy) {
		t.unknown(
			r.Type,
			t.place(id, "UpdatePolicy"),
			"the update policy hands the update to CodeDeploy, whose application and hooks are not judged",
			"remove UpdatePolicy, or accept it with a reason",
		)
	}
	switch {
	case kind != nil:
		w := &walk{reader: t, id: id, kind: r.Type, properties: properties, path: []string{"Properties"}}
		w.object(kind.Properties, properties)
		if read := typeReaders[r.Type]; read != nil {
			read(t, id, properties)
		}
	case opaqueTypes.MatchString(r.Type) || !strings.HasPrefix(r.Type, "AWS::"):
		t.unknown(
			r.Type,
			t.place(id, ""),
			fmt.Sprintf("a resource of type %s can make any other, and what it makes is not in the template", r.Type),
			"declare what it makes as resources of the template",
		)
	default:
		t.unknown(
			r.Type,
			t.place(id, ""),
			fmt.Sprintf("resources of type %s are not understood, so what this one may reach is not known", r.Type),
			"replace the resource by one of a type that the proof knows, or accept it with a reason",
		)
	}
}

// harmlessUpdate says whether an update policy has nothing but the groups of instances and shards that are
// replaced at a time (CloudFormation Template Reference, "UpdatePolicy attribute").
func harmlessUpdate(raw []byte) bool { return !bytes.Contains(raw, []byte("CodeDeploy")) }

// typeReaders read what a whole resource says.
var typeReaders map[string]func(t *reader, id string, properties map[string]any)

func init() {
	typeReaders = map[string]func(t *reader, id string, properties map[string]any){
		"AWS::Cognito::UserPoolDomain":         (*reader).signInDomain,
		"AWS::Cognito::UserPool":               (*reader).userPool,
		"AWS::Cognito::IdentityPool":           (*reader).identityPool,
		"AWS::IAM::Role":                       (*reader).role,
		"AWS::IAM::User":                       (*reader).user,
		"AWS::IAM::Policy":                     (*reader).separatePolicy,
		"AWS::IAM::RolePolicy":                 (*reader).separatePolicy,
		"AWS::IAM::UserPolicy":                 (*reader).separatePolicy,
		"AWS::IAM::ManagedPolicy":              (*reader).separatePolicy,
		"AWS::S3::Bucket":                      (*reader).bucket,
		"AWS::OpenSearchService::Domain":       (*reader).domain,
		"AWS::Elasticsearch::Domain":           (*reader).domain,
		"AWS::Lambda::Function":                (*reader).function,
		"AWS::Lambda::Permission":              (*reader).permission,
		"AWS::Lambda::Url":                     (*reader).functionURL,
		"AWS::ApiGateway::Authorizer":          (*reader).authorizerResource,
		"AWS::ApiGateway::Method":              (*reader).method,
		"AWS::ApiGatewayV2::Route":             (*reader).route,
		"AWS::ApiGatewayV2::Authorizer":        (*reader).httpAuthorizer,
		"AWS::ApiGatewayV2::Integration":       (*reader).httpIntegration,
		"AWS::Route53::RecordSet":              (*reader).record,
		"AWS::Route53::RecordSetGroup":         (*reader).recordGroup,
		"AWS::Backup::BackupSelection":         (*reader).backupSelection,
		"AWS::CloudFront::CachePolicy":         (*reader).cachePolicy,
		"AWS::CloudFront::OriginAccessControl": (*reader).accessControl,
		"AWS::CloudFront::Distribution":        (*reader).distribution,
		"AWS::ApiGateway::RestApi":             (*reader).apiName,
		"AWS::ApiGateway::Stage":               (*reader).apiStage,
		"AWS::ApiGateway::Deployment":          (*reader).deployment,
		"AWS::ApiGatewayV2::Api":               (*reader).httpAPI,
		"AWS::Events::Rule":                    (*reader).eventRule,
	}
}

// imports is how values that stacks export are found, for all stacks of an assembly.
func imports(assembly *cfn.Assembly) func(name string) (any, bool) {
	exports := map[string]any{}
	for i := range assembly.Stacks {
		s := &assembly.Stacks[i]
		if !slices.ContainsFunc(
			slices.Collect(maps.Values(s.Template.Outputs)),
			func(o cfn.Output) bool { return o.ExportName != nil },
		) {
			continue
		}
		// What cannot be resolved stays an import that no template tells.
		values, _ := cfn.NewResolver(s, cfn.Options{}).Exports()
		maps.Copy(exports, values)
	}
	return func(name string) (any, bool) {
		value, ok := exports[name]
		return value, ok
	}
}

// marks are the parts of a text that only AWS knows.
func marks(text string) []Mark {
	if !strings.Contains(text, pattern.OpenMark) {
		return nil
	}
	var out []Mark
	for _, part := range cfn.Parts(text) {
		if !part.Opaque {
			continue
		}
		m := Mark{Text: part.Text}
		inner := strings.TrimPrefix(part.Text, pattern.OpenMark)
		switch {
		case strings.HasPrefix(inner, "{{"):
			m.Lookup = true
		case !strings.HasPrefix(inner, "import:"):
			if stack, rest, found := strings.Cut(inner, "/"); found {
				id, _, _ := strings.Cut(strings.TrimSuffix(rest, pattern.CloseMark), ".")
				m.Stack, m.LogicalID = stack, id
			}
		}
		out = append(out, m)
	}
	return out
}

// OnlyMark is the mark that a text consists of, nil if there is more to it.
func OnlyMark(text string) *Mark { return only(text) }

// only is the mark that a text consists of, nil if there is more to it.
func only(text string) *Mark {
	if m := marks(text); len(m) == 1 && m[0].Text == text {
		return &m[0]
	}
	return nil
}
