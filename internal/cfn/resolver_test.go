package cfn

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const testEnvironment = "aws://111111111111/eu-central-1"

// parsed is the stack "s" of a template.
func parsed(t testing.TB, template string) *Stack {
	t.Helper()
	tmpl, faults := parseTemplate([]byte(template))
	if len(faults) > 0 {
		t.Fatalf("template %s: %v", template, faults)
	}
	return &Stack{Name: "s", Environment: testEnvironment, File: "s.json", Template: tmpl}
}

// asJSON is a value as JSON with its markers.
func asJSON(t testing.TB, v any) string {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(b.String())
}

const sections = `{
	"Parameters": {
		"Env": {"Type": "String", "Default": "prod"},
		"Size": {"Type": "Number", "Default": 3},
		"Empty": {"Type": "String", "Default": ""},
		"None": {"Type": "String"},
		"Zones": {"Type": "CommaDelimitedList", "Default": "a, b,c"},
		"Subnets": {"Type": "List<AWS::EC2::Subnet::Id>", "Default": "x,y"},
		"Image": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/image"},
		"Images": {"Type": "AWS::SSM::Parameter::Value<List<String>>", "Default": "/images"}},
	"Mappings": {"M": {"prod": {"size": "large", "ids": ["i", 2]}, "eu-central-1": {"ami": "ami-1"}, "odd": {"map": {"a": "b"}}}},
	"Conditions": {
		"IsProd": {"Fn::Equals": [{"Ref": "Env"}, "prod"]},
		"IsTest": {"Fn::Equals": [{"Ref": "Env"}, "test"]},
		"NotProd": {"Fn::Not": [{"Condition": "IsProd"}]},
		"Both": {"Fn::And": [{"Condition": "IsProd"}, {"Fn::Equals": [{"Ref": "Size"}, 3]}]},
		"Either": {"Fn::Or": [{"Condition": "IsTest"}, {"Condition": "NotProd"}]},
		"InMap": {"Fn::Equals": [{"Fn::FindInMap": ["M", {"Ref": "Env"}, "size"]}, {"Fn::Sub": "la${!}rge"}]},
		"Lists": {"Fn::Equals": [{"Ref": "Zones"}, {"Fn::Split": [",", "a,b,c"]}]},
		"CycleA": {"Fn::Not": [{"Condition": "CycleB"}]},
		"CycleB": {"Fn::Not": [{"Condition": "CycleA"}]},
		"OnSecret": {"Fn::Equals": ["{{resolve:ssm:/x}}", "a"]},
		"OnImage": {"Fn::Equals": [{"Ref": "Image"}, "a"]},
		"OnResource": {"Fn::Equals": [{"Ref": "Table"}, "a"]},
		"OnImport": {"Fn::Equals": [{"Fn::ImportValue": "a"}, "a"]},
		"UsesIf": {"Fn::Equals": [{"Fn::If": ["IsProd", "a", "b"]}, "a"]},
		"One": {"Fn::And": [{"Condition": "IsProd"}]},
		"Literal": {"Fn::Not": [true]},
		"Missing": {"Condition": "Nowhere"},
		"Unknown": {"Fn::Contains": [["a"], "a"]}},
	"Resources": {
		"Table": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "rows"}},
		"Role": {"Type": "AWS::IAM::Role"},
		"Thing": {"Type": "Custom::Thing"},
		"Named": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": {"Fn::Sub": "${Table}-${Env}"}, "Path": "/p/"}},
		"Gone": {"Type": "AWS::SQS::Queue", "Condition": "NotProd"},
		"Here": {"Type": "AWS::SQS::Queue", "Condition": "Both", "Properties": {"QueueName": "q"}},
		"Broken": {"Type": "AWS::SQS::Queue", "Condition": "CycleA"}}}`

