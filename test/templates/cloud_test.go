package templates

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/plan"
)

// cloud is what an update does at AWS, as far as names decide it. CloudFormation makes what is new
// before it deletes what is not wanted any more, and does not replace a resource that has a name of
// its own by another of the same name (CloudFormation User Guide, "Update behaviors of stack
// resources" and "Name type"). Whether a change replaces is the registry's to say.
type cloud struct {
	registry registry
	// stacks by environment and name.
	stacks map[string]*deployed
	// held are names that resources of stacks have, kept those of resources that left their stack and stayed.
	held map[string]place
	kept map[string]place
	// made counts resources.
	made int
}

// deployed is a stack that exists.
type deployed struct {
	stack stack
	// resources by logical id.
	resources map[string]*physical
}

// stack is a template with what its plan says of it.
type stack struct {
	name        string
	environment plan.Environment
	// tenant is the tenant's, nil for a cell's stack.
	tenant   *plan.Tenant
	template template
}

func (s stack) key() string { return s.environment.Account + " " + s.environment.Region + " " + s.name }

// place is a resource by its stack's key and logical id.
type place struct{ stack, id, kind string }

// physical is a resource that exists.
type physical struct {
	kind string
	// properties, with references replaced by what they stand for.
	properties map[string]any
	// primary is the name by which CloudFormation tells the resource from others of its type, names
	// are all that nothing else may have.
	primary string
	names   []string
	// reference is what a reference to the resource stands for.
	reference string
	stays     bool
}

// clash is a name that an update wants and cannot have.
type clash struct {
	name string
	// of wants it, by has it. They are the same if CloudFormation would have to replace a resource
	// under its name, because of the property why.
	of, by place
	why    string
	// left says that the resource is in no stack any more.
	left bool
}

func (c clash) String() string {
	switch {
	case c.of == c.by && !c.left:
		return fmt.Sprintf("%s %s (%s): %s changes, so %q has to be replaced by one of the same name", c.of.stack, c.of.id, c.of.kind, c.why, c.name)
	case c.left:
		return fmt.Sprintf("%s %s (%s): %q is taken by what %s left behind", c.of.stack, c.of.id, c.of.kind, c.name, c.by.stack)
	}
	return fmt.Sprintf("%s %s (%s): %q is taken by %s %s", c.of.stack, c.of.id, c.of.kind, c.name, c.by.stack, c.by.id)
}

func newCloud(r registry) *cloud {
	return &cloud{registry: r, stacks: map[string]*deployed{}, held: map[string]place{}, kept: map[string]place{}}
}

func (c *cloud) clone() *cloud {
	return &cloud{c.registry, maps.Clone(c.stacks), maps.Clone(c.held), maps.Clone(c.kept), c.made}
}

// deploy creates or updates a stack and returns what CloudFormation would refuse. The stack is
// taken as deployed nevertheless; what was left behind under one of its names counts as imported.
func (c *cloud) deploy(s stack) []clash {
	before := map[string]*physical{}
	if old := c.stacks[s.key()]; old != nil {
		before = old.resources
	}
	u := stackUpdate{cloud: c, stack: s, before: before, after: map[string]*physical{}}
	for _, id := range slices.Sorted(maps.Keys(s.template.Resources)) {
		u.resource(id)
	}
	for _, id := range slices.Sorted(maps.Keys(u.after)) {
		u.claim(id)
	}
	c.release(s.key(), before, u.after)
	for id, r := range u.after {
		for _, name := range r.names {
			c.held[name] = place{s.key(), id, r.kind}
			delete(c.kept, name)
		}
	}
	c.stacks[s.key()] = &deployed{s, u.after}
	return u.clashes
}

// destroy deletes a stack.
func (c *cloud) destroy(key string) {
	c.release(key, c.stacks[key].resources, nil)
	delete(c.stacks, key)
}

// release gives up the names of resources that a stack has no longer.
func (c *cloud) release(key string, before, after map[string]*physical) {
	for id, r := range before {
		for _, name := range r.names {
			if now := after[id]; now != nil && slices.Contains(now.names, name) {
				continue
			}
			if c.held[name] == (place{key, id, r.kind}) {
				delete(c.held, name)
			}
			if r.stays {
				c.kept[name] = place{key, id, r.kind}
			}
		}
	}
}

