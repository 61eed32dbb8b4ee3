package plan

import (
	"fmt"

	"github.com/tenantstack/tenantstack/api"
	"github.com/tenantstack/tenantstack/tenant"
)

// stageName is the first segment of every path of the API. CloudFront sends /api/* to
// the API's domain unchanged, so no path is rewritten.
const stageName = "api"

// host that the tenant lives at: <id>.<domain>, or <billing account>.<domain> where host
// names state the account.
func (b *tenantBuilder) host() string {
	label := b.tenant.ID
	if b.hasSource(tenant.AccountFromHost) {
		label = b.tenant.BillingAccount
	}
	return label + "." + b.file.Platform.Domain
}

func (b *tenantBuilder) bucket(id, use string) Bucket {
	return Bucket{
		LogicalID: id, Name: b.scope.bucketName(use), Arn: b.scope.bucketArn(use),
		LogsBucket: b.cellScope.bucketName(logsBucket), LogsPrefix: b.tenant.ID + "/" + use + "/",
	}
}

// What a bucket is for ends its name.
const (
	logsBucket    = "logs"
	uploadsBucket = "uploads"
	webBucket     = "web"
)

func (b *tenantBuilder) uploads() Bucket {
	bucket := b.bucket("UploadsBucket", uploadsBucket)
	bucket.Prefix = b.uploadsPrefix()
	bucket.AllowedOrigins = []string{"https://" + b.host()}
	for _, folder := range b.contract.Uploads {
		if folder.ExpireDays > 0 {
			bucket.Expiries = append(bucket.Expiries, Expiry{Prefix: b.folderPrefix(folder.Name), Days: folder.ExpireDays})
		}
	}
	for _, e := range b.contract.Events {
		bucket.Notifications = append(bucket.Notifications, Notification{
			Prefix: b.folderPrefix(e.ObjectCreated), Function: e.FunctionID(), FunctionArn: b.scope.functionArn(e.FunctionID()),
		})
	}
	return bucket
}

// folderPrefix begins the keys of a folder of x-uploads, or of all uploads of the tenant.
func (b *tenantBuilder) folderPrefix(folder string) string {
	if folder == api.AllUploads {
		return b.uploadsPrefix()
	}
	return b.uploadsPrefix() + folder + "/"
}

func (b *tenantBuilder) web() Web {
	w := Web{
		Bucket: b.bucket("WebBucket", webBucket), Host: b.host(),
		HostedZoneID: b.cell.HostedZoneID, CertificateArn: b.cell.CertificateArn,
		APIPathPattern: "/" + stageName + "/*",
		// The keys of the bucket begin so: a signed request keeps its path.
		UploadsPathPattern: "/" + uploadsFolder + "/*",
		HeadersPolicyID:    resolveSSM(b.cellScope.parameterName(headersParameter)),
		RouterArn:          b.cellScope.edgeFunctionArn(routerFunction),

		DistributionParameter: b.scope.parameterName(distributionParameter),
		Config:                b.webConfig(),
	}
	if b.cell.OriginAccess == tenant.OriginAccessControl {
		w.OriginAccessControlID = resolveSSM(b.cellScope.parameterName(accessControlParameter))
	}
	if b.hasSource(tenant.AccountFromHost) {
		w.ViewerHostArn = b.cellScope.edgeFunctionArn(viewerHostFunction)
	}
	return w
}

const (
	headersParameter       = "response-headers-policy"
	accessControlParameter = "origin-access-control"
	distributionParameter  = "distribution"
)

// CloudFront functions of a cell.
const (
	routerFunction     = "router"
	viewerHostFunction = "viewer-host"
)

// An account has one set of names of CloudFront's for all its regions.

func (s scope) edgeFunctionName(use string) string {
	return shorten(s.platform+"_"+s.id+"_"+use+"_"+s.env.Region, maxEdgeFunctionName)
}

// sharedName is that of what the distributions of a cell share; such names count in all regions of an account.
func (s scope) sharedName() string { return s.platform + "_" + s.id + "_" + s.env.Region }

func (s scope) edgeFunctionArn(use string) string {
	return fmt.Sprintf("arn:%s:cloudfront::%s:function/%s", s.env.Partition, s.env.Account, s.edgeFunctionName(use))
}

func (s scope) edgeFunction(use string) EdgeFunction {
	return EdgeFunction{Name: s.edgeFunctionName(use), Arn: s.edgeFunctionArn(use)}
}
