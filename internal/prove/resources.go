package prove

import (
	"fmt"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
)

// policyOf reads the policy of a resource, or of others that a property names.
func policyOf(kind, property, targets string) func(t *stackReader, id string, properties map[string]any) {
	return func(t *stackReader, id string, properties map[string]any) {
		value, ok := properties[property]
		if !ok {
			return
		}
		arns := []string{""}
		if targets != "" {
			arns = texts(properties[targets])
		}
		for _, target := range arns {
			t.resourcePolicy(id, property, kind, value, t.targetArn(id, kind, target))
			t.resources[len(t.resources)-1].itself = target == "" && kind != accountPolicy
		}
	}
}

// targetArn is the ARN of what a policy is attached to: the resource itself, or one that is
// named.
func (t *stackReader) targetArn(id, kind, target string) string {
	switch {
	case target == "":
		arn, err := t.resolver.Arn(id)
		if err != nil || !strings.HasPrefix(arn, "arn:") {
			return fmt.Sprintf("arn:%s:*:*:%s:%s", or(t.env.Partition, "*"), or(t.account, "*"), kind)
		}
		return strings.TrimSuffix(arn, ":*")
	case strings.HasPrefix(target, "arn:"):
		return target
	case kind == "bucket":
		return fmt.Sprintf("arn:%s:s3:::%s", or(t.env.Partition, "aws"), target)
	case kind == "queue":
		return fmt.Sprintf("arn:%s:sqs:%s:%s:%s", or(t.env.Partition, "aws"), t.env.Region, t.account, target[strings.LastIndexByte(target, '/')+1:])
	default:
		return target
	}
}

func (t *stackReader) resourcePolicy(id, property, kind string, value any, arn string) {
	place := t.place(id, "Properties."+property)
	r := resourcePolicy{attached: t.policy(value, iam.Resource, place), kind: iam.Resource, owner: t.owner, arn: arn, account: t.account, assetKind: kind}
	t.resources = append(t.resources, r)
	t.policiesOf[arn] = append(t.policiesOf[arn], r.document)
}

// bucket checks that a bucket cannot become public (Amazon S3 User Guide, "Blocking public
// access to your Amazon S3 storage").
func (t *stackReader) bucket(id string, properties map[string]any) {
	if n := items(object(properties["NotificationConfiguration"])["LambdaConfigurations"]); len(n) > 0 {
		t.notifications[t.stack.Name+"/"+id] = n
	}
	block := object(properties["PublicAccessBlockConfiguration"])
	for _, setting := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
		if !isTrue(block[setting]) {
			t.find(Finding{
				Rule: PublicBucket, Owner: t.owner, Place: t.place(id, "Properties.PublicAccessBlockConfiguration."+setting),
				Message: fmt.Sprintf("%s is not true, so the bucket can become public", setting), Fix: "set it to true",
			})
		}
	}
	acl := text(properties["AccessControl"])
	if acl != "" && acl != "Private" && acl != "BucketOwnerFullControl" && acl != "LogDeliveryWrite" {
		t.find(Finding{
			Rule: PublicBucket, Owner: t.owner, Place: t.place(id, "Properties.AccessControl"),
			Message: fmt.Sprintf("the canned ACL %s lets others in", acl), Fix: "remove AccessControl",
		})
	}
	for _, item := range items(object(properties["ReplicationConfiguration"])["Rules"]) {
		t.claimCopy(text(object(object(item)["Destination"])["Bucket"]), t.place(id, "Properties.ReplicationConfiguration"))
	}
}

func isTrue(value any) bool {
	if b, ok := value.(bool); ok {
		return b
	}
	return strings.EqualFold(text(value), "true")
}

