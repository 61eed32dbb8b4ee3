// Package template turns a cloud assembly into the resources that are to exist locally. What
// CloudFormation would get from AWS while it deploys, such as the id of an API, gets a value that
// depends on the stack and the logical id alone, so that it is the same at every start.
package template

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/internal/cfn"
	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

const (
	// defaultAccount and defaultRegion stand in where a stack has no environment.
	defaultAccount = "000000000000"
	defaultRegion  = "us-east-1"
)

// Options are what the local cloud knows beside the templates.
type Options struct {
	// Attribute is the value of an attribute that a local service chooses, such as the endpoint
	// of a search domain. The resource has no properties yet. Optional.
	Attribute func(r resource.Resource, attribute string) (string, bool)
	// Parameter is the value of an SSM parameter that is in no template. Optional.
	Parameter func(account, region, name string) (string, bool)
	// Rewrite changes every string of the resolved properties at last. Optional.
	Rewrite func(string) string
	// Keep says whether a stack is wanted. Optional; all are.
	Keep func(Stack) bool
}

// Stack is a stack of the assembly.
type Stack struct {
	// Name, Account and Region of the stack.
	Name, Account, Region string
	// Tags that the resources of the stack have in common.
	Tags map[string]string
}

// Result of loading.
type Result struct {
	// Stacks that were kept, sorted by name.
	Stacks []Stack
	// Resources of these stacks, sorted by stack and logical id.
	Resources []resource.Resource
	// Generated lists what got a made-up value although a template refers to it, such as a
	// secret: the reference and who uses it.
	Generated []string
}

// Load reads a cloud assembly, usually cdk.out. The error lists every problem.
func Load(dir string, o Options) (*Result, error) {
	assembly, err := cfn.ReadAssembly(dir)
	if err != nil {
		return nil, err
	}
	assets, err := readAssets(dir)
	if err != nil {
		return nil, err
	}
	l := &loader{o: o, assets: assets, generated: map[string]bool{}}
	for i := range assembly.Stacks {
		if err := l.add(&assembly.Stacks[i]); err != nil {
			return nil, err
		}
	}
	return l.load()
}

type loader struct {
	o         Options
	assets    map[string]string
	stacks    []*stack
	generated map[string]bool

	parameters map[parameterKey]string
}

type stack struct {
	Stack
	cfn *cfn.Stack
	// names resolves names alone; all resolves with the attributes chosen here.
	names, all *cfn.Resolver
	exports    map[string]any
	exporting  bool
}

func (l *loader) add(s *cfn.Stack) error {
	env, err := cfn.ParseEnvironment(s.Environment)
	if err != nil {
		return fmt.Errorf("reading stack %s: %w", s.Name, err)
	}
	if env.Account == "" {
		env.Account = defaultAccount
	}
	if env.Region == "" {
		env.Region = defaultRegion
	}
	s.Environment = "aws://" + env.Account + "/" + env.Region
	st := &stack{Stack: Stack{Name: s.Name, Account: env.Account, Region: env.Region}, cfn: s}
	options := cfn.Options{Imports: l.importValue, Dynamic: func(ref string) (string, bool) { return l.dynamic(st, ref) }}
	st.names = cfn.NewResolver(s, options)
	options.Attribute = func(id, attribute string) (any, bool) { return l.attribute(st, id, attribute) }
	st.all = cfn.NewResolver(s, options)
	st.Tags = commonTags(s)
	l.stacks = append(l.stacks, st)
	return nil
}

func (l *loader) load() (*Result, error) {
	var result Result
	var problems []error
	for _, s := range l.stacks {
		if l.o.Keep != nil && !l.o.Keep(s.Stack) {
			continue
		}
		result.Stacks = append(result.Stacks, s.Stack)
		for _, id := range s.all.Resources() {
			r, err := l.resource(s, id)
			if err != nil {
				problems = append(problems, err)
				continue
			}
			result.Resources = append(result.Resources, r)
		}
	}
	for text := range l.generated {
		result.Generated = append(result.Generated, text)
	}
	slices.Sort(result.Generated)
	return &result, errors.Join(problems...)
}

// identity is a resource without its properties.
func (l *loader) identity(s *stack, id string) (resource.Resource, error) {
	r := resource.Resource{Stack: s.Name, LogicalID: id, Type: s.cfn.Template.Resources[id].Type, Account: s.Account, Region: s.Region}
	name, err := s.names.Name(id)
	if err != nil {
		return r, err
	}
	if chosen, ok := l.chosen(r, ""); ok {
		name = chosen
	}
	r.Name = l.fill(s, id, name)
	if arn, err := s.names.Arn(id); err == nil {
		r.ARN = strings.TrimSuffix(l.fill(s, id, arn), ":*")
	}
	for _, attribute := range chosenAttributes {
		if v, ok := l.chosen(r, attribute); ok {
			if r.Attributes == nil {
				r.Attributes = map[string]string{}
			}
			r.Attributes[attribute] = v
		}
	}
	return r, nil
}

func (l *loader) resource(s *stack, id string) (resource.Resource, error) {
	r, err := l.identity(s, id)
	if err != nil {
		return r, err
	}
	properties, err := s.all.Properties(id)
	if err != nil {
		return r, err
	}
	r.Properties, _ = l.finish(s, id, properties).(map[string]any)
	if code, ok := r.Properties["Code"].(map[string]any); ok {
		key, _ := code["S3Key"].(string)
		r.Asset = l.assets[path.Base(key)]
	}
	return r, nil
}

// finish replaces what is still opaque in all strings.
func (l *loader) finish(s *stack, id string, v any) any {
	switch v := v.(type) {
	case string:
		text := l.fill(s, id, v)
		if l.o.Rewrite != nil {
			text = l.o.Rewrite(text)
		}
		return text
	case map[string]any:
		for k, e := range v {
			v[k] = l.finish(s, id, e)
		}
	case []any:
		for i, e := range v {
			v[i] = l.finish(s, id, e)
		}
	}
	return v
}

// commonTags are the tags that every tagged resource of the stack has with the same value.
func commonTags(s *cfn.Stack) map[string]string {
	var common map[string]string
	for _, r := range s.Template.Resources {
		tags := tagsOf(r)
		if len(tags) == 0 {
			continue
		}
		if common == nil {
			common = tags
			continue
		}
		for k, v := range common {
			if tags[k] != v {
				delete(common, k)
			}
		}
	}
	return common
}
