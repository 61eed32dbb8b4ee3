package localcloud

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// recorder is a provider that remembers what it was asked.
type recorder struct {
	types []string
	mu    sync.Mutex
	did   []string
}

func (r *recorder) Types() []string { return r.types }

func (r *recorder) record(what string, x resource.Resource) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.did = append(r.did, what+" "+x.String())
	if x.Properties["fail"] == true {
		return errors.New("no luck with " + x.String())
	}
	x.Properties["touched"] = true // providers may change what they are given
	return nil
}

func (r *recorder) Put(_ context.Context, x resource.Resource) error { return r.record("put", x) }

func (r *recorder) Delete(_ context.Context, x resource.Resource) error {
	return r.record("delete", x)
}

func (r *recorder) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	did := r.did
	r.did = nil
	return did
}

func res(place, resourceType string, properties map[string]any) resource.Resource {
	stack, id, _ := strings.Cut(place, "/")
	return resource.Resource{Stack: stack, LogicalID: id, Type: resourceType, Name: id, ARN: "arn:" + place, Properties: properties}
}

func TestApply(t *testing.T) {
	const role, function, bucket, alarm, unknown = "AWS::IAM::Role", "AWS::Lambda::Function", "AWS::S3::Bucket", "AWS::CloudWatch::Alarm", "AWS::Frob::Nicator"
	r := &recorder{types: []string{role, function, bucket}}
	a := newApplier(r)
	apply := func(want Changes, did string, resources ...resource.Resource) {
		t.Helper()
		changes, err := a.apply(context.Background(), resources)
		if err != nil || changes != want {
			t.Errorf("apply = %+v, %v, want %+v", changes, err, want)
		}
		if got := strings.Join(r.take(), ", "); got != did {
			t.Errorf("did %q, want %q", got, did)
		}
	}
	f := func(code string) resource.Resource {
		return res("s/F", function, map[string]any{"code": map[string]any{"x": []any{code}}})
	}
	p := map[string]any{}
	apply(Changes{Put: 3}, "put s/R, put s/B, put s/F", f("1"), res("s/R", role, map[string]any{}), res("s/B", bucket, map[string]any{}), res("s/A", alarm, p), res("s/U", unknown, p))
	lines := a.notRunLines()
	if len(lines) != 2 || !strings.Contains(lines[0], "no alarm is raised") || !strings.Contains(lines[1], unknown+": the local cloud does not know the type") {
		t.Errorf("not run: %q", lines)
	}
	apply(Changes{}, "", f("1"), res("s/R", role, map[string]any{}), res("s/B", bucket, map[string]any{}))
	apply(Changes{Put: 1}, "put s/F", f("2"), res("s/R", role, map[string]any{}), res("s/B", bucket, map[string]any{}))
	apply(Changes{Deleted: 2}, "delete s/F, delete s/R", res("s/B", bucket, map[string]any{}))
	renamed := res("s/B", bucket, map[string]any{})
	renamed.Name = "other"
	apply(Changes{Put: 1}, "delete s/B, put s/B", renamed)
}

func TestApplyFailure(t *testing.T) {
	r := &recorder{types: []string{"AWS::S3::Bucket"}}
	a := newApplier(r)
	both := func(fail bool) []resource.Resource {
		return []resource.Resource{res("bad/B", "AWS::S3::Bucket", map[string]any{"fail": fail}), res("good/B", "AWS::S3::Bucket", map[string]any{})}
	}
	for range 2 { // what failed is tried again
		if _, err := a.apply(context.Background(), both(true)); err != nil {
			t.Fatal(err)
		}
		if err := a.problem("bad"); err == nil || a.problem("good") != nil {
			t.Errorf("problems %v, %v", err, a.problem("good"))
		}
	}
	if did := r.take(); fmt.Sprint(did[2:]) != "[put bad/B]" {
		t.Errorf("did %q", did)
	}
	if _, err := a.apply(context.Background(), both(false)); err != nil || a.problem("bad") != nil {
		t.Errorf("afterwards: %v, %v", err, a.problem("bad"))
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := a.apply(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that ended: %v", err)
	}
}

func TestAuthorizers(t *testing.T) {
	const arn = "arn:aws:lambda:eu-central-1:1:function:auth"
	env := map[string]any{"ISSUER": "https://id.example.com/", "JWKS_URI": "https://keys.example.com/x", "AUDIENCE": "aud", "BILLING_ACCOUNT": "42", "TENANT": "t"}
	other := map[string]any{"LOGIN": "https://id.example.com/", "OTHER": "https://id.example.com/x"}
	function := func(arn string, variables map[string]any) resource.Resource {
		return resource.Resource{Type: "AWS::Lambda::Function", ARN: arn, Properties: map[string]any{"Environment": map[string]any{"Variables": variables}}}
	}
	api := resource.Resource{Type: "AWS::ApiGateway::RestApi", Stack: "s", Properties: map[string]any{"Body": map[string]any{"components": map[string]any{"securitySchemes": map[string]any{
		"oauth2": map[string]any{"x-amazon-apigateway-authorizer": map[string]any{"authorizerUri": "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/" + arn + "/invocations"}},
		"none":   map[string]any{"type": "apiKey"}}}}}}
	resources := []resource.Resource{function(arn, env), function(arn+"2", other), api}
	found := authorizers(resources)
	if len(found) != 1 || found[0].issuer != "https://id.example.com/" || found[0].account != "42" || found[0].audience != "aud" || found[0].tenant != "t" || found[0].api.Stack != "s" {
		t.Fatalf("authorizers = %+v", found)
	}
	issuers := replaceIssuers(resources, found, "http://id.localhost:1/")
	if !slices.Equal(issuers, []string{"https://id.example.com/"}) || env["ISSUER"] != "http://id.localhost:1/" || env["JWKS_URI"] != "http://id.localhost:1/keys" ||
		other["LOGIN"] != "http://id.localhost:1/" || other["OTHER"] != "https://id.example.com/x" {
		t.Errorf("issuers %q, environments %v %v", issuers, env, other)
	}
}

// TestReplaceSites gives functions the URLs below localhost for those of sites, and no others.
func TestReplaceSites(t *testing.T) {
	env := map[string]any{
		"SITE_URL": "https://acme.example.com", "OTHER": "https://acme.other.com", "DEEPER": "https://acme.example.com/x",
		"ELSEWHERE": "https://example.org", "PLAIN": "acme.example.com", "WILD": "https://*.example.com",
	}
	site := func(aliases ...any) resource.Resource {
		return resource.Resource{Type: "AWS::CloudFront::Distribution", Properties: map[string]any{"DistributionConfig": map[string]any{"Aliases": aliases}}}
	}
	replaceSites([]resource.Resource{
		{Type: "AWS::Lambda::Function", Properties: map[string]any{"Environment": map[string]any{"Variables": env}}},
		site("acme.example.com"), site("acme.other.com", "*.example.com"), site(),
	}, func(host string) string { return "http://" + host + ":1" })
	want := map[string]any{
		// Both begin with acme, so neither has the short name.
		"SITE_URL": "http://acme.example.com.localhost:1", "OTHER": "http://acme.other.com.localhost:1", "DEEPER": "https://acme.example.com/x",
		"ELSEWHERE": "https://example.org", "PLAIN": "acme.example.com", "WILD": "https://*.example.com",
	}
	if !maps.Equal(env, want) {
		t.Errorf("environment %v, want %v", env, want)
	}
}
