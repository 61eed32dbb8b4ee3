package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares got with a file of testdata, or writes the file.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; run go test -update and look at the difference\ngot\n%s", path, got)
	}
}

func shipped(t testing.TB) *Contract {
	t.Helper()
	contract, err := Load("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return contract
}

// TestShipped holds the contract of the kittens against a golden file.
func TestShipped(t *testing.T) {
	contract := shipped(t)
	contract.Document = nil
	data, err := json.MarshalIndent(contract, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "contract.golden.json", append(data, '\n'))
}

// TestShippedFunctions names the functions that the application must have.
func TestShippedFunctions(t *testing.T) {
	want := map[string]string{
		"GET /kittens":                   "KittensGetFn",
		"POST /kittens":                  "KittensPostFn",
		"GET /kittens/{kittenId}":        "KittenGetFn",
		"PUT /kittens/{kittenId}":        "KittenPutFn",
		"DELETE /kittens/{kittenId}":     "KittenDeleteFn",
		"GET /kittens/{kittenId}/photo":  "KittenPhotoGetFn",
		"POST /kittens/{kittenId}/photo": "KittenPhotoPostFn",
		"GET /breeds":                    "BreedsGetFn",
		"GET /admin/tasks":               "AdminTasksGetFn",
		"POST /admin/tasks":              "AdminTasksPostFn",
	}
	got := make(map[string]string)
	for _, operation := range shipped(t).Operations {
		got[operation.Method+" "+operation.Path] = operation.FunctionID()
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestManyGaps has many gaps in one document; all must be reported at once.
func TestManyGaps(t *testing.T) {
	contract, err := Load("testdata/gaps.yaml")
	if contract != nil || err == nil {
		t.Fatal("a contract with gaps was loaded")
	}
	golden(t, "gaps.golden", []byte(err.Error()+"\n"))
}

// TestDeterministic loads contracts several times with the same result.
func TestDeterministic(t *testing.T) {
	first, firstErr := shipped(t), loadGaps()
	for range 10 {
		if again := shipped(t); !reflect.DeepEqual(again, first) {
			t.Fatal("two loads of one contract differ")
		}
		if again := loadGaps(); again != firstErr {
			t.Fatalf("two loads of one contract differ:\n%s\n%s", again, firstErr)
		}
	}
}

func loadGaps() string {
	_, err := Load("testdata/gaps.yaml")
	return err.Error()
}

// TestEveryGapHasItsPlace checks lines, columns and pointers of problems.
func TestEveryGapHasItsPlace(t *testing.T) {
	data, err := os.ReadFile("testdata/gaps.yaml")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(data), "\n")
	_, err = Parse("gaps.yaml", data)
	var problems Problems
	if !errors.As(err, &problems) {
		t.Fatal(err)
	}
	for _, p := range problems {
		if p.File != "gaps.yaml" || p.Line < 1 || p.Line > len(lines) || p.Column < 1 || p.Column > len(lines[p.Line-1]) {
			t.Errorf("%v is not in the file", p)
			continue
		}
		token := p.Pointer[strings.LastIndex(p.Pointer, "/")+1:]
		token = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
		if rest := lines[p.Line-1][p.Column-1:]; !strings.HasPrefix(rest, token) && !strings.Contains(lines[p.Line-1], token) && p.Pointer != "" && token != "0" {
			t.Errorf("%v: the place has %q, not %q", p, rest, token)
		}
	}
}

// TestProblemAs finds a Problem in the error.
func TestProblemAs(t *testing.T) {
	_, err := Parse("contract.yaml", edited(t, edit{security, "deprecated: false"}))
	var problem Problem
	if !errors.As(err, &problem) {
		t.Fatalf("%v has no Problem", err)
	}
	want := Problem{
		File: "contract.yaml", Line: 11, Column: 5, Method: "GET", Path: "/cats", Pointer: "/paths/~1cats/get",
		Message: "the operation has no security requirement", Fix: `add security: [{oauth2: ["<scope>"]}]`,
	}
	if problem != want {
		t.Errorf("got %#v, want %#v", problem, want)
	}
	const line = "contract.yaml:11:5: GET /cats: the operation has no security requirement\n  fix: add security: [{oauth2: [\"<scope>\"]}]"
	if err.Error() != line {
		t.Errorf("got %s, want %s", err, line)
	}
}

// TestLoadFails without a file.
func TestLoadFails(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "none.yaml"))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want an error that wraps fs.ErrNotExist", err)
	}
	if _, err = Load(t.TempDir()); err == nil {
		t.Error("a folder was loaded")
	}
}

