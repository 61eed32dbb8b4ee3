package templates

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/api"
	"github.com/tenantstack/tenantstack/plan"
	"github.com/tenantstack/tenantstack/tenant"
)

// changes compares the shipped platform with what it becomes by an edit.
type changes struct {
	t             *testing.T
	before, after map[string]stack
	// clashes are what a deployment of everything meets while all old stacks stand.
	clashes []clash
	cloud   *cloud
}

// changer makes changes of the shipped files.
type changer struct {
	contract *api.Contract
	registry registry
}

func newChanger(t *testing.T) *changer {
	t.Helper()
	contract, err := api.Load(contractFile)
	if err != nil {
		t.Fatal(err)
	}
	return &changer{contract, loadRegistry(t)}
}

// shipped is tenants.yaml after edits.
func shipped(t *testing.T, edits ...func(*tenant.File)) *tenant.File {
	t.Helper()
	f, err := tenant.Load(tenantsFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range edits {
		if e != nil {
			e(f)
		}
	}
	if f, err = checked(f); err != nil {
		t.Fatal(err)
	}
	return f
}

func (c *changer) plan(t *testing.T, f *tenant.File) *plan.Plan {
	t.Helper()
	p, err := plan.Build(f, c.contract, plan.Selection{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (c *changer) stacks(t *testing.T, f *tenant.File) []stack {
	t.Helper()
	return made.stacks(t, c.plan(t, f))
}

// by is what an edit changes in the shipped files, or in what they are after the edit given first.
func (c *changer) by(t *testing.T, first, edit func(*tenant.File)) *changes {
	t.Helper()
	return c.between(t, c.stacks(t, shipped(t, first)), c.stacks(t, shipped(t, first, edit)))
}

func (c *changer) between(t *testing.T, before, after []stack) *changes {
	t.Helper()
	d := &changes{t: t, before: map[string]stack{}, after: map[string]stack{}, cloud: newCloud(c.registry)}
	for _, s := range before {
		d.before[s.key()] = s
		if met := d.cloud.deploy(s); len(met) > 0 {
			t.Errorf("before the edit: %v", met)
		}
	}
	for _, s := range after {
		d.after[s.key()] = s
	}
	beside := d.cloud.clone()
	for _, s := range after {
		d.clashes = append(d.clashes, beside.deploy(s)...)
	}
	return d
}

// key of a stack of cell eu-1, or with another account and region in front of its name.
func key(name string) string {
	if strings.Contains(name, " ") {
		return name
	}
	return "111111111111 eu-central-1 kittens-" + name
}

func keys(names ...string) []string {
	var out []string
	for _, name := range names {
		out = append(out, key(name))
	}
	slices.Sort(out)
	return out
}

// stacks holds the stacks that are new, that are not synthesized any more, and whose template changes.
func (d *changes) stacks(isNew, gone, changed []string) {
	d.t.Helper()
	var gotNew, gotGone, gotChanged []string
	for k, s := range d.after {
		old, there := d.before[k]
		switch {
		case !there:
			gotNew = append(gotNew, k)
		case encoded(old.template) != encoded(s.template):
			gotChanged = append(gotChanged, k)
		}
	}
	for k := range d.before {
		if _, there := d.after[k]; !there {
			gotGone = append(gotGone, k)
		}
	}
	for what, lists := range map[string][2][]string{"new": {gotNew, keys(isNew...)}, "gone": {gotGone, keys(gone...)}, "changed": {gotChanged, keys(changed...)}} {
		slices.Sort(lists[0])
		if !slices.Equal(lists[0], lists[1]) {
			d.t.Errorf("%s stacks are %q, want %q", what, lists[0], lists[1])
		}
	}
}

// resources are what an update of a stack adds, removes, replaces and changes in place.
func (d *changes) resources(name string) (added, removed, replaced, updated []string) {
	d.t.Helper()
	k := key(name)
	now := d.cloud.clone()
	before, after := d.before[k].template.Resources, d.after[k].template.Resources
	old := now.stacks[k].resources
	now.deploy(d.after[k])
	for id := range after {
		was, there := before[id]
		switch {
		case !there:
			added = append(added, id)
		case now.registry.replaces(old[id], now.stacks[k].resources[id]) != "" || !slices.Equal(old[id].names, now.stacks[k].resources[id].names):
			replaced = append(replaced, id)
		case encoded(was) != encoded(after[id]):
			updated = append(updated, id)
		}
	}
	for id := range before {
		if _, there := after[id]; !there {
			removed = append(removed, id)
		}
	}
	for _, list := range [][]string{added, removed, replaced, updated} {
		slices.Sort(list)
	}
	return added, removed, replaced, updated
}

// updates holds that an update of a stack adds, removes and replaces these resources and no others.
func (d *changes) updates(name string, added, removed, replaced []string) {
	d.t.Helper()
	gotAdded, gotRemoved, gotReplaced, _ := d.resources(name)
	// A changed API has another deployment by design.
	isDeployment := func(id string) bool { return strings.HasPrefix(id, "Deployment") }
	gotAdded, gotRemoved = slices.DeleteFunc(gotAdded, isDeployment), slices.DeleteFunc(gotRemoved, isDeployment)
	for what, lists := range map[string][2][]string{"adds": {gotAdded, added}, "removes": {gotRemoved, removed}, "replaces": {gotReplaced, replaced}} {
		if !slices.Equal(lists[0], lists[1]) {
			d.t.Errorf("the update of %s %s %q, want %q", name, what, lists[0], lists[1])
		}
	}
}

// ids of the resources of a stack of the given types, sorted.
func ids(s stack, types ...string) []string {
	var out []string
	for id, r := range s.template.Resources {
		if slices.Contains(types, r.Type) {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// met holds what kinds of resources clash while the old stacks stand.
func (d *changes) met(kinds ...string) {
	d.t.Helper()
	got := map[string]bool{}
	for _, c := range d.clashes {
		got[c.of.id] = true
	}
	slices.Sort(kinds)
	if list := slices.Sorted(maps.Keys(got)); !slices.Equal(list, kinds) {
		d.t.Errorf("while the old stacks stand, %q clash, want %q: %v", list, kinds, d.clashes)
	}
}

// works holds that the edit can be deployed after some of the old stacks were destroyed.
func (d *changes) works(destroyed ...string) *cloud {
	d.t.Helper()
	now := d.cloud.clone()
	for _, k := range keys(destroyed...) {
		now.destroy(k)
	}
	for _, k := range slices.Sorted(maps.Keys(d.after)) { // cells come first
		for _, c := range now.deploy(d.after[k]) {
			d.t.Errorf("after %q were destroyed: %v", destroyed, c)
		}
	}
	return now
}

// factsOf a tenant are those that the documentation speaks of: what is where.
func factsOf(t *testing.T, s stack) map[string]string {
	t.Helper()
	x := s.tenant
	if x == nil {
		t.Fatalf("%s is no tenant's stack", s.key())
	}
	env := map[string]string{}
	for _, f := range x.Functions {
		maps.Copy(env, f.Environment)
	}
	where := x.Environment.Account + " " + x.Environment.Region + " "
	domain := where + env["SEARCH_ENDPOINT"]
	if x.Domain != nil {
		domain = x.Domain.Arn
	}
	return map[string]string{
		"address": x.Web.Host, "uploads": x.Uploads.Name, "prefix": x.Uploads.Prefix, "site": x.Web.Bucket.Name,
		"tables": where + env["TABLE_KITTENS"], "keys": strings.Join(x.PartitionKeys, " "), "index": domain + "/" + env["SEARCH_INDEX"],
	}
}

// differ holds which facts of a tenant differ.
func (d *changes) differ(before, after string, want ...string) {
	d.t.Helper()
	a, b := factsOf(d.t, d.before[key(before)]), factsOf(d.t, d.after[key(after)])
	var got []string
	for name := range a {
		if a[name] != b[name] {
			got = append(got, name)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		d.t.Errorf("%s and %s differ in %q, want %q\n%v\n%v", before, after, got, want, a, b)
	}
}

// normalized is text of a document in one line.
func normalized(text string) string { return strings.Join(strings.Fields(text), " ") }

// says holds that a document has these words, which the test then tries.
func says(t *testing.T, document, words string) {
	t.Helper()
	data, err := os.ReadFile("../../docs/" + document)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(normalized(string(data)), normalized(words)) {
		t.Errorf("docs/%s does not say %q any more: read the test of it", document, words)
	}
}

// rowsOf are the rows of the table below a heading: what stands in the first column, and in the second.
func rowsOf(t *testing.T, document, heading string) map[string]string {
	t.Helper()
	data, err := os.ReadFile("../../docs/" + document)
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := bytes.Cut(data, []byte("\n"+heading+"\n"))
	if !ok {
		t.Fatalf("docs/%s has no %q", document, heading)
	}
	section, _, _ = bytes.Cut(section, []byte("\n#"))
	rows := map[string]string{}
	for line := range strings.Lines(string(section)) {
		if cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | "); len(cells) == 2 && !strings.Contains(line, "---") {
			rows[strings.TrimSpace(cells[0])] = strings.TrimSpace(cells[1])
		}
	}
	if len(rows) == 0 {
		t.Fatalf("docs/%s has no table below %q", document, heading)
	}
	return rows
}

// tenantOf is a tenant of a file, to be edited.
func tenantOf(f *tenant.File, id string) *tenant.Tenant {
	for i := range f.Tenants {
		if f.Tenants[i].ID == id {
			return &f.Tenants[i]
		}
	}
	panic(fmt.Sprintf("no tenant %q", id))
}
