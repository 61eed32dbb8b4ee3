package templates

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantstack/tenantstack/plan"
)

// registryFile has the part of the CloudFormation registry that decides what an update does,
// for the types of the templates. It is made from the copy that cfn-lint brings along.
const registryFile = "testdata/registry.json"

type registry struct {
	// Source is the package and the date of its copy.
	Source string `json:"source"`
	// Types by name.
	Types map[string]registryType `json:"types"`
}

// registryType is a part of a resource type's schema (CloudFormation CLI User Guide, "Resource type
// schema"). Properties are paths below the properties, such as KeySchema or EncryptionAtRestOptions/Enabled.
type registryType struct {
	// PrimaryIdentifier is what tells a resource of the type from all others.
	PrimaryIdentifier []string `json:"primaryIdentifier"`
	// CreateOnly properties replace the resource when they change.
	CreateOnly []string `json:"createOnlyProperties,omitempty"`
	// ConditionalCreateOnly properties do so for some changes.
	ConditionalCreateOnly []string `json:"conditionalCreateOnlyProperties,omitempty"`
	// ReadOnly properties are AWS's to decide.
	ReadOnly []string `json:"readOnlyProperties,omitempty"`
}

func loadRegistry(t testing.TB) registry {
	t.Helper()
	data, err := os.ReadFile(registryFile)
	if err != nil {
		t.Fatal(err)
	}
	var r registry
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestRegistry derives the file anew where cfn-lint is at hand.
func TestRegistry(t *testing.T) {
	venv := os.Getenv("TENANTSTACK_VENV")
	if venv == "" {
		t.Skip("TENANTSTACK_VENV is not set: make test installs cfn-lint and sets it")
	}
	derived, err := deriveRegistry(venv, usedTypes(t))
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		data, err := json.MarshalIndent(derived, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(registryFile, append(data, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(loadRegistry(t), derived); diff != "" {
		t.Errorf("%s is not what cfn-lint has (-file +cfn-lint); if this is meant, run with -update:\n%s", registryFile, diff)
	}
}

// usedTypes are those of the shipped templates, sorted.
func usedTypes(t testing.TB) []string {
	t.Helper()
	var types []string
	for _, p := range []*plan.Plan{load(t, plan.Selection{}), controlled(t)} {
		for _, s := range synth(t, p).Stacks {
			for _, r := range s.Template.Resources {
				types = append(types, r.Type)
			}
		}
	}
	slices.Sort(types)
	return slices.Compact(types)
}

// deriveRegistry reads cfn-lint's copy of the registry, in which providers/<region>.json names the
// file of each type's schema.
func deriveRegistry(venv string, types []string) (registry, error) {
	pattern := filepath.Join(venv, "lib", "python*", "site-packages", "cfnlint")
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) != 1 {
		return registry{}, fmt.Errorf("looking for cfn-lint at %s: found %d folders, want 1", pattern, len(found))
	}
	schemas := filepath.Join(found[0], "data", "schemas")
	var version struct {
		Date string `json:"schema_date"`
	}
	var files map[string]string
	for path, into := range map[string]any{"version.json": &version, "providers/us-east-1.json": &files} {
		if err := readJSON(filepath.Join(schemas, path), into); err != nil {
			return registry{}, err
		}
	}
	packages, err := filepath.Glob(filepath.Join(filepath.Dir(found[0]), "cfn_lint-*.dist-info"))
	if err != nil || len(packages) != 1 {
		return registry{}, fmt.Errorf("looking for the version of cfn-lint: found %d", len(packages))
	}
	release := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(packages[0]), "cfn_lint-"), ".dist-info")
	r := registry{Source: "cfn-lint " + release + ", schemas of " + version.Date, Types: map[string]registryType{}}
	for _, name := range types {
		var s registryType
		if err := readJSON(filepath.Join(schemas, "resources", files[name]+".json"), &s); err != nil {
			return registry{}, fmt.Errorf("reading the schema of %s: %w", name, err)
		}
		for _, paths := range [][]string{s.PrimaryIdentifier, s.CreateOnly, s.ConditionalCreateOnly, s.ReadOnly} {
			for i := range paths {
				paths[i] = strings.TrimPrefix(paths[i], "/properties/")
			}
		}
		r.Types[name] = s
	}
	return r, nil
}

func readJSON(path string, into any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}
