package authz

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// maxTableSize bounds an encoded table in bytes, and maxPathSize a path: API
// Gateway takes at most 512 characters of resource ARN in a policy (API Gateway
// Developer Guide, "Output from an API Gateway Lambda authorizer").
const (
	maxTableSize = 1 << 20
	maxPathSize  = 256
)

// tableMethods are the methods that an operation may have. OPTIONS is answered
// by the API without a token, so it is no operation.
var tableMethods = []string{"DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"}

var (
	operationIDPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)
	// A segment is a literal without the wildcards of policies, or one parameter. The last may
	// be a greedy one, which takes all that follows (API Gateway Developer Guide, "Set up a
	// proxy integration with a proxy resource").
	segmentPattern   = regexp.MustCompile(`^([A-Za-z0-9._~:,@=+-]+|\{[A-Za-z0-9._-]+\+?\})$`)
	parameterPattern = regexp.MustCompile(`\{[^}]*\}`)
)

// Encode validates the table and writes it as JSON, sorted by path and method, so
// that equal tables have equal bytes. Errors name the operation.
func (t Table) Encode() ([]byte, error) {
	if err := t.validate(); err != nil {
		return nil, err
	}
	sorted := Table{Operations: slices.Clone(t.Operations)}
	slices.SortFunc(sorted.Operations, func(a, b Operation) int {
		return strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method)
	})
	var buf bytes.Buffer
	encoder := json.NewEncoder(&buf)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(sorted); err != nil {
		return nil, fmt.Errorf("encoding the table of operations: %w", err)
	}
	if buf.Len() > maxTableSize {
		return nil, fmt.Errorf("encoding the table of operations: %d bytes, more than %d", buf.Len(), maxTableSize)
	}
	return buf.Bytes(), nil
}

// Decode reads what Encode writes. Anything unknown, missing, repeated or
// differently cased is an error: a table that is not understood decides nothing.
func Decode(data []byte) (Table, error) {
	if len(data) > maxTableSize {
		return Table{}, fmt.Errorf("decoding the table of operations: %d bytes, more than %d", len(data), maxTableSize)
	}
	v, err := parseJSON(data, maxDepth)
	if err != nil {
		return Table{}, fmt.Errorf("decoding the table of operations: %w", err)
	}
	if v.unclear {
		return Table{}, errors.New("decoding the table of operations: members repeat")
	}
	fields, err := exactMembers(v, "operations")
	if err != nil || fields[0].kind != jsonArray {
		return Table{}, errors.New("decoding the table of operations: not an object with the one member \"operations\", an array")
	}
	var t Table
	for i, item := range fields[0].items {
		operation, err := decodeOperation(item)
		if err != nil {
			return Table{}, fmt.Errorf("decoding operation %d of the table: %w", i, err)
		}
		t.Operations = append(t.Operations, operation)
	}
	return t, t.validate()
}

func decodeOperation(v jsonValue) (Operation, error) {
	fields, err := exactMembers(v, "id", "method", "path", "scopes")
	if err != nil {
		return Operation{}, err
	}
	for _, field := range fields[:3] {
		if field.kind != jsonString {
			return Operation{}, errors.New("id, method and path are not all strings")
		}
	}
	operation := Operation{ID: fields[0].text, Method: fields[1].text, Path: fields[2].text}
	if fields[3].kind != jsonArray {
		return Operation{}, errors.New("scopes is no array")
	}
	for _, list := range fields[3].items {
		if list.kind != jsonArray {
			return Operation{}, errors.New("scopes is no array of arrays")
		}
		var scopes []string
		for _, scope := range list.items {
			if scope.kind != jsonString {
				return Operation{}, errors.New("a scope is no string")
			}
			scopes = append(scopes, scope.text)
		}
		operation.Scopes = append(operation.Scopes, scopes)
	}
	return operation, nil
}

