package owners

import (
	"testing"

	"github.com/tenantstack/tenantstack/internal/prove/facts"
)

// TestSingleResources has a stack of the platform's with resources that tenants list by their places, of which only
// some have ARNs, and a tenant's stack, of which nobody else can list any.
func TestSingleResources(t *testing.T) {
	o := Ownership{Tenants: []Tenant{
		{ID: "acme", Stacks: []string{"acme"}},
		{ID: "blue", Resources: []string{"shared/Table", "shared/Identities", "acme/Identities"}},
	}}
	f := &facts.Facts{Accounts: map[string]bool{}, Stacks: []facts.Stack{{Name: "shared"}, {Name: "acme"}}}
	places := map[facts.Place]string{
		{Stack: "shared", LogicalID: "Table"}: "blue", {Stack: "shared", LogicalID: "Identities"}: "blue",
		{Stack: "shared", LogicalID: "Other"}: "", {Stack: "acme", LogicalID: "Identities"}: "acme",
	}
	for place := range places {
		f.Resources = append(f.Resources, facts.Resource{Place: place})
	}
	table := facts.Place{Stack: "shared", LogicalID: "Table"}
	f.Assets = append(f.Assets, facts.NewAsset("table", "", "arn:aws:dynamodb:eu-central-1:111111111111:table/t", table))
	x := New(o, f)
	for place, want := range places {
		if got := x.Of(place); got != want {
			t.Errorf("%s is %q's, want %q", place, got, want)
		}
		if got, _ := x.OfMark(&facts.Mark{Stack: place.Stack, LogicalID: place.LogicalID}); got != want {
			t.Errorf("a value of %s is %q's, want %q", place, got, want)
		}
	}
}
