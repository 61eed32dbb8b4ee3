package templates

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// rule is an order that AWS checks when it makes a resource, although nothing in the resource refers to what has to be
// there before. CloudFormation makes what does not refer to each other at the same time.
type rule struct {
	name, source string
	needs        func(*resource) []need
}

// orderRules are all that apply to the types that the platform uses, by type and not by name: they hold for resources
// that nobody has thought of yet.
var orderRules = []rule{
	{
		name: "a search domain comes after the policy that lets it write its logs",
		// The order alone is not always enough: aws-differences.md, 93.
		source: "OpenSearch Service Developer Guide, \"Monitoring OpenSearch logs with Amazon CloudWatch Logs\"; awsdocs/amazon-opensearch-service-developer-guide#62",
		needs: func(r *resource) []need {
			if r.kind != "AWS::OpenSearchService::Domain" && r.kind != "AWS::Elasticsearch::Domain" || !mentions(r.properties["LogPublishingOptions"], `"Enabled":true`) {
				return nil
			}
			return []need{{what: "policy of CloudWatch Logs for OpenSearch", must: true, is: func(o *resource) bool {
				return o.kind == "AWS::Logs::ResourcePolicy" && o.region == r.region && mentions(o.properties["PolicyDocument"], "es.amazonaws.com")
			}}}
		},
	},
	{
		name:   "a stage that logs comes after the account's log role",
		source: "API Gateway Developer Guide, \"Set up CloudWatch logging for REST APIs in API Gateway\": permissions",
		needs: func(r *resource) []need {
			settings := r.properties
			if r.kind == "AWS::ApiGateway::Deployment" {
				settings, _ = r.properties["StageDescription"].(map[string]any)
			} else if r.kind != "AWS::ApiGateway::Stage" {
				return nil
			}
			level := mentions(settings, `"LoggingLevel":"ERROR"`) || mentions(settings, `"LoggingLevel":"INFO"`)
			if settings["AccessLogSetting"] == nil && !level {
				return nil
			}
			return []need{{what: "account settings of API Gateway", must: true, is: func(o *resource) bool {
				return o.kind == "AWS::ApiGateway::Account" && o.region == r.region && o.properties["CloudWatchRoleArn"] != nil
			}}}
		},
	},
	{
		name:   "a bucket comes after the permissions of what it notifies",
		source: "Amazon S3 User Guide, \"Granting permissions to publish event notification messages to a destination\"; CloudFormation Template Reference, \"AWS::S3::Bucket NotificationConfiguration\"",
		needs:  notificationNeeds,
	},
	{
		name:   "a bucket that logs comes after the policy of the bucket of logs",
		source: "Amazon S3 User Guide, \"Enabling Amazon S3 server access logging\"",
		needs: func(r *resource) []need {
			logging, _ := r.properties["LoggingConfiguration"].(map[string]any)
			target, _ := logging["DestinationBucketName"].(string)
			if r.kind != "AWS::S3::Bucket" || target == "" {
				return nil
			}
			return []need{
				{what: "bucket of logs", must: true, is: func(o *resource) bool { return o.kind == "AWS::S3::Bucket" && o.name == target }},
				{what: "policy of the bucket of logs", must: true, is: func(o *resource) bool {
					return o.kind == "AWS::S3::BucketPolicy" && o.properties["Bucket"] == target
				}},
			}
		},
	},
	{
		name:   "what AWS assumes a role for at once comes after the role's policies",
		source: "Lambda Developer Guide, \"Process DynamoDB records with Lambda\": the role's permissions are checked when a mapping is made; API Gateway API Reference, \"UpdateAccount\"",
		needs: func(r *resource) []need {
			switch r.kind {
			case "AWS::Lambda::EventSourceMapping", "AWS::ApiGateway::Account":
				return []need{{what: "policy of a role that it uses", is: func(o *resource) bool {
					switch o.kind {
					case "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy":
						return attachedBefore(r, o)
					}
					return false
				}}}
			}
			return nil
		},
	},
	{
		name:   "a policy comes after the roles that it names as principals",
		source: "IAM User Guide, \"AWS JSON policy elements: Principal\": a principal that does not exist is refused",
		needs: func(r *resource) (needs []need) {
			for _, arn := range principals(r.properties) {
				needs = append(needs, need{what: "role " + arn, is: func(o *resource) bool { return o.kind == "AWS::IAM::Role" && o.arn == arn }})
			}
			return needs
		},
	},
	{
		name:   "an API comes after the roles that its document names",
		source: "IAM User Guide, \"Grant a user permissions to pass a role to an AWS service\"; API Gateway Developer Guide, \"x-amazon-apigateway-integration object\": credentials",
		needs: func(r *resource) []need {
			if r.kind != "AWS::ApiGateway::RestApi" {
				return nil
			}
			return []need{{what: "role that the document names", is: func(o *resource) bool {
				return o.kind == "AWS::IAM::Role" && o.arn != "" && mentions(r.properties["Body"], `"`+o.arn+`"`)
			}}}
		},
	},
	{
		name:   "a deployment of an API comes after its methods",
		source: "CloudFormation Template Reference, \"AWS::ApiGateway::Deployment\": RestApiId",
		needs: func(r *resource) []need {
			if r.kind != "AWS::ApiGateway::Deployment" {
				return nil
			}
			return []need{{what: "method of the API", is: func(o *resource) bool {
				return o.kind == "AWS::ApiGateway::Method" && o.properties["RestApiId"] == r.properties["RestApiId"]
			}}}
		},
	},
	{
		name:   "a distribution comes after its functions",
		source: "Amazon CloudFront Developer Guide, \"Associate a function with a distribution\": the function has to be published",
		needs: func(r *resource) []need {
			if r.kind != "AWS::CloudFront::Distribution" {
				return nil
			}
			return []need{{what: "function of the distribution", is: func(o *resource) bool {
				return o.kind == "AWS::CloudFront::Function" && o.arn != "" && mentions(r.properties, `"`+o.arn+`"`)
			}}}
		},
	},
	{
		name:   "a value of Systems Manager comes before what reads it",
		source: "CloudFormation User Guide, \"Get a plaintext value from Systems Manager Parameter Store\"",
		needs: func(r *resource) (needs []need) {
			for _, found := range dynamicReference.FindAllStringSubmatch(encoded(r.properties), -1) {
				needs = append(needs, need{what: "parameter " + found[1], must: true, is: func(o *resource) bool {
					return o.kind == "AWS::SSM::Parameter" && o.region == r.region && o.properties["Name"] == found[1]
				}})
			}
			return needs
		},
	},
	{
		name:   "a metric filter and a stage come after the log group that they name",
		source: "Amazon CloudWatch Logs API Reference, \"PutMetricFilter\": ResourceNotFoundException",
		needs: func(r *resource) []need {
			if r.kind != "AWS::Logs::MetricFilter" && r.kind != "AWS::ApiGateway::Stage" {
				return nil
			}
			return []need{{what: "log group", is: func(o *resource) bool {
				setting, _ := r.properties["AccessLogSetting"].(map[string]any)
				destination, _ := setting["DestinationArn"].(string)
				return o.kind == "AWS::Logs::LogGroup" && o.region == r.region &&
					(r.properties["LogGroupName"] == o.name || destination != "" && strings.TrimSuffix(destination, ":*") == strings.TrimSuffix(o.arn, ":*"))
			}}}
		},
	},
}

