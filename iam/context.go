package iam

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Context holds the condition keys of a request with their values. Names of keys are not
// case sensitive. A key that is not there is absent; one with no values is there and empty.
type Context map[string][]string

// Get is the values of a key and whether the request carries it.
func (c Context) Get(key string) ([]string, bool) {
	if values, ok := c[key]; ok {
		return values, true
	}
	for name, values := range c {
		if strings.EqualFold(name, key) {
			return values, true
		}
	}
	return nil, false
}

// UnmarshalJSON reads values that are strings, numbers or booleans, or arrays of them. A
// key whose value is null is absent.
func (c *Context) UnmarshalJSON(data []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return fmt.Errorf("read request context: %w", err)
	}
	out := make(Context, len(raw))
	for key, value := range raw {
		if _, twice := out.Get(key); twice {
			return fmt.Errorf("read request context: key %q is there twice: case does not count", key)
		}
		values, absent, err := contextValues(value)
		if err != nil {
			return fmt.Errorf("read request context: key %q: %w", key, err)
		}
		if !absent {
			out[key] = values
		}
	}
	*c = out
	return nil
}

func contextValues(data json.RawMessage) (values []string, absent bool, err error) {
	if string(data) == "null" {
		return nil, true, nil
	}
	if len(data) == 0 || data[0] != '[' {
		value, err := contextScalar(data)
		return []string{value}, false, err
	}
	var list []json.RawMessage
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, false, err
	}
	values = make([]string, len(list))
	for i, item := range list {
		if values[i], err = contextScalar(item); err != nil {
			return nil, false, err
		}
	}
	return values, false, nil
}

func contextScalar(data json.RawMessage) (string, error) {
	if len(data) > 0 && data[0] == '"' {
		var s string
		err := json.Unmarshal(data, &s)
		return s, err
	}
	if text := string(data); text == "true" || text == "false" {
		return text, nil
	}
	var n json.Number
	if string(data) == "null" {
		return "", errors.New("value null in a list: leave it out")
	}
	if err := json.Unmarshal(data, &n); err != nil {
		return "", fmt.Errorf("value %s: want a string, a number, a boolean or an array of them", data)
	}
	return n.String(), nil
}

// carriedBy is the context as a request of the action can carry it: a key of the action's
// service that the Service Authorization Reference does not list for the action is dropped,
// so Scan has no dynamodb:LeadingKeys. Keys of unknown actions are kept.
func (c Context) carriedBy(action string) Context {
	spec, known := LookupAction(action)
	if !known {
		return c
	}
	out := c
	copied := false
	for key := range c {
		if isGlobalKey(key) || !knownKey(key) || spec.Carries(key) {
			continue
		}
		if !copied {
			out, copied = make(Context, len(c)), true
			for k, v := range c {
				out[k] = v
			}
		}
		delete(out, key)
	}
	return out
}

// isGlobalKey says whether a key is one of IAM's own, which depend on the principal and
// the session rather than on the action.
func isGlobalKey(key string) bool { return len(key) > 4 && strings.EqualFold(key[:4], "aws:") }

func isMultiValued(key string) bool {
	spec, _ := LookupKey(key)
	return spec.MultiValued
}

func knownKey(key string) bool {
	_, ok := LookupKey(key)
	return ok
}
