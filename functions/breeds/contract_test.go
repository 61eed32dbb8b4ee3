package main

import (
	"testing"

	"github.com/tenantstack/tenantstack/functions/internal/rest/resttest"
	"github.com/tenantstack/tenantstack/test/contracttest"
)

func init() {
	check := contracttest.Answers("../../api/openapi.yaml")
	resttest.Check = func(t testing.TB, e resttest.Event, r resttest.Result) {
		t.Helper()
		check(t, e, r.Status, r.Header, r.Body)
	}
}

// No operation serves a request that does not state its account.
func TestUnstatedAccounts(t *testing.T) { resttest.AllRefuse(t) }
