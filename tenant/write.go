package tenant

import (
	"reflect"
	"strconv"
	"strings"
)

// textField is a field with its value in YAML.
type textField struct{ name, value string }

// flow writes fields as a flow mapping.
func flow(fields []textField) string {
	parts := make([]string, len(fields))
	for i, f := range fields {
		parts[i] = f.name + ": " + f.value
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// tenantFields lists what a tenant sets, in the order of the type, defaults left out.
func tenantFields(t Tenant) []textField {
	if t.Name == t.ID {
		t.Name = ""
	}
	if t.Wave == DefaultWave {
		t.Wave = ""
	}
	return textFields(reflect.ValueOf(t))
}

// textFields writes the fields of a struct of text, integers and such structs.
func textFields(v reflect.Value) []textField {
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
			text = flow(textFields(value))
		case reflect.Int:
			text = strconv.FormatInt(value.Int(), 10)
		case reflect.Bool:
			text = strconv.FormatBool(value.Bool())
		default:
			text = yamlText(value.String())
		}
		out = append(out, textField{f.name, text})
	}
	return out
}
