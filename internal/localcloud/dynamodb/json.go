package dynamodb

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// object is a JSON object whose members are not read yet. Names are compared as they are written,
// as the engine does.
type object map[string]json.RawMessage

// strict reads an object and refuses what two readers could understand in two ways: a member that is
// there twice, at any depth, and anything after the object (docs/aws-differences.md, 60).
func strict(data []byte) (object, error) {
	if err := noDuplicates(data); err != nil {
		return nil, err
	}
	var o object
	if err := json.Unmarshal(data, &o); err != nil {
		return nil, err
	}
	if o == nil {
		return nil, errors.New("it is no object")
	}
	return o, nil
}

// maxDepth of a request; DynamoDB nests attribute values 32 levels, each of which takes two.
const maxDepth = 100

func noDuplicates(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := walk(d, 0); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the object")
	}
	return nil
}

func walk(d *json.Decoder, depth int) error {
	if depth > maxDepth {
		return errors.New("it is nested too deeply")
	}
	token, err := d.Token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('{'):
		seen := make(map[string]struct{}, 8)
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return err
			}
			key, _ := name.(string)
			if _, twice := seen[key]; twice {
				return fmt.Errorf("member %q is there twice", key)
			}
			seen[key] = struct{}{}
			if err := walk(d, depth+1); err != nil {
				return err
			}
		}
		_, err = d.Token()
	case json.Delim('['):
		for d.More() {
			if err := walk(d, depth+1); err != nil {
				return err
			}
		}
		_, err = d.Token()
	}
	return err
}

// text is a member that is a string; empty if it is absent or something else.
func (o object) text(name string) string {
	var s string
	if json.Unmarshal(o[name], &s) != nil {
		return ""
	}
	return s
}

// object is a member that is an object; nil if it is absent or something else.
func (o object) object(name string) object {
	var v object
	if json.Unmarshal(o[name], &v) != nil {
		return nil
	}
	return v
}

// list is a member that is an array of objects; ok says that it is one.
func (o object) list(name string) (list []object, ok bool) {
	raw, there := o[name]
	if !there || json.Unmarshal(raw, &list) != nil {
		return nil, false
	}
	for _, e := range list {
		if e == nil {
			return nil, false
		}
	}
	return list, true
}

// texts is a member that is an array of strings.
func (o object) texts(name string) []string {
	var list []string
	if json.Unmarshal(o[name], &list) != nil {
		return nil
	}
	return list
}

// keyText is an attribute value of a key as the condition key dynamodb:LeadingKeys has it: the text of
// a string or number, Base64 of bytes. ok is false of everything that no partition key can be.
func keyText(raw json.RawMessage) (text string, ok bool) {
	var value map[string]string
	if json.Unmarshal(raw, &value) != nil || len(value) != 1 {
		return "", false
	}
	for kind, text := range value {
		switch kind {
		case "S", "N":
			return text, text != ""
		case "B":
			_, err := base64.StdEncoding.DecodeString(text)
			return text, err == nil && text != ""
		}
	}
	return "", false
}
