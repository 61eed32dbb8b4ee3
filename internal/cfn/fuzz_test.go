package cfn

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzResolve resolves whatever is a template: there is an error, or a value without
// anything left to resolve.
func FuzzResolve(f *testing.F) {
	f.Add(sections)
	f.Add(`{"Resources": {` + doubling(8) + `}}`)
	f.Add(`{"Resources": {` + chain(4) + `}}`)
	f.Add(`{"Resources": {"A": {"Type": "AWS::Lambda::Alias", "Properties": {"Name": {"Fn::If": ["C", "a", {"Ref": "AWS::NoValue"}]}, "FunctionName": {"Fn::GetAtt": ["B", "Arn"]}}},
		"B": {"Type": "AWS::Lambda::Function", "Properties": {"Env": {"Fn::Join": ["", ["{{resolve:ssm:", {"Fn::Select": [0, {"Fn::Split": [":", {"Fn::GetAtt": "A.AliasArn"}]}]}, "}}"]]}}}},
		"Conditions": {"C": {"Fn::Or": [{"Fn::Equals": [{"Ref": "AWS::Region"}, "x"]}, {"Fn::Not": [{"Condition": "C"}]}]}},
		"Outputs": {"O": {"Value": {"Fn::Sub": ["${X}${AWS::StackId}", {"X": {"Fn::ImportValue": "y"}}]}, "Export": {"Name": {"Fn::Base64": {"Fn::FindInMap": ["M", "a", "b"]}}}}},
		"Mappings": {"M": {"a": {"b": [1, "{{resolve:ssm:/x}}"]}}}}`)
	f.Add(`{"Resources": {"A": {"Type": "AWS::SSM::Parameter", "Properties": {"Value": {"Fn::GetAtt": ["A", "Value"]}, "Name": {"Fn::GetAZs": {"Ref": "AWS::Region"}}}}}}`)
	f.Fuzz(func(t *testing.T, template string) {
		tmpl, faults := parseTemplate([]byte(template))
		if len(faults) > 0 {
			return
		}
		s := &Stack{Name: "s", Environment: testEnvironment, Template: tmpl}
		r := NewResolver(s, Options{})
		for _, id := range r.Resources() {
			name, err := r.Name(id)
			if err == nil && name == "" {
				t.Errorf("the name of %s is empty", id)
			}
			if arn, err := r.Arn(id); err == nil && arn == "" {
				t.Errorf("the ARN of %s is empty", id)
			}
			properties, err := r.Properties(id)
			if where := unresolved(properties); err == nil && where != "" {
				t.Errorf("%s has %s left: %v", id, where, properties)
			}
		}
		for name := range tmpl.Outputs {
			if v, err := r.Output(name); err == nil && unresolved(v) != "" {
				t.Errorf("output %s has %s left: %v", name, unresolved(v), v)
			}
		}
		if v, err := r.Exports(); err == nil && unresolved(v) != "" {
			t.Errorf("the exports have %s left: %v", unresolved(v), v)
		}
	})
}

// FuzzValue builds nested intrinsic functions of the names in sections, because hardly any
// changed text is a template.
func FuzzValue(f *testing.F) {
	for i := range byte(32) {
		f.Add([]byte{i, i + 1, i + 2, i + 3, 7 * i, 3, 11 * i, 20, 5, i})
	}
	f.Fuzz(func(t *testing.T, program []byte) {
		g := generator{program: program}
		raw, err := json.Marshal(g.value(0))
		if err != nil {
			t.Fatal(err)
		}
		r := NewResolver(parsed(t, sections), Options{})
		v, err := r.Value("here", raw)
		if where := unresolved(v); err == nil && where != "" {
			t.Errorf("%s has %s left: %v", raw, where, v)
		}
		again, errAgain := r.Value("here", raw)
		if !reflect.DeepEqual(v, again) || fmt.Sprint(err) != fmt.Sprint(errAgain) {
			t.Errorf("%s is %v, %v and then %v, %v", raw, v, err, again, errAgain)
		}
	})
}

// generator makes a value out of bytes.
type generator struct {
	program []byte
}

func (g *generator) next() int {
	if len(g.program) == 0 {
		return 0
	}
	b := g.program[0]
	g.program = g.program[1:]
	return int(b)
}

func (g *generator) one(of ...string) string { return of[g.next()%len(of)] }

func (g *generator) list(depth int) []any {
	list := make([]any, g.next()%5)
	for i := range list {
		list[i] = g.value(depth)
	}
	return list
}

