package prove

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
)

// readers know the resource types that grant something.
var readers map[string]func(t *stackReader, id string, properties map[string]any)

func init() {
	readers = map[string]func(t *stackReader, id string, properties map[string]any){
		"AWS::IAM::Role":                      (*stackReader).role,
		"AWS::IAM::User":                      (*stackReader).user,
		"AWS::IAM::Policy":                    (*stackReader).separatePolicy,
		"AWS::IAM::RolePolicy":                (*stackReader).separatePolicy,
		"AWS::IAM::UserPolicy":                (*stackReader).separatePolicy,
		"AWS::IAM::ManagedPolicy":             (*stackReader).separatePolicy,
		"AWS::S3::Bucket":                     (*stackReader).bucket,
		"AWS::S3::BucketPolicy":               policyOf("bucket", "PolicyDocument", "Bucket"),
		"AWS::S3::AccessPoint":                policyOf("access point", "Policy", ""),
		"AWS::SQS::QueuePolicy":               policyOf("queue", "PolicyDocument", "Queues"),
		"AWS::SQS::QueueInlinePolicy":         policyOf("queue", "PolicyDocument", "Queue"),
		"AWS::SNS::TopicPolicy":               policyOf("topic", "PolicyDocument", "Topics"),
		"AWS::SNS::TopicInlinePolicy":         policyOf("topic", "PolicyDocument", "TopicArn"),
		"AWS::OpenSearchService::Domain":      (*stackReader).domain,
		"AWS::Elasticsearch::Domain":          (*stackReader).domain,
		"AWS::DynamoDB::Table":                (*stackReader).tablePolicies,
		"AWS::DynamoDB::GlobalTable":          (*stackReader).tablePolicies,
		"AWS::KMS::Key":                       policyOf("key", "KeyPolicy", ""),
		"AWS::KMS::ReplicaKey":                policyOf("key", "KeyPolicy", ""),
		"AWS::SecretsManager::ResourcePolicy": policyOf("secret", "ResourcePolicy", "SecretId"),
		"AWS::Logs::ResourcePolicy":           policyOf("log groups", "PolicyDocument", ""),
		"AWS::Logs::LogGroup":                 policyOf("log group", "ResourcePolicyDocument", ""),
		"AWS::ECR::Repository":                policyOf("repository", "RepositoryPolicyText", ""),
		"AWS::Events::EventBus":               policyOf("event bus", "Policy", ""),
		"AWS::Backup::BackupVault":            policyOf("backup vault", "AccessPolicy", ""),
		"AWS::Kinesis::ResourcePolicy":        policyOf("stream", "ResourcePolicy", "ResourceArn"),
		"AWS::Lambda::Function":               (*stackReader).function,
		"AWS::Lambda::Permission":             (*stackReader).permission,
		"AWS::Lambda::Url":                    (*stackReader).functionURL,
		"AWS::ApiGateway::RestApi":            (*stackReader).restAPI,
		"AWS::ApiGateway::Authorizer":         (*stackReader).authorizerResource,
		"AWS::ApiGateway::Method":             (*stackReader).method,
		"AWS::ApiGatewayV2::Route":            (*stackReader).route,
		"AWS::ApiGatewayV2::Api":              (*stackReader).httpAPI,
		"AWS::ApiGateway::DomainName":         (*stackReader).domainName,
		"AWS::ApiGateway::BasePathMapping":    (*stackReader).domainName,
		"AWS::ApiGatewayV2::DomainName":       (*stackReader).domainName,
		"AWS::ApiGatewayV2::ApiMapping":       (*stackReader).domainName,
		"AWS::CloudFront::Distribution":       (*stackReader).distribution,
		"AWS::CloudFront::CachePolicy":        (*stackReader).cachePolicy,
		"AWS::Events::Rule":                   (*stackReader).rule,
	}
}

// inert types grant nothing beyond the roles that they run with and what they name, and both
// are checked.
var inert = map[string]bool{}

