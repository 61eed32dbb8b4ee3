package iam

import (
	"bytes"
	"encoding/base64"
	"math/big"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// quantifier of an operator over a key with several values.
type quantifier string

const (
	single       quantifier = ""
	forAllValues quantifier = "ForAllValues"
	forAnyValue  quantifier = "ForAnyValue"
)

// operator of a condition, taken apart.
type operator struct {
	quantifier quantifier
	base       string
	ifExists   bool
	comparison
}

// comparison of one value of the request with one of the policy.
type comparison struct {
	// negated operators hold when no value of the policy matches.
	negated bool
	// variables may stand in the policy's value.
	variables bool
	// wildcards may stand in the policy's value.
	wildcards bool
	match     func(want, have string) bool
	// valid says whether the policy's value can be compared at all; nil accepts any text.
	valid func(want string) bool
	// wants names the values in an error message.
	wants string
}

// comparisons by the name of the operator (IAM User Guide, "IAM JSON policy elements:
// Condition operators"). Null is not among them: it asks for presence.
var comparisons = map[string]comparison{}

func init() {
	equals := func(want, have string) bool { return want == have }
	both := func(positive, negative string, c comparison) {
		comparisons[positive] = c
		c.negated = true
		comparisons[negative] = c
	}
	both("StringEquals", "StringNotEquals", comparison{variables: true, match: equals})
	both("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", comparison{variables: true, match: strings.EqualFold})
	both("StringLike", "StringNotLike", comparison{variables: true, wildcards: true, match: glob})
	arn := comparison{variables: true, wildcards: true, match: matchArn}
	both("ArnEquals", "ArnNotEquals", arn)
	both("ArnLike", "ArnNotLike", arn)
	numeric := comparison{valid: isNumber, wants: "a number"}
	numeric.match = numberMatch(func(c int) bool { return c == 0 })
	both("NumericEquals", "NumericNotEquals", numeric)
	date := comparison{valid: isDate, wants: "an ISO 8601 date or seconds since 1970"}
	date.match = dateMatch(func(c int) bool { return c == 0 })
	both("DateEquals", "DateNotEquals", date)
	for name, test := range map[string]func(int) bool{
		"LessThan": func(c int) bool { return c < 0 }, "LessThanEquals": func(c int) bool { return c <= 0 },
		"GreaterThan": func(c int) bool { return c > 0 }, "GreaterThanEquals": func(c int) bool { return c >= 0 },
	} {
		numeric.match, date.match = numberMatch(test), dateMatch(test)
		comparisons["Numeric"+name], comparisons["Date"+name] = numeric, date
	}
	comparisons["Bool"] = comparison{variables: true, match: strings.EqualFold, valid: isBool, wants: "true or false"}
	comparisons["BinaryEquals"] = comparison{match: binaryEquals, valid: isBase64, wants: "base64 text"}
	both("IpAddress", "NotIpAddress", comparison{match: addressMatch, valid: isAddressRange, wants: "an IP address or a CIDR range"})
}

const nullOperator = "Null"

// parseOperator takes apart a name such as ForAllValues:StringLikeIfExists.
func parseOperator(name string) (operator, bool) {
	o := operator{base: name}
	if quantifier, base, found := strings.Cut(name, ":"); found {
		o.quantifier, o.base = quantifierOf(quantifier), base
		if o.quantifier == single {
			return o, false
		}
	}
	if o.base == nullOperator {
		return o, o.quantifier == single
	}
	o.base, o.ifExists = strings.CutSuffix(o.base, "IfExists")
	var known bool
	o.comparison, known = comparisons[o.base]
	return o, known
}

func quantifierOf(name string) quantifier {
	switch q := quantifier(name); q {
	case forAllValues, forAnyValue:
		return q
	default:
		return single
	}
}

func parseNumber(s string) (*big.Rat, bool) {
	if len(s) > 64 || strings.ContainsAny(s, "/xXpPoObB_eE") {
		return nil, false
	}
	return new(big.Rat).SetString(s)
}

func isNumber(s string) bool { _, ok := parseNumber(s); return ok }

func numberMatch(test func(int) bool) func(want, have string) bool {
	return func(want, have string) bool {
		w, wantOK := parseNumber(want)
		h, haveOK := parseNumber(have)
		return wantOK && haveOK && test(h.Cmp(w))
	}
}

// dateLayouts are the forms of ISO 8601 that W3C's "Date and Time Formats" allows, which
// IAM names as its format.
var dateLayouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly, "2006-01", "2006",
}

func parseDate(s string) (time.Time, bool) {
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	if seconds, err := strconv.ParseInt(s, 10, 64); err == nil && len(s) <= 12 {
		return time.Unix(seconds, 0), true
	}
	return time.Time{}, false
}

func isDate(s string) bool { _, ok := parseDate(s); return ok }

func dateMatch(test func(int) bool) func(want, have string) bool {
	return func(want, have string) bool {
		w, wantOK := parseDate(want)
		h, haveOK := parseDate(have)
		return wantOK && haveOK && test(h.Compare(w))
	}
}

func isBool(s string) bool { return strings.EqualFold(s, "true") || strings.EqualFold(s, "false") }

func isBase64(s string) bool { _, err := base64.StdEncoding.DecodeString(s); return err == nil }

func binaryEquals(want, have string) bool {
	w, err := base64.StdEncoding.DecodeString(want)
	if err != nil {
		return false
	}
	h, err := base64.StdEncoding.DecodeString(have)
	return err == nil && bytes.Equal(w, h)
}

func parseAddressRange(s string) (netip.Prefix, bool) {
	if prefix, err := netip.ParsePrefix(s); err == nil {
		return prefix.Masked(), true
	}
	address, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(address.WithZone(""), address.BitLen()), true
}

func isAddressRange(s string) bool { _, ok := parseAddressRange(s); return ok }

func addressMatch(want, have string) bool {
	r, ok := parseAddressRange(want)
	if !ok {
		return false
	}
	h, ok := parseAddressRange(have)
	return ok && h.Bits() >= r.Bits() && r.Contains(h.Addr())
}

// compares says whether the operator suits a key's type. Strings suit every key, since
// every value is text; Null asks for no value.
func (o operator) compares(t KeyType) bool {
	scalar := KeyType(strings.TrimPrefix(string(t), "ArrayOf"))
	switch {
	case o.base == nullOperator || strings.HasPrefix(o.base, "String"):
		return true
	case strings.HasPrefix(o.base, "Numeric"):
		return scalar == KeyNumeric || scalar == KeyString || scalar == KeyDate
	case strings.HasPrefix(o.base, "Date"):
		return scalar == KeyDate || scalar == KeyNumeric || scalar == KeyString
	case o.base == "Bool":
		return scalar == KeyBool || scalar == KeyString
	case strings.HasPrefix(o.base, "Arn"):
		return scalar == KeyARN || scalar == KeyString
	case strings.HasSuffix(o.base, "IpAddress"):
		return scalar == KeyIPAddress || scalar == KeyString
	default:
		return true
	}
}
