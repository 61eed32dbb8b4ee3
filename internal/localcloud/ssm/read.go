package ssm

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// shown is a parameter as GetParameter answers it.
type shown struct {
	ARN              string
	DataType         string
	LastModifiedDate float64
	Name             string
	Selector         string `json:",omitempty"`
	Type             string
	Value            string
	Version          int64
}

func show(p *parameter, v version, selector string, decrypt bool) shown {
	out := shown{
		ARN: p.Key.arn(), DataType: orDefault(p.DataType, "text"), LastModifiedDate: epoch(v.Modified),
		Name: p.Key.Name, Type: v.Type, Value: v.Value, Version: v.Version,
	}
	if selector != "" {
		out.Selector = ":" + selector
	}
	if v.Type == secureString && !decrypt {
		// There is no key to encrypt with, so it is a digest: the plain value is not to be learned from it.
		sum := sha256.Sum256([]byte(out.ARN + "\x00" + strconv.FormatInt(v.Version, 10) + "\x00" + v.Value))
		out.Value = "AQICAH" + base64.StdEncoding.EncodeToString(sum[:])
	}
	return out
}

// epoch is a time as the JSON protocols write it: seconds with milliseconds.
func epoch(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func orDefault(s, def string) string {
	if s == "" {
		return def
	}
	return s
}

// access is what an operation does to one parameter.
func (s *Service) access(c *gate.Call, action string, k key, context iam.Context) gate.Access {
	a := gate.Access{Action: "ssm:" + action, Resource: k.arn(), ResourceAccount: k.Account, Context: context}
	if p, ok := s.store.get(k); ok && len(p.Tags) > 0 {
		a.ResourceTags = p.Tags
		if a.Context == nil {
			a.Context = iam.Context{}
		}
		for name, value := range p.Tags {
			a.Context["ssm:resourceTag/"+name] = []string{value}
		}
	}
	return a
}

type getParameterInput struct {
	Name           string
	WithDecryption bool
}

func (s *Service) getParameter(c *gate.Call, in getParameterInput) (any, *gate.Error) {
	k, selector, problem := resolve(c, in.Name)
	if problem != nil {
		return nil, problem
	}
	if denied := c.Authorize(s.access(c, "GetParameter", k, nil)); denied != nil {
		return nil, denied
	}
	p, ok := s.store.get(k)
	if !ok {
		return nil, notFound(in.Name)
	}
	v, ok := p.version(selector)
	if !ok {
		return nil, &gate.Error{Status: 400, Code: "ParameterVersionNotFound", Message: "Systems Manager could not find version " + selector + " of " + k.Name}
	}
	return map[string]any{"Parameter": show(p, v, selector, in.WithDecryption)}, nil
}

type getParametersInput struct {
	Names          []string
	WithDecryption bool
}

func (s *Service) getParameters(c *gate.Call, in getParametersInput) (any, *gate.Error) {
	if len(in.Names) == 0 || len(in.Names) > 10 {
		return nil, validation(fmt.Sprintf("1 validation error detected: %d names at 'names', want 1 to 10", len(in.Names)))
	}
	found, invalid := []shown{}, []string{}
	var accesses []gate.Access
	var keys []key
	var selectors []string
	seen := map[string]bool{}
	for _, name := range in.Names {
		if seen[name] {
			return nil, validation("Duplicate parameter name " + name)
		}
		seen[name] = true
		k, selector, problem := resolve(c, name)
		if problem != nil {
			return nil, problem
		}
		accesses = append(accesses, s.access(c, "GetParameters", k, nil))
		keys, selectors = append(keys, k), append(selectors, selector)
	}
	if denied := c.Authorize(accesses...); denied != nil {
		return nil, denied
	}
	for i, k := range keys {
		p, ok := s.store.get(k)
		if ok {
			var v version
			if v, ok = p.version(selectors[i]); ok {
				found = append(found, show(p, v, selectors[i], in.WithDecryption))
			}
		}
		if !ok {
			invalid = append(invalid, in.Names[i])
		}
	}
	return map[string]any{"Parameters": found, "InvalidParameters": invalid}, nil
}

type getParametersByPathInput struct {
	Path             string
	Recursive        bool
	WithDecryption   bool
	ParameterFilters []filter
	MaxResults       *int
	NextToken        string
}

// getParametersByPath asks for the path alone: whoever may read a path may read all below it, even
// what another statement denies (Systems Manager API Reference, "GetParametersByPath").
func (s *Service) getParametersByPath(c *gate.Call, in getParametersByPathInput) (any, *gate.Error) {
	path := in.Path
	if path != "/" {
		path = strings.TrimSuffix(path, "/")
		if problem := checkName(path); problem != nil {
			return nil, problem
		}
	}
	if !strings.HasPrefix(path, "/") {
		return nil, validation("The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash \"/\": " + in.Path)
	}
	takes, problem := compile(in.ParameterFilters, "Type")
	if problem != nil {
		return nil, problem
	}
	k := key{c.Caller.Account, c.Region, path}
	if denied := c.Authorize(s.access(c, "GetParametersByPath", k, iam.Context{"ssm:Recursive": {strconv.FormatBool(in.Recursive)}})); denied != nil {
		return nil, denied
	}
	all := s.store.list(k.Account, k.Region, func(p *parameter) bool {
		return below(p.Key.Name, path, in.Recursive) && takes(p)
	})
	page, next, problem := paginate(all, in.MaxResults, 10, in.NextToken)
	if problem != nil {
		return nil, problem
	}
	found := []shown{}
	for _, p := range page {
		found = append(found, show(p, p.latest(), "", in.WithDecryption))
	}
	return answer("Parameters", found, next), nil
}

func answer(name string, list any, next string) map[string]any {
	out := map[string]any{name: list}
	if next != "" {
		out["NextToken"] = next
	}
	return out
}

// below says whether a name is in the hierarchy under a path: directly, or on any level.
func below(name, path string, recursive bool) bool {
	rest, ok := strings.CutPrefix(name, strings.TrimSuffix(path, "/")+"/")
	return ok && (recursive || !strings.Contains(rest, "/"))
}

// paginate cuts a page out of parameters that are sorted by name. The token is the last name of the
// page before, so that a page is right also after changes.
func paginate(all []*parameter, size *int, maxSize int, token string) ([]*parameter, string, *gate.Error) {
	n := maxSize
	if size != nil {
		if n = *size; n < 1 || n > maxSize {
			return nil, "", validation(fmt.Sprintf("1 validation error detected: Value '%d' at 'maxResults', want 1 to %d", n, maxSize))
		}
	}
	if token != "" {
		after, err := base64.RawURLEncoding.DecodeString(token)
		if err != nil {
			return nil, "", &gate.Error{Status: 400, Code: "InvalidNextToken", Message: "The specified token is not valid."}
		}
		for len(all) > 0 && all[0].Key.Name <= string(after) {
			all = all[1:]
		}
	}
	if len(all) <= n {
		return all, "", nil
	}
	return all[:n], base64.RawURLEncoding.EncodeToString([]byte(all[n-1].Key.Name)), nil
}
