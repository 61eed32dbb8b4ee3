package apigateway

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// problems are all that keeps a document from being served.
type problems struct{ list []string }

func (p *problems) add(place, format string, args ...any) {
	p.list = append(p.list, place+": "+fmt.Sprintf(format, args...))
}

func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	slices.Sort(p.list)
	return fmt.Errorf("the OpenAPI document has %d problems:\n  %s", len(p.list), strings.Join(p.list, "\n  "))
}

// document is an OpenAPI 3.0 or Swagger 2.0 document, decoded.
type document struct {
	root     map[string]any
	swagger  bool
	problems *problems
}

// readDocument takes the property Body, an object or its JSON.
func readDocument(body any, p *problems) (*document, bool) {
	if text, ok := body.(string); ok {
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		var v any
		if err := decoder.Decode(&v); err != nil {
			p.add("Body", "reading the JSON: %v", err)
			return nil, false
		}
		body = v
	}
	root, ok := body.(map[string]any)
	if !ok {
		p.add("Body", "there is no OpenAPI document; APIs whose methods are resources of their own are not served")
		return nil, false
	}
	d := &document{root: root, problems: p}
	version, swagger := text(root["openapi"]), text(root["swagger"])
	switch {
	case strings.HasPrefix(version, "3.0"), strings.HasPrefix(version, "3.1"):
	case swagger == "2.0":
		d.swagger = true
	default:
		p.add("Body", "want openapi 3.0 or swagger 2.0, have openapi %q, swagger %q", version, swagger)
		return nil, false
	}
	return d, true
}

// maxRefs bounds chains of references.
const maxRefs = 32

// object follows references within the document. It is nil, with a problem, if there is none.
func (d *document) object(v any, place string) map[string]any {
	for range maxRefs {
		m, ok := v.(map[string]any)
		if !ok {
			d.problems.add(place, "want an object, have %T", v)
			return nil
		}
		ref, ok := m["$ref"].(string)
		if !ok {
			return m
		}
		if v, ok = d.lookup(ref); !ok {
			d.problems.add(place, "$ref %q names nothing in the document", ref)
			return nil
		}
	}
	d.problems.add(place, "$ref leads in circles")
	return nil
}

// lookup finds a local reference such as #/components/schemas/Cat (RFC 6901).
func (d *document) lookup(ref string) (any, bool) {
	rest, ok := strings.CutPrefix(ref, "#/")
	if !ok {
		return nil, false
	}
	var v any = d.root
	for part := range strings.SplitSeq(rest, "/") {
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		switch x := v.(type) {
		case map[string]any:
			if v, ok = x[part]; !ok {
				return nil, false
			}
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(x) {
				return nil, false
			}
			v = x[i]
		default:
			return nil, false
		}
	}
	return v, true
}

// pointer makes a JSON pointer.
func pointer(parts ...string) string {
	var b strings.Builder
	for _, part := range parts {
		b.WriteByte('/')
		b.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(part))
	}
	return b.String()
}

// text is a string, or a number or boolean as CloudFormation writes it.
func text(v any) string {
	switch x := v.(type) {
	case string:
		return x
	case json.Number:
		return x.String()
	case bool:
		return strconv.FormatBool(x)
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	case int:
		return strconv.Itoa(x)
	}
	return ""
}

func boolean(v any) bool { return text(v) == "true" }

// mapping is an object, empty if there is none.
func mapping(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

// texts is an object of strings.
func texts(v any) map[string]string {
	out := map[string]string{}
	for key, value := range mapping(v) {
		out[key] = text(value)
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
