// Package resource describes what the local cloud creates: the resources of
// CloudFormation templates with resolved properties, and the providers that create them.
package resource

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/go-viper/mapstructure/v2"
)

// Resource is one resource of a template, as it is to exist.
type Resource struct {
	// Stack and LogicalID say where it is declared.
	Stack, LogicalID string
	// Type such as AWS::DynamoDB::Table.
	Type string
	// Account and Region of the stack.
	Account, Region string
	// Name is what Ref returns: a name, an ARN or a generated id.
	Name string
	// ARN is empty if the type has none.
	ARN string
	// Attributes are the values of Fn::GetAtt that the local cloud chose.
	Attributes map[string]string
	// Properties are resolved: strings, booleans, json.Number, []any and map[string]any.
	Properties map[string]any
	// Asset is the path of the file that the property Code names; empty if there is none.
	Asset string
}

// String is the place of the resource, such as kittens-cell-eu-1/KittensTable.
func (r Resource) String() string { return r.Stack + "/" + r.LogicalID }

// Decode fills v, a pointer to a struct whose fields are named as the properties, or tagged
// `mapstructure:"Name"`. As in CloudFormation a number or a boolean may be given as a string.
func (r Resource) Decode(v any) error {
	d, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{Result: v, WeaklyTypedInput: true})
	if err != nil {
		return err
	}
	if err := d.Decode(r.Properties); err != nil {
		return fmt.Errorf("reading the properties of %s (%s): %w", r, r.Type, err)
	}
	return nil
}

// Provider creates the resources of some types.
type Provider interface {
	// Types are the resource types that it creates.
	Types() []string
	// Put creates the resource or brings it up to date; a second Put of the same changes nothing.
	Put(ctx context.Context, r Resource) error
	// Delete removes a resource that left the templates. What holds data keeps it, so that the
	// resource finds it again when it comes back.
	Delete(ctx context.Context, r Resource) error
}

// Document is a policy document of the properties as JSON, whether the template has it as an
// object or as a string.
func Document(value any) ([]byte, error) {
	if s, ok := value.(string); ok {
		return []byte(s), nil
	}
	return json.Marshal(value)
}
