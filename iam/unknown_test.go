package iam

import (
	"strings"
	"testing"
)

func TestUnknownAction(t *testing.T) {
	for action, want := range map[string]string{
		"s3:GetObject": "", "S3:getobject": "", "s3:*": "", "s3:Get*": "", "s3:GetObjec?": "", "*": "", "*:*": "", "s3*:GetObjekt": "",
		"amplifybackend:Whatever": "", "amplifybackend:*": "", "AmplifyBackend:x": "", "no colon": "",
		"s3:GetObjekt":            "did you mean s3:GetObject?",
		"s3:Get Object":           "did you mean s3:GetObject?",
		"dynamodb:GetItems":       "did you mean dynamodb:GetItem?",
		"DYNAMODB:QUERRY":         "did you mean dynamodb:Query?",
		"dynamo:GetItem":          "no service has the prefix \"dynamo\"",
		"dynamodbb:getitem":       "did you mean dynamodb:GetItem?",
		"dynamodbb:GetItm":        "did you mean dynamodb:GetItem?",
		"lamda:InvokeFunction":    "did you mean lambda:InvokeFunction?",
		"amplifybakend:Something": "did you mean the service amplifybackend?",
		"qqqqqqqqqqqq:GetItem":    "no service has the prefix \"qqqqqqqqqqqq\"",
		"s3:Frobnicate":           "the nearest is s3:",
		"s3:Gett*":                "covers no action of s3",
		"dynamodb:":               "has no such action",
	} {
		got := UnknownAction(action)
		if want == "" && got != "" || want != "" && (!strings.Contains(got, want) || !strings.HasPrefix(got, "\""+action+"\": ")) {
			t.Errorf("UnknownAction(%q) = %q, want %q", action, got, want)
		}
	}
}

// No action of the reference is unknown, and each of them with a letter more is, with itself as the one that was meant.
func TestUnknownActionsOfTheReference(t *testing.T) {
	for _, service := range Services() {
		for _, a := range ExpandAction(service + ":*") {
			if got := UnknownAction(a.String()); got != "" {
				t.Errorf("%s: %s", a, got)
			}
		}
		first := ExpandAction(service + ":*")[0].String()
		if got := UnknownAction(first + "q"); got == "" || !strings.Contains(got, first) {
			t.Errorf("%sq: %q, want it to name %s", first, got, first)
		}
	}
}

func TestUnknownActionsOfADocument(t *testing.T) {
	d, err := Parse([]byte(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Deny","Action":["s3:GetObject","s3:GetObjekt"],"Resource":"*"},
		{"Effect":"Allow","NotAction":"s3:Putt*","Resource":"*"},
		{"Effect":"Allow","Action":"amplifybackend:x","Resource":"*"}]}`), Identity)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, p := range d.UnknownActions() {
		paths = append(paths, p.Path)
	}
	if got, want := strings.Join(paths, " "), "Statement[0].Action[1] Statement[1].NotAction[0]"; got != want {
		t.Errorf("paths %q, want %q", got, want)
	}
}
