package ssm

import (
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// filter is a ParameterStringFilter.
type filter struct {
	Key, Option string
	Values      []string
}

// compile makes one predicate of filters, all of which must take a parameter. keys are those that the
// operation knows; tag:… stands for every tag.
func compile(filters []filter, keys ...string) (func(*parameter) bool, *gate.Error) {
	var all []func(*parameter) bool
	for _, f := range filters {
		name := f.Key
		if strings.HasPrefix(name, "tag:") {
			name = "tag:…"
		}
		if !slices.Contains(keys, name) {
			return nil, &gate.Error{Status: 400, Code: "InvalidFilterKey", Message: "The filter key " + f.Key + " is not valid; want one of " + strings.Join(keys, ", ")}
		}
		takes, problem := f.compile()
		if problem != nil {
			return nil, problem
		}
		all = append(all, takes)
	}
	return func(p *parameter) bool {
		for _, takes := range all {
			if !takes(p) {
				return false
			}
		}
		return true
	}, nil
}

func (f filter) compile() (func(*parameter) bool, *gate.Error) {
	text := func(p *parameter) (string, bool) { return p.Key.Name, true }
	switch {
	case f.Key == "Type":
		text = func(p *parameter) (string, bool) { return p.latest().Type, true }
	case f.Key == "Tier":
		text = func(p *parameter) (string, bool) { return orDefault(p.Tier, "Standard"), true }
	case f.Key == "DataType":
		text = func(p *parameter) (string, bool) { return orDefault(p.DataType, "text"), true }
	case strings.HasPrefix(f.Key, "tag:"):
		tag := strings.TrimPrefix(f.Key, "tag:")
		text = func(p *parameter) (string, bool) { v, ok := p.Tags[tag]; return v, ok }
	}
	matches, ok := map[string]func(text, value string) bool{
		"": func(t, v string) bool { return t == v }, "Equals": func(t, v string) bool { return t == v },
		"BeginsWith": strings.HasPrefix, "Contains": strings.Contains,
		"Recursive": func(t, v string) bool { return below(t, v, true) },
		"OneLevel":  func(t, v string) bool { return below(t, v, false) },
	}[f.Option]
	isPath := f.Option == "Recursive" || f.Option == "OneLevel"
	if !ok || isPath != (f.Key == "Path") || f.Key != "Name" && !isPath && f.Option != "" && f.Option != "Equals" {
		return nil, &gate.Error{Status: 400, Code: "InvalidFilterOption", Message: "The filter option " + f.Option + " is not valid for the key " + f.Key}
	}
	if len(f.Values) == 0 && !strings.HasPrefix(f.Key, "tag:") {
		return nil, &gate.Error{Status: 400, Code: "InvalidFilterValue", Message: "The filter " + f.Key + " has no values"}
	}
	return func(p *parameter) bool {
		t, ok := text(p)
		if !ok {
			return false
		}
		return len(f.Values) == 0 || slices.ContainsFunc(f.Values, func(v string) bool { return matches(t, v) })
	}, nil
}

type describeParametersInput struct {
	Filters          []filter // the older form, which knows Name, Type and KeyId, and has no options
	ParameterFilters []filter
	MaxResults       *int
	NextToken        string
}

// described is a parameter without its value.
type described struct {
	ARN              string
	AllowedPattern   string `json:",omitempty"`
	DataType         string
	Description      string `json:",omitempty"`
	LastModifiedDate float64
	LastModifiedUser string
	Name             string
	Tier             string
	Type             string
	Version          int64
	Policies         []any
}

// describeParameters names no resource, so that IAM cannot limit it to some parameters.
func (s *Service) describeParameters(c *gate.Call, in describeParametersInput) (any, *gate.Error) {
	takes, problem := compile(append(in.Filters, in.ParameterFilters...), "Name", "Type", "Tier", "DataType", "Path", "tag:…")
	if problem != nil {
		return nil, problem
	}
	if denied := c.Authorize(gate.Access{Action: "ssm:DescribeParameters", Resource: "*", ResourceAccount: c.Caller.Account}); denied != nil {
		return nil, denied
	}
	page, next, problem := paginate(s.store.list(c.Caller.Account, c.Region, takes), in.MaxResults, 50, in.NextToken)
	if problem != nil {
		return nil, problem
	}
	list := []described{}
	for _, p := range page {
		v := p.latest()
		list = append(list, described{
			ARN: p.Key.arn(), AllowedPattern: p.AllowedPattern, DataType: orDefault(p.DataType, "text"), Description: p.Description,
			LastModifiedDate: epoch(v.Modified), LastModifiedUser: v.User, Name: p.Key.Name, Tier: orDefault(p.Tier, "Standard"),
			Type: v.Type, Version: v.Version, Policies: []any{},
		})
	}
	return answer("Parameters", list, next), nil
}