func TestValue(t *testing.T) {
	for _, test := range []struct{ name, raw, want string }{
		{"text", `"a"`, `"a"`},
		{"big number", `[111111111111, 1e400, -0.10]`, `[111111111111,1e400,-0.10]`},
		{"booleans", `{"a": true, "b": false}`, `{"a":true,"b":false}`},
		{"escapes", `"a\u0041\n\\ é \ud83d\ude00"`, `"aA\n\\ é 😀"`},
		{"empty", `[{}, [], ""]`, `[{},[],""]`},
		{"policy condition", `{"Condition": {"StringEquals": {"a": "b"}}}`, `{"Condition":{"StringEquals":{"a":"b"}}}`},

		{"ref parameter", `{"Ref": "Env"}`, `"prod"`},
		{"ref empty parameter", `{"Ref": "Empty"}`, `""`},
		{"ref number", `{"Ref": "Size"}`, `"3"`},
		{"ref list", `{"Ref": "Zones"}`, `["a","b","c"]`},
		{"ref subnets", `{"Ref": "Subnets"}`, `["x","y"]`},
		{"ref SSM value", `{"Ref": "Image"}`, `"⟨{{resolve:ssm:/image}}⟩"`},
		{"ref SSM list", `{"Ref": "Images"}`, `["⟨{{resolve:ssm:/images}}⟩"]`},
		{"ref resource", `{"Ref": "Table"}`, `"rows"`},
		{"ref generated", `{"Ref": "Role"}`, `"⟨s/Role⟩"`},
		{"ref unknown type", `{"Ref": "Thing"}`, `"⟨s/Thing.Ref⟩"`},
		{"account", `{"Ref": "AWS::AccountId"}`, `"111111111111"`},
		{"region", `{"Ref": "AWS::Region"}`, `"eu-central-1"`},
		{"partition", `{"Ref": "AWS::Partition"}`, `"aws"`},
		{"suffix", `{"Ref": "AWS::URLSuffix"}`, `"amazonaws.com"`},
		{"stack name", `{"Ref": "AWS::StackName"}`, `"s"`},
		{"stack id", `{"Ref": "AWS::StackId"}`, `"arn:aws:cloudformation:eu-central-1:111111111111:stack/s/⟨s/AWS::StackId⟩"`},
		{"notifications", `{"Ref": "AWS::NotificationARNs"}`, `["⟨s/AWS::NotificationARNs⟩"]`},
		{"no value in object", `{"a": {"Ref": "AWS::NoValue"}, "b": 1}`, `{"b":1}`},
		{"no value in list", `[1, {"Ref": "AWS::NoValue"}, 2]`, `[1,2]`},
		{"all without value", `{"a": [{"Ref": "AWS::NoValue"}]}`, `{"a":[]}`},

		{"getatt", `{"Fn::GetAtt": ["Table", "Arn"]}`, `"arn:aws:dynamodb:eu-central-1:111111111111:table/rows"`},
		{"getatt text", `{"Fn::GetAtt": "Table.Arn"}`, `"arn:aws:dynamodb:eu-central-1:111111111111:table/rows"`},
		{"getatt ref", `{"Fn::GetAtt": ["Thing", {"Ref": "Env"}]}`, `"⟨s/Thing.prod⟩"`},
		{"getatt dots", `{"Fn::GetAtt": "Thing.A.B"}`, `"⟨s/Thing.A.B⟩"`},
		{"getatt of name by sub", `{"Fn::GetAtt": ["Named", "Arn"]}`, `"arn:aws:iam::111111111111:role/p/rows-prod"`},

		{"sub", `{"Fn::Sub": "${AWS::Region}/${Env}/${Table.Arn}/${Role}"}`, `"eu-central-1/prod/arn:aws:dynamodb:eu-central-1:111111111111:table/rows/⟨s/Role⟩"`},
		{"sub literal", `{"Fn::Sub": "${!Env} $x $ { }"}`, `"${Env} $x $ { }"`},
		{"sub map", `{"Fn::Sub": ["${A}-${Env}-${Size}", {"A": {"Ref": "Size"}, "Env": "mine"}]}`, `"3-mine-3"`},
		{"sub not twice", `{"Fn::Sub": ["${A}", {"A": "${Env}"}]}`, `"${Env}"`},
		{"join", `{"Fn::Join": ["-", ["a", 1, true, {"Ref": "Env"}, {"Ref": "AWS::NoValue"}]]}`, `"a-1-true-prod"`},
		{"join list", `{"Fn::Join": ["", {"Ref": "Zones"}]}`, `"abc"`},
		{"join none", `{"Fn::Join": ["", []]}`, `""`},
		{"join opaque", `{"Fn::Join": [",", {"Fn::GetAtt": ["Thing", "Names"]}]}`, `"⟨join:,:⟨s/Thing.Names⟩⟩"`},
		{"select", `{"Fn::Select": [1, ["a", "b"]]}`, `"b"`},
		{"select text index", `{"Fn::Select": [{"Fn::Sub": "2"}, {"Ref": "Zones"}]}`, `"c"`},
		{"select opaque", `{"Fn::Select": ["1", {"Fn::GetAtt": ["Thing", "Names"]}]}`, `"⟨s/Thing.Names[1]⟩"`},
		{"select zone", `{"Fn::Select": [1, {"Fn::GetAZs": ""}]}`, `"⟨azs:eu-central-1[1]⟩"`},
		{"split", `{"Fn::Split": ["|", "a||b"]}`, `["a","","b"]`},
		{"split ARN of our own", `{"Fn::Select": [5, {"Fn::Split": [":", {"Fn::GetAtt": ["Role", "Arn"]}]}]}`, `"role/⟨s/Role⟩"`},
		{"split stack id", `{"Fn::Select": [2, {"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}]}`, `"⟨s/AWS::StackId⟩"`},
		{"if", `{"Fn::If": ["IsProd", {"Ref": "Env"}, {"Ref": "Nowhere"}]}`, `"prod"`},
		{"if not", `{"a": {"Fn::If": ["NotProd", "x", {"Ref": "AWS::NoValue"}]}}`, `{}`},
		{"if object", `{"Fn::If": ["Both", {"a": "{{resolve:ssm:/x}}"}, ""]}`, `{"a":"⟨{{resolve:ssm:/x}}⟩"}`},
		{"if or", `{"Fn::If": ["Either", 1, 2]}`, `2`},
		{"if map", `{"Fn::If": ["InMap", 1, 2]}`, `2`},
		{"if lists", `{"Fn::If": ["Lists", 1, 2]}`, `1`},
		{"find in map", `{"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "ami"]}`, `"ami-1"`},
		{"find list", `{"Fn::FindInMap": ["M", "prod", "ids"]}`, `["i",2]`},
		{"import", `{"Fn::ImportValue": {"Fn::Sub": "${Env}-vpc"}}`, `"⟨import:prod-vpc⟩"`},
		{"import opaque", `{"Fn::ImportValue": {"Ref": "Role"}}`, `"⟨import:⟨s/Role⟩⟩"`},
		{"base64", `{"Fn::Base64": {"Fn::Sub": "a${Size}"}}`, `"YTM="`},
		{"base64 opaque", `{"Fn::Base64": {"Ref": "Role"}}`, `"⟨base64:⟨s/Role⟩⟩"`},
		{"zones", `{"Fn::GetAZs": {"Ref": "AWS::Region"}}`, `["⟨azs:eu-central-1⟩"]`},
		{"dynamic", `["a{{resolve:ssm:/x}}b", "{{resolve:secretsmanager:s:SecretString:p}}"]`, `["a⟨{{resolve:ssm:/x}}⟩b","⟨{{resolve:secretsmanager:s:SecretString:p}}⟩"]`},
		{"dynamic joined", `{"Fn::Join": ["", ["{{resolve:ssm:/", {"Ref": "Role"}, "}}"]]}`, `"⟨{{resolve:ssm:/⟨s/Role⟩}}⟩"`},
		{"dynamic list", `{"Fn::Split": ["|", "a|b"]}`, `["a","b"]`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := NewResolver(parsed(t, sections), Options{}).Value("here", json.RawMessage(test.raw))
			if err != nil {
				t.Fatal(err)
			}
			if s := asJSON(t, got); s != test.want {
				t.Errorf("%s is %s, want %s", test.raw, s, test.want)
			}
			if where := unresolved(got); where != "" {
				t.Errorf("%s is left at %s", test.raw, where)
			}
		})
	}
}

