package facts

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"github.com/tenantstack/tenantstack/internal/cfn"
	"github.com/tenantstack/tenantstack/internal/prove/pattern"
)

var (
	// bucketHost is the address of a bucket (Amazon S3 User Guide, "Virtual hosting of
	// general purpose buckets", "Website endpoints").
	bucketHost = regexp.MustCompile(`(?i)^(.+)\.s3[.-](?:[a-z0-9.-]*\.)?amazonaws\.com(?:\.cn)?$`)
	// image of a container (Amazon ECR User Guide, "Amazon ECR private registry").
	image = regexp.MustCompile(`^([0-9]{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/([^:@]+)`)
	// queueURL is the address of a queue (Amazon SQS Developer Guide, "Amazon SQS queue and message
	// identifiers").
	queueURL = regexp.MustCompile(
		`^https://(?:sqs\.([^./]+)\.amazonaws\.com(?:\.cn)?|([^./]+)\.queue\.amazonaws\.com)/([0-9]{12})/(.+)$`,
	)
	// userPoolProvider is a user pool as a provider of an identity pool (Amazon Cognito Federated Identities API
	// Reference, "CognitoIdentityProvider").
	userPoolProvider = regexp.MustCompile(`^cognito-idp\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/(.+)$`)
	// invocation is the function in the URI of an integration (API Gateway Developer Guide,
	// "x-amazon-apigateway-integration object").
	invocation = regexp.MustCompile(
		`^arn:[^:]+:apigateway:[^:]*:lambda:path/[^/]+/functions/(arn:(?:[^/⟨⟩]|⟨[^⟨⟩]*⟩)+)/(?:response-streaming-)?invocations$`,
	)
)

// resourceForms are what stands before the name in the ARNs of what a kind names (Service Authorization
// Reference, "Resource types defined by" each service).
var resourceForms = map[string]struct{ service, resource string }{
	"table": {
		"dynamodb",
		"table/",
	}, "stream": {"kinesis", "stream/"}, "log-group": {"logs", "log-group:"}, "topic": {"sns", ""},
	"parameter": {
		"ssm",
		"parameter/",
	}, "secret": {"secretsmanager", "secret:"}, "event-bus": {"events", "event-bus/"}, "rule": {"events", "rule/"},
	"domain": {"es", "domain/"}, "state-machine": {"states", "stateMachine:"},
	"layer": {
		"lambda",
		"layer:",
	}, "certificate": {"acm", "certificate/"}, "alarm": {"cloudwatch", "alarm:"}, "backup-vault": {"backup", "backup-vault:"},
	"delivery-stream": {
		"firehose",
		"deliverystream/",
	}, "delivery-source": {"logs", "delivery-source:"}, "pipe": {"pipes", "pipe/"},
	"schedule-group": {"scheduler", "schedule-group/"}, "deployment-application": {"codedeploy", "application:"},
	"instance-profile": {"iam", "instance-profile/"}, "insight-rule": {"cloudwatch", "insight-rule/"},
}

// namedArn is the ARN of what a text of a kind names, empty if it has none that is known.
func (t *reader) namedArn(kind, text string) string {
	switch {
	case kind == "function":
		return t.functionArn(text)
	case strings.HasPrefix(text, "arn:"):
		if match := invocation.FindStringSubmatch(text); match != nil {
			return match[1]
		}
		return text
	case kind == "bucket" || kind == "code-bucket":
		return fmt.Sprintf("arn:%s:s3:::%s", t.partition(), cmp.Or(BucketOf(text), lower(text)))
	case kind == "host":
		if bucket := BucketOf(text); bucket != "" {
			return fmt.Sprintf("arn:%s:s3:::%s", t.partition(), bucket)
		}
		return ""
	case kind == "queue":
		if match := queueURL.FindStringSubmatch(text); match != nil {
			return fmt.Sprintf("arn:%s:sqs:%s:%s:%s", t.partition(), match[1]+match[2], match[3], match[4])
		}
		return t.arn("sqs", text[strings.LastIndexByte(text, '/')+1:])
	case kind == "image":
		if match := image.FindStringSubmatch(text); match != nil {
			return fmt.Sprintf("arn:%s:ecr:%s:%s:repository/%s", t.partition(), match[2], match[1], match[3])
		}
		return ""
	case kind == "key":
		if strings.HasPrefix(text, "alias/") {
			return t.arn("kms", text)
		}
		return t.arn("kms", "key/"+text)
	case kind == "api":
		return fmt.Sprintf("arn:%s:apigateway:%s::/restapis/%s", t.partition(), t.stack.Region, text)
	case kind == "zone":
		return fmt.Sprintf("arn:%s:route53:::hostedzone/%s", t.partition(), strings.TrimPrefix(text, "/hostedzone/"))
	case kind == "user-pool":
		if match := userPoolProvider.FindStringSubmatch(text); match != nil {
			return fmt.Sprintf("arn:%s:cognito-idp:%s:%s:userpool/%s", t.partition(), match[1], t.stack.Account, match[2])
		}
		return t.arn("cognito-idp", "userpool/"+text)
	case kind == "distribution":
		return fmt.Sprintf("arn:%s:cloudfront::%s:distribution/%s", t.partition(), t.stack.Account, text)
	}
	if kind == "scalable-target" {
		return t.scalableArn(text)
	}
	if kind == "parameter" {
		text = strings.TrimPrefix(text, "/")
	}
	if form, known := resourceForms[kind]; known {
		return t.arn(form.service, form.resource+text)
	}
	return ""
}