func (g *generator) value(depth int) any {
	depth++
	if len(g.program) == 0 || depth > 20 {
		return "leaf"
	}
	name := g.one("Env", "Zones", "Images", "Table", "Role", "Thing", "Gone", "Nowhere", "AWS::NoValue", "AWS::StackId", "AWS::Region", "AWS::NotificationARNs")
	switch g.next() % 14 {
	case 0:
		return g.one("", "a:b/c", "${Env}", "{{resolve:ssm:/x}}", "{{resolve:", "1", "prod")
	case 1:
		return g.next()
	case 2:
		return g.list(depth)
	case 3:
		return map[string]any{g.one("a", "b", "Ref", "Condition"): g.value(depth), g.one("c", "Fn::Sub"): g.value(depth)}
	case 4:
		return map[string]any{"Ref": name}
	case 5:
		return map[string]any{"Fn::GetAtt": []any{name, g.one("Arn", "StreamArn", "Names")}}
	case 6:
		return map[string]any{"Fn::Sub": g.one("${A}:${Role.Arn}", "${!Env}", "${Zones", "${Thing}${A}") + "${" + name + "}"}
	case 7:
		return map[string]any{"Fn::Sub": []any{"${A}-${B}", map[string]any{"A": g.value(depth), "B": g.value(depth)}}}
	case 8:
		return map[string]any{"Fn::Join": []any{g.one("", ":", "{{"), g.value(depth)}}
	case 9:
		return map[string]any{"Fn::Select": []any{g.next() % 4, g.value(depth)}}
	case 10:
		return map[string]any{"Fn::Split": []any{g.one(":", "/", "-", "a"), g.value(depth)}}
	case 11:
		return map[string]any{"Fn::If": []any{g.one("IsProd", "NotProd", "CycleA", "Nowhere"), g.value(depth), g.value(depth)}}
	case 12:
		return map[string]any{g.one("Fn::ImportValue", "Fn::Base64", "Fn::GetAZs", "Fn::Cidr"): g.value(depth)}
	}
	return map[string]any{"Fn::FindInMap": []any{"M", g.value(depth), g.one("size", "ids", "ami")}}
}

// FuzzDuplicates compares with the tokens of encoding/json.
func FuzzDuplicates(f *testing.F) {
	for _, s := range []string{
		`{}`, `{"a": 1, "a": 2}`, `[{"a": {"b": [], "b": {}}}, 1]`, `{"a": 1, "\u0061": 2}`, `{"\ud800": 1, "\ufffd": 2}`,
		`{"a\\": "\"", "a\"": "{"}`, ` [ 1 , true ,null,{ "x" : -1e5 } ] `, `{"a": {"a": {"a": 1}}}`, `"x"`, `{"": 1, "": 2}`,
		`{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"k":1,"l":1,"m":1,"n":1,"o":1,"p":1,"q":1,"r":1,"s":1,"t":1,"u":1,"v":1,"w":1,"x":1,"y":1,"z":1,"A":1,"B":1,"C":1,"D":1,"E":1,"F":1,"G":1,"H":1,"a":1,"H":1}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		valid := json.Valid([]byte(s)) && utf8.ValidString(s)
		faults := check([]byte(s))
		if !valid {
			if len(faults) != 1 {
				t.Fatalf("%q is no JSON and has the faults %v", s, faults)
			}
			return
		}
		dec := json.NewDecoder(strings.NewReader(s))
		dec.UseNumber()
		want := duplicates(t, dec, nil)
		var got []string
		for _, f := range faults {
			if strings.Contains(f.message, "nest deeper") {
				return
			}
			got = append(got, f.path)
		}
		if !slices.Equal(got, want) {
			t.Errorf("duplicates of %q are %q, want %q", s, got, want)
		}
	})
}

// duplicates are the paths of keys that stand twice in the next value of dec.
func duplicates(t *testing.T, dec *json.Decoder, at path) []string {
	next := func() json.Token {
		token, err := dec.Token()
		if err != nil && err != io.EOF {
			t.Fatal(err)
		}
		return token
	}
	var found []string
	switch next() {
	case json.Delim('{'):
		seen := map[string]bool{}
		for dec.More() {
			k := next().(string)
			below := append(slices.Clone(at), key(k))
			if seen[k] {
				found = append(found, below.String())
			}
			seen[k] = true
			found = append(found, duplicates(t, dec, below)...)
		}
		next()
	case json.Delim('['):
		for i := 0; dec.More(); i++ {
			found = append(found, duplicates(t, dec, append(slices.Clone(at), index(i)))...)
		}
		next()
	}
	return found
}

// FuzzDecode compares values with those of encoding/json.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{"a": [1, -0.5e+10, true, false, "x", {}, []]}`, `"\u00e9\n\"\\\/ é"`, `"\ud83d\ude00\ud83d"`, ` [ ] `, `111111111111`, `[null]`, `{"a":1,"a":2}`, `"⟨"`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, faults := decode(nil, []byte(s), map[string]string{})
		if len(faults) > 0 {
			return
		}
		dec := json.NewDecoder(strings.NewReader(s))
		dec.UseNumber()
		var want any
		if err := dec.Decode(&want); err != nil {
			t.Fatalf("%q has no fault and is no JSON: %v", s, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q is %v, want %v", s, fmt.Sprintf("%#v", got), fmt.Sprintf("%#v", want))
		}
	})
}