func init() {
	for _, t := range strings.Fields(`
		AWS::ApiGateway::Account AWS::ApiGateway::Deployment AWS::ApiGateway::Stage AWS::ApiGateway::Resource
		AWS::ApiGateway::Model AWS::ApiGateway::RequestValidator AWS::ApiGateway::GatewayResponse
		AWS::ApiGateway::ClientCertificate AWS::ApiGateway::DocumentationPart AWS::ApiGateway::DocumentationVersion AWS::ApiGateway::UsagePlan AWS::ApiGateway::UsagePlanKey AWS::ApiGateway::ApiKey
		AWS::ApiGatewayV2::Stage AWS::ApiGatewayV2::Deployment AWS::ApiGatewayV2::Integration AWS::ApiGatewayV2::Authorizer AWS::ApiGatewayV2::Model
		AWS::ApplicationAutoScaling::ScalableTarget AWS::ApplicationAutoScaling::ScalingPolicy
		AWS::CDK::Metadata AWS::CertificateManager::Certificate
		AWS::CloudFormation::WaitCondition AWS::CloudFormation::WaitConditionHandle AWS::CloudFront::CloudFrontOriginAccessIdentity
		AWS::CloudFront::Function AWS::CloudFront::KeyGroup AWS::CloudFront::KeyValueStore AWS::CloudFront::PublicKey AWS::CloudFront::OriginAccessControl AWS::CloudFront::OriginRequestPolicy
		AWS::CloudFront::ResponseHeadersPolicy AWS::CloudWatch::Alarm AWS::CloudWatch::CompositeAlarm AWS::CloudWatch::Dashboard
		AWS::Cognito::UserPool AWS::Cognito::UserPoolClient AWS::Cognito::UserPoolDomain AWS::Cognito::UserPoolResourceServer
		AWS::EC2::EIP AWS::EC2::InternetGateway AWS::EC2::NatGateway AWS::EC2::Route AWS::EC2::RouteTable AWS::EC2::SecurityGroup
		AWS::EC2::Subnet AWS::EC2::SubnetRouteTableAssociation AWS::EC2::VPC AWS::EC2::VPCGatewayAttachment AWS::IAM::InstanceProfile AWS::Kinesis::Stream AWS::KinesisFirehose::DeliveryStream AWS::KMS::Alias
		AWS::Lambda::Alias AWS::Lambda::CodeSigningConfig AWS::Lambda::EventInvokeConfig AWS::Lambda::EventSourceMapping AWS::Lambda::LayerVersion AWS::Lambda::Version
		AWS::Logs::MetricFilter AWS::Logs::QueryDefinition AWS::Logs::SubscriptionFilter AWS::Pipes::Pipe AWS::Route53::HostedZone AWS::Route53::RecordSet
		AWS::Route53::RecordSetGroup AWS::Scheduler::Schedule AWS::Scheduler::ScheduleGroup AWS::SecretsManager::Secret AWS::SNS::Subscription AWS::SNS::Topic
		AWS::SQS::Queue AWS::SSM::Parameter AWS::StepFunctions::StateMachine AWS::WAFv2::WebACL AWS::WAFv2::WebACLAssociation
		AWS::XRay::Group AWS::XRay::SamplingRule AWS::Budgets::Budget AWS::ServiceQuotas::ServiceQuota`) {
		inert[t] = true
	}
}

// granting are properties by which a resource of an unfamiliar type may let somebody in.
var granting = regexp.MustCompile(`(?i)polic(y|ies)|principal|permission|public|auth|statement|grant`)

// opaqueTypes make other resources, which the template does not show.
var opaqueTypes = regexp.MustCompile(`^(Custom::|AWS::Serverless::|AWS::ServiceCatalog::|AWS::CloudFormation::(Stack|StackSet|CustomResource|Macro)$|[^:]+::[^:]+::[^:]+::MODULE$)`)

// unfamiliar types of a tenant's may take data from the whole account or let somebody in, so
// they count as reachable. Those of the platform's are named once, and count if they look as
// if they granted something, or made other resources.
func (t *stackReader) unfamiliar(id, kind string, properties map[string]any) {
	if opaqueTypes.MatchString(kind) || !strings.HasPrefix(kind, "AWS::") {
		t.find(Finding{
			Rule: NotUnderstood, Owner: t.owner, Place: t.place(id, ""),
			Message: fmt.Sprintf("a resource of type %s can make any other, and what it makes is not in the template", kind),
			Fix:     "declare what it makes as resources of the template",
		})
		return
	}
	if slices.ContainsFunc(t.ownership.Accepted, func(a Accepted) bool { return a.Type == kind }) {
		return
	}
	if t.owner != "" {
		t.find(Finding{
			Rule: NotUnderstood, Owner: t.owner, Place: t.place(id, ""),
			Message: fmt.Sprintf("resources of type %s are not understood, so what this one may reach is not known", kind),
			Fix:     "replace the resource by one of a type that the proof knows, or accept the type in the file of owners",
		})
		return
	}
	for _, property := range sortedKeys(properties) {
		if granting.MatchString(property) && properties[property] != false && property != "PolicyName" && property != "PolicyType" || strings.HasPrefix(kind, "AWS::IAM::") {
			t.find(Finding{
				Rule: NotUnderstood, Owner: t.owner, Place: t.place(id, "Properties."+property),
				Message: fmt.Sprintf("resources of type %s are not understood, and this one has %s, which may let somebody in", kind, property),
				Fix:     "replace the resource by one of a type that the proof knows",
			})
			return
		}
	}
	t.note(fmt.Sprintf("resources of type %s are no part of the proof, as in %s/%s", kind, t.stack.Name, id), kind)
}

func (m *model) note(text, about string) {
	for _, n := range m.report.Notes {
		if strings.Contains(n, "type "+about+" ") {
			return
		}
	}
	m.report.Notes = append(m.report.Notes, text)
}

