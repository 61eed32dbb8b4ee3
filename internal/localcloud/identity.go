package localcloud

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/internal/localcloud/idp"
	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
	"github.com/tenantstack/tenantstack/internal/localcloud/template"
)

// authorizer is a function that decides who may call an API, as its environment tells.
type authorizer struct {
	function *resource.Resource
	// api that it guards.
	api resource.Resource
	// issuer, audience, account and tenant of the tokens that it takes.
	issuer, audience, account, tenant string
	// scopes that operations of the API ask for.
	scopes []string
}

var functionInURI = regexp.MustCompile(`functions/(arn:[^/]+)/invocations$`)

// authorizers finds the functions that the security schemes of APIs name.
func authorizers(resources []resource.Resource) []authorizer {
	functions := map[string]*resource.Resource{}
	for i, r := range resources {
		if r.Type == "AWS::Lambda::Function" {
			functions[r.ARN] = &resources[i]
		}
	}
	var found []authorizer
	for _, r := range resources {
		if r.Type != "AWS::ApiGateway::RestApi" {
			continue
		}
		for _, arn := range authorizerFunctions(r.Properties["Body"]) {
			f := functions[arn]
			if f == nil {
				continue
			}
			env := environment(f)
			text := func(name string) string { v, _ := env[name].(string); return v }
			found = append(found, authorizer{function: f, api: r, issuer: text("ISSUER"), audience: text("AUDIENCE"),
				account: text("BILLING_ACCOUNT"), tenant: text("TENANT"), scopes: operationScopes(f.Asset)})
		}
	}
	return found
}

func authorizerFunctions(body any) []string {
	b, _ := body.(map[string]any)
	components, _ := b["components"].(map[string]any)
	schemes, _ := components["securitySchemes"].(map[string]any)
	if schemes == nil {
		schemes, _ = b["securityDefinitions"].(map[string]any)
	}
	var arns []string
	for _, name := range slices.Sorted(maps.Keys(schemes)) {
		scheme, _ := schemes[name].(map[string]any)
		a, _ := scheme["x-amazon-apigateway-authorizer"].(map[string]any)
		uri, _ := a["authorizerUri"].(string)
		if m := functionInURI.FindStringSubmatch(uri); m != nil {
			arns = append(arns, m[1])
		}
	}
	return arns
}

func environment(f *resource.Resource) map[string]any {
	e, _ := f.Properties["Environment"].(map[string]any)
	v, _ := e["Variables"].(map[string]any)
	return v
}

// operationScopes reads the scopes from the table of operations that an authorizer's zip holds.
func operationScopes(asset string) []string {
	z, err := zip.OpenReader(asset)
	if err != nil {
		return nil
	}
	defer z.Close()
	f, err := z.Open("operations.json")
	if err != nil {
		return nil
	}
	defer f.Close()
	var table struct {
		Operations []struct{ Scopes [][]string }
	}
	if json.NewDecoder(f).Decode(&table) != nil {
		return nil
	}
	scopes := map[string]bool{}
	for _, o := range table.Operations {
		for _, all := range o.Scopes {
			for _, s := range all {
				scopes[s] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(scopes))
}

// replaceIssuers puts the local identity provider in the place of those that the authorizers
// trust: in the environment of every function, an issuer and what is below it become the local
// ones (docs/aws-differences.md, 49). It returns the issuers that were replaced.
func replaceIssuers(resources []resource.Resource, found []authorizer, local string) []string {
	issuers := map[string]bool{}
	for _, a := range found {
		if a.issuer != "" {
			issuers[a.issuer] = true
		}
	}
	for i := range resources {
		r := &resources[i]
		if r.Type != "AWS::Lambda::Function" {
			continue
		}
		env := environment(r)
		for name, value := range env {
			text, _ := value.(string)
			if issuers[text] {
				env[name] = local
			} else if name == "JWKS_URI" && text != "" {
				env[name] = strings.TrimSuffix(local, "/") + jwksPath
			}
		}
	}
	return slices.Sorted(maps.Keys(issuers))
}

// replaceSites puts the names below localhost in the place of those that browsers would call: in the
// environment of every function, the URL of a site becomes the local one (docs/aws-differences.md, 49).
func replaceSites(resources []resource.Resource, url func(host string) string) {
	var names []string
	for _, r := range ofType(resources, "AWS::CloudFront::Distribution") {
		config, _ := r.Properties["DistributionConfig"].(map[string]any)
		aliases, _ := config["Aliases"].([]any)
		for _, alias := range aliases {
			if name, _ := alias.(string); name != "" && !strings.HasPrefix(name, "*") {
				names = append(names, name)
			}
		}
	}
	locals := newSiteNames(names).local
	for i := range resources {
		if resources[i].Type != "AWS::Lambda::Function" {
			continue
		}
		env := environment(&resources[i])
		for name, value := range env {
			text, _ := value.(string)
			if host, ok := strings.CutPrefix(text, "https://"); ok && locals[host] != "" {
				env[name] = url(locals[host])
			}
		}
	}
}

// jwksPath of the local identity provider.
const jwksPath = "/keys"

// origin of a URL, such as https://id.example.com.
func origin(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return "", fmt.Errorf("%q is no absolute URL", raw)
	}
	return u.Scheme + "://" + u.Host, nil
}

// know tells the services what they need to know of tenants.
func (c *Cloud) know(result *template.Result, found []authorizer, issuers []string) {
	s := c.services
	s.issuers.set(issuers)
	ofStack := map[string]string{}
	for _, t := range c.tenants(result) {
		ofStack[t.Stack] = t.ID
	}
	ofAPI, ofGroup := map[string]string{}, map[string]string{}
	for _, r := range result.Resources {
		switch r.Type {
		case "AWS::ApiGateway::RestApi":
			ofAPI[r.Name] = ofStack[r.Stack]
		case "AWS::Logs::LogGroup":
			ofGroup[r.Account+r.Name] = ofStack[r.Stack]
		case "AWS::Lambda::Function":
			ofGroup[r.Account+"/aws/lambda/"+r.Name] = ofStack[r.Stack]
		}
	}
	s.tenantOfAPI.set(ofAPI)
	s.tenantOfGroup.set(ofGroup)
	s.idp.SetTenants(c.idpTenants(result, found))
}

// idpTenants are those whose authorizers trust the local identity provider.
func (c *Cloud) idpTenants(result *template.Result, found []authorizer) []idp.Tenant {
	var tenants []idp.Tenant
	for _, t := range c.tenants(result) {
		for _, a := range found {
			if a.api.Stack != t.Stack || a.issuer == "" {
				continue
			}
			tenant := idp.Tenant{ID: t.ID, Name: t.ID, Account: a.account, Audience: a.audience, Scopes: a.scopes}
			if t.URL != "" {
				tenant.Origins = []string{strings.TrimSuffix(t.URL, "/")}
			}
			tenants = append(tenants, tenant)
		}
	}
	return tenants
}
