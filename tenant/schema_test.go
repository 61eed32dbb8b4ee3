package tenant

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	reflector "github.com/invopop/jsonschema"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"
)

// TestSchema derives the doc comments and the schema from the source.
func TestSchema(t *testing.T) {
	var r reflector.Reflector
	if err := r.AddGoComments("github.com/tenantstack/tenantstack/tenant", ".", reflector.WithFullComment()); err != nil {
		t.Fatal(err)
	}
	comments := map[string]string{}
	for key, text := range r.CommentMap {
		name := key[strings.LastIndexByte(key, '/')+len("/tenant."):]
		typ, _, _ := strings.Cut(name, ".")
		if known := slices.ContainsFunc(slices.Collect(maps.Keys(fields)), func(k reflect.Type) bool { return k.Name() == typ }); known || typ == "Overrides" {
			comments[key] = strings.Join(strings.Fields(text), " ")
		}
	}
	encoded, err := json.MarshalIndent(comments, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	generated(t, "comments.json", string(encoded)+"\n")
	schema, err := schemaWith(comments)
	if err != nil {
		t.Fatal(err)
	}
	generated(t, "../tenants.schema.json", string(schema))
	if *update {
		return
	}
	embedded, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(embedded, schema) {
		t.Error("Schema differs from what the source says")
	}
}

// TestSchemaDescribes checks that every field has a description for editors to show.
func TestSchemaDescribes(t *testing.T) {
	if *update {
		return // the comments in the binary are the old ones
	}
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	type object struct {
		Properties map[string]struct {
			Description string `json:"description"`
		} `json:"properties"`
	}
	var root struct {
		object
		Defs map[string]object `json:"$defs"`
	}
	if err := json.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	root.Defs["File"] = root.object
	for name, def := range root.Defs {
		if len(def.Properties) == 0 {
			t.Errorf("%s has no properties", name)
		}
		for property, p := range def.Properties {
			if p.Description == "" {
				t.Errorf("%s.%s has no description", name, property)
			}
		}
	}
}

func compileSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("tenants.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("tenants.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// validate checks YAML against the schema as an editor does.
func validate(t *testing.T, schema *jsonschema.Schema, text string) error {
	t.Helper()
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		return err
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return err
	}
	decoded, err := jsonschema.UnmarshalJSON(bytes.NewReader(encoded))
	if err != nil {
		return err
	}
	return schema.Validate(decoded)
}

func TestSchemaTakesShippedFile(t *testing.T) {
	text, err := os.ReadFile("../tenants.yaml")
	if err != nil {
		t.Fatal(err)
	}
	schema := compileSchema(t)
	for name, text := range map[string]string{"shipped": string(text), "base": base, "accept": acceptList} {
		if err := validate(t, schema, text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSchemaRefusesBadFiles checks that the schema finds what the lints find, apart from
// what more than one field has a part in and from what only YAML 1.1 or only 1.2 reads
// as another type.
func TestSchemaRefusesBadFiles(t *testing.T) {
	beyond := []string{"taken by", "there is no", "host name", "but the cell is", "partition", "YAML reads as", "plain decimal", "accepts the same"}
	schema := compileSchema(t)
	checked := 0
	for _, c := range append(lintCases(), acceptCases()...) {
		if slices.ContainsFunc(beyond, func(part string) bool { return strings.Contains(strings.Join(c.want, "\n"), part) }) {
			continue
		}
		checked++
		if err := validate(t, schema, c.text); err == nil {
			t.Errorf("%s: the schema takes what Parse refuses", c.name)
		}
	}
	if checked < 90 {
		t.Errorf("only %d cases were checked", checked)
	}
	for _, value := range []string{"12345", "1.5", "true", "null"} {
		if err := validate(t, schema, edit(`"12345"`, value)); err == nil {
			t.Errorf("the schema takes billingAccount: %s", value)
		}
	}
}
