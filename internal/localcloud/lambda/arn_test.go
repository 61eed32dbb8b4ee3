package lambda

import (
	"net/http/httptest"
	"testing"
)

func TestParseReference(t *testing.T) {
	tests := []struct{ text, want string }{
		{"probe", probeARN},
		{"probe:live", probeARN + ":live"},
		{"probe:$LATEST", probeARN + ":$LATEST"},
		{"function:probe", probeARN},
		{testAccount + ":function:probe:7", probeARN + ":7"},
		{probeARN + ":live", probeARN + ":live"},
		{"arn:aws-cn:lambda:cn-north-1:222222222222:function:x", "arn:aws-cn:lambda:cn-north-1:222222222222:function:x"},
		{"arn:aws-us-gov:lambda:us-gov-west-1:222222222222:function:x", "arn:aws-us-gov:lambda:us-gov-west-1:222222222222:function:x"},
		{"arn:aws:lambda:eu-central-1:function:x", ""},
		{"arn:aws:s3:::bucket", ""},
		{"", ""},
		{"a b", ""},
		{"probe/other", ""},
		{"probe:*", ""},
		{"probe:live:live", ""},
		{"probe\n", ""},
	}
	for _, test := range tests {
		r, problem := parseReference(test.text, testRegion, testAccount)
		if got := r.arn(); problem == nil && got != test.want || problem != nil && test.want != "" {
			t.Errorf("%q: %q, %v; want %q", test.text, got, problem, test.want)
		}
	}
}

func TestSplitARN(t *testing.T) {
	for arn, want := range map[string][2]string{
		probeARN:           {probeARN, ""},
		probeARN + ":live": {probeARN, "live"},
		"probe":            {"probe", ""},
		"arn:aws:lambda":   {"arn:aws:lambda", ""},
		"":                 {"", ""},
	} {
		if function, qualifier := splitARN(arn); [2]string{function, qualifier} != want {
			t.Errorf("%q: %q and %q, want %q", arn, function, qualifier, want)
		}
	}
}

func TestClassify(t *testing.T) {
	tests := []struct{ method, path, action, function string }{
		{"POST", "/2015-03-31/functions/probe/invocations", "lambda:InvokeFunction", "probe"},
		{"POST", "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-central-1%3A111111111111%3Afunction%3Aprobe/invocations", "lambda:InvokeFunction", probeARN},
		{"POST", "/2015-03-31/functions/a%2Fb/invocations", "lambda:InvokeFunction", "a/b"},
		{"GET", "/2015-03-31/functions", "lambda:ListFunctions", ""},
		{"GET", "/2015-03-31/functions/", "lambda:ListFunctions", ""},
		{"DELETE", "/2015-03-31/functions/probe/policy/sid", "lambda:RemovePermission", "probe"},
		{"GET", "/2015-03-31/functions/probe/policy/sid", "", ""},
		{"GET", "/2015-03-31/functions/probe/invocations", "", ""},
		{"POST", "/2015-03-31/functions/probe/invocations/x", "", ""},
		{"POST", "/2015-03-31/functions/../invocations", "", ""},
		{"POST", "/2015-03-31/functions/%2e%2e/invocations", "", ""},
		{"POST", "/2015-03-31//functions/probe/invocations", "", ""},
		{"POST", "/2015-03-31/functions/probe%/invocations", "", ""},
		{"POST", "/2099-01-01/functions/probe/invocations", "", ""},
		{"GET", "/", "", ""},
	}
	for _, test := range tests {
		r := httptest.NewRequest("GET", "/", nil)
		r.Method = test.method
		r.URL.Path, r.URL.RawPath = "", ""
		if u, err := r.URL.Parse(test.path); err == nil {
			r.URL = u
		}
		if op, ok := classify(r); ok != (test.action != "") || ok && (op.action != test.action || op.function != test.function) {
			t.Errorf("%s %s: %+v, %t; want %s of %q", test.method, test.path, op, ok, test.action, test.function)
		}
	}
}
