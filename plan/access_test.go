package plan

import (
	"testing"

	"github.com/tenantstack/tenantstack/api"
)

// The grants of a role and of a function are what either allows, and no more than two accesses can say.
func TestWidest(t *testing.T) {
	all := []api.Access{api.None, api.Read, api.Write, api.ReadDelete, api.ReadWrite}
	for _, a := range all {
		for _, b := range all {
			got := widest(a, b)
			if (a.Reads() || b.Reads()) != got.Reads() || (a.Writes() || b.Writes()) != got.Writes() || (a.Deletes() || b.Deletes()) && !got.Deletes() {
				t.Errorf("%q and %q are %q", a, b, got)
			}
			if got != widest(b, a) {
				t.Errorf("%q and %q are %q, and the other way around %q", a, b, got, widest(b, a))
			}
		}
	}
}