var dynamicReference = regexp.MustCompile(`\{\{resolve:ssm(?:-secure)?:([^:}]+)(?::[0-9]+)?\}\}`)

// destinations are where a bucket can send notifications, and the policy that lets it.
var destinations = map[string]struct{ property, policy string }{
	"LambdaConfigurations": {"Function", "AWS::Lambda::Permission"},
	"QueueConfigurations":  {"Queue", "AWS::SQS::QueuePolicy"},
	"TopicConfigurations":  {"Topic", "AWS::SNS::TopicPolicy"},
}

func notificationNeeds(r *resource) (needs []need) {
	configuration, _ := r.properties["NotificationConfiguration"].(map[string]any)
	for member, d := range destinations {
		entries, _ := configuration[member].([]any)
		for _, entry := range entries {
			target := fmt.Sprint(entry.(map[string]any)[d.property])
			needs = append(needs, need{what: fmt.Sprintf("%s for %s", d.policy, target), must: true, is: func(o *resource) bool {
				if o.kind != d.policy {
					return false
				}
				if d.policy == "AWS::Lambda::Permission" {
					function := fmt.Sprint(o.properties["FunctionName"])
					return o.properties["Principal"] == "s3.amazonaws.com" && (function == target || strings.HasSuffix(target, ":function:"+function))
				}
				return mentions(o.properties, target[strings.LastIndexByte(target, ':')+1:])
			}})
		}
	}
	return needs
}

// attachedBefore reports whether a policy is attached to a role that a resource uses, itself or through a function.
func attachedBefore(r, policy *resource) bool {
	roles, _ := policy.properties["Roles"].([]any)
	roles = append(roles, policy.properties["RoleName"])
	return policy.stack == r.stack && slices.ContainsFunc(roles, func(role any) bool {
		name, _ := role.(string)
		return name != "" && r.roles()[name]
	})
}

// roles are the names of the roles among what a resource needs.
func (r *resource) roles() map[string]bool {
	names := map[string]bool{}
	for _, other := range r.siblings {
		if other.kind == "AWS::IAM::Role" && r.first[other.id] {
			names[other.name] = true
		}
	}
	return names
}

// principals are the ARNs of roles that policies in v name as principals.
func principals(v any) (arns []string) {
	switch v := v.(type) {
	case string: // a document as text
		var document map[string]any
		if strings.HasPrefix(v, "{") && json.Unmarshal([]byte(v), &document) == nil {
			return principals(document)
		}
	case []any:
		for _, item := range v {
			arns = append(arns, principals(item)...)
		}
	case map[string]any:
		for key, value := range v {
			if key == "Principal" || key == "NotPrincipal" {
				for _, arn := range roleARN.FindAllString(encoded(value), -1) {
					arns = append(arns, strings.Trim(arn, `"`))
				}
				continue
			}
			arns = append(arns, principals(value)...)
		}
	}
	return arns
}

var roleARN = regexp.MustCompile(`"arn:[a-z-]+:iam::[0-9]{12}:role/[^"*]+"`)

// encoded is a value as JSON, without spaces.
func encoded(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // it was decoded from JSON
	}
	return b.String()
}

// mentions reports whether a value as JSON has a text.
func mentions(v any, text string) bool { return strings.Contains(encoded(v), text) }
