// Package contracttest holds the answers of handler tests against the contract.
package contracttest

import (
	"context"
	"net/http"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// Answers reads the contract and returns a check that the answer to an API Gateway proxy event is
// one the contract has: its status, its media type and its body. It is called by init of a
// test file, and panics when there is no such file.
func Answers(file string) func(t testing.TB, event map[string]any, status int, header map[string]string, body string) {
	contract, err := openapi3.NewLoader().LoadFromFile(file)
	if err != nil {
		panic(err)
	}
	return func(t testing.TB, event map[string]any, status int, header map[string]string, body string) {
		t.Helper()
		path, _ := event["resource"].(string)
		method, _ := event["httpMethod"].(string)
		item := contract.Paths.Value(path)
		in := &openapi3filter.ResponseValidationInput{
			RequestValidationInput: &openapi3filter.RequestValidationInput{
				Request: &http.Request{Method: method},
				Route:   &routers.Route{Spec: contract, Path: path, PathItem: item, Method: method, Operation: item.GetOperation(method)},
			},
			Status:  status,
			Header:  http.Header{},
			Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
		}
		for name, value := range header {
			in.Header.Set(name, value)
		}
		in.SetBodyBytes([]byte(body))
		if err := openapi3filter.ValidateResponse(context.Background(), in); err != nil {
			t.Errorf("%s %s: status %d is not in the contract: %.1000v", method, path, status, err)
		}
	}
}