func (t *stackReader) domain(id string, properties map[string]any) {
	if value, ok := properties["AccessPolicies"]; ok {
		t.resourcePolicy(id, "AccessPolicies", "domain", value, t.targetArn(id, "domain", ""))
	}
	if isTrue(object(properties["AdvancedSecurityOptions"])["AnonymousAuthEnabled"]) {
		t.find(Finding{
			Rule: WildcardPrincipal, Owner: t.owner, Place: t.place(id, "Properties.AdvancedSecurityOptions"), Principal: "*",
			Message: "anonymous access to the domain is enabled", Fix: "remove AnonymousAuthEnabled",
		})
	}
	if t.owner != "" {
		return
	}
	// Bodies of _bulk, _mget and _msearch could name any index of the domain otherwise
	// (OpenSearch Service Developer Guide, "Advanced cluster settings").
	const setting = "rest.action.multi.allow_explicit_index"
	if !strings.EqualFold(fmt.Sprint(object(properties["AdvancedOptions"])[setting]), "false") {
		t.find(Finding{
			Rule: CrossTenant, Place: t.place(id, "Properties.AdvancedOptions"),
			Asset:   &Asset{Kind: "domain", Arn: t.targetArn(id, "domain", "") + "/*"},
			Message: fmt.Sprintf("%s is not \"false\", so the body of a _bulk, _mget or _msearch can name the index of another tenant", setting),
			Fix:     fmt.Sprintf("set AdvancedOptions %s to \"false\"", setting),
		})
	}
}

func (t *stackReader) tablePolicies(id string, properties map[string]any) {
	arn := t.targetArn(id, "table", "")
	if value, ok := object(properties["ResourcePolicy"])["PolicyDocument"]; ok {
		t.resourcePolicy(id, "ResourcePolicy.PolicyDocument", "table", value, arn)
	}
	stream := object(object(properties["StreamSpecification"])["ResourcePolicy"])
	if value, ok := stream["PolicyDocument"]; ok {
		t.resourcePolicy(id, "StreamSpecification.ResourcePolicy.PolicyDocument", "stream", value, arn+"/stream/*")
	}
	for _, replica := range items(properties["Replicas"]) {
		if value, ok := object(object(replica)["ResourcePolicy"])["PolicyDocument"]; ok {
			t.resourcePolicy(id, "Replicas.ResourcePolicy.PolicyDocument", "table", value, arn)
		}
	}
}

func (t *stackReader) function(id string, properties map[string]any) {
	t.functionRoles[t.stack.Name+"/"+id] = text(properties["Role"])
}

// permission is a statement of a function's resource policy (AWS Lambda API Reference,
// "AddPermission").
func (t *stackReader) permission(id string, properties map[string]any) {
	who := text(properties["Principal"])
	s := map[string]any{"Effect": "Allow", "Action": properties["Action"], "Resource": t.functionArn(text(properties["FunctionName"]))}
	switch {
	case strings.HasSuffix(who, ".amazonaws.com") || strings.HasSuffix(who, ".amazonaws.com.cn"):
		s["Principal"] = map[string]any{"Service": who}
	case who == "*":
		s["Principal"] = "*"
	default:
		s["Principal"] = map[string]any{"AWS": who}
	}
	condition := map[string]any{}
	if v := text(properties["SourceArn"]); v != "" {
		condition["ArnLike"] = map[string]any{"aws:SourceArn": v}
	}
	if v := text(properties["SourceAccount"]); v != "" {
		condition["StringEquals"] = map[string]any{"aws:SourceAccount": v}
	}
	if len(condition) > 0 {
		s["Condition"] = condition
	}
	t.resourcePolicy(id, "Principal", "function", map[string]any{"Version": iam.Version, "Statement": []any{s}}, t.functionArn(text(properties["FunctionName"])))
}

// functionArn is the ARN of a function that is given by its ARN, its name, or a part of the
// ARN, with or without a version or alias (AWS Lambda API Reference, "AddPermission").
func (t *stackReader) functionArn(name string) string {
	if parts := strings.SplitN(name, ":", 8); strings.HasPrefix(name, "arn:") {
		return strings.Join(parts[:min(len(parts), 7)], ":")
	}
	if _, rest, found := strings.Cut(name, "function:"); found {
		name = rest
	}
	if !strings.HasPrefix(name, openMark) {
		name, _, _ = strings.Cut(name, ":")
	}
	return fmt.Sprintf("arn:%s:lambda:%s:%s:function:%s", or(t.env.Partition, "aws"), t.env.Region, t.account, name)
}