func TestValueProblems(t *testing.T) {
	deep := strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1)
	for _, test := range []struct{ name, raw, path, want string }{
		{"no JSON", `{"a"`, "here", "no JSON at line 1"},
		{"no UTF-8", "\"\xff\"", "here", "no UTF-8"},
		{"duplicate", `{"a": [{"b": 1, "\u0062": 2}]}`, "here.a[0].b", `"b" stands twice`},
		{"null", `{"a": null}`, "here.a", "null is no value"},
		{"deep", deep, "here" + strings.Repeat("[0]", maxDepth), "deeper than 200"},
		{"forged", `{"a": "⟨s/Role⟩"}`, "here.a", "has a bracket"},
		{"forged by escape", `{"a": "\u27e8x"}`, "here.a", "has a bracket"},
		{"forged end", `["x⟩"]`, "here[0]", "has a bracket"},
		{"forged key", `{"⟨x⟩": 1}`, "here.⟨x⟩", "has a bracket"},
		{"forged in sub", `{"Fn::Sub": "⟨${Env}⟩"}`, "here.Fn::Sub", "has a bracket"},
		{"no value", `{"Ref": "AWS::NoValue"}`, "here", "here a value is needed"},

		{"ref missing", `{"a": {"Ref": "Nowhere"}}`, "here.a.Ref", `"Nowhere" is no resource, parameter or pseudo parameter`},
		{"ref list", `{"Ref": ["Env"]}`, "here.Ref", `got ["Env"]`},
		{"ref empty", `{"Ref": ""}`, "here.Ref", `got ""`},
		{"ref pseudo", `{"Ref": "AWS::Nothing"}`, "here.Ref", `"AWS::Nothing" is no pseudo parameter`},
		{"ref no default", `{"Ref": "None"}`, "here.Ref", "None has no Default"},
		{"ref gone", `{"Ref": "Gone"}`, "here.Ref", `Gone does not exist: its condition "NotProd" does not hold`},
		{"ref broken", `{"Ref": "Broken"}`, "here.Ref", "Conditions.CycleA → Conditions.CycleB → Conditions.CycleA"},
		{"getatt missing", `{"Fn::GetAtt": ["Nowhere", "Arn"]}`, "here.Fn::GetAtt", `no resource "Nowhere"`},
		{"getatt short", `{"Fn::GetAtt": ["Table"]}`, "here.Fn::GetAtt", `got ["Table"]`},
		{"getatt text", `{"Fn::GetAtt": "Table"}`, "here.Fn::GetAtt", `got "Table"`},
		{"getatt function", `{"Fn::GetAtt": [{"Ref": "Env"}, "Arn"]}`, "here.Fn::GetAtt", "cannot be a function"},
		{"getatt opaque", `{"Fn::GetAtt": ["Table", {"Ref": "Role"}]}`, "here.Fn::GetAtt", "⟨s/Role⟩"},
		{"getatt gone", `{"Fn::GetAtt": ["Gone", "Arn"]}`, "here.Fn::GetAtt", "does not exist"},

		{"two keys", `{"Ref": "Env", "a": 1}`, "here", "Ref stands beside other keys"},
		{"two functions", `{"Ref": "Env", "Fn::Sub": "a"}`, "here", "Fn::Sub stands beside other keys"},
		{"unknown", `{"Fn::Nothing": "x"}`, "here.Fn::Nothing", "Fn::Nothing is not known here"},
		{"cidr", `{"Fn::Cidr": ["10.0.0.0/24", 1, 4]}`, "here.Fn::Cidr", "Fn::Cidr is not known here"},
		{"length", `{"Fn::Length": [1]}`, "here.Fn::Length", "AWS::LanguageExtensions"},
		{"for each", `{"Fn::ForEach::X": []}`, "here.Fn::ForEach::X", "not known here"},
		{"transform", `{"Fn::Transform": {"Name": "AWS::Include"}}`, "here.Fn::Transform", "AWS::Include"},
		{"equals outside", `{"Fn::Equals": [1, 1]}`, "here.Fn::Equals", "a function of Conditions"},

		{"sub missing", `{"Fn::Sub": "a${Nowhere}"}`, "here.Fn::Sub", `"Nowhere"`},
		{"sub missing attribute", `{"Fn::Sub": "a${Nowhere.Arn}"}`, "here.Fn::Sub", `"Nowhere"`},
		{"sub open", `{"Fn::Sub": "a${Env"}`, "here.Fn::Sub", "has no }"},
		{"sub empty", `{"Fn::Sub": "${}"}`, "here.Fn::Sub", "${} is no variable"},
		{"sub space", `{"Fn::Sub": "${ Env }"}`, "here.Fn::Sub", "is no variable"},
		{"sub list", `{"Fn::Sub": "${Zones}"}`, "here.Fn::Sub", `got ["a","b","c"]`},
		{"sub no value", `{"Fn::Sub": "${AWS::NoValue}"}`, "here.Fn::Sub", "AWS::NoValue"},
		{"sub function", `{"Fn::Sub": {"Ref": "Env"}}`, "here.Fn::Sub", `got {"Ref":"Env"}`},
		{"sub map function", `{"Fn::Sub": ["a", {"Ref": "Env"}]}`, "here.Fn::Sub", "want an object of values"},
		{"sub three", `{"Fn::Sub": ["a", {}, 1]}`, "here.Fn::Sub", "want a text"},
		{"join text", `{"Fn::Join": ["", "abc"]}`, "here.Fn::Join", `got "abc"`},
		{"join half opaque", `{"Fn::Join": ["", {"Fn::Sub": "a${Role}"}]}`, "here.Fn::Join", "want a list"},
		{"join nested", `{"Fn::Join": ["", [["a"]]]}`, "here.Fn::Join", "element 0"},
		{"join delimiter", `{"Fn::Join": [{"Ref": "Env"}, []]}`, "here.Fn::Join", "text as the delimiter"},
		{"join zones", `{"Fn::Join": ["", ["a", {"Fn::GetAZs": ""}]]}`, "here.Fn::Join", "element 1"},
		{"select beyond", `{"Fn::Select": [2, ["a", "b"]]}`, "here.Fn::Select", "index 2 is beyond"},
		{"select negative", `{"Fn::Select": [-1, ["a"]]}`, "here.Fn::Select", `got "-1"`},
		{"select word", `{"Fn::Select": ["x", ["a"]]}`, "here.Fn::Select", `got "x"`},
		{"select text", `{"Fn::Select": [0, "a"]}`, "here.Fn::Select", `got "a"`},
		{"select one", `{"Fn::Select": [0]}`, "here.Fn::Select", "got [0]"},
		{"split opaque", `{"Fn::Split": ["-", {"Ref": "Role"}]}`, "here.Fn::Split", "parts that only AWS knows"},
		{"split opaque ARN", `{"Fn::Split": [":", {"Fn::GetAtt": ["Thing", "Arn"]}]}`, "here.Fn::Split", "parts that only AWS knows"},
		{"split ARN at slash", `{"Fn::Split": ["/", {"Fn::GetAtt": ["Role", "Arn"]}]}`, "here.Fn::Split", "parts that only AWS knows"},
		{"split joined ARN", `{"Fn::Split": [":", {"Fn::Sub": "arn:${Thing}"}]}`, "here.Fn::Split", "parts that only AWS knows"},
		{"split dynamic", `{"Fn::Split": [",", "{{resolve:ssm:/x}}"]}`, "here.Fn::Split", "before it resolves dynamic"},
		{"split empty", `{"Fn::Split": ["", "a"]}`, "here.Fn::Split", "empty one"},
		{"if missing", `{"Fn::If": ["Nowhere", 1, 2]}`, "here.Fn::If", `no condition "Nowhere"`},
		{"if two", `{"Fn::If": ["IsProd", 1]}`, "here.Fn::If", "got"},
		{"if function", `{"Fn::If": [{"Condition": "IsProd"}, 1, 2]}`, "here.Fn::If", "name of a condition"},
		{"if empty", `{"Fn::If": ["", 1, 2]}`, "here.Fn::If", "name of a condition"},
		{"if branch", `{"Fn::If": ["IsProd", {"Ref": "Nowhere"}, 2]}`, "here.Fn::If[1].Ref", "Nowhere"},
		{"condition on secret", `{"Fn::If": ["OnSecret", 1, 2]}`, "here.Fn::If", "known only to AWS"},
		{"condition on SSM", `{"Fn::If": ["OnImage", 1, 2]}`, "here.Fn::If", "known only to AWS"},
		{"condition on resource", `{"Fn::If": ["OnResource", 1, 2]}`, "here.Fn::If", "Conditions may only use"},
		{"condition on import", `{"Fn::If": ["OnImport", 1, 2]}`, "here.Fn::If", "not allowed in Conditions"},
		{"if in condition", `{"Fn::If": ["UsesIf", 1, 2]}`, "here.Fn::If", "not in Conditions"},
		{"and of one", `{"Fn::If": ["One", 1, 2]}`, "here.Fn::If", "2 to 10"},
		{"not of literal", `{"Fn::If": ["Literal", 1, 2]}`, "here.Fn::If", "got true"},
		{"condition missing", `{"Fn::If": ["Missing", 1, 2]}`, "here.Fn::If", `"Nowhere"`},
		{"condition function", `{"Fn::If": ["Unknown", 1, 2]}`, "here.Fn::If", "Fn::Contains is no condition function"},
		{"map missing", `{"Fn::FindInMap": ["N", "a", "b"]}`, "here.Fn::FindInMap", `no mapping "N"`},
		{"map key", `{"Fn::FindInMap": ["M", "a", "b"]}`, "here.Fn::FindInMap", `["a"]["b"]`},
		{"map opaque", `{"Fn::FindInMap": ["M", {"Ref": "Role"}, "b"]}`, "here.Fn::FindInMap", "⟨s/Role⟩"},
		{"map default", `{"Fn::FindInMap": ["M", "a", "b", {"DefaultValue": 1}]}`, "here.Fn::FindInMap", "LanguageExtensions"},
		{"map object", `{"Fn::FindInMap": ["M", "odd", "map"]}`, "here.Fn::FindInMap", `{"a":"b"}`},
		{"map two", `{"Fn::FindInMap": ["M", "a"]}`, "here.Fn::FindInMap", "got"},
		{"import empty", `{"Fn::ImportValue": ""}`, "here.Fn::ImportValue", "empty text"},
		{"import list", `{"Fn::ImportValue": ["a"]}`, "here.Fn::ImportValue", `got ["a"]`},
		{"base64 list", `{"Fn::Base64": ["a"]}`, "here.Fn::Base64", `got ["a"]`},
		{"zones list", `{"Fn::GetAZs": []}`, "here.Fn::GetAZs", "got []"},
		{"dynamic open", `"a{{resolve:ssm:/x"`, "here", "has no end"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := NewResolver(parsed(t, sections), Options{}).Value("here", json.RawMessage(test.raw))
			if err == nil {
				t.Fatalf("%s is %s, want a problem", test.raw, asJSON(t, got))
			}
			var p Problem
			if !errors.As(err, &p) || p.Stack != "s" || p.File != "s.json" {
				t.Errorf("error %#v is no problem of stack s", err)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %q does not tell %q", err, test.want)
			}
			var all Problems
			if !errors.As(err, &all) || !slices.ContainsFunc(all, func(p Problem) bool { return p.Path == test.path }) {
				t.Errorf("error %q has no path %q", err, test.path)
			}
		})
	}
}

