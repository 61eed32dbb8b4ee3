package cfn

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// scalar is the text of a string, a number or a boolean, as CloudFormation puts it in a
// string.
func scalar(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

// text is the text of a resolved value.
func (e *evaluation) text(v any, what string) (string, bool) {
	if s, ok := scalar(v); ok {
		return s, true
	}
	switch v := v.(type) {
	case failed:
	case noValue:
		e.problem("want %s, a text; got AWS::NoValue", what)
	case opaqueList:
		e.problem("want %s, a text; got a list that only AWS knows, %s", what, v)
	default:
		e.problem("want %s, a text; got %s", what, describe(v))
	}
	return "", false
}

// argument resolves element i of the arguments of a function.
func (e *evaluation) argument(args []any, i int) any {
	e.push(index(i))
	defer e.pop()
	v := e.walk(args[i], false)
	if _, ok := v.(noValue); ok {
		return e.problem("AWS::NoValue removes a property or an element of a list; here a value is needed")
	}
	return v
}

// delimited are the arguments of Fn::Join and Fn::Split: a delimiter, which cannot be a
// function, and a value.
func (e *evaluation) delimited(arg any, what string) (delimiter string, v any, ok bool) {
	args, ok := arg.([]any)
	if ok && len(args) == 2 {
		delimiter, ok = args[0].(string)
	}
	if !ok || len(args) != 2 {
		e.problem("want [delimiter, %s] with a text as the delimiter; got %s", what, describe(arg))
		return "", nil, false
	}
	return delimiter, e.argument(args, 1), true
}

// join is Fn::Join.
func (e *evaluation) join(arg any) any {
	delimiter, v, ok := e.delimited(arg, "list")
	if !ok {
		return failed{}
	}
	var list []any
	switch v := v.(type) {
	case failed:
		return v
	case []any:
		list = v
	case opaqueList:
		return e.joinOpaque(delimiter, string(v))
	case string:
		if isOpaque(v) { // such as the name servers of a hosted zone
			return e.joinOpaque(delimiter, v)
		}
		return e.problem("want a list to join; got %q", shorten(v))
	default:
		return e.problem("want a list to join; got %s", describe(v))
	}
	texts := make([]string, len(list))
	ok, size := true, 0
	for i, v := range list {
		s, isText := e.text(v, fmt.Sprintf("element %d of the list to join", i))
		texts[i] = s
		ok = ok && isText
		size += len(s) + len(delimiter)
	}
	if !ok || !e.spend(size) {
		return failed{}
	}
	return strings.Join(texts, delimiter)
}

func (e *evaluation) joinOpaque(delimiter, marker string) any {
	if !e.spend(len(delimiter) + len(marker)) {
		return failed{}
	}
	return opaque("join:" + delimiter + ":" + marker)
}

// selectOne is Fn::Select. An element of a list that only AWS knows is opaque; whether it
// exists AWS says when it is deployed.
func (e *evaluation) selectOne(arg any) any {
	args, ok := arg.([]any)
	if !ok || len(args) != 2 {
		return e.problem("want [index, list]; got %s", describe(arg))
	}
	at, ok := e.text(e.argument(args, 0), "the index")
	v := e.argument(args, 1)
	if _, bad := v.(failed); bad || !ok {
		return failed{}
	}
	i, err := strconv.Atoi(at)
	if err != nil || i < 0 {
		return e.problem("want an index, 0 or more; got %q", at)
	}
	switch v := v.(type) {
	case opaqueList:
		return element(string(v), i)
	case string:
		if isOpaque(v) {
			return element(v, i)
		}
	case []any:
		if i >= len(v) {
			return e.problem("the index %d is beyond the list, which has %d elements: %s", i, len(v), describe(v))
		}
		return v[i]
	}
	return e.problem("want a list to select of; got %s", describe(v))
}

// element is the marker of an element of an opaque list.
func element(marker string, i int) string {
	return opaque(fmt.Sprintf("%s[%d]", strings.TrimSuffix(strings.TrimPrefix(marker, opaqueOpen), opaqueClose), i))
}

// split is Fn::Split. Where the delimiter stands in an opaque part is not known, so such
// text is refused; but our own ARNs may be split where they have the names that AWS
// generates, which have no colon.
func (e *evaluation) split(arg any) any {
	delimiter, v, ok := e.delimited(arg, "text")
	if !ok {
		return failed{}
	}
	s, ok := e.text(v, "the text to split")
	switch {
	case !ok:
		return failed{}
	case delimiter == "":
		return e.problem("want a delimiter to split %q at; got an empty one", shorten(s))
	case strings.Contains(s, dynamicOpen):
		return e.problem("%q cannot be split: CloudFormation splits before it resolves dynamic references", shorten(s))
	case HasOpaque(s) && !strings.Contains(e.r.atoms[s], delimiter):
		return e.problem("%q cannot be split at %q: it has parts that only AWS knows, which may have the delimiter: give the wanted piece as a parameter or name the resource", shorten(s), delimiter)
	}
	pieces := []any{""}
	for _, part := range Parts(s) {
		texts := []string{part.Text}
		if !part.Opaque {
			texts = strings.Split(part.Text, delimiter)
		}
		pieces[len(pieces)-1] = pieces[len(pieces)-1].(string) + texts[0]
		for _, t := range texts[1:] {
			pieces = append(pieces, t)
		}
	}
	if !e.spend(len(s) + 16*len(pieces)) {
		return failed{}
	}
	return pieces
}

// importValue is Fn::ImportValue.
func (e *evaluation) importValue(arg any) any {
	if e.condition {
		return e.problem("Fn::ImportValue is not allowed in Conditions")
	}
	name, ok := e.text(e.walk(arg, false), "the name of an export")
	if !ok {
		return failed{}
	}
	if name == "" {
		return e.problem("want the name of an export; got an empty text")
	}
	if e.r.o.Imports != nil && !HasOpaque(name) {
		if v, ok := e.r.o.Imports(name); ok {
			return v
		}
	}
	return opaque("import:" + name)
}

// base64 is Fn::Base64. Of a text with opaque parts only AWS knows the encoding.
func (e *evaluation) base64(arg any) any {
	s, ok := e.text(e.walk(arg, false), "the text to encode")
	if !ok || !e.spend(2*len(s)) {
		return failed{}
	}
	if HasOpaque(s) || strings.Contains(s, dynamicOpen) {
		return opaque("base64:" + s)
	}
	return base64.StdEncoding.EncodeToString([]byte(s))
}

// getAZs is Fn::GetAZs: a list that only AWS knows.
func (e *evaluation) getAZs(arg any) any {
	if e.condition {
		return e.problem("Fn::GetAZs is not allowed in Conditions")
	}
	region, ok := e.text(e.walk(arg, false), "a region")
	if !ok {
		return failed{}
	}
	if region == "" {
		if region, ok = e.text(e.ref("AWS::Region"), "a region"); !ok {
			return failed{}
		}
	}
	return opaqueList(opaque("azs:" + region))
}