func (t *stackReader) role(id string, properties map[string]any) {
	p := t.principal(id, properties)
	if p == nil {
		return
	}
	place := t.place(id, "Properties.AssumeRolePolicyDocument")
	trust := resourcePolicy{attached: t.policy(properties["AssumeRolePolicyDocument"], iam.Trust, place), kind: iam.Trust, owner: t.owner, arn: p.arn, account: t.account, assetKind: "role"}
	p.trust = &trust
	t.resources = append(t.resources, trust)
	t.byArn[t.sessionOf(p.arn)] = p
	t.policiesOf[p.arn] = []iam.Document{trust.document}
}

// sessionOf is the key under which a role is found by the ARN of a session.
func (t *stackReader) sessionOf(roleArn string) string {
	return "session:" + or(t.env.Partition, "aws") + ":" + t.account + ":" + lastName(roleArn)
}

func (t *stackReader) user(id string, properties map[string]any) {
	if p := t.principal(id, properties); p != nil {
		p.managed = append(p.managed, texts(properties["Groups"])...)
	}
}

func (t *stackReader) principal(id string, properties map[string]any) *principal {
	arn, err := t.resolver.Arn(id)
	if err != nil {
		t.problem(Unresolved, t.place(id, ""), err)
		return nil
	}
	p := &principal{owner: t.owner, arn: arn, account: t.account, place: t.place(id, "Properties")}
	for i, item := range items(properties["Policies"]) {
		place := t.place(id, fmt.Sprintf("Properties.Policies[%d].PolicyDocument", i))
		p.policies = append(p.policies, t.policy(object(item)["PolicyDocument"], iam.Identity, place))
	}
	for _, managed := range texts(properties["ManagedPolicyArns"]) {
		t.later = append(t.later, lateManaged{p, managed})
	}
	t.principals = append(t.principals, p)
	t.byArn[arn] = p
	return p
}

// lateManaged is a managed policy of the templates, attached by its ARN.
type lateManaged struct {
	principal *principal
	arn       string
}

// latePolicy is a policy that names the roles and users it is attached to.
type latePolicy struct {
	attached
	account, arn string
	names        []string
	owner        string
	// kind of the principals named, :role/ or :user/.
	kind string
}

func (t *stackReader) separatePolicy(id string, properties map[string]any) {
	place := t.place(id, "Properties.PolicyDocument")
	l := latePolicy{attached: t.policy(properties["PolicyDocument"], iam.Identity, place), account: t.account, owner: t.owner}
	l.arn, _ = t.resolver.Arn(id)
	for _, property := range []string{"Roles", "RoleName", "Users", "UserName"} {
		of := l
		of.names, of.kind = texts(properties[property]), ":role/"
		if strings.HasPrefix(property, "User") {
			of.kind = ":user/"
		}
		if len(of.names) > 0 {
			t.policies = append(t.policies, of)
		}
	}
	if len(texts(properties["Groups"])) > 0 {
		t.note(fmt.Sprintf("resources of type AWS::IAM::Group are no part of the proof, as in %s/%s", t.stack.Name, id), "AWS::IAM::Group")
	}
	t.policies = append(t.policies, l)
}

// kindOfPrincipal is :role/ or :user/.
func kindOfPrincipal(arn string) string {
	if strings.Contains(arn, ":user/") {
		return ":user/"
	}
	return ":role/"
}

// lastName is the name at the end of an ARN with a path; a generated one is a marker.
func lastName(arn string) string {
	if i := strings.Index(arn, openMark); i >= 0 && strings.HasSuffix(arn, closeMark) {
		return arn[i:]
	}
	return arn[strings.LastIndexByte(arn, '/')+1:]
}

// attach gives separate policies to the principals they name.
func (m *model) attach() {
	for _, p := range m.principals {
		m.byName[p.account+kindOfPrincipal(p.arn)+lastName(p.arn)] = p
	}
	managed := map[string]latePolicy{}
	for _, l := range m.policies {
		if l.arn != "" {
			managed[l.arn] = l
		}
		for _, name := range l.names {
			if name == "" {
				continue
			}
			p := m.byName[l.account+l.kind+name]
			if p == nil {
				m.find(Finding{
					Rule: NotUnderstood, Owner: l.owner, Principal: name, Place: l.place,
					Message: fmt.Sprintf("the policy is attached to %s, which no template declares, so whose it is is not known", name),
					Fix:     "attach it to a role of the stack",
				})
				// Its statements are judged as those of the stack's owner too.
				p = &principal{owner: l.owner, arn: "arn:aws:iam::" + l.account + ":role/" + name, account: l.account, place: l.place}
				m.principals = append(m.principals, p)
				m.byName[l.account+l.kind+name] = p
			}
			p.policies = append(p.policies, l.attached)
		}
	}
	for _, l := range m.later {
		if policy, ok := managed[l.arn]; ok {
			l.principal.policies = append(l.principal.policies, policy.attached)
		} else {
			l.principal.managed = append(l.principal.managed, l.arn)
		}
	}
}