func TestProperties(t *testing.T) {
	s := parsed(t, sections)
	r := NewResolver(s, Options{})
	want := []string{"Broken", "Here", "Named", "Role", "Table", "Thing"}
	if got := r.Resources(); !slices.Equal(got, want) {
		t.Errorf("resources %q, want %q", got, want)
	}
	got, err := r.Properties("Named")
	if err != nil || !reflect.DeepEqual(got, map[string]any{"RoleName": "rows-prod", "Path": "/p/"}) {
		t.Errorf("Named has %v, %v", got, err)
	}
	if got, err := r.Properties("Role"); err != nil || got == nil || len(got) != 0 {
		t.Errorf("Role has %v, %v", got, err)
	}
	for id, want := range map[string]string{
		"Gone": "does not exist", "Nowhere": `no resource "Nowhere"`, "Broken": "depends on itself",
	} {
		if _, err := r.Properties(id); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Properties(%s) tells %v, want %q", id, err, want)
		}
	}
	// The caller may change what it got.
	got["Path"] = "changed"
	if again, _ := r.Properties("Named"); again["Path"] != "/p/" {
		t.Error("the properties are shared with the caller")
	}
}

func TestPropertiesCollectsProblems(t *testing.T) {
	s := parsed(t, `{"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {
		"RoleName": {"Ref": "A"}, "Policies": [{"PolicyName": "p", "PolicyDocument": {"Fn::GetAtt": ["B", "C"]}}], "Path": {"Fn::Foo": 1}}}}}`)
	_, err := NewResolver(s, Options{}).Properties("R")
	var all Problems
	if !errors.As(err, &all) || len(all) != 3 {
		t.Fatalf("problems %v", err)
	}
	var paths []string
	for _, p := range all {
		paths = append(paths, p.Path)
		if p.LogicalID != "R" {
			t.Errorf("problem of %q", p.LogicalID)
		}
	}
	want := []string{"Properties.Path.Fn::Foo", "Properties.Policies[0].PolicyDocument.Fn::GetAtt", "Properties.RoleName.Ref"}
	if !slices.Equal(paths, want) {
		t.Errorf("paths %q, want %q", paths, want)
	}
	const line = `resolve template of stack s (s.json): R: Properties.RoleName.Ref: "A" is no resource`
	if !strings.Contains(err.Error(), line) {
		t.Errorf("error %q does not have %q", err, line)
	}
}

