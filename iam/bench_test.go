package iam

import "testing"

// functionPolicy is like that of a function with tables, search, uploads and logs.
const functionPolicy = `{"Version": "2012-10-17", "Statement": [
{"Sid": "ReadRows", "Effect": "Allow", "Action": ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"], "Resource": ["arn:aws:dynamodb:eu-central-1:111111111111:table/kittens_cell_eu-1_breeds"],
 "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["12345"]}, "ForAnyValue:StringLike": {"dynamodb:LeadingKeys": ["*"]}, "Null": {"dynamodb:LeadingKeys": ["false"]}}},
{"Sid": "ReadWriteRows", "Effect": "Allow", "Action": ["dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"],
 "Resource": ["arn:aws:dynamodb:eu-central-1:111111111111:table/kittens_cell_eu-1_kittens", "arn:aws:dynamodb:eu-central-1:111111111111:table/kittens_cell_eu-1_tasks"],
 "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["12345"]}, "ForAnyValue:StringLike": {"dynamodb:LeadingKeys": ["*"]}, "Null": {"dynamodb:LeadingKeys": ["false"]}}},
{"Sid": "UseIndex", "Effect": "Allow", "Action": ["es:ESHttpPost"], "Resource": ["arn:aws:es:eu-central-1:111111111111:domain/kittens-eu-1-78828d64/12345/_bulk", "arn:aws:es:eu-central-1:111111111111:domain/kittens-eu-1-78828d64/12345/_search"]},
{"Sid": "GetUploads", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::kittens-uploads-111111111111-eu-central-1/uploads/12345/*"]},
{"Sid": "WriteLogs", "Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": ["arn:aws:logs:eu-central-1:111111111111:log-group:/kittens/tenant/super-awesome-customer/admin:*"]},
{"Sid": "WriteTraces", "Effect": "Allow", "Action": ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], "Resource": ["*"]}]}`

func BenchmarkParse(b *testing.B) {
	text := []byte(functionPolicy)
	if _, err := Parse(text, Identity); err != nil { // and the reference's own parsing, once
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(text, Identity); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEvaluate(b *testing.B) {
	d, err := Parse([]byte(functionPolicy), Identity)
	if err != nil {
		b.Fatal(err)
	}
	policies := Policies{Identity: []Document{d}}
	const rows = "arn:aws:dynamodb:eu-central-1:111111111111:table/kittens_cell_eu-1_kittens"
	for _, test := range []struct {
		name, action, resource, tenant string
		want                           Result
	}{
		{"own row", "dynamodb:GetItem", rows, "12345", Allowed},
		{"foreign row", "dynamodb:GetItem", rows, "67890", ImplicitlyDenied},
		{"scan", "dynamodb:Scan", rows, "12345", ImplicitlyDenied},
		{"upload", "s3:GetObject", "arn:aws:s3:::kittens-uploads-111111111111-eu-central-1/uploads/12345/a/b.jpg", "", Allowed},
		{"last statement", "xray:PutTraceSegments", "*", "", Allowed},
	} {
		r := Request{Principal: "arn:aws:sts::111111111111:assumed-role/r/s", Action: test.action, Resource: test.resource, Context: Context{}}
		if test.tenant != "" {
			r.Context["dynamodb:LeadingKeys"] = []string{test.tenant}
		}
		if got := Evaluate(policies, r).Result; got != test.want {
			b.Fatalf("%s: %s, want %s", test.name, got, test.want)
		}
		b.Run(test.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Evaluate(policies, r)
			}
		})
	}
}