// stackUpdate is one update of a stack.
type stackUpdate struct {
	cloud         *cloud
	stack         stack
	before, after map[string]*physical
	clashes       []clash
}

// resource works out what becomes of a resource, those that it refers to first.
func (u *stackUpdate) resource(id string) *physical {
	if done := u.after[id]; done != nil {
		return done
	}
	r := u.stack.template.Resources[id]
	p := &physical{kind: r.Type, stays: strings.HasPrefix(r.DeletionPolicy, "Retain")}
	p.properties, _ = u.resolve(r.Properties).(map[string]any)
	p.primary, p.names = u.cloud.registry.names(r.Type, p.properties, u.stack.environment)
	old := u.before[id]
	why := ""
	if old != nil {
		why = u.cloud.registry.replaces(old, p)
	}
	switch {
	case old == nil || why != "":
		u.cloud.made++
		p.reference = fmt.Sprintf("%s %s %d", u.stack.key(), id, u.cloud.made)
	default:
		p.reference = old.reference
	}
	if p.primary != "" {
		p.reference = p.primary
	}
	// CloudFormation changes no type either.
	if why == "Type" || why != "" && p.primary != "" && p.primary == old.primary {
		at := place{u.stack.key(), id, r.Type}
		u.clashes = append(u.clashes, clash{name: p.primary, of: at, by: at, why: why})
	}
	u.after[id] = p
	return p
}

// claim finds who has the names that a resource is to get.
func (u *stackUpdate) claim(id string) {
	r, at := u.after[id], place{u.stack.key(), id, u.after[id].kind}
	for _, name := range r.names {
		if by, taken := u.cloud.held[name]; taken && by != at {
			u.clashes = append(u.clashes, clash{name: name, of: at, by: by})
		}
		if by, left := u.cloud.kept[name]; left {
			u.clashes = append(u.clashes, clash{name: name, of: at, by: by, left: true})
		}
	}
}

var variable = regexp.MustCompile(`\$\{[A-Za-z0-9:.]+\}`)

// resolve replaces references to resources of the template by what they stand for.
func (u *stackUpdate) resolve(v any) any {
	reference := func(name string) (string, bool) {
		id, attribute, _ := strings.Cut(name, ".")
		if _, ok := u.stack.template.Resources[id]; !ok {
			return "", false // a pseudo parameter, the same for every update of a stack
		}
		return strings.TrimSuffix(u.resource(id).reference+"."+attribute, "."), true
	}
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = u.resolve(v[i])
		}
		return out
	case string:
		return v
	case map[string]any:
		if name, ok := v["Ref"].(string); ok && len(v) == 1 {
			if text, ok := reference(name); ok {
				return text
			}
		}
		if path, ok := v["Fn::GetAtt"].([]any); ok && len(v) == 1 {
			if text, ok := reference(fmt.Sprint(path[0], ".", path[1])); ok {
				return text
			}
		}
		if text, ok := v["Fn::Sub"].(string); ok && len(v) == 1 {
			return variable.ReplaceAllStringFunc(text, func(s string) string {
				if text, ok := reference(s[2 : len(s)-1]); ok {
					return text
				}
				return s
			})
		}
		out := map[string]any{}
		for key := range v {
			out[key] = u.resolve(v[key])
		}
		return out
	}
	return v
}

// replaces names the property whose change makes CloudFormation replace a resource, or is empty.
func (r registry) replaces(before, after *physical) string {
	if before.kind != after.kind {
		return "Type"
	}
	s := r.Types[after.kind]
	for _, path := range slices.Concat(s.CreateOnly, s.ConditionalCreateOnly) {
		was, _ := json.Marshal(at(before.properties, path))
		is, _ := json.Marshal(at(after.properties, path))
		if string(was) != string(is) {
			return path
		}
	}
	return ""
}

// at is the value at a path of properties such as EncryptionAtRestOptions/Enabled.
func at(properties map[string]any, path string) any {
	var v any = properties
	for key := range strings.SplitSeq(path, "/") {
		m, _ := v.(map[string]any)
		v = m[key]
	}
	return v
}