// TestPropertiesByHand reads properties that did not go through the reader of templates.
func TestPropertiesByHand(t *testing.T) {
	for raw, want := range map[string]string{
		`[1]`:                                   "want an object",
		`{`:                                     "no JSON",
		`{"Fn::If": ["C", {}, {}]}`:             "made by Fn::If",
		`{"Fn::Transform": {}, "TableName": 1}`: "made by Fn::",
	} {
		s := &Stack{Name: "s", Environment: testEnvironment, Template: Template{Resources: map[string]Resource{
			"R": {Type: "AWS::DynamoDB::Table", Properties: json.RawMessage(raw)},
		}}}
		r := NewResolver(s, Options{})
		if got, err := r.Properties("R"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("properties %s give %v, %v; want %q", raw, got, err, want)
		}
		if got, err := r.Name("R"); err == nil {
			t.Errorf("properties %s give the name %q", raw, got)
		}
	}
}

func TestOptions(t *testing.T) {
	o := Options{
		Parameters: map[string]string{"Env": "test", "None": "n", "Zones": "z", "Images": "/other"},
		Imports: func(name string) (any, bool) {
			return []any{"x", json.Number("1")}, name == "known"
		},
		Attribute: func(id, name string) (any, bool) {
			known := map[string]string{"Role.": "real-role", "Thing.Arn": "arn:real", "Table.Arn": "arn:local"}
			v, ok := known[id+"."+name]
			return v, ok
		},
		Dynamic: func(reference string) (string, bool) {
			return "a,b", reference == "{{resolve:ssm:/x}}" || reference == "{{resolve:ssm:/other}}"
		},
	}
	r := NewResolver(parsed(t, sections), o)
	for raw, want := range map[string]string{
		`{"Ref": "Env"}`:                          `"test"`,
		`{"Ref": "None"}`:                         `"n"`,
		`{"Ref": "Zones"}`:                        `["z"]`,
		`{"Ref": "Image"}`:                        `"⟨{{resolve:ssm:/image}}⟩"`,
		`{"Ref": "Images"}`:                       `["a","b"]`,
		`{"Fn::If": ["IsTest", 1, 2]}`:            `1`,
		`{"Fn::ImportValue": "known"}`:            `["x",1]`,
		`{"Fn::ImportValue": "unknown"}`:          `"⟨import:unknown⟩"`,
		`{"Ref": "Role"}`:                         `"real-role"`,
		`{"Fn::GetAtt": ["Role", "Arn"]}`:         `"arn:aws:iam::111111111111:role/real-role"`,
		`{"Fn::GetAtt": ["Thing", "Arn"]}`:        `"arn:real"`,
		`{"Fn::GetAtt": ["Table", "StreamArn"]}`:  `"arn:local/stream/⟨s/Table.StreamLabel⟩"`,
		`"x{{resolve:ssm:/x}}{{resolve:ssm:/y}}"`: `"xa,b⟨{{resolve:ssm:/y}}⟩"`,
	} {
		got, err := r.Value("here", json.RawMessage(raw))
		if err != nil || asJSON(t, got) != want {
			t.Errorf("%s is %v, %v; want %s", raw, got, err, want)
		}
	}
	if arn, err := r.Arn("Table"); arn != "arn:local" || err != nil {
		t.Errorf("ARN %q, %v", arn, err)
	}
}

