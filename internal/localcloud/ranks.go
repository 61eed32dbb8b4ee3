package localcloud

// rank orders the types of resources: what others need comes first. Within a rank the order does
// not matter.
var rank = map[string]int{
	"AWS::IAM::ManagedPolicy": 0,
	"AWS::IAM::Role":          1,
	"AWS::IAM::Policy":        2,
	"AWS::IAM::RolePolicy":    2,
	// What holds data comes at 3, like every type that is not named here.
	"AWS::S3::BucketPolicy":                  4,
	"AWS::SQS::QueuePolicy":                  4,
	"AWS::Lambda::Function":                  5,
	"AWS::Lambda::Version":                   6,
	"AWS::Lambda::Alias":                     7,
	"AWS::Lambda::Permission":                8,
	"AWS::Lambda::EventSourceMapping":        9,
	"AWS::ApiGateway::RestApi":               9,
	"AWS::ApiGateway::Deployment":            10,
	"AWS::ApiGateway::Stage":                 11,
	"AWS::CloudFront::Distribution":          12,
	"AWS::Route53::RecordSet":                13,
	"AWS::Route53::RecordSetGroup":           13,
	"AWS::CloudFront::ResponseHeadersPolicy": 3,
}

const (
	defaultRank = 3
	lastRank    = 13
)

func rankOf(resourceType string) int {
	if r, ok := rank[resourceType]; ok {
		return r
	}
	return defaultRank
}

// notRun are types that change nothing a caller of the stack sees, with what is missing without them.
var notRun = map[string]string{
	"AWS::CDK::Metadata":                   "",
	"AWS::ApiGateway::Account":             "access logs are written without the account's role for logs",
	"AWS::Logs::ResourcePolicy":            "services write to log groups without it",
	"AWS::Logs::MetricFilter":              "no metrics are made of log lines",
	"AWS::Logs::SubscriptionFilter":        "log lines go to no subscriber",
	"AWS::CloudWatch::Alarm":               "no alarm is raised",
	"AWS::CloudWatch::CompositeAlarm":      "no alarm is raised",
	"AWS::CloudWatch::Dashboard":           "there is no dashboard",
	"AWS::SNS::Topic":                      "messages go to nobody",
	"AWS::SNS::Subscription":               "messages go to nobody",
	"AWS::WAFv2::WebACL":                   "no request is filtered",
	"AWS::WAFv2::WebACLAssociation":        "no request is filtered",
	"AWS::Route53::HostedZone":             "names are those below localhost",
	"AWS::CertificateManager::Certificate": "there is no TLS locally",
	"AWS::Budgets::Budget":                 "nothing costs anything",
	"AWS::KMS::Key":                        "nothing is encrypted, and its key policy refuses nobody",
	"AWS::KMS::Alias":                      "nothing is encrypted",
}
