package templates

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/plan"
)

// TestCloud has each way to ask for a taken name once, and what looks like one.
func TestCloud(t *testing.T) {
	const (
		role      = `"Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "reader", "Path": "/a/"}}`
		table     = `"Table": {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Retain", "Properties": {"TableName": "rows", "KeySchema": [{"AttributeName": "a"}]}}`
		stream    = `, "Stream": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {"FunctionName": "f", "EventSourceArn": {"Fn::GetAtt": ["Table", "StreamArn"]}}}`
		bucket    = `"Bucket": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "RetainExceptOnCreate", "Properties": {"BucketName": "files"}}`
		policy    = `, "Policy": {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "Bucket"}}}`
		api       = `"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "x"}}, "Stage": {"Type": "AWS::ApiGateway::Stage", "Properties": {"RestApiId": {"Fn::Sub": "${Api}"}, "StageName": "api"}}`
		edge      = `"Edge": {"Type": "AWS::CloudFront::Function", "Properties": {"Name": "router"}}`
		site      = `"Site": {"Type": "AWS::CloudFront::Distribution", "Properties": {"DistributionConfig": {"Aliases": ["a.example.com"]}}}`
		parameter = `"Parameter": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/a", "Value": "1"}}`
		filters   = `"One": {"Type": "AWS::Logs::MetricFilter", "Properties": {"LogGroupName": "g"}}, "Two": {"Type": "AWS::Logs::MetricFilter", "Properties": {"LogGroupName": "g"}}`
	)
	for _, test := range []struct {
		name          string
		before, after string
		// where the second template goes: another stack, another region, or after the first stack was destroyed.
		other, elsewhere, destroyed bool
		want                        string
	}{
		{name: "nothing changes", before: role, after: role},
		{name: "a path changes", before: role, after: strings.Replace(role, "/a/", "/b/", 1), want: "Path changes"},
		{name: "a path and the name change", before: role, after: strings.Replace(strings.Replace(role, "/a/", "/b/", 1), "reader", "writer", 1)},
		{name: "what can change in place", before: parameter, after: strings.Replace(parameter, `"1"`, `"2"`, 1)},
		{name: "a sort key changes", before: table, after: strings.Replace(table, `"a"`, `"b"`, 1), want: "KeySchema changes"},
		{name: "a type changes", before: role, after: strings.Replace(edge, "Edge", "Role", 1), want: "Type changes"},
		{name: "a logical id changes", before: role, after: strings.Replace(role, `"Role"`, `"Other"`, 1), want: `is taken by 1 r s Role`},
		{name: "a logical id changes, names in another case", before: role, after: strings.Replace(strings.Replace(role, `"Role"`, `"Other"`, 1), "reader", "READER", 1), want: `is taken by 1 r s Role`},
		{name: "two names are exchanged", before: parameter + "," + strings.NewReplacer("/a", "/b", "Parameter\":", "Second\":").Replace(parameter),
			after: strings.Replace(parameter, "/a", "/b", 1) + "," + strings.Replace(parameter, "Parameter\":", "Second\":", 1), want: "is taken by 1 r s Second"},
		{name: "another stack", before: parameter, after: parameter, other: true, want: "is taken by 1 r s Parameter"},
		{name: "another region", before: parameter, after: parameter, elsewhere: true},
		{name: "another region, where names count in the account", before: role, after: role, elsewhere: true, want: "is taken by 1 r s Role"},
		{name: "another region, a function of CloudFront", before: edge, after: edge, elsewhere: true, want: "is taken by 1 r s Edge"},
		{name: "another region, where names count in the world", before: bucket, after: bucket, elsewhere: true, want: "is taken by 1 r s Bucket"},
		{name: "another region, a host name", before: site, after: site, elsewhere: true, want: "is taken by 1 r s Site"},
		{name: "a destroyed stack", before: role, after: role, destroyed: true},
		{name: "a destroyed stack that left data", before: bucket + policy, after: bucket + policy, destroyed: true, want: "is taken by what 1 r s left behind"},
		{name: "what refers to a resource of another name", before: bucket + policy, after: strings.Replace(bucket, "files", "other", 1) + policy},
		{name: "what AWS names", before: api, after: api, other: true},
		{name: "filters that AWS names", before: filters, after: filters, other: true},
		{name: "two streams of a table", before: table + stream, after: strings.NewReplacer("Table\":", "T2\":", "rows", "r2", `["Table`, `["T2`, "Stream\":", "S2\":").Replace(table+stream) + "," + table + stream},
		{name: "a stream under another logical id", before: table + stream, after: table + strings.Replace(stream, "Stream\":", "S2\":", 1), want: "is taken by 1 r s Stream"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newCloud(loadRegistry(t))
			s := stack{name: "s", environment: plan.Environment{Account: "1", Region: "r"}}
			read := func(resources string) (out template) {
				if err := json.Unmarshal([]byte(`{"Resources": {`+resources+`}}`), &out); err != nil {
					t.Fatalf("%v: %s", err, resources)
				}
				return out
			}
			s.template = read(test.before)
			if met := c.deploy(s); len(met) > 0 {
				t.Fatalf("first deployment: %v", met)
			}
			if test.destroyed {
				c.destroy(s.key())
			}
			if test.other {
				s.name = "other"
			}
			if test.elsewhere {
				s.environment.Region = "elsewhere"
			}
			s.template = read(test.after)
			var met []string
			for _, found := range c.deploy(s) {
				met = append(met, found.String())
			}
			if got := strings.Join(met, "\n"); (test.want == "") != (got == "") || !strings.Contains(got, test.want) {
				t.Errorf("met %q, want %q", got, test.want)
			}
			if again := c.deploy(s); len(again) > 0 {
				t.Errorf("the same again: %v", again)
			}
		})
	}
}
