package cdk

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the feature flags of cdk.json anew")

// featureFlag is what the CDK library says of a flag in the cloud assembly.
type featureFlag struct {
	RecommendedValue, UserValue any
}

// configured is the project's cdk.json.
const configured = "../../cdk.json"

// Every feature flag of the CDK library has the value that the library recommends, so that nothing about them is printed, and
// the flags of a newer library are seen before it is taken.
func TestFeatureFlags(t *testing.T) {
	dir := project(t)
	_, stderr, ok := cdk(t, dir, "synth", "--quiet", "-c", "tenant=acme")
	if !ok {
		t.Fatalf("cdk synth failed:\n%s", stderr)
	}
	flags := reported(t, filepath.Join(dir, "cdk.out", "manifest.json"))
	if *update {
		writeFlags(t, flags)
		return
	}
	if strings.Contains(stderr, "feature flag") {
		t.Errorf("cdk synth prints what no user needs:\n%s", stderr)
	}
	const help = "look at the difference that it makes to the templates, and run make update"
	for name, f := range flags {
		if !reflect.DeepEqual(f.UserValue, f.RecommendedValue) {
			t.Errorf("cdk.json: the feature flag %s is %v, recommended is %v; %s", name, f.UserValue, f.RecommendedValue, help)
		}
	}
	context, _ := settings(t)["context"].(map[string]any)
	for name := range context {
		if _, known := flags[name]; !known {
			t.Errorf("cdk.json: %s is no feature flag of the CDK library; %s", name, help)
		}
	}
}

// reported are the flags that a cloud assembly tells (AWS CDK, "Cloud Assembly Specification": feature flag report).
func reported(t *testing.T, manifest string) map[string]featureFlag {
	t.Helper()
	data, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Artifacts map[string]struct {
			Type       string
			Properties struct{ Flags map[string]featureFlag }
		}
	}
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	for _, a := range m.Artifacts {
		if a.Type == "cdk:feature-flag-report" && len(a.Properties.Flags) > 0 {
			return a.Properties.Flags
		}
	}
	t.Fatalf("%s reports no feature flags", manifest)
	return nil
}

func settings(t *testing.T) map[string]any {
	t.Helper()
	data, err := os.ReadFile(configured)
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// writeFlags replaces the context of cdk.json, which is its last member, and leaves the rest as it is.
func writeFlags(t *testing.T, flags map[string]featureFlag) {
	t.Helper()
	values := map[string]any{}
	for name, f := range flags {
		values[name] = f.RecommendedValue
	}
	var context bytes.Buffer
	e := json.NewEncoder(&context)
	e.SetEscapeHTML(false)
	e.SetIndent("  ", "  ")
	if err := e.Encode(values); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(configured)
	if err != nil {
		t.Fatal(err)
	}
	rest, _, _ := bytes.Cut(data, []byte(",\n  \"context\""))
	rest = bytes.TrimRight(rest, "}\n")
	if err := os.WriteFile(configured, []byte(string(rest)+",\n  \"context\": "+strings.TrimSpace(context.String())+"\n}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, ok := settings(t)["app"]; !ok {
		t.Fatal("cdk.json lost its other members")
	}
}
