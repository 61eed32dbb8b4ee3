package cfn

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestNames names a resource R of each type: with a name as the template gives it, and
// without one.
func TestNames(t *testing.T) {
	const (
		here = ":eu-central-1:111111111111:"
		iam  = "arn:aws:iam::111111111111:"
	)
	for _, test := range []struct {
		resourceType, properties string
		// What Ref, Arn and some attributes return.
		name, arn  string
		attributes map[string]string
	}{
		{"AWS::IAM::Role", `{"RoleName": "n", "Path": "/a/b/"}`, "n", iam + "role/a/b/n", map[string]string{"Arn": iam + "role/a/b/n", "RoleId": "⟨s/R.RoleId⟩"}},
		{"AWS::IAM::Role", `{}`, "⟨s/R⟩", iam + "role/⟨s/R⟩", nil},
		{"AWS::IAM::Role", `{"RoleName": {"Ref": "AWS::NoValue"}}`, "⟨s/R⟩", iam + "role/⟨s/R⟩", nil},
		{"AWS::IAM::Role", `{"RoleName": {"Ref": "Other"}, "Path": {"Fn::Sub": "/${AWS::StackName}/"}}`, "⟨s/Other.Ref⟩", iam + "role/s/⟨s/Other.Ref⟩", nil},
		{"AWS::IAM::User", `{"UserName": "n"}`, "n", iam + "user/n", map[string]string{"Arn": iam + "user/n"}},
		{"AWS::IAM::Group", `{"GroupName": "n"}`, "n", iam + "group/n", map[string]string{"Arn": iam + "group/n"}},
		{"AWS::IAM::ManagedPolicy", `{"ManagedPolicyName": "n", "Path": "/p/"}`, iam + "policy/p/n", iam + "policy/p/n", map[string]string{"PolicyArn": iam + "policy/p/n"}},
		{"AWS::IAM::ManagedPolicy", `{}`, iam + "policy/⟨s/R⟩", iam + "policy/⟨s/R⟩", nil},
		{"AWS::IAM::Policy", `{"PolicyName": "n"}`, "⟨s/R⟩", "", map[string]string{"Id": "⟨s/R⟩"}},
		{"AWS::IAM::InstanceProfile", `{"InstanceProfileName": "n"}`, "n", iam + "instance-profile/n", nil},
		{"AWS::Lambda::Function", `{"FunctionName": "n"}`, "n", "arn:aws:lambda" + here + "function:n", map[string]string{"Arn": "arn:aws:lambda" + here + "function:n"}},
		{"AWS::Lambda::Alias", `{"Name": "live", "FunctionName": "f"}`, "arn:aws:lambda" + here + "function:f:live", "arn:aws:lambda" + here + "function:f:live", nil},
		{"AWS::Lambda::Alias", `{"Name": "live", "FunctionName": "arn:aws:lambda:us-east-1:222222222222:function:f"}`, "arn:aws:lambda:us-east-1:222222222222:function:f:live", "arn:aws:lambda:us-east-1:222222222222:function:f:live", nil},
		{"AWS::Lambda::Alias", `{"Name": "live", "FunctionName": {"Ref": "Fn"}}`, "arn:aws:lambda" + here + "function:⟨s/Fn⟩:live", "arn:aws:lambda" + here + "function:⟨s/Fn⟩:live", nil},
		{"AWS::Lambda::Alias", `{"Name": "live", "FunctionName": {"Ref": "Other"}}`, "⟨s/R.FunctionName⟩:live", "⟨s/R.FunctionName⟩:live", nil},
		{"AWS::Lambda::Version", `{"FunctionName": {"Fn::GetAtt": ["Fn", "Arn"]}}`, "arn:aws:lambda" + here + "function:⟨s/Fn⟩:⟨s/R.Version⟩", "arn:aws:lambda" + here + "function:⟨s/Fn⟩:⟨s/R.Version⟩", map[string]string{"Version": "⟨s/R.Version⟩"}},
		{"AWS::Lambda::Url", `{"TargetFunctionArn": "f"}`, "arn:aws:lambda" + here + "function:f", "", map[string]string{"FunctionUrl": "⟨s/R.FunctionUrl⟩"}},
		{"AWS::Lambda::Url", `{"TargetFunctionArn": "f", "Qualifier": "live"}`, "⟨s/R.Ref⟩", "⟨s/R.Arn⟩", map[string]string{"FunctionArn": "⟨s/R.FunctionArn⟩"}},
		{"AWS::Lambda::LayerVersion", `{"LayerName": "l"}`, "arn:aws:lambda" + here + "layer:l:⟨s/R.Version⟩", "arn:aws:lambda" + here + "layer:l:⟨s/R.Version⟩", nil},
		{"AWS::Lambda::EventSourceMapping", `{}`, "⟨s/R⟩", "arn:aws:lambda" + here + "event-source-mapping:⟨s/R⟩", map[string]string{"Id": "⟨s/R⟩"}},
		{"AWS::Lambda::Permission", `{}`, "⟨s/R⟩", "", nil},
		{"AWS::DynamoDB::Table", `{"TableName": "n"}`, "n", "arn:aws:dynamodb" + here + "table/n", map[string]string{"StreamArn": "arn:aws:dynamodb" + here + "table/n/stream/⟨s/R.StreamLabel⟩"}},
		{"AWS::DynamoDB::GlobalTable", `{"TableName": "n"}`, "n", "arn:aws:dynamodb" + here + "table/n", map[string]string{"TableId": "⟨s/R.TableId⟩"}},
		{"AWS::S3::Bucket", `{"BucketName": "n"}`, "n", "arn:aws:s3:::n", map[string]string{
			"Arn": "arn:aws:s3:::n", "DomainName": "n.s3.amazonaws.com", "RegionalDomainName": "n.s3.eu-central-1.amazonaws.com",
			"DualStackDomainName": "n.s3.dualstack.eu-central-1.amazonaws.com", "WebsiteURL": "http://n.s3-website.eu-central-1.amazonaws.com",
		}},
		{"AWS::S3::BucketPolicy", `{"Bucket": "b"}`, "⟨s/R⟩", "", nil},
		{"AWS::S3::AccessPoint", `{"Name": "n"}`, "n", "arn:aws:s3" + here + "accesspoint/n", map[string]string{"Alias": "⟨s/R.Alias⟩"}},
		{"AWS::SQS::Queue", `{"QueueName": "n"}`, "https://sqs.eu-central-1.amazonaws.com/111111111111/n", "arn:aws:sqs" + here + "n", map[string]string{"Arn": "arn:aws:sqs" + here + "n", "QueueName": "n"}},
		{"AWS::SNS::Topic", `{"TopicName": "n"}`, "arn:aws:sns" + here + "n", "arn:aws:sns" + here + "n", map[string]string{"TopicName": "n"}},
		{"AWS::Logs::LogGroup", `{"LogGroupName": "/a/n"}`, "/a/n", "arn:aws:logs" + here + "log-group:/a/n:*", map[string]string{"Arn": "arn:aws:logs" + here + "log-group:/a/n:*"}},
		{"AWS::OpenSearchService::Domain", `{"DomainName": "n"}`, "n", "arn:aws:es" + here + "domain/n", map[string]string{"Arn": "arn:aws:es" + here + "domain/n", "DomainEndpoint": "⟨s/R.DomainEndpoint⟩"}},
		{"AWS::Elasticsearch::Domain", `{"DomainName": "n"}`, "n", "arn:aws:es" + here + "domain/n", map[string]string{"DomainArn": "arn:aws:es" + here + "domain/n"}},
		{"AWS::ApiGateway::RestApi", `{"Name": "n"}`, "⟨s/R⟩", "arn:aws:apigateway:eu-central-1::/restapis/⟨s/R⟩", map[string]string{"RootResourceId": "⟨s/R.RootResourceId⟩", "RestApiId": "⟨s/R⟩"}},
		{"AWS::ApiGateway::Stage", `{"StageName": "api", "RestApiId": {"Ref": "Other"}}`, "api", "arn:aws:apigateway:eu-central-1::/restapis/⟨s/Other.Ref⟩/stages/api", nil},
		{"AWS::ApiGateway::Deployment", `{"RestApiId": "a"}`, "⟨s/R⟩", "arn:aws:apigateway:eu-central-1::/restapis/a/deployments/⟨s/R⟩", nil},
		{"AWS::ApiGateway::Authorizer", `{"RestApiId": "a"}`, "⟨s/R⟩", "arn:aws:apigateway:eu-central-1::/restapis/a/authorizers/⟨s/R⟩", nil},
		{"AWS::ApiGatewayV2::Api", `{}`, "⟨s/R⟩", "arn:aws:apigateway:eu-central-1::/apis/⟨s/R⟩", map[string]string{"ApiEndpoint": "⟨s/R.ApiEndpoint⟩"}},
		{"AWS::ApiGatewayV2::Stage", `{"StageName": "$default", "ApiId": "a"}`, "$default", "arn:aws:apigateway:eu-central-1::/apis/a/stages/$default", nil},
		{"AWS::SSM::Parameter", `{"Name": "/a/n", "Type": "String", "Value": "v"}`, "/a/n", "arn:aws:ssm" + here + "parameter/a/n", map[string]string{"Value": "v", "Type": "String"}},
		{"AWS::SSM::Parameter", `{"Name": "n"}`, "n", "arn:aws:ssm" + here + "parameter/n", nil},
		{"AWS::SSM::Parameter", `{}`, "⟨s/R⟩", "arn:aws:ssm" + here + "parameter/⟨s/R⟩", nil},
		{"AWS::SSM::Parameter", `{"Name": {"Ref": "Other"}}`, "⟨s/Other.Ref⟩", "arn:aws:ssm" + here + "parameter⟨s/R./Name⟩", nil},
		{"AWS::SecretsManager::Secret", `{"Name": "n"}`, "arn:aws:secretsmanager" + here + "secret:n-⟨s/R.Suffix⟩", "arn:aws:secretsmanager" + here + "secret:n-⟨s/R.Suffix⟩", nil},
		{"AWS::KMS::Key", `{}`, "⟨s/R⟩", "arn:aws:kms" + here + "key/⟨s/R⟩", map[string]string{"Arn": "arn:aws:kms" + here + "key/⟨s/R⟩", "KeyId": "⟨s/R⟩"}},
		{"AWS::KMS::Alias", `{"AliasName": "alias/n"}`, "alias/n", "arn:aws:kms" + here + "alias/n", nil},
		{"AWS::CloudFront::Distribution", `{}`, "⟨s/R⟩", "arn:aws:cloudfront::111111111111:distribution/⟨s/R⟩", map[string]string{"DomainName": "⟨s/R.DomainName⟩", "Id": "⟨s/R⟩"}},
		{"AWS::CloudFront::CloudFrontOriginAccessIdentity", `{}`, "⟨s/R⟩", "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity ⟨s/R⟩", map[string]string{"S3CanonicalUserId": "⟨s/R.S3CanonicalUserId⟩"}},
		{"AWS::CloudFront::OriginAccessControl", `{}`, "⟨s/R⟩", "arn:aws:cloudfront::111111111111:origin-access-control/⟨s/R⟩", nil},
		{"AWS::CloudFront::ResponseHeadersPolicy", `{}`, "⟨s/R⟩", "arn:aws:cloudfront::111111111111:response-headers-policy/⟨s/R⟩", map[string]string{"Id": "⟨s/R⟩"}},
		{"AWS::CloudFront::Function", `{"Name": "n"}`, "arn:aws:cloudfront::111111111111:function/n", "arn:aws:cloudfront::111111111111:function/n", map[string]string{"FunctionARN": "arn:aws:cloudfront::111111111111:function/n"}},
		{"AWS::Route53::HostedZone", `{"Name": "example.com"}`, "⟨s/R⟩", "arn:aws:route53:::hostedzone/⟨s/R⟩", map[string]string{"NameServers": "⟨s/R.NameServers⟩"}},
		{"AWS::Route53::RecordSet", `{"Name": "a.example.com"}`, "a.example.com", "", nil},
		{"AWS::Events::Rule", `{"Name": "n"}`, "n", "arn:aws:events" + here + "rule/n", nil},
		{"AWS::Events::Rule", `{"Name": "n", "EventBusName": "b"}`, "⟨s/R.Ref⟩", "⟨s/R.Arn⟩", map[string]string{"Arn": "⟨s/R.Arn⟩"}},
		{"AWS::Events::EventBus", `{"Name": "n"}`, "n", "arn:aws:events" + here + "event-bus/n", nil},
		{"AWS::StepFunctions::StateMachine", `{"StateMachineName": "n"}`, "arn:aws:states" + here + "stateMachine:n", "arn:aws:states" + here + "stateMachine:n", map[string]string{"Name": "n"}},
		{"AWS::Kinesis::Stream", `{"Name": "n"}`, "n", "arn:aws:kinesis" + here + "stream/n", nil},
		{"AWS::KinesisFirehose::DeliveryStream", `{"DeliveryStreamName": "n"}`, "n", "arn:aws:firehose" + here + "deliverystream/n", nil},
		{"AWS::CloudWatch::Alarm", `{"AlarmName": "n"}`, "n", "arn:aws:cloudwatch" + here + "alarm:n", nil},
		{"AWS::Cognito::UserPool", `{"UserPoolName": "n"}`, "⟨s/R⟩", "arn:aws:cognito-idp" + here + "userpool/⟨s/R⟩", map[string]string{"ProviderURL": "https://cognito-idp.eu-central-1.amazonaws.com/⟨s/R⟩"}},
		{"AWS::CloudFormation::Stack", `{}`, "⟨s/R⟩", "⟨s/R⟩", map[string]string{"Outputs.Url": "⟨s/R.Outputs.Url⟩"}},
		{"AWS::ECR::Repository", `{"RepositoryName": "n"}`, "n", "arn:aws:ecr" + here + "repository/n", map[string]string{"RepositoryUri": "111111111111.dkr.ecr.eu-central-1.amazonaws.com/n"}},
		{"AWS::Backup::BackupVault", `{"BackupVaultName": "n"}`, "n", "arn:aws:backup" + here + "backup-vault:n", map[string]string{"BackupVaultArn": "arn:aws:backup" + here + "backup-vault:n"}},
		{"Custom::Unknown", `{"Name": "n"}`, "⟨s/R.Ref⟩", "⟨s/R.Arn⟩", map[string]string{"X": "⟨s/R.X⟩"}},
	} {
		t.Run(test.resourceType+" "+test.properties, func(t *testing.T) {
			r := NewResolver(parsed(t, fmt.Sprintf(`{"Resources": {
				"R": {"Type": %q, "Properties": %s}, "Other": {"Type": "Custom::Other"}, "Fn": {"Type": "AWS::Lambda::Function"}}}`, test.resourceType, test.properties)), Options{})
			if name, err := r.Name("R"); name != test.name || err != nil {
				t.Errorf("name %q, %v; want %q", name, err, test.name)
			}
			arn, err := r.Arn("R")
			if arn != test.arn || (err == nil) != (test.arn != "") {
				t.Errorf("ARN %q, %v; want %q", arn, err, test.arn)
			}
			for attribute, want := range test.attributes {
				v, err := r.Value("here", json.RawMessage(fmt.Sprintf(`{"Fn::GetAtt": ["R", %q]}`, attribute)))
				if v != want || err != nil {
					t.Errorf("%s is %v, %v; want %q", attribute, v, err, want)
				}
			}
		})
	}
}