func TestOutputs(t *testing.T) {
	s := parsed(t, `{"Conditions": {"No": {"Fn::Equals": ["a", "b"]}},
		"Resources": {"R": {"Type": "AWS::IAM::Role"}},
		"Outputs": {
			"A": {"Value": {"Fn::GetAtt": ["R", "Arn"]}, "Description": "d", "Export": {"Name": {"Fn::Sub": "${AWS::StackName}-a"}}},
			"B": {"Value": "b"},
			"C": {"Value": {"Ref": "X"}, "Condition": "No", "Export": {"Name": "c"}},
			"D": {"Value": {"Ref": "X"}}}}`)
	r := NewResolver(s, Options{})
	const arn = "arn:aws:iam::111111111111:role/⟨s/R⟩"
	if v, err := r.Output("A"); v != arn || err != nil {
		t.Errorf("A is %v, %v", v, err)
	}
	for name, want := range map[string]string{"C": "output C does not exist", "D": "Outputs.D.Value.Ref", "E": `no output "E"`} {
		if _, err := r.Output(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("output %s tells %v, want %q", name, err, want)
		}
	}
	if got, err := r.Exports(); err != nil || !reflect.DeepEqual(got, map[string]any{"s-a": arn}) {
		t.Errorf("exports %v, %v", got, err)
	}
}

