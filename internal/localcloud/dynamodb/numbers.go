package dynamodb

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// Numbers have up to 38 significant digits and magnitudes from 1E-130 to 9.9…9E+125; zeros before and after them
// are no part of them (DynamoDB Developer Guide, "Supported data types and naming rules", Number).
const (
	maxDigits                  = 38
	minMagnitude, maxMagnitude = -130, 125
	errNotNumber               = "The parameter cannot be converted to a numeric value"
	errOverflow                = "Number overflow. Attempting to store a number with magnitude larger than supported range"
	errUnderflow               = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
	errPrecision               = "Attempting to store more than 38 significant digits in a Number"
)

// canonicalNumber writes a number as DynamoDB answers it: without an exponent, a plus sign or needless zeros.
// The engine keeps the text that it got, and that of sums, in all places but top-level attributes of PutItem
// (docs/aws-differences.md, 125). An error has DynamoDB's text.
func canonicalNumber(text string) (string, error) {
	mantissa, exponent := text, int64(0)
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		var err error
		if exponent, err = strconv.ParseInt(text[i+1:], 10, 64); err != nil {
			return "", notNumber(text)
		}
		mantissa = text[:i]
	}
	negative := strings.HasPrefix(mantissa, "-")
	if negative || strings.HasPrefix(mantissa, "+") {
		mantissa = mantissa[1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return "", notNumber(text)
	}
	// The value is 0.<digits> times ten to the power of point.
	point := clampExponent(exponent) + int64(len(whole))
	significant := strings.TrimLeft(digits, "0")
	point -= int64(len(digits) - len(significant))
	significant = strings.TrimRight(significant, "0")
	if significant == "" {
		// Zero is as large as the exponent that it is written with.
		return "0", inRange(clampExponent(exponent)-int64(len(fraction)), 0)
	}
	if err := inRange(point-1, len(significant)); err != nil {
		return "", err
	}
	out := plain(significant, int(point))
	if negative {
		out = "-" + out
	}
	return out, nil
}

// clampExponent keeps sums with lengths of texts from overflowing.
func clampExponent(e int64) int64 { return min(max(e, -1<<40), 1<<40) }

// numberError is the text of DynamoDB's error about a number.
type numberError string

func (e numberError) Error() string { return string(e) }

func notNumber(text string) error { return numberError(errNotNumber + ": " + text) }

func inRange(magnitude int64, digits int) error {
	switch {
	case magnitude > maxMagnitude:
		return numberError(errOverflow)
	case magnitude < minMagnitude:
		return numberError(errUnderflow)
	case digits > maxDigits:
		return numberError(errPrecision)
	}
	return nil
}

// plain writes 0.<digits> times ten to the power of point.
func plain(digits string, point int) string {
	switch {
	case point <= 0:
		return "0." + strings.Repeat("0", -point) + digits
	case point >= len(digits):
		return digits + strings.Repeat("0", point-len(digits))
	}
	return digits[:point] + "." + digits[point:]
}

// eachNumber calls a function for the text of every number, alone or in a set, that a value holds at any depth. N and
// NS are members of attribute values alone, and an attribute of that name has an object for its value.
func (n *node) eachNumber(do func(text *node)) {
	if n == nil {
		return
	}
	for i := range n.list {
		m := &n.list[i]
		if n.kind == isObject {
			switch name := n.names[i].text; {
			case m.kind == isString && string(name) == "N":
				do(m)
			case m.kind == isArray && string(name) == "NS":
				for j := range m.list {
					if m.list[j].kind == isString {
						do(&m.list[j])
					}
				}
			}
		}
		m.eachNumber(do)
	}
}

// readNumbers writes the numbers of a request as DynamoDB keeps them, and refuses what DynamoDB takes for none. The
// statements of a batch are refused one by one.
func (r *request) readNumbers() {
	if list := r.in.get("Statements"); list != nil && r.operation == "BatchExecuteStatement" {
		for i := range list.list {
			r.normalize(&list.list[i], func(err error) { r.wrong(i, err.Error()) })
		}
		return
	}
	for i := range r.in.list {
		member, n := string(r.in.names[i].text), &r.in.list[i]
		if member != "ExpressionAttributeValues" || n.kind != isObject {
			r.normalize(n, func(err error) { r.refuse(invalid("%s", err)) })
			continue
		}
		for j := range n.list {
			r.normalize(&n.list[j], func(err error) {
				r.refuse(invalid("%s contains invalid value: %s for key %s", member, err, n.names[j].text))
			})
		}
	}
}

func (r *request) normalize(n *node, refuse func(error)) {
	n.eachNumber(func(text *node) {
		number, err := canonicalNumber(string(text.plain))
		if err != nil {
			refuse(err)
		} else if number != string(text.plain) {
			r.edits = append(r.edits, text.replace(quoteJSON(number)))
		}
	})
}

// plainNumbers writes the numbers of an answer as DynamoDB does.
func plainNumbers(body []byte) []byte {
	if !bytes.Contains(body, []byte(`"N`)) {
		return body
	}
	n, err := parseJSON(body)
	if err != nil {
		return body
	}
	return splice(body, sorted(n.numberEdits()))
}

func (n *node) numberEdits() []edit {
	var edits []edit
	n.eachNumber(func(text *node) {
		if number, err := canonicalNumber(string(text.plain)); err == nil && number != string(text.plain) {
			edits = append(edits, text.replace(quoteJSON(number)))
		}
	})
	return edits
}

// within are the edits inside of a value, as edits of its bytes alone.
func within(edits []edit, n *node) []edit {
	var out []edit
	for _, e := range edits {
		if e.at >= n.at && e.end <= n.at+len(n.raw) {
			out = append(out, edit{e.at - n.at, e.end - n.at, e.with})
		}
	}
	return sorted(slices.Clip(out))
}
