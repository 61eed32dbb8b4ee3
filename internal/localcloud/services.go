package localcloud

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tenantstack/tenantstack/internal/localcloud/apigateway"
	"github.com/tenantstack/tenantstack/internal/localcloud/cloudfront"
	"github.com/tenantstack/tenantstack/internal/localcloud/console"
	"github.com/tenantstack/tenantstack/internal/localcloud/dynamodb"
	"github.com/tenantstack/tenantstack/internal/localcloud/engine"
	"github.com/tenantstack/tenantstack/internal/localcloud/eventsource"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
	"github.com/tenantstack/tenantstack/internal/localcloud/idp"
	"github.com/tenantstack/tenantstack/internal/localcloud/lambda"
	"github.com/tenantstack/tenantstack/internal/localcloud/logs"
	"github.com/tenantstack/tenantstack/internal/localcloud/opensearch"
	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
	"github.com/tenantstack/tenantstack/internal/localcloud/roles"
	"github.com/tenantstack/tenantstack/internal/localcloud/s3"
	"github.com/tenantstack/tenantstack/internal/localcloud/sqs"
	"github.com/tenantstack/tenantstack/internal/localcloud/ssm"
	"github.com/tenantstack/tenantstack/internal/localcloud/sts"
	"github.com/tenantstack/tenantstack/internal/localcloud/template"
)

// services are what stands in for AWS's, wired to each other.
type services struct {
	gate       *gate.Gate
	front      *gate.Front
	roles      *roles.Service
	dynamo     *dynamodb.Service
	search     *opensearch.Service
	queues     *sqs.Service
	s3         *s3.Service
	lambda     *lambda.Service
	apis       *apigateway.Service
	cloudfront *cloudfront.Service
	logs       *logs.Service
	ssm        *ssm.Service
	sources    *eventsource.Service
	idp        *idp.Provider
	console    *console.Console
	engines    []*supervised

	traffic traffic
	cold    coldStarts
	// functionRoles are those of the templates.
	functionRoles functionRoles
	// issuers are the identity providers that the local one stands for; tenants are found by the ids of
	// their APIs and by account and name of their log groups.
	issuers                    guarded[[]string]
	tenantOfAPI, tenantOfGroup guarded[map[string]string]
}

// maxRetryDelay is the longest pause before a failed batch of a stream is tried again. AWS waits up
// to a minute; here people wait.
const maxRetryDelay = 2 * time.Second

func newServices(ctx context.Context, c *Cloud, key []byte) (*services, error) {
	s := &services{console: console.New(console.Options{Source: source{c}})}
	data := func(name string) string { return filepath.Join(c.o.Data, name) }
	var err error
	if s.gate, err = gate.New(gate.Options{Key: key, OnDecision: s.decided}); err != nil {
		return nil, err
	}
	s.front = gate.NewFront(s.gate)
	s.roles = roles.New(s.gate, c.say)
	if s.logs, err = logs.New(logs.Options{Gate: s.gate, Dir: data("logs"), Log: c.say}); err != nil {
		return nil, err
	}
	if s.ssm, err = ssm.New(ssm.Options{Dir: data("ssm")}); err != nil {
		return nil, err
	}
	if s.queues, err = sqs.New(sqs.Options{Dir: data("sqs"), Log: c.say}); err != nil {
		return nil, err
	}
	s.dynamo = dynamodb.New(dynamodb.Options{Gate: s.gate, Dir: data("dynamodb-state"), Log: c.say})
	s.search = opensearch.New(opensearch.Options{Gate: s.gate, Key: key, Log: c.say})
	if s.s3, err = s3.New(ctx, s3.Options{Gate: s.gate, Dir: data("s3"), Localize: func(origin string) string { return c.hosts.canonicalOrigin(origin) }, Endpoint: c.endpoint, Log: c.say, OnObject: s.objectChanged(c.say)}); err != nil {
		return nil, err
	}
	s.lambda = lambda.New(lambda.Options{Gate: s.gate, Endpoint: c.endpoint, Logs: functionLogs{s.logs}, Dir: c.o.Builds, Module: ".", Progress: c.say, OnInvoke: s.invoked})
	s.apis = apigateway.New(apigateway.Options{Gate: s.gate, Functions: apiFunctions{s.lambda, &s.cold}, Logs: accessLogs{s.logs}, OnRequest: s.requested, Log: c.say})
	s.cloudfront = cloudfront.New(cloudfront.Options{Buckets: s.s3, APIs: s.apis.Handler, Localize: s.localizer(c), Log: c.say})
	s.sources, err = eventsource.New(eventsource.Options{Gate: s.gate, Endpoint: c.endpoint, Functions: streamFunctions{s.lambda, &s.cold, &s.functionRoles}, Notify: s.dynamo.Changed, Dir: data("eventsource"), MaxRetryDelay: maxRetryDelay, Log: c.say})
	if err != nil {
		return nil, err
	}
	if s.idp, err = idp.New(idp.Options{Issuer: c.issuer(), Dir: data("idp"), Key: key}); err != nil {
		return nil, err
	}
	s.register()
	s.engines = []*supervised{
		{name: "DynamoDB Local", start: engine.StartDynamoDB, use: s.dynamo.SetEngine, log: c.say,
			options: engine.Options{DataDir: data("dynamodb"), Separate: true, Progress: c.say}},
		{name: "OpenSearch", start: engine.StartOpenSearch, use: s.search.SetEngine, log: c.say,
			options: engine.Options{DataDir: data("opensearch"), Progress: c.say}},
	}
	return s, nil
}

