package dynamodb

import (
	"encoding/base64"
	"errors"
)

// keyValue is the value of a key attribute: one of the three types that a key can have (DynamoDB
// API Reference, "AttributeValue").
type keyValue struct {
	// kind is S, N or B.
	kind byte
	// text is the condition key's value: a string as it is, a number in plain decimal notation
	// without needless zeros, so that 1 and 1.0, which are one key, are one text, and bytes as Base64.
	text string
}

var errKeyValue = errors.New("a key is a string, a number or bytes, given once and in a plain form")

// readKeyValue reads an attribute value. The engine takes {"S":1} for the text 1, Arabic digits
// for numbers and Base64 with spaces; what is not in a plain form is an error.
func readKeyValue(n *node) (keyValue, error) {
	if n == nil || n.kind != isObject || len(n.list) != 1 {
		return keyValue{}, errKeyValue
	}
	text, ok := n.list[0].text()
	if !ok {
		return keyValue{}, errKeyValue
	}
	switch string(n.names[0].text) {
	case "S":
		return keyValue{'S', text}, nil
	case "N":
		number, err := canonicalNumber(text)
		return keyValue{'N', number}, err
	case "B":
		data, err := base64.StdEncoding.Strict().DecodeString(text)
		if err != nil || base64.StdEncoding.EncodeToString(data) != text {
			return keyValue{}, errKeyValue
		}
		return keyValue{'B', text}, nil
	}
	return keyValue{}, errKeyValue
}

// id tells key values apart, whatever their types.
func (v keyValue) id() string { return string(v.kind) + ":" + v.text }
