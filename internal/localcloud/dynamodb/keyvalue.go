package dynamodb

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
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

// maxExponent bounds the exponents of numbers; DynamoDB's go from -130 to 125 (DynamoDB Developer
// Guide, "Number").
const maxExponent = 200

// canonicalNumber writes a number as DynamoDB answers it, without an exponent.
func canonicalNumber(text string) (string, error) {
	mantissa, exponent := text, 0
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		e, err := strconv.Atoi(text[i+1:])
		if err != nil || e > maxExponent || e < -maxExponent {
			return "", errKeyValue
		}
		mantissa, exponent = text[:i], e
	}
	negative := strings.HasPrefix(mantissa, "-")
	if negative || strings.HasPrefix(mantissa, "+") {
		mantissa = mantissa[1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if digits == "" || len(digits) > maxExponent || strings.Trim(digits, "0123456789") != "" {
		return "", errKeyValue
	}
	point := len(whole) + exponent
	for ; point > len(digits); digits += "0" {
	}
	for ; point < 0; point++ {
		digits = "0" + digits
	}
	whole, fraction = strings.TrimLeft(digits[:point], "0"), strings.TrimRight(digits[point:], "0")
	if whole == "" {
		whole = "0"
	}
	out := whole
	if fraction != "" {
		out += "." + fraction
	}
	if negative && out != "0" {
		out = "-" + out
	}
	return out, nil
}
