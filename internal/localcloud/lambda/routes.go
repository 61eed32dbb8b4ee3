package lambda

import (
	"net/http"
	"net/url"
	"strings"
)

// routes are the operations that name a function, by method and path after it (Lambda API Reference,
// "Actions"). The date is the first segment of the path.
var routes = map[string]string{
	"POST 2015-03-31 invocations":                    "lambda:InvokeFunction",
	"POST 2021-11-15 response-streaming-invocations": "lambda:InvokeFunction",
	"POST 2014-11-13 invoke-async":                   "lambda:InvokeAsync",
	"GET 2015-03-31":                                 "lambda:GetFunction",
	"DELETE 2015-03-31":                              "lambda:DeleteFunction",
	"GET 2015-03-31 configuration":                   "lambda:GetFunctionConfiguration",
	"PUT 2015-03-31 configuration":                   "lambda:UpdateFunctionConfiguration",
	"PUT 2015-03-31 code":                            "lambda:UpdateFunctionCode",
	"GET 2015-03-31 policy":                          "lambda:GetPolicy",
	"POST 2015-03-31 policy":                         "lambda:AddPermission",
	"DELETE 2015-03-31 policy/":                      "lambda:RemovePermission",
	"GET 2015-03-31 versions":                        "lambda:ListVersionsByFunction",
	"POST 2015-03-31 versions":                       "lambda:PublishVersion",
	"GET 2015-03-31 aliases":                         "lambda:ListAliases",
	"POST 2015-03-31 aliases":                        "lambda:CreateAlias",
	"GET 2015-03-31 aliases/":                        "lambda:GetAlias",
	"PUT 2015-03-31 aliases/":                        "lambda:UpdateAlias",
	"DELETE 2015-03-31 aliases/":                     "lambda:DeleteAlias",
	"GET 2019-09-30 concurrency":                     "lambda:GetFunctionConcurrency",
	"PUT 2017-10-31 concurrency":                     "lambda:PutFunctionConcurrency",
	"DELETE 2017-10-31 concurrency":                  "lambda:DeleteFunctionConcurrency",
	"GET 2019-09-25 event-invoke-config":             "lambda:GetFunctionEventInvokeConfig",
	"GET 2019-09-25 event-invoke-config/":            "lambda:ListFunctionEventInvokeConfigs",
	"PUT 2019-09-25 event-invoke-config":             "lambda:PutFunctionEventInvokeConfig",
	"POST 2019-09-25 event-invoke-config":            "lambda:UpdateFunctionEventInvokeConfig",
	"DELETE 2019-09-25 event-invoke-config":          "lambda:DeleteFunctionEventInvokeConfig",
	"GET 2019-09-30 provisioned-concurrency":         "lambda:GetProvisionedConcurrencyConfig",
	"PUT 2019-09-30 provisioned-concurrency":         "lambda:PutProvisionedConcurrencyConfig",
	"DELETE 2019-09-30 provisioned-concurrency":      "lambda:DeleteProvisionedConcurrencyConfig",
	"GET 2021-10-31 url":                             "lambda:GetFunctionUrlConfig",
	"POST 2021-10-31 url":                            "lambda:CreateFunctionUrlConfig",
	"PUT 2021-10-31 url":                             "lambda:UpdateFunctionUrlConfig",
	"DELETE 2021-10-31 url":                          "lambda:DeleteFunctionUrlConfig",
	"GET 2021-10-31 urls":                            "lambda:ListFunctionUrlConfigs",
	"GET 2021-07-20 runtime-management-config":       "lambda:GetRuntimeManagementConfig",
	"PUT 2021-07-20 runtime-management-config":       "lambda:PutRuntimeManagementConfig",
	"GET 2020-06-30 code-signing-config":             "lambda:GetFunctionCodeSigningConfig",
	"PUT 2020-06-30 code-signing-config":             "lambda:PutFunctionCodeSigningConfig",
	"DELETE 2020-06-30 code-signing-config":          "lambda:DeleteFunctionCodeSigningConfig",
	"GET 2024-08-31 recursion-config":                "lambda:GetFunctionRecursionConfig",
	"PUT 2024-08-31 recursion-config":                "lambda:PutFunctionRecursionConfig",
}

// accountRoutes are operations that name no function.
var accountRoutes = map[string]string{
	"GET 2015-03-31 functions":              "lambda:ListFunctions",
	"POST 2015-03-31 functions":             "lambda:CreateFunction",
	"GET 2016-08-19 account-settings":       "lambda:GetAccountSettings",
	"GET 2015-03-31 event-source-mappings":  "lambda:ListEventSourceMappings",
	"POST 2015-03-31 event-source-mappings": "lambda:CreateEventSourceMapping",
	"GET 2018-10-31 layers":                 "lambda:ListLayers",
}

// classify finds the operation of a request. What it does not know is no operation.
func classify(r *http.Request) (operation, bool) {
	segments := strings.Split(strings.Trim(r.URL.EscapedPath(), "/"), "/")
	for i, segment := range segments {
		// Each segment is decoded once, so that an encoded slash stays within its segment.
		text, err := url.PathUnescape(segment)
		if err != nil || text == "" || text == "." || text == ".." {
			return operation{}, false
		}
		segments[i] = text
	}
	if len(segments) == 2 {
		action, ok := accountRoutes[r.Method+" "+segments[0]+" "+segments[1]]
		return operation{action: action}, ok
	}
	if len(segments) < 3 || len(segments) > 5 || segments[1] != "functions" {
		return operation{}, false
	}
	route := r.Method + " " + segments[0]
	op := operation{function: segments[2]}
	if len(segments) > 3 {
		op.subresource = segments[3]
		route += " " + segments[3]
	}
	if len(segments) == 5 {
		route += "/"
	}
	var ok bool
	op.action, ok = routes[route]
	return op, ok
}