// What the registry does not tell of names.
var (
	// reach is where a name counts, for types whose names do not count in one account and region.
	reach = map[string]func(plan.Environment) string{
		// Amazon S3 User Guide, "General purpose bucket naming rules": unique across all accounts of a partition.
		"AWS::S3::Bucket": inTheWorld, "AWS::S3::BucketPolicy": inTheWorld,
		// The id of the zone is part of the identifier.
		"AWS::Route53::RecordSet": inTheWorld,
		// Amazon CloudFront Developer Guide, "Requirements for using alternate domain names": on one distribution only.
		"AWS::CloudFront::Distribution": inTheWorld,
		// IAM User Guide, "IAM identifiers": unique within the account, whatever the path.
		"AWS::IAM::Role": inTheAccount,
		// Amazon CloudFront API Reference, FunctionAlreadyExists, ResponseHeadersPolicyAlreadyExists and OriginAccessControlAlreadyExists: in the
		// account.
		"AWS::CloudFront::Function": inTheAccount, "AWS::CloudFront::ResponseHeadersPolicy": inTheAccount, "AWS::CloudFront::OriginAccessControl": inTheAccount,
	}
	// unique are further properties that no two resources have alike.
	unique = map[string][]string{
		"AWS::CloudFront::Distribution":          {"DistributionConfig/Aliases"},
		"AWS::CloudFront::Function":              {"Name"},
		"AWS::CloudFront::ResponseHeadersPolicy": {"ResponseHeadersPolicyConfig/Name"},
		"AWS::CloudFront::OriginAccessControl":   {"OriginAccessControlConfig/Name"},
		// Amazon SQS API Reference, CreateQueue: unique in the account and region.
		"AWS::SQS::Queue": {"QueueName"},
		// AWS Lambda API Reference, CreateEventSourceMapping: ResourceConflictException for the same source and function.
		"AWS::Lambda::EventSourceMapping": {"FunctionName,EventSourceArn"},
	}
	// absent are parts of identifiers that a resource may be without. What else is absent is given by AWS.
	absent = map[string]string{"AWS::Route53::RecordSet": "SetIdentifier"}
	// nameless resources are told apart by what AWS gives them.
	nameless = []string{
		"AWS::ApiGateway::Account", "AWS::ApiGateway::Deployment", "AWS::ApiGateway::RestApi", "AWS::CloudFront::CloudFrontOriginAccessIdentity",
		"AWS::Lambda::Permission", "AWS::Logs::MetricFilter", "AWS::SQS::QueuePolicy",
	}
)

func inTheWorld(plan.Environment) string     { return "" }
func inTheAccount(e plan.Environment) string { return e.Account + " " }
func inTheRegion(e plan.Environment) string  { return e.Account + " " + e.Region + " " }
func reachOf(kind string, e plan.Environment) string {
	if f, ok := reach[kind]; ok {
		return f(e)
	}
	return inTheRegion(e)
}

// names of a resource: the one that the template gives it as its identifier, if it does, and all
// that no other resource may have.
func (r registry) names(kind string, properties map[string]any, e plan.Environment) (primary string, all []string) {
	name := func(path, value string) string {
		if kind == "AWS::IAM::Role" {
			value = strings.ToLower(value) // IAM User Guide, "IAM and AWS STS quotas": not told apart by case
		}
		return reachOf(kind, e) + kind + " " + path + " " + value
	}
	s := r.Types[kind]
	if values, given := valuesOf(properties, s.PrimaryIdentifier, absent[kind]); given && len(values) > 0 {
		primary = name(strings.Join(s.PrimaryIdentifier, ","), strings.Join(values, ","))
		all = append(all, primary)
	}
	for _, paths := range unique[kind] {
		if list, ok := at(properties, paths).([]any); ok {
			for _, v := range list {
				all = append(all, name(paths, fmt.Sprint(v)))
			}
			continue
		}
		if values, given := valuesOf(properties, strings.Split(paths, ","), ""); given {
			all = append(all, name(paths, strings.Join(values, ",")))
		}
	}
	return primary, all
}

// valuesOf are the texts at paths, and whether all are there that cannot be absent.
func valuesOf(properties map[string]any, paths []string, absent string) (values []string, given bool) {
	for _, path := range paths {
		v, ok := at(properties, path).(string)
		if !ok && path != absent {
			return nil, false
		}
		values = append(values, v)
	}
	return values, true
}
