// Package contracttest holds the answers of handler tests against the contract.
package contracttest

import (
	"context"
	"net/http"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/tenantstack/tenantstack/functions/internal/rest/resttest"
)

// Check makes every answer of every test one that the contract in the file has: its status,
// its media type and its body. It is called by init of a test file, and panics when there is no such file.
func Check(file string) {
	contract, err := openapi3.NewLoader().LoadFromFile(file)
	if err != nil {
		panic(err)
	}
	resttest.Check = func(t testing.TB, e resttest.Event, r resttest.Result) {
		t.Helper()
		path, _ := e["resource"].(string)
		method, _ := e["httpMethod"].(string)
		item := contract.Paths.Value(path)
		route := &routers.Route{Spec: contract, Path: path, PathItem: item, Method: method, Operation: item.GetOperation(method)}
		header := http.Header{}
		for name, value := range r.Header {
			header.Set(name, value)
		}
		in := &openapi3filter.ResponseValidationInput{
			RequestValidationInput: &openapi3filter.RequestValidationInput{Request: &http.Request{Method: method}, Route: route},
			Status:                 r.Status,
			Header:                 header,
			Options:                &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
		}
		in.SetBodyBytes([]byte(r.Body))
		if err := openapi3filter.ValidateResponse(context.Background(), in); err != nil {
			t.Errorf("%s %s: status %d is not in the contract: %.1000v", method, path, r.Status, err)
		}
	}
}