// TestValues reads operations in all that they can say.
func TestValues(t *testing.T) {
	contract, err := Parse("contract.yaml", edited(t,
		edit{security, `security: [{oauth2: ["cats:read", "cats:write"]}, {oauth2: ["cats:write"]}]`},
		edit{function, "x-function: {package: cats, role: reader, tables: {tasks: readWrite}, search: write, uploads: readWrite, invokeSelf: true}"},
		edit{`x-cors: {allowOrigin: "*"}`, "x-cors: {allowOrigin: 'https://app.example.com:8443', maxAge: 0}\nx-binary-media-types: [image/png, image/*]"},
	))
	if err != nil {
		t.Fatal(err)
	}
	want := Operation{
		ID: "catsGet", Method: "GET", Path: "/cats",
		Scopes: [][]string{{"cats:read", "cats:write"}, {"cats:write"}},
		Function: Function{
			Package: "cats", Role: "reader", Timeout: 10, Memory: 256,
			Extra: Grants{Tables: map[string]Access{"tasks": ReadWrite}, Search: Write, Uploads: map[string]Access{AllUploads: ReadWrite}, InvokeSelf: true},
		},
	}
	if got := contract.Operations[0]; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if want := (CORS{"https://app.example.com:8443", 0}); contract.CORS != want {
		t.Errorf("got %+v, want %+v", contract.CORS, want)
	}
	if want := []string{"image/png", "image/*"}; !reflect.DeepEqual(contract.BinaryMediaTypes, want) {
		t.Errorf("got %v, want %v", contract.BinaryMediaTypes, want)
	}
}

// TestEvents reads functions that work on events, and grants by folder.
func TestEvents(t *testing.T) {
	contract, err := Parse("contract.yaml", edited(t,
		edit{"x-roles:", "x-uploads: {photos: {}, incoming: {expireDays: 2}}\nx-roles:"},
		edit{"paths:", "x-events:\n  photoUploaded: {objectCreated: incoming, package: cats, role: reader, timeout: 60, uploads: {incoming: readDelete, photos: write}}\npaths:"},
	))
	if err != nil {
		t.Fatal(err)
	}
	if want := []Folder{{"incoming", 2}, {"photos", 0}}; !reflect.DeepEqual(contract.Uploads, want) {
		t.Errorf("got %+v, want %+v", contract.Uploads, want)
	}
	want := []Event{{ID: "photoUploaded", ObjectCreated: "incoming", Function: Function{
		Package: "cats", Role: "reader", Timeout: 60, Memory: DefaultMemory,
		Extra: Grants{Uploads: map[string]Access{"incoming": ReadDelete, "photos": Write}},
	}}}
	if !reflect.DeepEqual(contract.Events, want) || contract.Events[0].FunctionID() != "PhotoUploadedFn" {
		t.Errorf("got %+v, want %+v", contract.Events, want)
	}
}

// TestEventCount fits the events to the notifications that a bucket can have.
func TestEventCount(t *testing.T) {
	for count, want := range map[int]string{100: "", 101: "x-events: there are 101 events; a bucket has at most 100 notifications"} {
		var folders, events strings.Builder
		for i := range count {
			fmt.Fprintf(&folders, "  f%d: {}\n", i)
			fmt.Fprintf(&events, "  e%d: {objectCreated: f%d, package: cats, role: reader}\n", i, i)
		}
		_, err := Parse("contract.yaml", edited(t, edit{"{tables: {cats: read}}", "{uploads: read}"},
			edit{"x-roles:", "x-uploads:\n" + folders.String() + "x-events:\n" + events.String() + "x-roles:"}))
		if got := strings.Join(shown(t, err), "\n"); got != want {
			t.Errorf("%d events: got %q, want %q", count, got, want)
		}
	}
}

// TestDefaults reads a contract that says as little as it may.
func TestDefaults(t *testing.T) {
	contract, err := Parse("contract.yaml", edited(t, edit{`x-cors: {allowOrigin: "*"}`, ""}, edit{security, "deprecated: false"},
		edit{"paths:", `security: [{oidc: [anything]}]` + "\npaths:"}, edit{security, "deprecated: false"}))
	if err != nil {
		t.Fatal(err)
	}
	if want := (CORS{"*", 600}); contract.CORS != want {
		t.Errorf("got %+v, want %+v", contract.CORS, want)
	}
	if contract.SecurityScheme != "oidc" || !reflect.DeepEqual(contract.Operations[0].Scopes, [][]string{{"anything"}}) {
		t.Errorf("the document's security is not that of its operations: %+v", contract)
	}
	if got, want := contract.Operations[0].Function, (Function{Package: "cats", Role: "reader", Timeout: DefaultTimeout, Memory: DefaultMemory}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestResources counts the nodes of the tree of paths: the base contract has three, the
// root among them.
func TestResources(t *testing.T) {
	for _, test := range []struct {
		more int
		want string
	}{
		{maxResources - 3, ""},
		{maxResources - 2, "paths: the paths need 301 resources, more than the 300 of an API"},
	} {
		// Two of the parts of this path are shared.
		var paths strings.Builder
		paths.WriteString("  /a/b: {}\n")
		for i := range test.more - 2 {
			fmt.Fprintf(&paths, "  /a/b/%d: {}\n", i)
		}
		_, err := Parse("contract.yaml", edited(t, edit{"components:", paths.String() + "components:"}))
		if got := strings.Join(shown(t, err), "\n"); got != test.want {
			t.Errorf("%d more: got %q, want %q", test.more, got, test.want)
		}
	}
}
