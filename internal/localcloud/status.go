package localcloud

import (
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/internal/localcloud/control"
	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
	"github.com/tenantstack/tenantstack/internal/localcloud/template"
)

// Status tells what runs.
func (c *Cloud) Status() control.Status {
	c.mu.Lock()
	result, state := c.result, c.state
	c.mu.Unlock()
	s := control.Status{
		State: state, URL: c.url(localhost), Endpoint: c.endpoint(), Issuer: c.issuer(), PID: os.Getpid(), Started: c.started, Data: c.o.Data,
		Tenants: []control.Tenant{}, Engines: []control.Engine{}, Functions: []control.Function{}, Streams: []control.Stream{}, Queues: []control.Queue{},
		NotRun: c.applier.notRunLines(), Requests: c.services.traffic.requests.Load(), Denials: c.services.traffic.denials.Load(),
		MemoryBytes: treeBytes(os.Getpid()),
	}
	if result != nil {
		s.Tenants = c.tenants(result)
	}
	for _, e := range c.services.engines {
		s.Engines = append(s.Engines, e.status())
	}
	for _, f := range c.services.lambda.Stats() {
		if f.Invocations > 0 || f.Processes > 0 {
			s.Functions = append(s.Functions, control.Function{Name: f.FunctionName, Processes: f.Processes, Invocations: f.Invocations,
				Errors: f.Errors, ColdStarts: f.ColdStarts, MemoryBytes: f.RSS})
		}
	}
	for _, m := range c.services.sources.Status() {
		state, problem, _ := strings.Cut(m.State, ": ")
		s.Streams = append(s.Streams, control.Stream{Function: lastPart(m.FunctionARN, ":"), Source: sourceName(m.StreamARN), State: state, Problem: problem,
			LagRecords: m.LagRecords, LagMillis: m.LagMillis})
	}
	for _, arn := range c.services.queues.Queues() {
		visible, inFlight := c.services.queues.Depth(arn)
		s.Queues = append(s.Queues, control.Queue{Name: lastPart(arn, ":"), Visible: visible, InFlight: inFlight})
	}
	return s
}

func lastPart(s, separator string) string { return s[strings.LastIndex(s, separator)+1:] }

// sourceName is the table of a stream, or the queue.
func sourceName(arn string) string {
	if _, rest, ok := strings.Cut(arn, ":table/"); ok {
		name, _, _ := strings.Cut(rest, "/")
		return name
	}
	return lastPart(arn, ":")
}

// tenants are the stacks with an API or a site, sorted by the id of the tenant.
func (c *Cloud) tenants(result *template.Result) []control.Tenant {
	byStack := map[string]*control.Tenant{}
	for _, r := range result.Resources {
		if r.Type == "AWS::ApiGateway::RestApi" || r.Type == "AWS::CloudFront::Distribution" {
			if byStack[r.Stack] == nil {
				byStack[r.Stack] = &control.Tenant{ID: r.Stack, Stack: r.Stack, Account: r.Account, Region: r.Region, State: control.Ready}
			}
		}
	}
	for _, s := range result.Stacks {
		if t := byStack[s.Name]; t != nil {
			if id := s.Tags[tenantTag]; id != "" {
				t.ID = id
			}
			t.BillingAccount = s.Tags["billing-account"]
		}
	}
	for _, site := range c.services.cloudfront.Hosts() {
		if t, local := byStack[site.Stack], c.hosts.localName(site.Host); t != nil && local != "" && t.URL == "" {
			t.URL = c.url(local) + "/"
		}
	}
	for _, r := range ofType(result.Resources, "AWS::ApiGateway::Stage") {
		if t := byStack[r.Stack]; t != nil {
			c.addresses(t, r)
		}
	}
	tenants := []control.Tenant{}
	for _, stack := range slices.Sorted(maps.Keys(byStack)) {
		t := byStack[stack]
		if err := c.applier.problem(stack); err != nil {
			t.State, t.Problem = control.Failed, err.Error()
		}
		if m, ok := c.services.idp.Machine(t.ID); ok {
			t.MachineClient = &control.MachineClient{ID: m.ClientID, Secret: m.ClientSecret}
		}
		tenants = append(tenants, *t)
	}
	slices.SortFunc(tenants, func(a, b control.Tenant) int { return strings.Compare(a.ID, b.ID) })
	return tenants
}

// addresses are those of a stage: its own, and below the site where the site has its name as a path.
func (c *Cloud) addresses(t *control.Tenant, stage resource.Resource) {
	api, _ := stage.Properties["RestApiId"].(string)
	name, _ := stage.Properties["StageName"].(string)
	t.ExecuteAPI = c.url(api+apiSuffix) + "/" + name
	t.API = t.ExecuteAPI
	if t.URL != "" {
		t.API = t.URL + name
	}
}

// source is what the console asks.
type source struct{ c *Cloud }

func (s source) Status() control.Status {
	status := s.c.Status()
	for i := range status.Tenants {
		status.Tenants[i].MachineClient = nil
	}
	return status
}