func TestNamesInEnvironments(t *testing.T) {
	const template = `{"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "n"}}, "B": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "b"}}}}`
	for _, test := range []struct{ environment, ref, arn, site string }{
		{"aws://111111111111/cn-north-1", "https://sqs.cn-north-1.amazonaws.com.cn/111111111111/n", "arn:aws-cn:sqs:cn-north-1:111111111111:n", "http://b.s3-website.cn-north-1.amazonaws.com.cn"},
		{"aws://111111111111/us-gov-west-1", "https://sqs.us-gov-west-1.amazonaws.com/111111111111/n", "arn:aws-us-gov:sqs:us-gov-west-1:111111111111:n", "http://b.s3-website-us-gov-west-1.amazonaws.com"},
		{"aws://unknown-account/eu-west-1", "https://sqs.eu-west-1.amazonaws.com/⟨s/AWS::AccountId⟩/n", "arn:aws:sqs:eu-west-1:⟨s/AWS::AccountId⟩:n", "http://b.s3-website-eu-west-1.amazonaws.com"},
		{
			"aws://unknown-account/unknown-region", "https://sqs.⟨s/AWS::Region⟩.⟨s/AWS::URLSuffix⟩/⟨s/AWS::AccountId⟩/n",
			"arn:⟨s/AWS::Partition⟩:sqs:⟨s/AWS::Region⟩:⟨s/AWS::AccountId⟩:n", "http://b.s3-website.⟨s/AWS::Region⟩.⟨s/AWS::URLSuffix⟩",
		},
	} {
		s := parsed(t, template)
		s.Environment = test.environment
		r := NewResolver(s, Options{})
		ref, err := r.Name("Q")
		arn, err2 := r.Arn("Q")
		site, err3 := r.Value("here", json.RawMessage(`{"Fn::GetAtt": "B.WebsiteURL"}`))
		if err != nil || err2 != nil || err3 != nil {
			t.Fatal(err, err2, err3)
		}
		if ref != test.ref || arn != test.arn || site != test.site {
			t.Errorf("in %s: %q %q %q, want %q %q %q", test.environment, ref, arn, site, test.ref, test.arn, test.site)
		}
	}
	s := parsed(t, template)
	s.Environment = "eu-central-1"
	if arn, err := NewResolver(s, Options{}).Arn("Q"); err == nil || !strings.Contains(err.Error(), `environment "eu-central-1"`) {
		t.Errorf("ARN %q, %v without an environment", arn, err)
	}
}