func TestExportProblems(t *testing.T) {
	for outputs, want := range map[string]string{
		`{"A": {"Value": 1, "Export": {"Name": "x"}}, "B": {"Value": 2, "Export": {"Name": "x"}}}`: `the export "x" stands twice`,
		`{"A": {"Value": 1, "Export": {"Name": {"Ref": "R"}}}}`:                                    `"⟨s/R⟩" of an export is not known`,
		`{"A": {"Value": 1, "Export": {"Name": ""}}}`:                                              `the name "" of an export`,
		`{"A": {"Value": {"Ref": "X"}, "Export": {"Name": "x"}}}`:                                  "Outputs.A.Value.Ref",
		`{"A": {"Value": 1, "Condition": "X", "Export": {"Name": "x"}}}`:                           `no condition "X"`,
	} {
		s := parsed(t, `{"Resources": {"R": {"Type": "AWS::IAM::Role"}}, "Outputs": `+outputs+`}`)
		if got, err := NewResolver(s, Options{}).Exports(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("exports of %s are %v, %v; want %q", outputs, got, err, want)
		}
	}
}

// unresolved is where an intrinsic function or an internal value is left in a result.
func unresolved(v any) string {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if isIntrinsic(k) {
				return k
			}
			if where := unresolved(e); where != "" {
				return k + "." + where
			}
		}
	case []any:
		for _, e := range v {
			if where := unresolved(e); where != "" {
				return "[]." + where
			}
		}
	case string, json.Number, bool:
	default:
		return reflect.TypeOf(&v).Elem().String() + " " + describe(v)
	}
	return ""
}
