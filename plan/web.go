package plan

import "fmt"

// stageName is the first segment of every path of the API. CloudFront sends /api/* to
// the API's domain unchanged, so no path is rewritten.
const stageName = "api"

func (b *tenantBuilder) host() string { return b.tenant.ID + "." + b.file.Platform.Domain }

func (b *tenantBuilder) bucket(id, use string) Bucket {
	return Bucket{
		LogicalID: id, Name: b.scope.bucketName(use), Arn: b.scope.bucketArn(use),
		LogsBucket: b.cellScope.bucketName(logsBucket), LogsPrefix: b.tenant.ID + "/" + use + "/",
	}
}

const logsBucket = "logs"

func (b *tenantBuilder) uploads() Bucket {
	bucket := b.bucket("UploadsBucket", "uploads")
	bucket.Prefix = b.uploadsPrefix()
	bucket.AllowedOrigins = []string{"https://" + b.host()}
	return bucket
}

func (b *tenantBuilder) web() Web {
	return Web{
		Bucket: b.bucket("WebBucket", "web"), Host: b.host(),
		HostedZoneID: b.cell.HostedZoneID, CertificateArn: b.cell.CertificateArn,
		APIPathPattern:  "/" + stageName + "/*",
		HeadersPolicyID: resolveSSM(b.cellScope.parameterName(headersParameter)),
		RouterArn:       b.cellScope.routerArn(),
	}
}

const headersParameter = "response-headers-policy"

// routerName fits CloudFront's 64 characters: a platform has at most 16, a cell 20.
func (s scope) routerName() string { return s.platform + "-" + s.id + "-router" }

func (s scope) routerArn() string {
	return fmt.Sprintf("arn:%s:cloudfront::%s:function/%s", s.env.Partition, s.env.Account, s.routerName())
}
