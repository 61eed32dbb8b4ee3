package rules

import (
	"slices"
	"testing"

	"github.com/tenantstack/tenantstack/internal/prove/facts"
	"github.com/tenantstack/tenantstack/internal/prove/owners"
)

// TestHosts takes names in several ways; each clash is told once, at who takes what is another's.
func TestHosts(t *testing.T) {
	type use struct{ owner, zone, name string }
	cases := []struct {
		what string
		// told are the names of tenants that are known.
		told map[string][]string
		uses []use
		// want are the owner and name of each finding, with its victims.
		want [][]string
	}{
		{"apart", nil, []use{{"a", "Z", "a.example.com"}, {"b", "Z", "b.example.com"}, {"a", "", "a.example.com"}}, nil},
		{
			"the same",
			nil,
			[]use{{"a", "Z", "x.example.com"}, {"b", "Z", "x.example.com"}},
			[][]string{{"b", "x.example.com", "a"}},
		},
		{"the same in other zones", nil, []use{{"a", "Z1", "x.example.com"}, {"b", "Z2", "x.example.com"}}, nil},
		{
			"an alias of a record",
			nil,
			[]use{{"a", "Z1", "x.example.com"}, {"b", "", "x.example.com"}},
			[][]string{{"b", "x.example.com", "a"}},
		},
		{
			"a wildcard",
			nil,
			[]use{
				{"a", "", "*.example.com"},
				{"b", "", "b.example.com"},
				{"c", "", "c.d.example.com"},
				{"c", "", "example.com"},
			},
			[][]string{{"a", "*.example.com", "b", "c"}},
		},
		{"the platform's wildcard", nil, []use{{"", "Z", "*.example.com"}, {"b", "Z", "b.example.com"}}, nil},
		{
			"a tenant's wildcard over the platform's",
			nil,
			[]use{{"", "Z", "www.example.com"}, {"b", "Z", "*.example.com"}},
			[][]string{{"b", "*.example.com"}},
		},
		{
			"two wildcards",
			nil,
			[]use{{"a", "", "*.example.com"}, {"b", "", "*.b.example.com"}},
			[][]string{{"a", "*.example.com", "b"}},
		},
		{"names that are known", map[string][]string{"a": {"a.example.com"}, "b": {"b.example.com"}},
			[]use{
				{"a", "", "b.example.com"},
				{"b", "", "b.example.com"},
				{"b", "", "x.b.example.com"},
			}, [][]string{{"a", "b.example.com", "b"}}},
		{
			"a name that is known of somebody absent",
			map[string][]string{"b": {"b.example.com"}},
			[]use{{"a", "", "b.example.com"}},
			[][]string{{"a", "b.example.com", "b"}},
		},
	}
	for _, c := range cases {
		t.Run(c.what, func(t *testing.T) {
			o := owners.Ownership{}
			for _, id := range []string{"a", "b", "c"} {
				o.Tenants = append(o.Tenants, owners.Tenant{ID: id, Stacks: []string{"stack of " + id}, Hosts: c.told[id]})
			}
			k := emptyCase(o)
			for _, u := range c.uses {
				k.Hosts = append(
					k.Hosts,
					facts.Host{Name: u.name, Zone: u.zone, Place: facts.Place{Stack: "stack of " + u.owner, LogicalID: u.name}},
				)
			}
			k.hosts()
			var got [][]string
			for _, f := range k.report.Findings {
				got = append(got, append([]string{f.Owner, f.Place.LogicalID}, f.Victims...))
			}
			if !slices.EqualFunc(got, c.want, slices.Equal[[]string]) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
