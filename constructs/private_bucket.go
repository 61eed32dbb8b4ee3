package constructs

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	cdk "github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/plan"
)

// PrivateBucketProps is the bucket to make.
type PrivateBucketProps struct {
	// Bucket of the plan.
	Bucket plan.Bucket
	// Account is the AWS account that owns the bucket. Required with notifications.
	Account string
	// Statements of the bucket's policy beyond the one that refuses requests without TLS.
	// Values may refer to resources of the template as Fn::Sub does.
	// @default none
	Statements []iam.Statement
	// ExpireUnfinishedDays ends multipart uploads that nobody finished.
	// @default 7
	ExpireUnfinishedDays int
	// Functions that the bucket's notifications name.
	// @default none
	Functions Functions
	// Versioned keeps what is overwritten or deleted for 30 days.
	// @default false
	Versioned bool
}

// PrivateBucket is an S3 bucket that nothing public reaches.
type PrivateBucket struct {
	cdk.Construct
	// DomainName is <bucket>.s3.<region>.amazonaws.com.
	DomainName *string
}

// keepVersionsDays is how long a versioned bucket keeps what was replaced.
const keepVersionsDays = 30

// NewPrivateBucket makes a bucket: encrypted, owned by its account, closed to the public
// and to requests without TLS, with server access logs, kept when its stack goes.
func NewPrivateBucket(scope Scope, id string, props *PrivateBucketProps) PrivateBucket {
	b := props.Bucket
	c := cdk.NewConstruct(scope, jsii.String(id))
	bucketProps := privateBucketProps(b.Name)
	bucketProps.LoggingConfiguration = &awss3.CfnBucket_LoggingConfigurationProperty{
		DestinationBucketName: jsii.String(b.LogsBucket), LogFilePrefix: jsii.String(b.LogsPrefix),
	}
	bucketProps.LifecycleConfiguration = lifecycle(props)
	if props.Versioned {
		bucketProps.VersioningConfiguration = &awss3.CfnBucket_VersioningConfigurationProperty{Status: jsii.String("Enabled")}
	}
	if len(b.AllowedOrigins) > 0 {
		bucketProps.CorsConfiguration = &awss3.CfnBucket_CorsConfigurationProperty{CorsRules: []any{&awss3.CfnBucket_CorsRuleProperty{
			AllowedMethods: strs("PUT"), AllowedOrigins: strs(b.AllowedOrigins...),
			AllowedHeaders: strs("content-type", "if-none-match", "x-amz-checksum-sha256", "x-amz-sdk-checksum-algorithm"),
			ExposedHeaders: strs("ETag"), MaxAge: num(600),
		}}}
	}
	permissions := notify(c, props, bucketProps)
	bucket := retained(awss3.NewCfnBucket(c, jsii.String(b.LogicalID), bucketProps), b.LogicalID)
	// S3 refuses a notification of a function that it may not invoke.
	for _, permission := range permissions {
		bucket.AddResourceDependency(permission, nil)
	}
	newBucketPolicy(c, b.LogicalID, bucket.Ref(), append([]iam.Statement{onlyEncrypted(b.Arn)}, props.Statements...))
	return PrivateBucket{Construct: c, DomainName: bucket.AttrRegionalDomainName()}
}

// privateBucketProps are what every bucket has.
func privateBucketProps(name string) *awss3.CfnBucketProps {
	return &awss3.CfnBucketProps{
		BucketName: jsii.String(name),
		BucketEncryption: &awss3.CfnBucket_BucketEncryptionProperty{ServerSideEncryptionConfiguration: []any{&awss3.CfnBucket_ServerSideEncryptionRuleProperty{
			ServerSideEncryptionByDefault: &awss3.CfnBucket_ServerSideEncryptionByDefaultProperty{SseAlgorithm: jsii.String("AES256")},
		}}},
		OwnershipControls: &awss3.CfnBucket_OwnershipControlsProperty{Rules: []any{
			&awss3.CfnBucket_OwnershipControlsRuleProperty{ObjectOwnership: jsii.String("BucketOwnerEnforced")},
		}},
		PublicAccessBlockConfiguration: &awss3.CfnBucket_PublicAccessBlockConfigurationProperty{
			BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true,
		},
	}
}

