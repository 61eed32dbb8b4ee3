package cfn

// kinds are the resource types whose names and ARNs follow from the template (CloudFormation
// Template Reference, "Return values" of each type; ARN formats: Service Authorization
// Reference, "Resource types defined by" each service). Ref and all attributes of other
// types are opaque.
var kinds = map[string]kind{
	// Identity and Access Management. What Ref returns for an inline policy is generated,
	// it is not PolicyName.
	"AWS::IAM::Role": {name: "RoleName", ref: "{name}", arn: "arn:{partition}:iam::{account}:role{Path|/}{name}",
		attributes: map[string]string{"Arn": "{arn}"}},
	"AWS::IAM::User": {name: "UserName", ref: "{name}", arn: "arn:{partition}:iam::{account}:user{Path|/}{name}",
		attributes: map[string]string{"Arn": "{arn}"}},
	"AWS::IAM::Group": {name: "GroupName", ref: "{name}", arn: "arn:{partition}:iam::{account}:group{Path|/}{name}",
		attributes: map[string]string{"Arn": "{arn}"}},
	"AWS::IAM::ManagedPolicy": {name: "ManagedPolicyName", ref: "{arn}", arn: "arn:{partition}:iam::{account}:policy{Path|/}{name}",
		attributes: map[string]string{"PolicyArn": "{arn}"}},
	"AWS::IAM::Policy": {ref: "{id}", attributes: map[string]string{"Id": "{id}"}},
	"AWS::IAM::InstanceProfile": {name: "InstanceProfileName", ref: "{name}", arn: "arn:{partition}:iam::{account}:instance-profile{Path|/}{name}",
		attributes: map[string]string{"Arn": "{arn}"}},

	// Lambda. The version of a function is a number that AWS counts.
	"AWS::Lambda::Function": {name: "FunctionName", ref: "{name}", arn: "arn:{partition}:lambda:{region}:{account}:function:{name}",
		attributes: map[string]string{"Arn": "{arn}"}},
	"AWS::Lambda::Alias": {name: "Name", ref: "{arn}", arn: "{function}:{name}",
		attributes: map[string]string{"AliasArn": "{arn}"}},
	"AWS::Lambda::Version": {ref: "{arn}", arn: "{function}:{?Version}",
		attributes: map[string]string{"FunctionArn": "{arn}", "Version": "{?Version}"}},
	"AWS::Lambda::Url": {ref: "{function}", attributes: map[string]string{"FunctionArn": "{function}"}, unless: "Qualifier"},
	"AWS::Lambda::LayerVersion": {name: "LayerName", ref: "{arn}", arn: "arn:{partition}:lambda:{region}:{account}:layer:{name}:{?Version}",
		attributes: map[string]string{"LayerVersionArn": "{arn}"}},
	"AWS::Lambda::EventSourceMapping": {ref: "{id}", arn: "arn:{partition}:lambda:{region}:{account}:event-source-mapping:{id}",
		attributes: map[string]string{"Id": "{id}", "EventSourceMappingArn": "{arn}"}},
	"AWS::Lambda::Permission": {},

	// DynamoDB. The label of a stream is the time at which it was enabled.
	"AWS::DynamoDB::Table": {name: "TableName", ref: "{name}", arn: "arn:{partition}:dynamodb:{region}:{account}:table/{name}",
		attributes: map[string]string{"Arn": "{arn}", "StreamArn": "{arn}/stream/{?StreamLabel}"}},
	"AWS::DynamoDB::GlobalTable": {name: "TableName", ref: "{name}", arn: "arn:{partition}:dynamodb:{region}:{account}:table/{name}",
		attributes: map[string]string{"Arn": "{arn}", "StreamArn": "{arn}/stream/{?StreamLabel}"}},

	// S3. DomainName has no region.
	"AWS::S3::Bucket": {name: "BucketName", ref: "{name}", arn: "arn:{partition}:s3:::{name}",
		attributes: map[string]string{
			"Arn": "{arn}", "DomainName": "{name}.s3.{suffix}", "RegionalDomainName": "{name}.s3.{region}.{suffix}",
			"DualStackDomainName": "{name}.s3.dualstack.{region}.{suffix}", "WebsiteURL": "http://{name}.{website}",
		}},
	"AWS::S3::BucketPolicy": {},
	"AWS::S3::AccessPoint": {name: "Name", ref: "{name}", arn: "arn:{partition}:s3:{region}:{account}:accesspoint/{name}",
		attributes: map[string]string{"Arn": "{arn}", "Name": "{name}"}},

	// Messages.
	"AWS::SQS::Queue": {name: "QueueName", ref: "https://sqs.{region}.{suffix}/{account}/{name}", arn: "arn:{partition}:sqs:{region}:{account}:{name}",
		attributes: map[string]string{"Arn": "{arn}", "QueueName": "{name}", "QueueUrl": "https://sqs.{region}.{suffix}/{account}/{name}"}},
	"AWS::SQS::QueuePolicy": {},
	"AWS::SNS::Topic": {name: "TopicName", ref: "{arn}", arn: "arn:{partition}:sns:{region}:{account}:{name}",
		attributes: map[string]string{"TopicArn": "{arn}", "TopicName": "{name}"}},
	"AWS::Events::Rule": {name: "Name", ref: "{name}", arn: "arn:{partition}:events:{region}:{account}:rule/{name}",
		attributes: map[string]string{"Arn": "{arn}"}, unless: "EventBusName"},
	"AWS::Events::EventBus": {name: "Name", ref: "{name}", arn: "arn:{partition}:events:{region}:{account}:event-bus/{name}",
		attributes: map[string]string{"Arn": "{arn}", "Name": "{name}"}},
	"AWS::StepFunctions::StateMachine": {name: "StateMachineName", ref: "{arn}", arn: "arn:{partition}:states:{region}:{account}:stateMachine:{name}",
		attributes: map[string]string{"Arn": "{arn}", "Name": "{name}"}},
	"AWS::Kinesis::Stream": {name: "Name", ref: "{name}", arn: "arn:{partition}:kinesis:{region}:{account}:stream/{name}",
		attributes: map[string]string{"Arn": "{arn}"}},
	"AWS::KinesisFirehose::DeliveryStream": {name: "DeliveryStreamName", ref: "{name}", arn: "arn:{partition}:firehose:{region}:{account}:deliverystream/{name}",
		attributes: map[string]string{"Arn": "{arn}"}},

	// Logs and alarms. CloudFormation's ARN of a log group covers its streams.
	"AWS::Logs::LogGroup": {name: "LogGroupName", ref: "{name}", arn: "arn:{partition}:logs:{region}:{account}:log-group:{name}:*",
		attributes: map[string]string{"Arn": "{arn}"}},
	"AWS::CloudWatch::Alarm": {name: "AlarmName", ref: "{name}", arn: "arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}",
		attributes: map[string]string{"Arn": "{arn}"}},

	// Search. Both generations are "es" in ARNs.
	"AWS::OpenSearchService::Domain": {name: "DomainName", ref: "{name}", arn: "arn:{partition}:es:{region}:{account}:domain/{name}",
		attributes: map[string]string{"Arn": "{arn}", "DomainArn": "{arn}", "Id": "{account}/{name}"}},
	"AWS::Elasticsearch::Domain": {name: "DomainName", ref: "{name}", arn: "arn:{partition}:es:{region}:{account}:domain/{name}",
		attributes: map[string]string{"Arn": "{arn}", "DomainArn": "{arn}"}},

	// API Gateway. Its ARNs have no account.
	"AWS::ApiGateway::RestApi": {ref: "{id}", arn: "arn:{partition}:apigateway:{region}::/restapis/{id}",
		attributes: map[string]string{"RestApiId": "{id}"}},
	"AWS::ApiGateway::Stage": {name: "StageName", ref: "{name}", arn: "arn:{partition}:apigateway:{region}::/restapis/{RestApiId}/stages/{name}"},
	"AWS::ApiGateway::Deployment": {ref: "{id}", arn: "arn:{partition}:apigateway:{region}::/restapis/{RestApiId}/deployments/{id}",
		attributes: map[string]string{"DeploymentId": "{id}"}},
	"AWS::ApiGateway::Authorizer": {ref: "{id}", arn: "arn:{partition}:apigateway:{region}::/restapis/{RestApiId}/authorizers/{id}",
		attributes: map[string]string{"AuthorizerId": "{id}"}},
	"AWS::ApiGatewayV2::Api": {ref: "{id}", arn: "arn:{partition}:apigateway:{region}::/apis/{id}",
		attributes: map[string]string{"ApiId": "{id}"}},
	"AWS::ApiGatewayV2::Stage": {name: "StageName", ref: "{name}", arn: "arn:{partition}:apigateway:{region}::/apis/{ApiId}/stages/{name}"},

	// Configuration and keys. A secret's ARN ends with six random characters.
	"AWS::SSM::Parameter": {name: "Name", ref: "{name}", arn: "arn:{partition}:ssm:{region}:{account}:parameter{/name}",
		attributes: map[string]string{"Type": "{Type}", "Value": "{Value}"}},
	"AWS::SecretsManager::Secret": {name: "Name", ref: "{arn}", arn: "arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-{?Suffix}",
		attributes: map[string]string{"Id": "{arn}"}},
	"AWS::KMS::Key": {ref: "{id}", arn: "arn:{partition}:kms:{region}:{account}:key/{id}",
		attributes: map[string]string{"Arn": "{arn}", "KeyId": "{id}"}},
	"AWS::KMS::Alias": {name: "AliasName", ref: "{name}", arn: "arn:{partition}:kms:{region}:{account}:{name}"},

	// CloudFront and Route 53, which are global.
	"AWS::CloudFront::Distribution": {ref: "{id}", arn: "arn:{partition}:cloudfront::{account}:distribution/{id}",
		attributes: map[string]string{"Id": "{id}"}},
	"AWS::CloudFront::CloudFrontOriginAccessIdentity": {ref: "{id}", arn: "arn:{partition}:iam::cloudfront:user/CloudFront Origin Access Identity {id}",
		attributes: map[string]string{"Id": "{id}"}},
	"AWS::CloudFront::OriginAccessControl": {ref: "{id}", arn: "arn:{partition}:cloudfront::{account}:origin-access-control/{id}",
		attributes: map[string]string{"Id": "{id}"}},
	"AWS::CloudFront::ResponseHeadersPolicy": {ref: "{id}", arn: "arn:{partition}:cloudfront::{account}:response-headers-policy/{id}",
		attributes: map[string]string{"Id": "{id}"}},
	"AWS::CloudFront::Function": {name: "Name", ref: "{arn}", arn: "arn:{partition}:cloudfront::{account}:function/{name}",
		attributes: map[string]string{"FunctionARN": "{arn}", "FunctionMetadata.FunctionARN": "{arn}"}},
	"AWS::Route53::HostedZone": {ref: "{id}", arn: "arn:{partition}:route53:::hostedzone/{id}",
		attributes: map[string]string{"Id": "{id}"}},
	"AWS::Route53::RecordSet": {name: "Name", ref: "{name}"},

	// Others.
	"AWS::Cognito::UserPool": {ref: "{id}", arn: "arn:{partition}:cognito-idp:{region}:{account}:userpool/{id}",
		attributes: map[string]string{
			"Arn": "{arn}", "UserPoolId": "{id}",
			"ProviderName": "cognito-idp.{region}.{suffix}/{id}", "ProviderURL": "https://cognito-idp.{region}.{suffix}/{id}",
		}},
	"AWS::CloudFormation::Stack": {ref: "{id}", arn: "{id}"},
	"AWS::ECR::Repository": {name: "RepositoryName", ref: "{name}", arn: "arn:{partition}:ecr:{region}:{account}:repository/{name}",
		attributes: map[string]string{"Arn": "{arn}", "RepositoryUri": "{account}.dkr.ecr.{region}.{suffix}/{name}"}},
	"AWS::Backup::BackupVault": {name: "BackupVaultName", ref: "{name}", arn: "arn:{partition}:backup:{region}:{account}:backup-vault:{name}",
		attributes: map[string]string{"BackupVaultArn": "{arn}", "BackupVaultName": "{name}"}},
}
