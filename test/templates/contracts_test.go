package templates

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/api"
)

// application is a small contract that is edited as tenants.yaml is.
type application struct {
	// tables by name: what stands in x-tables beside the sort key.
	tables   map[string]string
	sortKeys map[string]string
	// folders of x-uploads by name, with the days after which they expire.
	folders map[string]int
	// events by name, with their folder.
	events map[string]string
	// operations by operationId, with their x-function.
	operations map[string]string
}

var (
	someTables     = []string{"things", "thing-parts", "eu-things"}
	someTraits     = []string{"", ", sharded: true", ", search: true", ", sharded: true, search: true", ", ttl: until"}
	someFolders    = []string{"incoming", "photos"}
	someOperations = []string{"thingsGet", "thingsPost", "partsGet", strings.Repeat("o", 48)}
	someFunctions  = []string{
		"package: things, role: reader", "package: parts, role: reader", "package: things, role: reader, uploads: {incoming: write}",
		"package: things, role: reader, tables: {things: readWrite}, timeout: 20", "package: things, role: keeper, memory: 512", "package: things, role: reader, invokeSelf: true",
	}
)

// firstApplication has one of everything.
func firstApplication() *application {
	return &application{
		tables: map[string]string{"things": ", search: true"}, sortKeys: map[string]string{"things": "thingId"},
		folders: map[string]int{"incoming": 1}, events: map[string]string{"fileSeen": "incoming"},
		operations: map[string]string{"thingsGet": someFunctions[0]},
	}
}

// contract is what api/openapi.yaml would say.
func (a *application) contract(t testing.TB) *api.Contract {
	t.Helper()
	var b strings.Builder
	b.WriteString("openapi: 3.0.3\ninfo: {title: Things, version: 1.0.0}\nx-tables:\n")
	tables, folders := slices.Sorted(maps.Keys(a.tables)), slices.Sorted(maps.Keys(a.folders))
	for _, name := range tables {
		fmt.Fprintf(&b, "  %s: {sortKey: %s%s}\n", name, a.sortKeys[name], a.tables[name])
	}
	b.WriteString("x-uploads:\n")
	for _, name := range folders {
		days := ""
		if a.folders[name] > 0 {
			days = fmt.Sprintf("expireDays: %d", a.folders[name])
		}
		fmt.Fprintf(&b, "  %s: {%s}\n", name, days)
	}
	if len(a.events) > 0 {
		b.WriteString("x-events:\n")
	}
	for _, name := range slices.Sorted(maps.Keys(a.events)) {
		fmt.Fprintf(&b, "  %s: {objectCreated: %s, package: things, role: keeper}\n", name, a.events[name])
	}
	search := ""
	if strings.Contains(fmt.Sprint(a.tables), "search") {
		search = ", search: read"
	}
	fmt.Fprintf(&b, "x-roles:\n  reader: {tables: {%s: read}%s}\n  keeper: {uploads: {%s: readDelete}}\npaths:\n",
		strings.Join(tables, ": read, "), search, strings.Join(folders, ": readDelete, "))
	for _, id := range slices.Sorted(maps.Keys(a.operations)) {
		fmt.Fprintf(&b, "  /%s:\n    get:\n      operationId: %s\n      security: [{oauth2: [\"things:read\"]}]\n      x-function: {%s}\n      responses: {\"200\": {description: OK}}\n",
			id, id, a.operations[id])
	}
	b.WriteString("components: {securitySchemes: {oauth2: {type: oauth2, flows: {authorizationCode: " +
		"{authorizationUrl: https://id.example.net/a, tokenUrl: https://id.example.net/t, scopes: {\"things:read\": r}}}}}}\n")
	path := filepath.Join(t.TempDir(), "openapi.yaml")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := api.Load(path)
	if err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	return c
}

// edited is the application after one edit, and what was done. The table things and the folder
// incoming stay, since functions name them.
func (a *application) edited(r *rand.Rand) (*application, string) {
	out := &application{maps.Clone(a.tables), maps.Clone(a.sortKeys), maps.Clone(a.folders), maps.Clone(a.events), maps.Clone(a.operations)}
	table, folder, operation := pick(r, someTables), pick(r, someFolders), pick(r, someOperations)
	switch r.IntN(7) {
	case 0:
		out.tables[table], out.sortKeys[table] = pick(r, someTraits), "thingId"
		return out, "set the table " + table
	case 1:
		if table != "things" {
			delete(out.tables, table)
		}
		return out, "remove the table " + table
	case 2:
		out.folders[folder] = r.IntN(3)
		return out, "set the folder " + folder
	case 3:
		delete(out.events, anyKey(r, map[string]bool{"fileSeen": true, "fileFound": true}))
		return out, "remove an event"
	case 4:
		clear(out.events)
		out.events[pick(r, []string{"fileSeen", "fileFound"})] = "incoming"
		return out, "set an event"
	case 5:
		if len(out.operations) > 1 {
			delete(out.operations, operation)
		}
		return out, "remove the operation " + operation
	}
	out.operations[operation] = pick(r, someFunctions)
	return out, "set the operation " + operation
}
