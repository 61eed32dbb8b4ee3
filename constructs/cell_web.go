package constructs

import (
	_ "embed"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"
	cdk "github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/plan"
)

// twoYears is the age of Strict-Transport-Security in seconds.
const twoYears = 2 * 365 * 24 * 3600

// newResponseHeaders makes the policy of all distributions of the cell (an account has
// 20), and the parameter that tells its id, which AWS alone decides.
func newResponseHeaders(stack awscdk.Stack, h plan.Headers) {
	policy := awscloudfront.NewCfnResponseHeadersPolicy(stack, jsii.String("ResponseHeadersPolicy"), &awscloudfront.CfnResponseHeadersPolicyProps{
		ResponseHeadersPolicyConfig: &awscloudfront.CfnResponseHeadersPolicy_ResponseHeadersPolicyConfigProperty{
			Name: jsii.String(h.Name),
			SecurityHeadersConfig: &awscloudfront.CfnResponseHeadersPolicy_SecurityHeadersConfigProperty{
				ContentSecurityPolicy: &awscloudfront.CfnResponseHeadersPolicy_ContentSecurityPolicyProperty{
					ContentSecurityPolicy: jsii.String(h.ContentSecurityPolicy), Override: true,
				},
				ContentTypeOptions: &awscloudfront.CfnResponseHeadersPolicy_ContentTypeOptionsProperty{Override: true},
				FrameOptions:       &awscloudfront.CfnResponseHeadersPolicy_FrameOptionsProperty{FrameOption: jsii.String("SAMEORIGIN"), Override: true},
				ReferrerPolicy:     &awscloudfront.CfnResponseHeadersPolicy_ReferrerPolicyProperty{ReferrerPolicy: jsii.String("no-referrer"), Override: true},
				StrictTransportSecurity: &awscloudfront.CfnResponseHeadersPolicy_StrictTransportSecurityProperty{
					AccessControlMaxAgeSec: num(twoYears), IncludeSubdomains: true, Override: true,
				},
			},
			CustomHeadersConfig: &awscloudfront.CfnResponseHeadersPolicy_CustomHeadersConfigProperty{Items: []any{
				customHeader("Cross-Origin-Opener-Policy", "same-origin"),
				customHeader("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()"),
			}},
		},
	})
	awsssm.NewCfnParameter(stack, jsii.String("ResponseHeadersParameter"), &awsssm.CfnParameterProps{
		Name: jsii.String(h.Parameter), Type: jsii.String("String"), Value: policy.AttrId(),
		Description: jsii.String("Response headers policy of the cell's distributions"),
	})
}

func customHeader(name, value string) *awscloudfront.CfnResponseHeadersPolicy_CustomHeaderProperty {
	return &awscloudfront.CfnResponseHeadersPolicy_CustomHeaderProperty{Header: jsii.String(name), Value: jsii.String(value), Override: true}
}

// newOriginAccessControl makes what all distributions of the cell sign their requests to buckets with, if the cell has one, and the
// parameter that tells its id. It grants nothing by itself: each bucket names the distribution that it lets in. Requests are
// signed always, so that no viewer's own signature reaches a bucket (Amazon CloudFront Developer Guide, "Restrict access to
// an Amazon S3 origin", "Advanced settings for origin access control").
func newOriginAccessControl(stack awscdk.Stack, c *plan.OriginAccessControl) {
	if c == nil {
		return
	}
	control := awscloudfront.NewCfnOriginAccessControl(stack, jsii.String("OriginAccessControl"), &awscloudfront.CfnOriginAccessControlProps{
		OriginAccessControlConfig: &awscloudfront.CfnOriginAccessControl_OriginAccessControlConfigProperty{
			Name: jsii.String(c.Name), OriginAccessControlOriginType: jsii.String("s3"),
			SigningBehavior: jsii.String("always"), SigningProtocol: jsii.String("sigv4"),
		},
	})
	awsssm.NewCfnParameter(stack, jsii.String("OriginAccessControlParameter"), &awsssm.CfnParameterProps{
		Name: jsii.String(c.Parameter), Type: jsii.String("String"), Value: control.AttrId(),
		Description: jsii.String("Origin access control of the cell's distributions"),
	})
}

// The code of the CloudFront functions.
var (
	//go:embed router.js
	routerCode string
	//go:embed viewer_host.js
	viewerHostCode string
)

// newEdgeFunctions makes the function that answers the application's own routes with
// index.html (error pages of a distribution would do so for the API's 403 and 404 too),
// and the one that tells the API the host name, where that states the account.
func newEdgeFunctions(stack awscdk.Stack, c plan.Cell) {
	newEdgeFunction(stack, "Router", c.Router, "Serves routes of the single page application", routerCode)
	if c.ViewerHost != nil {
		newEdgeFunction(stack, "ViewerHost", *c.ViewerHost, "Tells the API the host name that was called", viewerHostCode)
	}
}

func newEdgeFunction(stack awscdk.Stack, id string, f plan.EdgeFunction, comment, code string) {
	awscloudfront.NewCfnFunction(stack, jsii.String(id), &awscloudfront.CfnFunctionProps{
		Name: jsii.String(f.Name), AutoPublish: true, FunctionCode: jsii.String(code),
		FunctionConfig: &awscloudfront.CfnFunction_FunctionConfigProperty{
			Comment: jsii.String(comment), Runtime: jsii.String("cloudfront-js-2.0"),
		},
	})
}

// newLogsBucket makes the bucket that the tenants' buckets write server access logs to
// (S3 User Guide, "Enabling Amazon S3 server access logging").
func newLogsBucket(stack awscdk.Stack, cell plan.Cell) {
	const id, keepDays = "LogsBucket", 90
	arn := "arn:" + cell.Environment.Partition + ":s3:::" + cell.LogsBucket
	c := cdk.NewConstruct(stack, jsii.String("Logs"))
	props := privateBucketProps(cell.LogsBucket)
	props.LifecycleConfiguration = &awss3.CfnBucket_LifecycleConfigurationProperty{Rules: []any{&awss3.CfnBucket_RuleProperty{
		Id: jsii.String("old-logs"), Status: jsii.String("Enabled"), ExpirationInDays: num(keepDays),
		AbortIncompleteMultipartUpload: &awss3.CfnBucket_AbortIncompleteMultipartUploadProperty{DaysAfterInitiation: num(1)},
	}}}
	bucket := retained(awss3.NewCfnBucket(c, jsii.String(id), props), id)
	newBucketPolicy(c, id, bucket.Ref(), []iam.Statement{onlyEncrypted(arn), {
		Sid: "BucketsLog", Effect: iam.Allow, Principal: map[string][]string{"Service": {"logging.s3.amazonaws.com"}},
		Action: []string{"s3:PutObject"}, Resource: []string{arn + "/*"},
		Condition: iam.Condition{"StringEquals": {"aws:SourceAccount": {cell.Environment.Account}}},
	}})
}
