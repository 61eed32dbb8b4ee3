package tenant

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// textField is a field with its value in YAML.
type textField struct{ name, value string }

// tenant writes a tenant in brackets.
func (s flowStyle) tenant(t Tenant) string { return s.mapping(s.tenantFields(t)) }

// tenantFields lists what a tenant sets, in the order of the type, defaults left out.
func (s flowStyle) tenantFields(t Tenant) []textField {
	if t.Name == t.ID {
		t.Name = ""
	}
	if t.Wave == DefaultWave {
		t.Wave = ""
	}
	return s.fields(reflect.ValueOf(t))
}

// fields writes the fields of a struct of text, integers and such structs.
func (s flowStyle) fields(v reflect.Value) []textField {
	var out []textField
	for _, f := range fields[v.Type()] {
		value := v.FieldByIndex(f.index)
		if value.IsZero() && !f.required {
			continue
		}
		if value.Kind() == reflect.Pointer {
			value = value.Elem()
		}
		text := ""
		switch value.Kind() {
		case reflect.Struct:
			within := s.deeper()
			text = within.mapping(within.fields(value))
		case reflect.Int:
			text = strconv.FormatInt(value.Int(), 10)
		case reflect.Bool:
			text = strconv.FormatBool(value.Bool())
		default:
			text = s.text(value.String())
		}
		out = append(out, textField{f.name, text})
	}
	return out
}

// mapping writes fields in brackets.
func (s flowStyle) mapping(fields []textField) string {
	parts := make([]string, len(fields))
	for i, f := range fields {
		parts[i] = f.name + s.colon + f.value
		if s.quoted {
			parts[i] = jsonText(f.name) + s.colon + f.value
		}
	}
	if s.expanded && len(parts) > 0 {
		lead := s.eol + s.field
		return "{" + lead + strings.Join(parts, ","+lead) + s.last + "}"
	}
	return "{" + s.pad + strings.Join(parts, s.comma) + s.pad + "}"
}

func (s flowStyle) text(text string) string {
	if s.quoted {
		return jsonText(text)
	}
	return yamlText(text)
}

// jsonText writes text in double quotes, as JSON and YAML read it alike: what YAML does not allow is escaped too.
func jsonText(text string) string {
	var b strings.Builder
	for _, r := range quote(text) {
		if refused(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
