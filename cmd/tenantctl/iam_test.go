package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
)

// rolePolicy is like that of a function with tables, search, uploads and logs.
const rolePolicy = `{"Version": "2012-10-17", "Statement": [
{"Sid": "ReadRows%[1]s", "Effect": "Allow", "Action": ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"], "Resource": ["arn:aws:dynamodb:eu-central-1:111111111111:table/kittens_cell_eu-1_breeds"],
 "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["12345"]}, "ForAnyValue:StringLike": {"dynamodb:LeadingKeys": ["*"]}, "Null": {"dynamodb:LeadingKeys": ["false"]}}},
{"Sid": "ReadWriteRows", "Effect": "Allow", "Action": ["dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"],
 "Resource": ["arn:aws:dynamodb:eu-central-1:111111111111:table/kittens_cell_eu-1_kittens", "arn:aws:dynamodb:eu-central-1:111111111111:table/kittens_cell_eu-1_tasks"],
 "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["12345"]}, "ForAnyValue:StringLike": {"dynamodb:LeadingKeys": ["*"]}, "Null": {"dynamodb:LeadingKeys": ["false"]}}},
{"Sid": "UseIndex", "Effect": "Allow", "Action": ["es:ESHttpPost"], "Resource": ["arn:aws:es:eu-central-1:111111111111:domain/kittens-eu-1-78828d64/12345/_bulk", "arn:aws:es:eu-central-1:111111111111:domain/kittens-eu-1-78828d64/12345/_search"]},
{"Sid": "GetUploads", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::kittens-uploads-111111111111-eu-central-1/uploads/12345/*"]},
{"Sid": "WriteLogs", "Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": ["arn:aws:logs:eu-central-1:111111111111:log-group:/kittens/tenant/super-awesome-customer/admin:*"]},
{"Sid": "WriteTraces", "Effect": "Allow", "Action": ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], "Resource": ["*"]}]}`

// BenchmarkSimulate decides requests of a batch, under one policy and under a new one each.
func BenchmarkSimulate(b *testing.B) {
	for _, name := range []string{"same policy", "new policies"} {
		b.Run(name, func(b *testing.B) {
			var batch bytes.Buffer
			for i := range b.N {
				sid := ""
				if name == "new policies" {
					sid = fmt.Sprint(i)
				}
				fmt.Fprintf(&batch, `{"policies":{"identity":[%s]},"request":{"principal":"arn:aws:iam::111111111111:role/r","action":"dynamodb:GetItem","resource":"arn:aws:dynamodb:eu-central-1:111111111111:table/kittens_cell_eu-1_kittens","context":{"dynamodb:LeadingKeys":["%d"]}}}`+"\n",
					fmt.Sprintf(strings.ReplaceAll(rolePolicy, "\n", ""), sid), i)
			}
			b.ResetTimer()
			if err := simulate(&batch, io.Discard, false); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "decisions/s")
		})
	}
}
