package release

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/tenantstack/tenantstack/plan"
)

// S3 is what a release asks of Amazon S3. *s3.Client is one.
type S3 interface {
	ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
	HeadObject(context.Context, *s3.HeadObjectInput, ...func(*s3.Options)) (*s3.HeadObjectOutput, error)
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
	DeleteObjects(context.Context, *s3.DeleteObjectsInput, ...func(*s3.Options)) (*s3.DeleteObjectsOutput, error)
}

// CloudFront is what a release asks of Amazon CloudFront. *cloudfront.Client is one.
type CloudFront interface {
	CreateInvalidation(context.Context, *cloudfront.CreateInvalidationInput, ...func(*cloudfront.Options)) (*cloudfront.CreateInvalidationOutput, error)
}

// SSM is what a release asks of AWS Systems Manager. *ssm.Client is one.
type SSM interface {
	GetParameter(context.Context, *ssm.GetParameterInput, ...func(*ssm.Options)) (*ssm.GetParameterOutput, error)
}

// Clients of the services in one AWS account and region.
type Clients struct {
	S3         S3
	CloudFront CloudFront
	SSM        SSM
}

// NewClients makes the SDK's clients.
func NewClients(c aws.Config) Clients {
	quiet := func(o *s3.Options) { o.DisableLogOutputChecksumValidationSkipped = true } // manifests are checked by their own digests
	return Clients{S3: s3.NewFromConfig(c, quiet, pathStyle), CloudFront: cloudfront.NewFromConfig(c), SSM: ssm.NewFromConfig(c)}
}

// pathStyle has names of buckets in paths at an endpoint that is not that of AWS, as the AWS CLI does: hosts below localhost, or
// below a name of somebody's own network, are rarely known.
func pathStyle(o *s3.Options) { o.UsePathStyle = o.UsePathStyle || o.BaseEndpoint != nil }

// Connect finds the clients for the AWS account and region of a tenant. It is called for every tenant, at the
// same time for several.
type Connect func(context.Context, plan.Environment) (Clients, error)