// exactMembers are the values of an object that has these members and no others.
func exactMembers(v jsonValue, names ...string) ([]jsonValue, error) {
	if v.kind != jsonObject || len(v.members) != len(names) {
		return nil, fmt.Errorf("not an object with exactly the members %s", strings.Join(names, ", "))
	}
	values := make([]jsonValue, len(names))
	for i, name := range names {
		value, ok := v.member(name)
		if !ok {
			return nil, fmt.Errorf("the member %q is missing", name)
		}
		values[i] = value
	}
	return values, nil
}

// validate holds the table against what the authorizer relies on.
func (t Table) validate() error {
	if len(t.Operations) == 0 {
		return errors.New("checking the table of operations: it is empty")
	}
	ids, rows, shapes := map[string]bool{}, map[operationKey]bool{}, map[string]string{}
	for _, operation := range t.Operations {
		if err := operation.validate(); err != nil {
			return fmt.Errorf("checking operation %q (%s %s): %w", operation.ID, operation.Method, operation.Path, err)
		}
		row := operationKey{operation.Method, operation.Path}
		if ids[operation.ID] || rows[row] {
			return fmt.Errorf("checking operation %q (%s %s): the id, or method and path, repeat", operation.ID, operation.Method, operation.Path)
		}
		ids[operation.ID], rows[row] = true, true
		// Templates that differ in parameter names only are one path (OpenAPI 3.0, Paths Object).
		shape := parameterPattern.ReplaceAllString(operation.Path, "{}")
		if other, exists := shapes[shape]; exists && other != operation.Path {
			return fmt.Errorf("checking operation %q: the paths %s and %s are the same", operation.ID, other, operation.Path)
		}
		shapes[shape] = operation.Path
	}
	return nil
}

func (o Operation) validate() error {
	if !operationIDPattern.MatchString(o.ID) {
		return errors.New("the id is empty or has characters other than letters, digits, '.', '_' and '-'")
	}
	if !slices.Contains(tableMethods, o.Method) {
		return fmt.Errorf("the method is none of %s", strings.Join(tableMethods, ", "))
	}
	if err := validatePath(o.Path); err != nil {
		return err
	}
	if len(o.Scopes) == 0 {
		return errors.New("no scopes: it would be open to every token")
	}
	var lists []string
	for _, list := range o.Scopes {
		if err := validateScopes(list); err != nil {
			return err
		}
		sorted := strings.Join(slices.Sorted(slices.Values(list)), " ")
		if slices.Contains(lists, sorted) {
			return fmt.Errorf("the list of scopes %q repeats", sorted)
		}
		lists = append(lists, sorted)
	}
	return nil
}

func validateScopes(list []string) error {
	if len(list) == 0 {
		return errors.New("an empty list of scopes: it would be open to every token")
	}
	for i, scope := range list {
		switch {
		case !isScopeToken(scope):
			return fmt.Errorf("%q is no scope", scope)
		case strings.HasPrefix(scope, accountScopePrefix):
			return fmt.Errorf("the scope %q is the tenant's, not an operation's", scope)
		case slices.Contains(list[:i], scope):
			return fmt.Errorf("the scope %q repeats", scope)
		}
	}
	return nil
}

func validatePath(path string) error {
	if len(path) > maxPathSize {
		return fmt.Errorf("the path has %d characters, more than %d", len(path), maxPathSize)
	}
	if !strings.HasPrefix(path, "/") {
		return errors.New("the path does not begin with a slash")
	}
	if path == "/" {
		return nil
	}
	segments := strings.Split(path[1:], "/")
	for i, segment := range segments {
		if !segmentPattern.MatchString(segment) || segment == "." || segment == ".." {
			return fmt.Errorf("the segment %q of the path is neither a literal nor one parameter", segment)
		}
		if strings.HasSuffix(segment, "+}") && i < len(segments)-1 {
			return fmt.Errorf("the greedy parameter %s is not the end of the path", segment)
		}
	}
	return nil
}