func TestNameProblems(t *testing.T) {
	for _, test := range []struct{ name, resources, want string }{
		{"itself", `"A": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": {"Fn::Sub": "${A.Arn}x"}}}`, "Properties.RoleName of A → Properties.RoleName of A"},
		{"each other", `"A": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": {"Ref": "B"}}}, "B": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "A"}}}`, "Properties.RoleName of A → Properties.QueueName of B → Properties.RoleName of A"},
		{"missing", `"A": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": {"Ref": "B"}}}`, `Properties.RoleName.Ref of A: "B" is no resource`},
		{"object", `"A": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": {"a": "b"}}}`, `want a text; got {"a":"b"}`},
		{"empty", `"A": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": ""}}`, `want a text; got ""`},
		{"path", `"A": {"Type": "AWS::IAM::Role", "Properties": {"Path": []}}`, "property Path of A"},
		{"null", `"A": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": null}}`, "null is no value"},
		{"excluding", `"A": {"Type": "AWS::Events::Rule", "Properties": {"EventBusName": {"Ref": "B"}}}`, "Properties.EventBusName.Ref of A"},
		{"long", fmt.Sprintf(`"A": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": %q}}`, strings.Repeat("a", maxName+1)), "has 8193 bytes"},
		{"doubling", doubling(40), "has 16384 bytes; no name has more"},
		{"in a row", chain(MaxResources + 2), "more than 500 others in a row"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := NewResolver(parsed(t, `{"Resources": {`+test.resources+`}}`), Options{})
			if arn, err := r.Arn("A"); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("ARN %q, %v; want %q", arn, err, test.want)
			}
			if v, err := r.Value("here", json.RawMessage(`{"Fn::GetAtt": ["A", "Arn"]}`)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("value %q, %v; want %q", v, err, test.want)
			}
		})
	}
}

