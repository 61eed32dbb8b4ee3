package plan

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/tenant"
)

// api is the REST API of the tenant.
func (b *tenantBuilder) api(functions []Function) API {
	body := b.body(functions)
	return API{
		Name: b.scope.stack(), Stage: stageName, Body: body, Hash: hash(body), Role: apiGatewayRole, Authorizer: authorizerID,
		Variables: map[string]string{"billingAccount": b.tenant.BillingAccount},
		Rate:      b.settings.Throttle.Rate, Burst: b.settings.Throttle.Burst,
		AccessLog:       b.scope.logGroupName(accessLog),
		AccessLogFormat: b.accessLogFormat(),
	}
}

// hash of a JSON value; encoding/json sorts the members of objects.
func hash(v any) string {
	encoded, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("hash the API body: %v", err)) // it holds plain JSON values only
	}
	return digest(string(encoded), 10)
}

// accessLogFormat is one JSON object a request, without anything that identifies a person
// (API Gateway Developer Guide, "Variables for access logging for API Gateway").
// Numbers that may be absent ("-") are quoted.
func (b *tenantBuilder) accessLogFormat() string {
	fields := []string{
		`"tenant":"` + b.tenant.ID + `"`,
		`"requestId":"$context.requestId"`,
		`"time":"$context.requestTime"`,
		`"method":"$context.httpMethod"`,
		`"resource":"$context.resourcePath"`,
		`"status":$context.status`,
		`"latency":$context.responseLatency`,
		`"integrationLatency":"$context.integrationLatency"`,
		`"responseBytes":"$context.responseLength"`,
		`"error":"$context.error.responseType"`,
		`"authorizerStatus":"$context.authorizer.status"`,
		`"trace":"$context.xrayTraceId"`,
	}
	return "{" + strings.Join(fields, ",") + "}"
}

// accountSources is ACCOUNT_SOURCES of the authorizer.
func (b *tenantBuilder) accountSources() string {
	return strings.Join(accountSources(b.file.Platform), ",")
}

// hasSource says whether requests state the billing account in that place too.
func (b *tenantBuilder) hasSource(source tenant.AccountSource) bool {
	return slices.Contains(b.file.Platform.AccountSources, source)
}

// pathPrefix begins every path of the API when paths state the billing account.
func (b *tenantBuilder) pathPrefix() string {
	if b.hasSource(tenant.AccountFromPath) {
		return "/{" + accountParameter + "}"
	}
	return ""
}

// accountParameter is the path parameter that states the billing account.
const accountParameter = "billingAccount"