// register puts the services behind the endpoint.
func (s *services) register() {
	for name, service := range map[string]gate.Service{
		"dynamodb": s.dynamo, "sqs": s.queues, "lambda": s.lambda, "logs": s.logs, "ssm": s.ssm,
		"sts": sts.New(sts.Options{Gate: s.gate}), "es": s.search, "cloudfront": s.cloudfront,
	} {
		s.front.Handle(name, service)
	}
	s.front.HandleS3(s.s3)
}

func (s *services) providers() []resource.Provider {
	return []resource.Provider{s.roles, s.dynamo, s.search, s.queues, s.s3, s.lambda, s.apis, s.cloudfront, s.logs, s.ssm, s.sources}
}

func (s *services) hosts() *hosts {
	return &hosts{console: s.console, idp: s.idp, front: s.front, site: s.cloudfront.Handler, api: s.apis.Handler}
}

// startEngines starts those that are processes of their own, at the same time.
func (s *services) startEngines(ctx context.Context) error {
	var group errgroup.Group
	for _, e := range s.engines {
		group.Go(func() error { return e.run(ctx) })
	}
	return group.Wait()
}

// attribute is what services choose: endpoints of search domains, labels of streams.
func (s *services) attribute(r resource.Resource, attribute string) (string, bool) {
	switch {
	case attribute == "DomainEndpoint" && r.Type == "AWS::OpenSearchService::Domain":
		hostport, err := s.search.Reserve(r.ARN)
		return hostport, err == nil
	case attribute == "StreamArn" && strings.HasPrefix(r.Type, "AWS::DynamoDB::"):
		return s.dynamo.StreamARN(r.ARN)
	case attribute == "S3CanonicalUserId" && r.Type == "AWS::CloudFront::CloudFrontOriginAccessIdentity":
		return cloudfront.CanonicalUser(template.AccessIdentity(r)), true
	}
	return "", false
}

// rewrite turns https into http for what listens on this machine (docs/aws-differences.md, 48).
func (s *services) rewrite(text string) string {
	return strings.ReplaceAll(text, "https://127.0.0.1:", "http://127.0.0.1:")
}

// prepareFunctions builds what is not built for this machine.
func (s *services) prepareFunctions(ctx context.Context, resources []resource.Resource) error {
	functions := ofType(resources, "AWS::Lambda::Function")
	s.functionRoles.set(functions)
	return s.lambda.Prepare(ctx, functions)
}

// sites are the names of all sites.
func (s *services) sites() []string {
	var names []string
	for _, site := range s.cloudfront.Hosts() {
		if !strings.HasSuffix(site.Host, ".cloudfront.net") {
			names = append(names, site.Host)
		}
	}
	return names
}

// close ends everything, what calls others first.
func (s *services) close() {
	if s.sources != nil {
		_ = s.sources.Close()
	}
	if s.lambda != nil {
		_ = s.lambda.Close()
	}
	if s.search != nil {
		_ = s.search.Close(context.Background())
	}
	if s.dynamo != nil {
		s.dynamo.Close()
	}
	for _, e := range s.engines {
		e.stop()
	}
	if s.s3 != nil {
		_ = s.s3.Close()
	}
	if s.queues != nil {
		_ = s.queues.Close()
	}
	if s.logs != nil {
		_ = s.logs.Close()
	}
}

// localizer rewrites names of the templates in headers of sites for this machine: the identity
// provider, the site itself, buckets. Names of hosts elsewhere stay.
func (s *services) localizer(c *Cloud) func(name, value string) string {
	return func(name, value string) string {
		switch http.CanonicalHeaderKey(name) {
		case "Content-Security-Policy", "Location":
		default:
			return value
		}
		for _, issuer := range s.issuers.get() {
			if from, err := origin(issuer); err == nil {
				value = strings.ReplaceAll(value, from, c.url(idpHost))
			}
		}
		value = bucketHosts.ReplaceAllString(value, c.endpoint())
		value = strings.ReplaceAll(value, "upgrade-insecure-requests", "")
		for site, local := range c.hosts.locals() {
			value = strings.ReplaceAll(value, "https://"+site, fmt.Sprintf("http://%s:%d", local, c.port))
		}
		return value
	}
}
