package iam

import "testing"

func TestMatchAction(t *testing.T) {
	tests := []struct {
		pattern, action string
		want            bool
	}{
		// IAM User Guide, "IAM JSON policy elements: Action".
		{"s3:GetObject", "s3:GetObject", true},
		{"iam:listaccesskeys", "IAM:ListAccessKeys", true},
		{"s3:*", "s3:PutObject", true},
		{"iam:*AccessKey*", "iam:UpdateAccessKey", true},
		{"iam:*accesskey*", "iam:UpdateAccessKey", true},
		{"iam:*AccessKey*", "iam:UpdateUser", false},
		{"*", "dynamodb:Scan", true},
		{"*:*", "dynamodb:Scan", true},
		{"dynamodb:Get?tem", "dynamodb:GetItem", true},
		{"dynamodb:Get?tem", "dynamodb:Gettem", false},
		{"dynamodb:Get", "dynamodb:GetItem", false},
		{"s3:*", "s3-outposts:GetObject", false},
		{"?3:GetObject", "s3:GetObject", true},
	}
	for _, test := range tests {
		if got := MatchAction(test.pattern, test.action); got != test.want {
			t.Errorf("MatchAction(%q, %q) = %v", test.pattern, test.action, got)
		}
	}
}

func TestMatchResource(t *testing.T) {
	tests := []struct {
		pattern, resource string
		want              bool
	}{
		// IAM User Guide, "IAM JSON policy elements: Resource".
		{"arn:aws:iam::111122223333:user/Bob", "arn:aws:iam::111122223333:user/Bob", true},
		{"arn:aws:iam::111122223333:user/Bob", "arn:aws:iam::111122223333:user/bob", false},
		{"arn:aws:iam::111122223333:user/accounting/*", "arn:aws:iam::111122223333:user/accounting/eu/Ann", true},
		{"arn:aws:s3:::bucket/*/test/*", "arn:aws:s3:::bucket/1/test/object.jpg", true},
		{"arn:aws:s3:::bucket/*/test/*", "arn:aws:s3:::bucket/1/2/test/3/object.jpg", true},
		{"arn:aws:s3:::bucket/*/test/*", "arn:aws:s3:::bucket/1-test/object.jpg", false},
		{"arn:aws:s3:::bucket/*/test/*", "arn:aws:s3:::bucket/test/object.jpg", false},
		{"arn:aws:dynamodb:*", "arn:aws:dynamodb:eu-central-1:111122223333:table/t", true},
		{"arn:aws:s3:::*", "arn:aws:s3:::bucket/key:with:colons", true},
		{"arn:aws:s3:::b?cket", "arn:aws:s3:::bücket", true},
		{"arn:aws:s3:::a??b", "arn:aws:s3:::aüb", false},
		{"arn:aws:s3:::acme", "arn:aws:s3:::acme-eu", false},
		{"arn:aws:s3:::acme*", "arn:aws:s3:::acme-eu", true},
		{"*", "*", true},
		{"arn:aws:s3:::\x01", "arn:aws:s3:::*", true},
		{"arn:aws:s3:::\x01", "arn:aws:s3:::x", false},
		{"arn:aws:s3:::\x02", "arn:aws:s3:::?", true},
		{"arn:aws:s3:::\x02", "arn:aws:s3:::x", false},
	}
	for _, test := range tests {
		if got := MatchResource(test.pattern, test.resource); got != test.want {
			t.Errorf("MatchResource(%q, %q) = %v", test.pattern, test.resource, got)
		}
	}
}

func TestMatchArn(t *testing.T) {
	// IAM User Guide, "IAM JSON policy elements: Condition operators".
	const pattern = "arn:aws:someservice:*:111122223333:finance/*"
	const arn = "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt"
	if matchArn(pattern, arn) {
		t.Error("an asterisk of ArnLike reaches over a colon")
	}
	if !glob(pattern, arn) {
		t.Error("an asterisk of StringLike does not reach over a colon")
	}
	tests := []struct {
		pattern, arn string
		want         bool
	}{
		{"arn:aws:sns:*:111122223333:topic", "arn:aws:sns:eu-west-1:111122223333:topic", true},
		{"arn:aws:sns:*:111122223333:Topic", "arn:aws:sns:eu-west-1:111122223333:topic", false},
		{"arn:*:logs:*:*:log-group:*", "arn:aws:logs:eu-west-1:1:log-group:a:b", true},
		{"arn:aws:sns:*", "arn:aws:sns:eu-west-1:111122223333:topic", false},
		{"*", "arn:aws:sns:eu-west-1:111122223333:topic", false},
		{"arn:aws:sns:*:*:*", "no ARN", false},
	}
	for _, test := range tests {
		if got := matchArn(test.pattern, test.arn); got != test.want {
			t.Errorf("matchArn(%q, %q) = %v", test.pattern, test.arn, got)
		}
	}
}
