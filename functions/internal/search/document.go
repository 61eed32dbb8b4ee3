package search

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Row is a row of a table as plain values: string, json.Number, bool, nil, []byte, []any and map[string]any.
type Row map[string]any

// VersionAttribute is the numeric attribute that grows by at least 1 with every write of a row. It may begin again when
// a row is made anew under the key of one that was deleted; indexing the row takes longer then.
const VersionAttribute = "version"

// maxID is OpenSearch's limit of a document's id in bytes.
const maxID = 512

// Op is what an Action does.
type Op int

const (
	// OpIndex writes a document whose version is not lower than the one in the index.
	OpIndex Op = iota
	// OpDelete removes a document whose version is not greater.
	OpDelete
	// OpCreate writes a document if there is none, whatever version a deletion had.
	OpCreate
	// OpReplace and OpRemove write over, or remove, a document that nothing has written since it was found.
	OpReplace
	OpRemove
)

// Action is one change of the index. Document and Removal make it.
type Action struct {
	Op Op
	// ID of the document.
	ID string
	// Version of the row; for OpDelete that of its deletion. The other kinds of actions have none.
	Version int64
	// Doc is a JSON object; nil for OpDelete and OpRemove.
	Doc json.RawMessage
	// seqNo and primaryTerm are OpenSearch's name of the write that made the document that is replaced or removed.
	seqNo, primaryTerm int64
}

// Document makes the document of a row: its searched fields, and all of it but binary values, unparsed,
// as the object row. The table is its name in x-tables, the key is the value of the sort key.
// The error is ErrDocument for a row without a version of at least 1, or with too long a key.
func Document(table, key string, row Row) (Action, error) {
	id, err := documentID(table, key)
	if err != nil {
		return Action{}, err
	}
	version, err := rowVersion(row)
	if err != nil {
		return Action{}, err
	}
	doc := object{"table": table, "key": key, "row": plainMap(row)}
	for _, f := range fields {
		if v, ok := searchable(row[f.name]); ok {
			doc[f.name] = v
		}
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return Action{}, fmt.Errorf("%w: encoding it: %v", ErrDocument, err)
	}
	return Action{Op: OpIndex, ID: id, Version: version, Doc: text}, nil
}

// Removal makes the deletion of a row's document from the last version of the row that is known. The deletion is
// a version of its own, the next: it wins over that state and those before, and repeating it changes nothing.
// The error is ErrDocument for a version that no document has, or too long a key.
func Removal(table, key string, version int64) (Action, error) {
	id, err := documentID(table, key)
	if err != nil {
		return Action{}, err
	}
	if version < 1 || version == math.MaxInt64 {
		return Action{}, fmt.Errorf("%w: version %d, want a whole number from 1", ErrDocument, version)
	}
	return Action{Op: OpDelete, ID: id, Version: version + 1}, nil
}

func documentID(table, key string) (string, error) {
	id := table + "/" + key
	if table == "" || key == "" || len(id) > maxID {
		return "", fmt.Errorf("%w: its key has %d bytes, want 1 to %d", ErrDocument, len(key), maxID-len(table)-1)
	}
	return id, nil
}

// Version is the version of a row, 0 if it has none that a document can have.
func Version(row Row) int64 {
	version, err := rowVersion(row)
	if err != nil {
		return 0
	}
	return version
}

func rowVersion(row Row) (int64, error) {
	n, ok := row[VersionAttribute].(json.Number)
	if !ok {
		return 0, fmt.Errorf("%w: it has no number %s", ErrDocument, VersionAttribute)
	}
	version, err := strconv.ParseInt(string(n), 10, 64)
	if err != nil || version < 1 || version == math.MaxInt64 {
		return 0, fmt.Errorf("%w: its %s is not a whole number from 1", ErrDocument, VersionAttribute)
	}
	return version, nil
}

// searchable returns what of a searched attribute OpenSearch takes as text.
func searchable(v any) (any, bool) {
	switch v := v.(type) {
	case string, json.Number, bool:
		return v, true
	case []any:
		var texts []any
		for _, e := range v {
			if _, nested := e.([]any); nested {
				continue
			}
			if text, ok := searchable(e); ok {
				texts = append(texts, text)
			}
		}
		return texts, len(texts) > 0
	default:
		return nil, false
	}
}

func plainMap(m map[string]any) map[string]any {
	out := make(map[string]any, len(m))
	for name, v := range m {
		if p, ok := plain(v); ok {
			out[name] = p
		}
	}
	return out
}

// plain leaves out binary values.
func plain(v any) (any, bool) {
	switch v := v.(type) {
	case []byte:
		return nil, false
	case map[string]any:
		return plainMap(v), true
	case []any:
		out := make([]any, 0, len(v))
		for _, e := range v {
			if p, ok := plain(e); ok {
				out = append(out, p)
			}
		}
		return out, true
	default:
		return v, true
	}
}

// RowOf converts an item as DynamoDB's client returns it.
func RowOf(item map[string]types.AttributeValue) Row {
	row := make(Row, len(item))
	for name, v := range item {
		row[name] = valueOf(v)
	}
	return row
}

func valueOf(v types.AttributeValue) any {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return json.Number(v.Value)
	case *types.AttributeValueMemberBOOL:
		return v.Value
	case *types.AttributeValueMemberB:
		return v.Value
	case *types.AttributeValueMemberM:
		return map[string]any(RowOf(v.Value))
	case *types.AttributeValueMemberL:
		out := make([]any, len(v.Value))
		for i, e := range v.Value {
			out[i] = valueOf(e)
		}
		return out
	case *types.AttributeValueMemberSS:
		return anys(v.Value, func(s string) any { return s })
	case *types.AttributeValueMemberNS:
		return anys(v.Value, func(s string) any { return json.Number(s) })
	case *types.AttributeValueMemberBS:
		return anys(v.Value, func(b []byte) any { return b })
	default:
		return nil
	}
}

func anys[T any](in []T, f func(T) any) []any {
	out := make([]any, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}
