package constructs

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"
	cdk "github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/plan"
)

// WebsiteProps is the distribution to make.
type WebsiteProps struct {
	// Web of the plan.
	Web plan.Web
	// API behind the distribution.
	API RestAPI
	// Uploads is the bucket that signed requests are passed on to.
	Uploads PrivateBucket
	// Environment of the stack.
	Environment plan.Environment
	// Comment shows in the list of distributions.
	// @default none
	Comment string
}

// Managed policies of CloudFront have the same ids everywhere (CloudFront Developer Guide,
// "Use managed cache policies" and "Use managed origin request policies").
const (
	cachingOptimized          = "658327ea-f89d-4fab-a63d-7e88639e58f6"
	cachingDisabled           = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
	allViewerExceptHostHeader = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
	// distributionZone is the hosted zone of every distribution (Route 53 API Reference, "AliasTarget").
	distributionZone = "Z2FDTNDATAQYW2"
	webOrigin        = "web"
	apiOrigin        = "api"
	uploadsOrigin    = "uploads"
	accessIdentityID = "WebAccessIdentity"
	distributionID   = "Distribution"
)

// NewWebsite makes a private bucket, a distribution that reads it, with an origin access identity or the cell's origin
// access control, and sends the API's paths to the API, and the records of its host.
func NewWebsite(scope Scope, id string, props *WebsiteProps) cdk.Construct {
	w := props.Web
	c := cdk.NewConstruct(scope, jsii.String(id))
	if w.OriginAccessControlID == "" {
		newAccessIdentity(c, w)
	}
	bucket := NewPrivateBucket(c, "Bucket", &PrivateBucketProps{
		Bucket: w.Bucket, Versioned: true, Statements: distributionReads(w, props.Environment),
	})
	distribution := named(awscloudfront.NewCfnDistribution(c, jsii.String("Distribution"), &awscloudfront.CfnDistributionProps{
		DistributionConfig: &awscloudfront.CfnDistribution_DistributionConfigProperty{
			Enabled: true, Comment: str(props.Comment), Aliases: strs(w.Host), DefaultRootObject: jsii.String("index.html"),
			HttpVersion: jsii.String("http2and3"), Ipv6Enabled: true, PriceClass: jsii.String("PriceClass_100"),
			Origins: []any{
				webOriginOf(w, bucket),
				apiOriginOf(props),
				uploadsOriginOf(props),
			},
			DefaultCacheBehavior: defaultBehavior(w),
			CacheBehaviors:       []any{apiBehavior(w), uploadsBehavior(w)},
			ViewerCertificate: &awscloudfront.CfnDistribution_ViewerCertificateProperty{
				AcmCertificateArn: jsii.String(w.CertificateArn), SslSupportMethod: jsii.String("sni-only"),
				MinimumProtocolVersion: jsii.String("TLSv1.2_2021"),
			},
		},
	}), distributionID)
	newRecords(c, w, distribution.AttrDomainName())
	named(awsssm.NewCfnParameter(c, jsii.String("DistributionParameter"), &awsssm.CfnParameterProps{
		Name: jsii.String(w.DistributionParameter), Type: jsii.String("String"), Value: distribution.Ref(),
		Description: jsii.String("Distribution of the tenant, for releases of the web application"),
	}), "DistributionParameter")
	return c
}

func newAccessIdentity(c cdk.Construct, w plan.Web) {
	named(awscloudfront.NewCfnCloudFrontOriginAccessIdentity(c, jsii.String(accessIdentityID), &awscloudfront.CfnCloudFrontOriginAccessIdentityProps{
		CloudFrontOriginAccessIdentityConfig: &awscloudfront.CfnCloudFrontOriginAccessIdentity_CloudFrontOriginAccessIdentityConfigProperty{
			Comment: jsii.String(w.Host),
		},
	}), accessIdentityID)
}

// distributionReads lets the tenant's distribution read its bucket, and no other distribution: by the identity that it has
// to itself, or by its ARN, since with an origin access control every distribution comes as the same principal (Amazon
// CloudFront Developer Guide, "Grant CloudFront permission to access the S3 bucket").
//
// Who may not list a bucket is answered 403 for a file that is not there, and 404 who may (S3 API Reference, "GetObject").
// Nobody lists through the distribution: every path that is not a file's becomes that of index.html.
func distributionReads(w plan.Web, env plan.Environment) []iam.Statement {
	statements := []iam.Statement{
		{Sid: "DistributionReads", Effect: iam.Allow, Action: []string{"s3:GetObject"}, Resource: []string{w.Bucket.Arn + "/*"}},
		{Sid: "DistributionSeesWhatIsMissing", Effect: iam.Allow, Action: []string{"s3:ListBucket"}, Resource: []string{w.Bucket.Arn}},
	}
	for i := range statements {
		if w.OriginAccessControlID == "" {
			statements[i].Principal = map[string][]string{"CanonicalUser": {"${" + accessIdentityID + ".S3CanonicalUserId}"}}
			continue
		}
		statements[i].Principal = map[string][]string{"Service": {"cloudfront.amazonaws.com"}}
		statements[i].Condition = iam.Condition{"StringEquals": {
			"aws:SourceArn": {fmt.Sprintf("arn:%s:cloudfront::%s:distribution/${%s}", env.Partition, env.Account, distributionID)},
		}}
	}
	return statements
}

