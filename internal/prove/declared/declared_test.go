package declared

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/internal/prove/registry"
)

var skeletons = flag.String(
	"skeleton",
	"",
	"print what the registry has of these types, separated by commas, as a draft of their declarations",
)

func open(t *testing.T) *registry.Registry {
	t.Helper()
	venv := os.Getenv("TENANTSTACK_VENV")
	if venv == "" {
		t.Skip("TENANTSTACK_VENV is not set: make test installs cfn-lint and sets it")
	}
	r, err := registry.Open(venv)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// of is the node that judges a path: its own, or one above it that takes a value of any form.
func (n *Node) of(path string) *Node {
	for _, name := range strings.Split(path, ".") {
		if n.Judgement.TakesAny() {
			return n
		}
		if n = n.Child(name); n == nil {
			return nil
		}
	}
	return n
}

// TestSchemas holds every declared type against the registry: each property that a template can set is
// declared, so that one which AWS adds is seen, and each that is declared exists.
func TestSchemas(t *testing.T) {
	r := open(t)
	for _, kind := range Types() {
		if strings.HasPrefix(kind.Name, "AWS::CDK::") {
			continue // no type of AWS's: the CDK notes in it what a stack is made of
		}
		leaves, err := r.Leaves(kind.Name)
		if err != nil {
			t.Error(err)
			continue
		}
		exists := map[string]bool{}
		for _, leaf := range leaves {
			path := ""
			for _, name := range strings.Split(leaf.Path, ".") {
				path = strings.TrimPrefix(path+"."+name, ".")
				exists[path] = true
			}
			n := kind.Properties.of(leaf.Path)
			switch {
			case n == nil || n.Judgement == "" && !leaf.Open:
				t.Errorf("%s: %s %s is not declared (%v %v)", kind.File, kind.Name, leaf.Path, leaf.Types, leaf.Enum)
			case leaf.Open && !n.Judgement.TakesAny() && n.Judgement != JSON && n.Any == nil && len(n.Children) == 0 && len(leaf.Types) == 1 && leaf.Types[0] == "object":
				t.Errorf("%s: %s %s is %s, which is no judgement of an object", kind.File, kind.Name, leaf.Path, n.Judgement)
			}
		}
		kind.Properties.Each(func(path string, n *Node) {
			if !exists[path] && !belowOpen(path, leaves) && !kind.Properties.inDocument(path) {
				t.Errorf("%s: %s %s is declared and not in the registry", kind.File, kind.Name, path)
			}
		})
	}
}

// belowOpen says whether a path is below a property of any form.
func belowOpen(path string, leaves []registry.Leaf) bool {
	for _, leaf := range leaves {
		if leaf.Open && strings.HasPrefix(path, leaf.Path+".") ||
			strings.HasSuffix(leaf.Path, ".*") && strings.HasPrefix(path, strings.TrimSuffix(leaf.Path, "*")) {
			return true
		}
	}
	return false
}

// inDocument says whether a path is below a document, which the registry may know as a text alone.
func (n *Node) inDocument(path string) bool {
	for _, name := range strings.Split(path, ".") {
		if n == nil || n.Judgement == JSON {
			return n != nil
		}
		n = n.Child(name)
	}
	return false
}

// TestSkeleton prints drafts.
func TestSkeleton(t *testing.T) {
	if *skeletons == "" {
		t.Skip("-skeleton names no types")
	}
	r := open(t)
	for _, name := range strings.Split(*skeletons, ",") {
		leaves, err := r.Leaves(name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("%s\n", name)
		tags := false
		for _, leaf := range leaves {
			j := "?"
			switch {
			case strings.HasPrefix(leaf.Path, "Tags.") || leaf.Path == "Tags":
				if !tags {
					fmt.Printf("    %-60s %s\n", "Tags", Tags)
				}
				tags = true
				continue
			case len(leaf.Enum) > 0 || len(leaf.Types) == 1 && leaf.Types[0] != "string" && leaf.Types[0] != "object":
				j = string(Setting)
			case leaf.Path == "Description":
				j = string(Words)
			}
			fmt.Printf("    %-60s %-10s %v%v\n", leaf.Path, j, leaf.Types, leaf.Enum)
		}
		fmt.Println()
	}
}

// TestBadLines names what is wrong with a line.
func TestBadLines(t *testing.T) {
	for text, want := range map[string]string{
		"    Name setting\n":                        "there is no type above it",
		"AWS::A::B strange\n":                       "unknown flag strange",
		"AWS::A::B\n    Name\n":                     "want a path and a judgement",
		"AWS::A::B\n    Name maybe\n":               "unknown judgement maybe",
		"AWS::A::B\n    Name names\n":               "names has 0 arguments",
		"AWS::A::B\n    Name harmless\n":            "harmless needs a reason",
		"AWS::A::B\n    N setting\n    N setting\n": "declared twice",
		"AWS::A::B\nAWS::A::B\n":                    "declared in x.txt already",
	} {
		if err := parse("x.txt", []byte(text), map[string]*Type{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

// TestPrint reads what is printed of every type again.
func TestPrint(t *testing.T) {
	for _, kind := range Types() {
		again := map[string]*Type{}
		if err := parse("printed", []byte(kind.String()), again); err != nil {
			t.Fatal(err)
		}
		if got := again[kind.Name].String(); got != kind.String() {
			t.Errorf("printed:\n%sand again:\n%s", kind, got)
		}
	}
}
