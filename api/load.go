package api

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
)

// Load reads the contract in a YAML or JSON file. A contract with gaps is returned as nil
// with a Problems that has all of them; any other error is one of reading the file.
func Load(path string) (*Contract, error) {
	contract, _, err := LoadSource(path)
	return contract, err
}

// LoadSource is Load, and tells where things stand in the file.
func LoadSource(path string) (*Contract, *Source, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("loading the contract %q: %w", path, err)
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(io.LimitReader(file, maxBytes+1))
	if err != nil {
		return nil, nil, fmt.Errorf("loading the contract %q: %w", path, err)
	}
	return parse(path, data)
}

// Parse reads a contract in YAML or JSON; name stands for the file in messages. The error
// is a Problems. It reads no file and no network address, whatever the document refers to.
func Parse(name string, data []byte) (*Contract, error) {
	contract, _, err := parse(name, data)
	return contract, err
}

func parse(name string, data []byte) (*Contract, *Source, error) {
	r := &reader{
		file:       name,
		contract:   &Contract{},
		kinds:      make(map[*node]string),
		broken:     make(map[*node]bool),
		incomplete: make(map[string]bool),
	}
	root, faults, err := readSource(name, data)
	for _, fault := range faults {
		r.report(fault.at, fault.fix, "%s", fault.message)
	}
	if err != nil {
		p := Problem{File: name, Message: err.Error()}
		if source := (*sourceError)(nil); errors.As(err, &source) {
			p.Line, p.Column, p.Fix = source.line, source.column, source.fix
		}
		return nil, nil, append(r.problems, p).sorted()
	}
	r.root = root
	if r.checkVersion() {
		r.read()
	}
	if len(r.problems) > 0 {
		return nil, nil, r.problems.sorted()
	}
	return r.contract, &Source{file: name, root: root}, nil
}

var supportedVersion = regexp.MustCompile(`^3\.0\.[0-4]$`)

// checkVersion is false for documents of which nothing else can be said.
func (r *reader) checkVersion() bool {
	const fix = `write openapi: "3.0.3"`
	version := r.root.get("openapi")
	switch {
	case r.root.kind != objectKind:
		r.report(r.root, "write an OpenAPI 3.0 document", "the document must be an object, not %s", r.root.kind)
	case r.root.get("swagger") != nil:
		r.report(r.root.get("swagger"), "convert it to OpenAPI 3.0.3", "the document is of Swagger 2.0")
	case version == nil:
		r.report(nil, fix, "the document does not name its OpenAPI version")
	case version.kind == numberKind:
		r.report(version, fix, "openapi must be a string, not %s", version.describe())
	case !supportedVersion.MatchString(version.str()):
		r.report(version, "convert it to OpenAPI 3.0.3", "openapi is %s; API Gateway imports OpenAPI 3.0.0 to 3.0.4", version.describe())
	default:
		return true
	}
	return false
}

// read fills the contract.
func (r *reader) read() {
	r.walk(r.root, shape{kind: "document"})
	r.resolveReferences()
	r.contract.Title = r.root.at("info", "title").str()
	r.contract.Version = r.root.at("info", "version").str()
	r.readExtensions()
	r.checkPaths()
	r.checkParameterNames()
	r.readOperations()
	r.validate()
	if len(r.problems) == 0 {
		r.contract.Document, _ = r.root.value().(map[string]any)
	}
}
