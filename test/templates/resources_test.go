package templates

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tenantstack/tenantstack/internal/cfn"
	"github.com/tenantstack/tenantstack/plan"
)

// slack is how much more a plan may say of a template's size, in percent, so that the quota is
// not told too early.
const slack = 12

// checkResources holds what a plan says of its stacks against the templates.
func checkResources(t *testing.T, p *plan.Plan, a *cfn.Assembly) {
	t.Helper()
	planned := map[string][]plan.Resource{}
	for i := range p.Cells {
		planned[p.Cells[i].Stack] = p.Cells[i].Resources()
	}
	for i := range p.Tenants {
		planned[p.Tenants[i].Stack] = p.Tenants[i].Resources()
	}
	for _, s := range a.Stacks {
		want, got, total := map[string]string{}, map[string]string{}, 0
		for id, r := range s.Template.Resources {
			want[id] = r.Type
		}
		bytes := resourceBytes(t, s)
		for _, r := range planned[s.Name] {
			got[r.LogicalID] = r.Type
			total += r.Bytes
			if r.Bytes < bytes[r.LogicalID] {
				t.Errorf("%s/%s (%s) has %d bytes, and the plan says %d", s.Name, r.LogicalID, r.Type, bytes[r.LogicalID], r.Bytes)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: the plan has other resources (-template +plan):\n%s", s.Name, diff)
		}
		if most := s.Size + s.Size*slack/100; s.Size > 200_000 && total > most {
			t.Errorf("%s: the plan says %d bytes, and the template has %d", s.Name, total, s.Size)
		}
		if total < s.Size {
			t.Errorf("%s: the plan says %d bytes, and the template has %d", s.Name, total, s.Size)
		}
	}
}

// resourceBytes are the sizes of a template's resources.
func resourceBytes(t *testing.T, s cfn.Stack) map[string]int {
	t.Helper()
	data, err := os.ReadFile(s.File)
	if err != nil {
		t.Fatal(err)
	}
	var template struct{ Resources map[string]json.RawMessage }
	if err := json.Unmarshal(data, &template); err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for id, r := range template.Resources {
		out[id] = len(r) + len(fmt.Sprintf(`"%s":,`, id))
	}
	return out
}

// What a plan says of the resources of its stacks is what the templates have.
func TestPlannedResources(t *testing.T) {
	p := load(t, plan.Selection{})
	checkResources(t, p, synth(t, p))
}
