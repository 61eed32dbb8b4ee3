package iam

import (
	"fmt"
	"testing"
)

// functionPolicy is like that of a function with tables, search, uploads and logs.
const functionPolicy = `{"Version": "2012-10-17", "Statement": [
{"Sid": "ReadRows", "Effect": "Allow", "Action": ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"],
 "Resource": ["arn:aws:dynamodb:eu-west-1:111122223333:table/breeds"],
 "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["12345"]}, "ForAnyValue:StringLike": {"dynamodb:LeadingKeys": ["*"]}, "Null": {"dynamodb:LeadingKeys": ["false"]}}},
{"Sid": "ReadWriteRows", "Effect": "Allow", "Action": ["dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem",
  "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"],
 "Resource": ["arn:aws:dynamodb:eu-west-1:111122223333:table/kittens", "arn:aws:dynamodb:eu-west-1:111122223333:table/rows"],
 "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["12345"]}, "ForAnyValue:StringLike": {"dynamodb:LeadingKeys": ["*"]}, "Null": {"dynamodb:LeadingKeys": ["false"]}}},
{"Sid": "UseIndex", "Effect": "Allow", "Action": "es:ESHttpPost", "Resource": ["arn:aws:es:eu-west-1:111122223333:domain/kittens/12345/_bulk",
  "arn:aws:es:eu-west-1:111122223333:domain/kittens/12345/_search"]},
{"Sid": "GetUploads", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::uploads/12345/*"},
{"Sid": "WriteLogs", "Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "arn:aws:logs:eu-west-1:111122223333:log-group:/kittens:*"}]}`

func BenchmarkEvaluate(b *testing.B) {
	document, err := Parse([]byte(functionPolicy), Identity)
	if err != nil {
		b.Fatal(err)
	}
	p := Policies{Identity: []Document{document}}
	for _, test := range []struct{ name, action, resource, key string }{
		{"own row", "dynamodb:GetItem", tableArn, "12345"},
		{"foreign row", "dynamodb:GetItem", tableArn, "67890"},
		{"scan", "dynamodb:Scan", tableArn, "12345"},
		{"upload", "s3:GetObject", "arn:aws:s3:::uploads/12345/a/b.jpg", "12345"},
	} {
		r := Request{Principal: roleArn, Action: test.action, Resource: test.resource, ResourceAccount: account, Context: Context{"dynamodb:LeadingKeys": {test.key}}}
		b.Run(fmt.Sprint(test.name, " ", Evaluate(p, r).Result), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Evaluate(p, r)
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	data := []byte(functionPolicy)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(data, Identity); err != nil {
			b.Fatal(err)
		}
	}
}
