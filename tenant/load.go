package tenant

import (
	"fmt"
	"io"
	"os"
	"reflect"

	"github.com/goccy/go-yaml/ast"
)

// Load reads a tenants.yaml. A file that cannot be read is an error of package os; one
// that is read but wrong gives Problems, all at once.
func Load(path string) (*File, error) {
	f, _, err := LoadSource(path)
	return f, err
}

// LoadSource is Load, and tells where things stand in the file.
func LoadSource(path string) (*File, *Source, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, nil, err
	}
	f, _, d, err := parsed(path, data)
	if err != nil {
		return nil, nil, err
	}
	return f, &Source{d}, nil
}

// readFile reads what Parse takes.
func readFile(path string) ([]byte, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("loading tenants: %w", err)
	}
	defer in.Close()
	// One byte more than is taken shows that a file is too large.
	data, err := io.ReadAll(io.LimitReader(in, MaxFileSize+1))
	if err != nil {
		return nil, fmt.Errorf("loading tenants: %w", err)
	}
	return data, nil
}

// Parse reads a tenants.yaml from memory. The name is what Problems call the file.
func Parse(name string, data []byte) (*File, error) {
	f, _, err := parse(name, data)
	return f, err
}

// parse also returns the document, for edits.
func parse(name string, data []byte) (*File, *document, error) {
	f, doc, _, err := parsed(name, data)
	return f, doc, err
}

// parsed also returns the decoder, which knows the places of all values.
func parsed(name string, data []byte) (*File, *document, *decoder, error) {
	d, f, doc := decode(name, data)
	if f == nil {
		return nil, nil, nil, d.err()
	}
	d.checkSure()
	if err := d.err(); err != nil {
		return nil, nil, nil, err
	}
	for i := range f.Tenants {
		f.Tenants[i].setDefaults()
	}
	return f, doc, d, nil
}

// decode reads and lints a file, whose problems are the decoder's. Without a document there is no file.
func decode(name string, data []byte) (*decoder, *File, *document) {
	r := &report{file: name}
	d := &decoder{report: r, at: map[string]span{}, unsure: map[string]bool{}}
	doc := r.read(data)
	if doc == nil {
		return d, nil, nil
	}
	f := &File{}
	d.node(doc.body, reflect.ValueOf(f).Elem(), "", "File")
	d.lint(f)
	return d, f, doc
}

// checkSure keeps a file from being taken when the decoder passed over a value whose
// problem nobody reported.
func (d *decoder) checkSure() {
	for path, unsure := range d.unsure {
		if unsure && len(d.problems) == 0 {
			d.add(d.at[path], path, path+" cannot be read", "write it in plain YAML")
		}
	}
}

func (t *Tenant) setDefaults() {
	if t.Name == "" {
		t.Name = t.ID
	}
	if t.Wave == "" {
		t.Wave = DefaultWave
	}
}

// read turns bytes into a document with a mapping at its root, or reports why not and
// returns nil.
func (r *report) read(data []byte) *document {
	text, tabs, ok := r.normalize(data)
	if !ok {
		return nil
	}
	before := len(r.problems)
	r.checkTabs(tabs, text)
	known := len(r.problems)
	doc := r.document(text)
	if known > before {
		// What the parser says about a file with tabs comes from the tabs.
		r.problems = r.problems[:known]
	}
	if doc == nil {
		return nil
	}
	r.checkFeatures(doc.tokens)
	switch body := doc.body.(type) {
	case nil:
		if len(r.problems) == 0 {
			r.add(span{1, 1, 1}, "", "the file is empty", "begin with version: 1; docs/tenants.md describes all fields")
		}
		return nil
	case *ast.MappingNode:
		return doc
	default:
		if len(r.problems) == 0 {
			r.add(spanOf(body.GetToken()), "", "the file is no mapping", "begin with version: 1; docs/tenants.md describes all fields")
		}
		return nil
	}
}
