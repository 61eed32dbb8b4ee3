package api

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// TestShippedExamples has the OpenAPI library alone validate the file, examples included.
func TestShippedExamples(t *testing.T) {
	document, err := openapi3.NewLoader().LoadFromFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := document.Validate(context.Background(), openapi3.EnableExamplesValidation(), openapi3.EnableMultiError()); err != nil {
		t.Error(err)
	}
}

// shippedNodes calls f for every object of the grammar in the shipped document.
func shippedNodes(t *testing.T, f func(n *node, kind string)) {
	t.Helper()
	data, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	root, _, err := readSource("openapi.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{root: root, contract: &Contract{}, kinds: make(map[*node]string), broken: make(map[*node]bool), incomplete: make(map[string]bool)}
	r.walk(root, shape{kind: "document"})
	for n, kind := range r.kinds {
		f(n, kind)
	}
}

// TestShippedHasExamples looks for one at each body, parameter and header.
func TestShippedHasExamples(t *testing.T) {
	shippedNodes(t, func(n *node, kind string) {
		if kind == "mediaType" || kind == "parameter" || kind == "header" {
			if n.get("$ref") == nil && n.get("example") == nil && n.get("examples") == nil {
				t.Errorf("%s has no example", n.pointer())
			}
		}
	})
}

// TestShippedModels allows only the schema keywords that API Gateway has in its models:
// JSON Schema draft 4 without what its import drops or refuses.
func TestShippedModels(t *testing.T) {
	keywords := strings.Fields(`$ref type format pattern enum description minLength maxLength minimum maximum
		properties required additionalProperties items maxItems`)
	shippedNodes(t, func(n *node, kind string) {
		switch kind {
		case "schema":
			for _, member := range n.items {
				if !slices.Contains(keywords, member.token) {
					t.Errorf("%s: API Gateway does not know %s", n.pointer(), member.token)
				}
			}
		case "requestBody":
			if n.get("$ref") != nil || n.get("required") == nil || n.at("content", "application/json", "schema", "$ref") == nil {
				t.Errorf("%s: the body is no required JSON model", n.pointer())
			}
		case "responses":
			for _, member := range n.items {
				if len(member.token) != 3 || strings.HasSuffix(member.token, "XX") {
					t.Errorf("%s: API Gateway takes no response %s", n.pointer(), member.token)
				}
			}
		}
	})
}

// TestShippedErrors looks for the errors that any operation can have, and for their format.
func TestShippedErrors(t *testing.T) {
	shippedNodes(t, func(n *node, kind string) {
		tokens := n.path()
		switch {
		case kind == "operation":
			for _, code := range []string{"401", "403", "429", "500", "503"} {
				if n.at("responses", code) == nil {
					t.Errorf("%s has no response %s", n.pointer(), code)
				}
			}
			if n.get("requestBody") != nil && (n.at("responses", "400") == nil || n.at("responses", "413") == nil) {
				t.Errorf("%s has a body, but no response 400 or 413", n.pointer())
			}
		case kind == "response" && tokens[0] == "components":
			if n.at("content", "application/problem+json", "schema", "$ref").str() != "#/components/schemas/Problem" {
				t.Errorf("%s is no application/problem+json", n.pointer())
			}
		}
	})
}

// TestShippedUploads holds that no operation can read what nobody has looked at.
func TestShippedUploads(t *testing.T) {
	contract, err := Load("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(contract.Events) == 0 {
		t.Error("the contract has no event")
	}
	for _, o := range contract.Operations {
		grants := []Grants{o.Function.Extra}
		for _, role := range contract.Roles {
			if role.Name == o.Function.Role {
				grants = append(grants, role.Grants)
			}
		}
		for _, event := range contract.Events {
			for _, g := range grants {
				if g.Uploads[event.ObjectCreated].Reads() || g.Uploads[AllUploads].Reads() {
					t.Errorf("%s may read the folder %s", o.ID, event.ObjectCreated)
				}
			}
		}
	}
}

// TestDocumentation looks for each extension and each of its fields in the guide.
func TestDocumentation(t *testing.T) {
	data, err := os.ReadFile("../docs/contract.md")
	if err != nil {
		t.Fatal(err)
	}
	names := slices.Concat(corsFields, tableFields, folderFields, eventFields)
	for name := range extensionOwners {
		names = append(names, name)
	}
	for _, name := range names {
		if !strings.Contains(string(data), "`"+name+"`") {
			t.Errorf("docs/contract.md does not describe %s", name)
		}
	}
}