func lifecycle(props *PrivateBucketProps) *awss3.CfnBucket_LifecycleConfigurationProperty {
	days := props.ExpireUnfinishedDays
	if days == 0 {
		days = 7
	}
	rules := []any{&awss3.CfnBucket_RuleProperty{
		Id: jsii.String("unfinished-uploads"), Status: jsii.String("Enabled"),
		AbortIncompleteMultipartUpload: &awss3.CfnBucket_AbortIncompleteMultipartUploadProperty{DaysAfterInitiation: num(days)},
	}}
	for _, e := range props.Bucket.Expiries {
		rule := &awss3.CfnBucket_RuleProperty{
			Id: jsii.String("old-objects-" + strings.ReplaceAll(e.Prefix, "/", "-")), Status: jsii.String("Enabled"), Prefix: jsii.String(e.Prefix), ExpirationInDays: num(e.Days),
		}
		if props.Versioned {
			// What was removed for good is not kept any longer than it would have lived.
			rule.NoncurrentVersionExpiration = &awss3.CfnBucket_NoncurrentVersionExpirationProperty{NoncurrentDays: num(e.Days)}
		}
		rules = append(rules, rule)
	}
	if props.Versioned {
		rules = append(rules, &awss3.CfnBucket_RuleProperty{
			Id: jsii.String("replaced-versions"), Status: jsii.String("Enabled"),
			NoncurrentVersionExpiration: &awss3.CfnBucket_NoncurrentVersionExpirationProperty{NoncurrentDays: num(keepVersionsDays)},
			// A marker of what was removed stays otherwise when nothing is left behind it (Amazon S3 User Guide,
			// "Removing expired object delete markers"). S3 takes it in no rule with days or tags.
			ExpiredObjectDeleteMarker: true,
		})
	}
	return &awss3.CfnBucket_LifecycleConfigurationProperty{Rules: rules}
}

// notify adds the notifications of functions to a bucket, and lets S3 invoke these for this
// bucket alone (Amazon S3 User Guide, "Granting permissions to publish event notification messages to a destination").
func notify(c cdk.Construct, props *PrivateBucketProps, bucketProps *awss3.CfnBucketProps) []awslambda.CfnPermission {
	var permissions []awslambda.CfnPermission
	var configurations []any
	for _, n := range props.Bucket.Notifications {
		id := n.Function + "Permission"
		function := props.Functions.made[n.Function]
		permissions = append(permissions, named(awslambda.NewCfnPermission(c, jsii.String(id), &awslambda.CfnPermissionProps{
			Action: jsii.String("lambda:InvokeFunction"), FunctionName: function.Ref(), Principal: jsii.String("s3.amazonaws.com"),
			SourceArn: jsii.String(props.Bucket.Arn), SourceAccount: jsii.String(props.Account),
		}), id))
		configurations = append(configurations, &awss3.CfnBucket_LambdaConfigurationProperty{
			Event: jsii.String("s3:ObjectCreated:*"), Function: function.AttrArn(),
			Filter: &awss3.CfnBucket_NotificationFilterProperty{S3Key: &awss3.CfnBucket_S3KeyFilterProperty{
				Rules: []any{&awss3.CfnBucket_FilterRuleProperty{Name: jsii.String("prefix"), Value: jsii.String(n.Prefix)}},
			}},
		})
	}
	if len(configurations) > 0 {
		bucketProps.NotificationConfiguration = &awss3.CfnBucket_NotificationConfigurationProperty{LambdaConfigurations: configurations}
	}
	return permissions
}

// onlyEncrypted refuses requests without TLS, whoever makes them.
func onlyEncrypted(bucketArn string) iam.Statement {
	return iam.Statement{
		Sid: "OnlyEncrypted", Effect: iam.Deny, Principal: map[string][]string{"AWS": {"*"}},
		Action: []string{"s3:*"}, Resource: []string{bucketArn, bucketArn + "/*"},
		Condition: iam.Condition{"Bool": {"aws:SecureTransport": {"false"}}},
	}
}

func newBucketPolicy(c cdk.Construct, bucketID string, ref *string, statements []iam.Statement) {
	id := bucketID + "Policy"
	named(awss3.NewCfnBucketPolicy(c, jsii.String(id), &awss3.CfnBucketPolicyProps{
		Bucket: ref, PolicyDocument: substituted(document(iam.NewDocument(statements...))),
	}), id)
}
