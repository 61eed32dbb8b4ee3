package opensearch

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// Serve implements [gate.Service]: DescribeDomain, DescribeDomains and ListDomainNames of the control
// plane, in the current form and that of Elasticsearch (OpenSearch Service API Reference, "Actions").
func (s *Service) Serve(w http.ResponseWriter, c *gate.Call) {
	answer, problem := s.control(c)
	if problem != nil {
		problem.WriteREST(w, c.RequestID)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("x-amzn-RequestId", c.RequestID)
	_ = json.NewEncoder(w).Encode(answer) // whoever hung up needs no answer
}

// WriteError implements [gate.Service].
func (s *Service) WriteError(w http.ResponseWriter, _ *http.Request, e *gate.Error, requestID string) {
	e.WriteREST(w, requestID)
}

func (s *Service) control(c *gate.Call) (any, *gate.Error) {
	method, path := c.HTTP.Method, c.HTTP.URL.Path
	elastic := false
	rest, ok := strings.CutPrefix(path, "/2021-01-01/")
	if !ok {
		rest, elastic = strings.CutPrefix(path, "/2015-01-01/")
	}
	kind := "opensearch/"
	if elastic {
		kind = "es/"
	}
	name, one := strings.CutPrefix(rest, kind+"domain/")
	switch {
	case method == http.MethodGet && rest == "domain" && (ok || elastic):
		return s.listNames(c, c.HTTP.URL.Query().Get("engineType"))
	case method == http.MethodPost && rest == kind+"domain-info" && (ok || elastic):
		return s.describeAll(c, elastic)
	case method == http.MethodGet && one && name != "" && !strings.Contains(name, "/"):
		status, problem := s.describe(c, name, elastic)
		if problem != nil {
			return nil, problem
		}
		if status == nil {
			return nil, &gate.Error{Status: http.StatusConflict, Code: "ResourceNotFoundException", Message: "Domain not found: " + name}
		}
		return map[string]any{"DomainStatus": status}, nil
	}
	return nil, &gate.Error{Status: http.StatusNotFound, Code: "UnknownOperationException", Message: "The local cloud has no operation " + method + " " + path + " of OpenSearch Service."}
}

// describe is nil for a domain that does not exist.
func (s *Service) describe(c *gate.Call, name string, elastic bool) (map[string]any, *gate.Error) {
	action := "es:DescribeDomain"
	if elastic {
		action = "es:DescribeElasticsearchDomain"
	}
	return s.describeAs(c, action, name, elastic)
}

func (s *Service) describeAs(c *gate.Call, action, name string, elastic bool) (map[string]any, *gate.Error) {
	d := s.named(c, name)
	access := gate.Access{Action: action, Resource: "arn:aws:es:" + c.Region + ":" + c.Caller.Account + ":domain/" + name, ResourceAccount: c.Caller.Account}
	var current *settings
	if d != nil {
		access.Resource = d.arn
		if current = d.settings.Load(); current != nil {
			access.Policies = current.policies
		}
	}
	if denied := c.Authorize(access); denied != nil {
		return nil, denied
	}
	if current == nil {
		return nil, nil
	}
	status := map[string]any{
		"ARN": d.arn, "DomainId": d.account + "/" + d.name, "DomainName": d.name, "Created": true, "Deleted": false, "Processing": false,
		"Endpoint": d.hostport, "AccessPolicies": current.policyText, "AdvancedOptions": current.advanced,
	}
	version, cluster := "EngineVersion", "ClusterConfig"
	if elastic {
		version, cluster = "ElasticsearchVersion", "ElasticsearchClusterConfig"
	}
	status[version], status[cluster] = current.engineVersion, current.cluster
	if current.ebs != nil {
		status["EBSOptions"] = current.ebs
	}
	return status, nil
}

func (s *Service) describeAll(c *gate.Call, elastic bool) (any, *gate.Error) {
	var in struct{ DomainNames []string }
	if err := json.Unmarshal(c.Body, &in); err != nil {
		return nil, malformed("reading the domain names: %v", err)
	}
	action := "es:DescribeDomains"
	if elastic {
		action = "es:DescribeElasticsearchDomains"
	}
	list := []map[string]any{}
	for _, name := range in.DomainNames {
		status, problem := s.describeAs(c, action, name, elastic)
		if problem != nil {
			return nil, problem
		}
		if status != nil {
			list = append(list, status)
		}
	}
	return map[string]any{"DomainStatusList": list}, nil
}

func (s *Service) listNames(c *gate.Call, engine string) (any, *gate.Error) {
	if denied := c.Authorize(gate.Access{Action: "es:ListDomainNames", Resource: "*", ResourceAccount: c.Caller.Account}); denied != nil {
		return nil, denied
	}
	type entry struct{ DomainName, EngineType string }
	list := []entry{}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.domains {
		current := d.settings.Load()
		if current == nil || d.account != c.Caller.Account || d.region != c.Region {
			continue
		}
		e := entry{d.name, "OpenSearch"}
		if !strings.HasPrefix(current.engineVersion, "OpenSearch") && current.engineVersion != "" {
			e.EngineType = "Elasticsearch"
		}
		if engine == "" || engine == e.EngineType {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b entry) int { return strings.Compare(a.DomainName, b.DomainName) })
	return map[string]any{"DomainNames": list}, nil
}

// named finds a domain of the caller's account; nil if there is none.
func (s *Service) named(c *gate.Call, name string) *domain {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.domains {
		if d.name == name && d.account == c.Caller.Account && d.region == c.Region {
			return d
		}
	}
	return nil
}
