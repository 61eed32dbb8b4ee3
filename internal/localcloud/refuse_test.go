package localcloud

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// cachingAPI is an API with an authorizer, its deployment and its stage.
func cachingAPI(stack, authorizer string) []resource.Resource {
	var a map[string]any
	decoder := json.NewDecoder(strings.NewReader(authorizer))
	decoder.UseNumber()
	if err := decoder.Decode(&a); err != nil {
		panic(err)
	}
	scheme := map[string]any{"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "custom", "x-amazon-apigateway-authorizer": a}
	api := res(stack+"/Api", "AWS::ApiGateway::RestApi", map[string]any{"Body": map[string]any{
		"openapi": "3.0.1", "components": map[string]any{"securitySchemes": map[string]any{"oauth2": scheme}},
	}})
	api.Name = stack + "-api"
	of := func(id, kind string) resource.Resource {
		return res(stack+"/"+id, kind, map[string]any{"RestApiId": api.Name})
	}
	return []resource.Resource{api, of("Deployment", "AWS::ApiGateway::Deployment"), of("Stage", "AWS::ApiGateway::Stage")}
}

// An API whose authorizer caches by a key without the token is refused with one reason, and no other API is.
func TestUnsafeCaches(t *testing.T) {
	types := []string{"AWS::ApiGateway::RestApi", "AWS::ApiGateway::Deployment", "AWS::ApiGateway::Stage"}
	apply := func(resources ...resource.Resource) (did []string, problem error) {
		t.Helper()
		r := &recorder{types: types}
		a := newApplier(r)
		if _, err := a.apply(context.Background(), append(resources, cachingAPI("good", `{"type":"request","identitySource":"method.request.header.Authorization"}`)...)); err != nil {
			t.Fatal(err)
		}
		if err := a.problem("good"); err != nil {
			t.Errorf("the other stack: %v", err)
		}
		for _, line := range r.take() {
			if strings.HasPrefix(line, "put bad/") {
				did = append(did, line)
			}
		}
		return did, a.problem("bad")
	}
	sources := []string{
		"", "context.httpMethod", "context.httpMethod, context.resourcePath", "method.request.header.X-Authorization", "method.request.header.AuthorizationX",
		"method.request.querystring.Authorization", "stageVariables.Authorization", "context.Authorization", "method.request.header.x.Authorization", "Authorization",
	}
	for _, source := range sources {
		for _, ttl := range []string{"", `,"authorizerResultTtlInSeconds":60`, `,"authorizerResultTtlInSeconds":"300"`, `,"authorizerResultTtlInSeconds":1`, `,"authorizerResultTtlInSeconds":null`} {
			for _, kind := range []string{"request", "REQUEST"} {
				text := fmt.Sprintf(`{"type":%q,"identitySource":%q%s}`, kind, source, ttl)
				did, problem := apply(cachingAPI("bad", text)...)
				if problem == nil || len(did) > 0 || !strings.Contains(problem.Error(), "bad/Api: the authorizer oauth2 keeps its answers") || strings.Contains(problem.Error(), "\n") {
					t.Errorf("%s: %v, did %v", text, problem, did)
				}
			}
			text := fmt.Sprintf(`{"type":"token","identitySource":%q%s}`, source, ttl)
			if did, problem := apply(cachingAPI("bad", text)...); problem != nil || len(did) != 3 {
				t.Errorf("%s: %v, did %v", text, problem, did)
			}
		}
		for _, ttl := range []string{"0", `"0"`} {
			text := fmt.Sprintf(`{"type":"request","identitySource":%q,"authorizerResultTtlInSeconds":%s}`, source, ttl)
			if did, problem := apply(cachingAPI("bad", text)...); problem != nil || len(did) != 3 {
				t.Errorf("%s: %v, did %v", text, problem, did)
			}
		}
	}
	for _, source := range []string{
		"method.request.header.Authorization", "method.request.header.authorization", " context.path ,method.request.header.AUTHORIZATION ", "method.request.header.Authorization,context.httpMethod, context.resourcePath",
	} {
		text := fmt.Sprintf(`{"type":"request","identitySource":%q}`, source)
		if did, problem := apply(cachingAPI("bad", text)...); problem != nil || len(did) != 3 {
			t.Errorf("%s: %v, did %v", text, problem, did)
		}
	}
}

// An authorizer that is a resource of its own takes its API along.
func TestUnsafeCacheOfAnAuthorizerResource(t *testing.T) {
	for name, tt := range map[string]struct {
		properties map[string]any
		refused    bool
	}{
		"default":  {map[string]any{"Type": "REQUEST", "IdentitySource": "context.path"}, true},
		"short":    {map[string]any{"Type": "REQUEST", "IdentitySource": "context.path", "AuthorizerResultTtlInSeconds": json.Number("5")}, true},
		"no cache": {map[string]any{"Type": "REQUEST", "AuthorizerResultTtlInSeconds": json.Number("0")}, false},
		"token":    {map[string]any{"Type": "TOKEN", "IdentitySource": "method.request.header.X"}, false},
		"right":    {map[string]any{"Type": "REQUEST", "IdentitySource": "method.request.header.Authorization,context.path"}, false},
	} {
		r := &recorder{types: []string{"AWS::ApiGateway::RestApi", "AWS::ApiGateway::Deployment", "AWS::ApiGateway::Stage"}}
		a := newApplier(r)
		resources := cachingAPI("s", `{"type":"request","identitySource":"method.request.header.Authorization"}`)
		tt.properties["RestApiId"] = "s-api"
		if _, err := a.apply(context.Background(), append(resources, res("s/Authorizer", "AWS::ApiGateway::Authorizer", tt.properties))); err != nil {
			t.Fatal(err)
		}
		if did, problem := r.take(), a.problem("s"); (problem != nil) != tt.refused || (len(did) == 0) != tt.refused {
			t.Errorf("%s: %v, did %v", name, problem, did)
		}
	}
}