// doubling names resources so that the name of A would have 2^n bytes.
func doubling(n int) string {
	var b strings.Builder
	b.WriteString(`"A": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": {"Ref": "A1"}}}`)
	for i := 1; i < n; i++ {
		fmt.Fprintf(&b, `, "A%d": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": {"Fn::Sub": "${A%d}${A%d}"}}}`, i, i+1, i+1)
	}
	fmt.Fprintf(&b, `, "A%d": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "ab"}}`, n)
	return b.String()
}

// chain names n resources each by the next one, the first one A.
func chain(n int) string {
	var b strings.Builder
	id := func(i int) string {
		if i == 0 {
			return "A"
		}
		return fmt.Sprintf("A%d", i)
	}
	for i := range n {
		fmt.Fprintf(&b, `%q: {"Type": "AWS::IAM::Role", "Properties": {"RoleName": {"Ref": %q}}}, `, id(i), id(i+1))
	}
	fmt.Fprintf(&b, `%q: {"Type": "AWS::IAM::Role"}`, id(n))
	return b.String()
}

// TestTooMuchText makes 4 GB of text out of one parameter.
func TestTooMuchText(t *testing.T) {
	list := strings.TrimSuffix(strings.Repeat(`{"Fn::Sub": "${P}${P}"},`, 2048), ",")
	s := parsed(t, `{"Parameters": {"P": {"Type": "String"}}, "Resources": {"A": {"Type": "Custom::A", "Properties": {"L": [`+list+`]}}}}`)
	r := NewResolver(s, Options{Parameters: map[string]string{"P": strings.Repeat("p", 1<<20)}})
	if _, err := r.Properties("A"); err == nil || !strings.Contains(err.Error(), "make more text than") {
		t.Errorf("error %.200v", err)
	}
}

// TestSplitOfForeignNames refuses to split ARNs whose names were taken from elsewhere: the
// other value may have a colon.
func TestSplitOfForeignNames(t *testing.T) {
	s := parsed(t, `{"Resources": {"Other": {"Type": "Custom::Other"},
		"A": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"AlarmName": {"Ref": "Other"}}},
		"B": {"Type": "AWS::Lambda::Alias", "Properties": {"Name": "live", "FunctionName": {"Fn::Sub": "arn:aws:lambda:${Other}"}}}}}`)
	for _, id := range []string{"A", "B"} {
		r := NewResolver(s, Options{})
		raw := fmt.Sprintf(`{"Fn::Split": [":", {"Fn::GetAtt": [%q, %q]}]}`, id, map[string]string{"A": "Arn", "B": "AliasArn"}[id])
		if v, err := r.Value("here", json.RawMessage(raw)); err == nil {
			t.Errorf("%s is %v, want a problem", raw, v)
		}
	}
}
