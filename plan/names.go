package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// Platform, tenant, cell and table names consist of [a-z0-9-], so an underscore
// between them keeps acme + eu apart from acme-eu. Where AWS takes no underscore
// (buckets, domains, stacks) a fixed word, the account or a hash does the same.
//
// A name is that of one stack in one account and region, whatever is edited. Two rules follow
// from what CloudFormation does (CloudFormation User Guide, "Name type" and "Update behaviors of
// stack resources"): it makes a new resource before it deletes the one that it replaces, and
// refuses to replace one that has a name of its own by another of the same name.
//
//   - What cannot be changed in place, such as the path of a role, may only consist of what is in
//     the name too.
//   - The name has everything that tells stacks apart which may exist at the same time: the cell or
//     the tenant, and the region where names count in the whole account (IAM, CloudFront).

// Lengths that AWS allows (service documentation: Lambda FunctionName, IAM RoleName, CloudFront
// FunctionConfig, S3 bucket naming rules, OpenSearch DomainName, SQS QueueName).
const (
	maxFunctionName     = 64
	maxRoleName         = 64
	maxEdgeFunctionName = 64
	maxBucketName       = 63
	maxDomainName       = 28
	maxSlug             = 24
)

// scope names what belongs to one cell or one tenant.
type scope struct {
	platform string
	// kind is "cell" or "tenant".
	kind string
	// id is the cell's name or the tenant's id.
	id  string
	env Environment
}

// partition of a region (AWS General Reference, "Amazon Resource Names").
func partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// shorten keeps s when it fits and otherwise replaces its end by a hash of the whole.
func shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return hashed(s, s, limit)
}

// hashed is as much of s as fits before a hash of whole.
func hashed(s, whole string, limit int) string {
	return strings.TrimRight(s[:min(len(s), limit-9)], "-_") + "-" + digest(whole, 8)
}

// digest is the first n hexadecimal digits of the SHA-256 of s.
func digest(s string, n int) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])[:n]
}

func (s scope) stack() string { return s.platform + "-" + s.kind + "-" + s.id }

// prefix begins the names of functions, roles, queues and tables of the scope and of no other.
func (s scope) prefix() string {
	return s.platform + "_" + s.kind + "_" + shorten(s.id, maxSlug) + "_"
}

func (s scope) name(rest string, limit int) string {
	return s.prefix() + shorten(rest, limit-len(s.prefix()))
}

func (s scope) functionName(logicalID string) string { return s.name(logicalID, maxFunctionName) }

func (s scope) functionArn(logicalID string) string {
	return s.arn("lambda", "function:"+s.functionName(logicalID))
}

func (s scope) tableName(table string) string { return s.prefix() + table }

func (s scope) tableArn(table string) string {
	return s.arn("dynamodb", "table/"+s.tableName(table))
}

func (s scope) queueName(rest string) string { return s.prefix() + rest }

func (s scope) logGroupName(rest string) string {
	return "/" + s.platform + "/" + s.kind + "/" + s.id + "/" + rest
}

func (s scope) parameterName(rest string) string {
	return "/" + s.platform + "/" + s.kind + "/" + s.id + "/" + rest
}

// bucketName is unique in the world by the account and the region at its end.
// Cells and tenants have buckets for different uses, so their kind need not be in the name.
func (s scope) bucketName(use string) string {
	tail := "-" + use + "-" + s.env.Account + "-" + s.env.Region
	head, limit := s.platform+"-"+s.id, maxBucketName-len(tail)
	if strings.Contains(s.platform, "-") {
		// Where a platform's name ends does not show in it: shop-eu has an acme, and shop an eu-acme.
		return hashed(head, s.platform+"/"+s.id, limit) + tail
	}
	return shorten(head, limit) + tail
}

func (s scope) bucketArn(use string) string {
	return fmt.Sprintf("arn:%s:s3:::%s", s.env.Partition, s.bucketName(use))
}

func (s scope) domainName() string {
	return hashed(s.platform+"-"+s.id, s.platform+"/"+s.kind+"/"+s.id, maxDomainName)
}

func (s scope) domainArn() string { return s.arn("es", "domain/"+s.domainName()) }

func (s scope) rolePath() string {
	return "/" + s.platform + "/" + s.kind + "/" + s.id + "/"
}

// roleName of a role by its logical id. An account has one set of names for all its regions.
func (s scope) roleName(id string) string {
	return s.name(strings.TrimSuffix(id, "Role")+"_"+s.env.Region, maxRoleName)
}

func (s scope) roleArn(id string) string {
	return fmt.Sprintf("arn:%s:iam::%s:role%s%s", s.env.Partition, s.env.Account, s.rolePath(), s.roleName(id))
}

// indexWriterPath holds the roles that the cell's indexer may assume, one a tenant.
func (s scope) indexWriterPath() string {
	return "/" + s.platform + "/cell/" + s.id + "/index-writer/"
}

// indexWriterArnPrefix followed by a billing account is the role that writes that account's index.
func (s scope) indexWriterArnPrefix() string {
	return fmt.Sprintf("arn:%s:iam::%s:role%s%s", s.env.Partition, s.env.Account, s.indexWriterPath(), s.indexWriterName(""))
}

// indexWriterName is that of the role that writes a billing account's index for the indexer of
// the cell: a beginning that is the cell's, then the account, whole. It fits into 64 characters,
// since a platform has at most 16 and a billing account 32.
func (s scope) indexWriterName(billingAccount string) string {
	return s.platform + "_index_" + digest(s.id+"/"+s.env.Region, 8) + "_" + billingAccount
}

func (s scope) logGroup(logicalID, rest string, days int) LogGroup {
	name := s.logGroupName(rest)
	return LogGroup{LogicalID: logicalID, Name: name, Arn: s.arn("logs", "log-group:"+name), RetentionDays: days}
}

func (s scope) arn(service, resource string) string {
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s", s.env.Partition, service, s.env.Region, s.env.Account, resource)
}

// logicalID turns a name such as kittens-eu into KittensEu.
func logicalID(name string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(name, "-") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}

// resolveSSM is a dynamic reference to a parameter's newest version
// (CloudFormation User Guide, "Get a plaintext value from Systems Manager Parameter Store").
func resolveSSM(parameter string) string { return "{{resolve:ssm:" + parameter + "}}" }