// scalableArn is the ARN of what Application Auto Scaling scales, empty if its form is not among those that are
// known (Application Auto Scaling API Reference, "RegisterScalableTarget").
func (t *reader) scalableArn(text string) string {
	switch name, isFunction := strings.CutPrefix(text, "function:"); {
	case isFunction:
		return t.functionArn(name)
	case strings.HasPrefix(text, "table/"):
		return t.arn("dynamodb", text)
	}
	return ""
}

// BucketOf is the name of the bucket whose address a text is, empty if it is no such address.
func BucketOf(text string) string {
	if !strings.Contains(strings.ToLower(text), ".amazonaws.com") {
		return ""
	}
	if match := bucketHost.FindStringSubmatch(text); match != nil {
		return lower(match[1])
	}
	return ""
}

// lower makes the literal parts of a text lower-case, as names of hosts and buckets are.
func lower(text string) string {
	var out strings.Builder
	for _, part := range cfn.Parts(text) {
		if part.Opaque {
			out.WriteString(part.Text)
		} else {
			out.WriteString(strings.ToLower(part.Text))
		}
	}
	return out.String()
}

// functionArn is the ARN of a function that is given by its ARN, its name, or a part of the
// ARN, with or without a version or alias (AWS Lambda API Reference, "AddPermission").
func (t *reader) functionArn(name string) string {
	if match := invocation.FindStringSubmatch(name); match != nil {
		name = match[1]
	}
	if parts := strings.SplitN(name, ":", 8); strings.HasPrefix(name, "arn:") {
		return strings.Join(parts[:min(len(parts), 7)], ":")
	}
	if _, rest, found := strings.Cut(name, "function:"); found {
		name = rest
	}
	if !strings.HasPrefix(name, pattern.OpenMark) {
		name, _, _ = strings.Cut(name, ":")
	}
	return t.arn("lambda", "function:"+name)
}

// targetArn is the ARN of what a policy is attached to: the resource itself, or one that is
// named.
func (t *reader) targetArn(id, kind, target string) string {
	switch {
	case target == "":
		arn, err := t.resolver.Arn(id)
		if err != nil || !strings.HasPrefix(arn, "arn:") {
			return fmt.Sprintf("arn:%s:*:*:%s:%s", cmp.Or(t.stack.Partition, "*"), cmp.Or(t.stack.Account, "*"), kind)
		}
		return strings.TrimSuffix(arn, ":*")
	case strings.HasPrefix(target, "arn:"):
		return target
	case kind == "bucket" || kind == "queue":
		return t.namedArn(kind, target)
	default:
		return target
	}
}

// dynamicReference is a value that CloudFormation looks up with the rights of whoever deploys
// (CloudFormation User Guide, "Get values stored in other services using dynamic references").
var dynamicReference = regexp.MustCompile(`\{\{resolve:(ssm|ssm-secure|secretsmanager):([^}]+)\}\}`)

// lookups collects the parameters and secrets that a resource's properties look up.
func (t *reader) lookups(id string, properties map[string]any) {
	w := &walk{reader: t, id: id, path: []string{"Properties"}}
	before := len(t.Mentions)
	w.mention(properties)
	all := t.Mentions[before:]
	t.Mentions = t.Mentions[:before]
	for _, m := range all {
		for _, match := range dynamicReference.FindAllStringSubmatch(m.Text, -1) {
			t.Lookups = append(
				t.Lookups,
				Lookup{Place: m.Place, Account: t.stack.Account, Service: match[1], Arn: t.lookedUp(match[1], match[2])},
			)
		}
	}
}

// lookedUp is the ARN of a parameter or secret, which may end with a version, a JSON key or
// a stage.
func (t *reader) lookedUp(service, name string) string {
	if strings.HasPrefix(name, "arn:") {
		parts := strings.SplitN(name, ":", 8)
		return strings.Join(parts[:min(len(parts), 7)], ":")
	}
	name, _, _ = strings.Cut(name, ":")
	if service == "secretsmanager" {
		return t.arn("secretsmanager", "secret:"+name+"-*")
	}
	return t.arn("ssm", "parameter/"+strings.TrimPrefix(name, "/"))
}

// nameForms are what stands between the account and the name in ARNs.
var nameForms = []string{
	"function:", "table/", "alarm:", "log-group:", "role/", "user/", "stateMachine:", "domain/", "stream/", "deliverystream/", "event-bus/", "rule/",
	"userpool/", "secret:", "activity:", "pipe/", "repository/", "layer:", "stack/", "schedule-group/", "key/",
}

// NameIn is the name in an ARN, or the beginning of one in the beginning of an ARN, as it is given where no ARN is wanted.
func NameIn(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return ""
	}
	name := parts[5]
	if rest, is := strings.CutPrefix(name, "parameter/"); is {
		return "/" + rest
	}
	for _, form := range nameForms {
		if rest, is := strings.CutPrefix(name, form); is {
			return rest
		}
	}
	return name
}