// webOriginOf is the bucket of the application. With an origin access control the access identity is empty (CloudFormation
// Template Reference, "AWS::CloudFront::Distribution S3OriginConfig").
func webOriginOf(w plan.Web, bucket PrivateBucket) *awscloudfront.CfnDistribution_OriginProperty {
	origin := &awscloudfront.CfnDistribution_OriginProperty{Id: jsii.String(webOrigin), DomainName: bucket.DomainName}
	identity := sub("origin-access-identity/cloudfront/${" + accessIdentityID + "}")
	if w.OriginAccessControlID != "" {
		origin.OriginAccessControlId, identity = jsii.String(w.OriginAccessControlID), jsii.String("")
	}
	origin.S3OriginConfig = &awscloudfront.CfnDistribution_S3OriginConfigProperty{OriginAccessIdentity: identity}
	return origin
}

func apiOriginOf(props *WebsiteProps) *awscloudfront.CfnDistribution_OriginProperty {
	return &awscloudfront.CfnDistribution_OriginProperty{
		Id:         jsii.String(apiOrigin),
		DomainName: jsii.String(fmt.Sprintf("%s.execute-api.%s.%s", *props.API.ID, props.Environment.Region, props.Environment.DNSSuffix())),
		CustomOriginConfig: &awscloudfront.CfnDistribution_CustomOriginConfigProperty{
			OriginProtocolPolicy: jsii.String("https-only"), OriginSslProtocols: strs("TLSv1.2"),
		},
	}
}

// uploadsOriginOf is the bucket as any client of S3 reaches it, with an empty access identity: a
// request is as much worth as its own signature (CloudFormation Template Reference,
// "AWS::CloudFront::Distribution S3OriginConfig").
func uploadsOriginOf(props *WebsiteProps) *awscloudfront.CfnDistribution_OriginProperty {
	return &awscloudfront.CfnDistribution_OriginProperty{
		Id: jsii.String(uploadsOrigin), DomainName: props.Uploads.DomainName,
		S3OriginConfig: &awscloudfront.CfnDistribution_S3OriginConfigProperty{OriginAccessIdentity: jsii.String("")},
	}
}

// defaultBehavior serves the application: paths of its routes as index.html.
func defaultBehavior(w plan.Web) *awscloudfront.CfnDistribution_DefaultCacheBehaviorProperty {
	return &awscloudfront.CfnDistribution_DefaultCacheBehaviorProperty{
		TargetOriginId: jsii.String(webOrigin), ViewerProtocolPolicy: jsii.String("redirect-to-https"),
		AllowedMethods: strs("GET", "HEAD", "OPTIONS"), CachedMethods: strs("GET", "HEAD"), Compress: true,
		CachePolicyId:           jsii.String(cachingOptimized),
		ResponseHeadersPolicyId: jsii.String(w.HeadersPolicyID),
		FunctionAssociations:    []any{viewerRequest(w.RouterArn)},
	}
}

// apiBehavior passes requests of the API on as they are and caches nothing; without a cache
// CloudFront does not compress either (Amazon CloudFront Developer Guide, "Serve compressed
// files"). The API sets its own headers.
func apiBehavior(w plan.Web) *awscloudfront.CfnDistribution_CacheBehaviorProperty {
	behavior := &awscloudfront.CfnDistribution_CacheBehaviorProperty{
		PathPattern: jsii.String(w.APIPathPattern), TargetOriginId: jsii.String(apiOrigin),
		ViewerProtocolPolicy: jsii.String("https-only"), Compress: false,
		AllowedMethods: strs("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"), CachedMethods: strs("GET", "HEAD"),
		CachePolicyId: jsii.String(cachingDisabled), OriginRequestPolicyId: jsii.String(allViewerExceptHostHeader),
		ResponseHeadersPolicyId: jsii.String(w.HeadersPolicyID),
	}
	if w.ViewerHostArn != "" {
		behavior.FunctionAssociations = []any{viewerRequest(w.ViewerHostArn)}
	}
	return behavior
}

// uploadsBehavior passes signed requests on as they are, caches nothing and adds the
// security headers, which S3 cannot: nosniff among them.
func uploadsBehavior(w plan.Web) *awscloudfront.CfnDistribution_CacheBehaviorProperty {
	return &awscloudfront.CfnDistribution_CacheBehaviorProperty{
		PathPattern: jsii.String(w.UploadsPathPattern), TargetOriginId: jsii.String(uploadsOrigin),
		ViewerProtocolPolicy: jsii.String("https-only"), Compress: false,
		AllowedMethods: strs("GET", "HEAD"), CachedMethods: strs("GET", "HEAD"),
		CachePolicyId: jsii.String(cachingDisabled), OriginRequestPolicyId: jsii.String(allViewerExceptHostHeader),
		ResponseHeadersPolicyId: jsii.String(w.HeadersPolicyID),
	}
}

// viewerRequest runs a CloudFront function on every request of a viewer.
func viewerRequest(functionArn string) *awscloudfront.CfnDistribution_FunctionAssociationProperty {
	return &awscloudfront.CfnDistribution_FunctionAssociationProperty{
		EventType: jsii.String("viewer-request"), FunctionArn: jsii.String(functionArn),
	}
}

// newRecords points the host at the distribution, over IPv4 and IPv6.
func newRecords(c cdk.Construct, w plan.Web, domainName *string) {
	for _, kind := range []string{"A", "AAAA"} {
		id := "Record" + kind
		named(awsroute53.NewCfnRecordSet(c, jsii.String(id), &awsroute53.CfnRecordSetProps{
			Name: jsii.String(w.Host), Type: jsii.String(kind), HostedZoneId: jsii.String(w.HostedZoneID),
			AliasTarget: &awsroute53.CfnRecordSet_AliasTargetProperty{
				DnsName: domainName, HostedZoneId: jsii.String(distributionZone),
			},
		}), id)
	}
}
