package prove

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/tenantstack/tenantstack/internal/cfn"
)

// reference is a place outside of policies where a resource names another.
type reference struct {
	owner, account, arn string
	place               Place
	// lookup is the service of a dynamic reference, whose value CloudFormation looks up.
	lookup string
}

// notReferences are properties that grant, which is judged elsewhere, or that only mention.
var notReferences = map[string]bool{}

func init() {
	for _, key := range strings.Fields(`PolicyDocument AssumeRolePolicyDocument KeyPolicy ResourcePolicy ResourcePolicyDocument
		RepositoryPolicyText AccessPolicies AccessPolicy Policy Policies Environment Tags Description Body AlarmDescription DashboardBody Comment`) {
		notReferences[key] = true
	}
}

// dynamicReference is a value that CloudFormation looks up with the rights of whoever deploys
// (CloudFormation User Guide, "Get values stored in other services using dynamic references").
var dynamicReference = regexp.MustCompile(`\{\{resolve:(ssm|ssm-secure|secretsmanager):([^}]+)\}\}`)

// lookups collects the parameters and secrets that a resource's properties look up.
func (t *stackReader) lookups(id string, properties map[string]any) {
	eachText(properties, nil, func(w *textWalk, text string) {
		if !strings.Contains(text, "{{resolve:") {
			return
		}
		for _, match := range dynamicReference.FindAllStringSubmatch(text, -1) {
			t.named = append(t.named, reference{
				owner: t.owner, account: t.account, arn: t.lookedUp(match[1], match[2]), place: t.place(id, w.path()), lookup: match[1],
			})
		}
	})
}

// lookedUp is the ARN of a parameter or secret, which may end with a version, a JSON key or
// a stage.
func (t *stackReader) lookedUp(service, name string) string {
	prefix := fmt.Sprintf("arn:%s:%s:%s:%s:", or(t.env.Partition, "aws"), map[bool]string{true: "secretsmanager", false: "ssm"}[service == "secretsmanager"], t.env.Region, t.account)
	if strings.HasPrefix(name, "arn:") {
		parts := strings.SplitN(name, ":", 8)
		return strings.Join(parts[:min(len(parts), 7)], ":")
	}
	name, _, _ = strings.Cut(name, ":")
	if service == "secretsmanager" {
		return prefix + "secret:" + name + "-*"
	}
	return prefix + "parameter/" + strings.TrimPrefix(name, "/")
}

// references collects what a resource names: where it sends data, or takes it from, AWS acts
// with rights of its own or of whoever deploys.
func (t *stackReader) references(id, kind string, properties map[string]any) {
	skip := func(key string) bool { return notReferences[key] }
	if kind == "AWS::SSM::Parameter" {
		skip = func(key string) bool { return key == "Value" || notReferences[key] }
	}
	eachText(properties, skip, func(w *textWalk, text string) {
		if t.owner != "" && strings.Contains(text, openMark) && !t.known(id, w, text) {
			return
		}
		if arn := t.namedBy(w.property(), text); arn != "" {
			t.named = append(t.named, reference{owner: t.owner, account: t.account, arn: arn, place: t.place(id, w.path())})
		}
	})
}

var (
	bucketProperty = regexp.MustCompile(`[bB]ucket(Name|Arn|s)?$`)
	// bucketHost is the address of a bucket (Amazon S3 User Guide, "Virtual hosting of
	// general purpose buckets", "Website endpoints").
	bucketHost = regexp.MustCompile(`(?i)^(.+)\.s3[.-](?:[a-z0-9.-]*\.)?amazonaws\.com(?:\.cn)?$`)
	// image of a container (Amazon ECR User Guide, "Amazon ECR private registry").
	image = regexp.MustCompile(`^([0-9]{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/([^:@]+)`)
	// serviceAction is a service that API Gateway calls with a role, which is judged (API
	// Gateway Developer Guide, "Integration request basic tasks").
	serviceAction = regexp.MustCompile(`^arn:[^:]+:apigateway:[^:]*:[^:]+:(path|action)/`)
)

// namedBy is the ARN of what a property names, empty if it names nothing.
func (t *stackReader) namedBy(property, text string) string {
	partition := or(t.env.Partition, "aws")
	switch {
	case strings.HasPrefix(text, "arn:"):
		if match := invocation.FindStringSubmatch(text); match != nil {
			return match[1]
		}
		if serviceAction.MatchString(text) {
			return ""
		}
		return text
	case strings.Contains(text, ".dkr.ecr."):
		if match := image.FindStringSubmatch(text); match != nil {
			return fmt.Sprintf("arn:%s:ecr:%s:%s:repository/%s", partition, match[2], match[1], match[3])
		}
	case text == "":
		return ""
	}
	if bucket := bucketOf(text); bucket != "" {
		return fmt.Sprintf("arn:%s:s3:::%s", partition, bucket)
	}
	switch {
	case property == "FunctionName":
		return t.functionArn(text)
	case (property == "RestApiId" || property == "ApiId") && !strings.HasPrefix(text, openMark):
		return fmt.Sprintf("arn:%s:apigateway:%s::/restapis/%s", partition, t.env.Region, text)
	case bucketProperty.MatchString(property):
		return fmt.Sprintf("arn:%s:s3:::%s", partition, lower(text))
	}
	return ""
}

// bucketOf is the name of the bucket whose address a text is, empty if it is no such address.
func bucketOf(text string) string {
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

// anyValue are properties whose value says nothing about what is reached: networks, which IAM
// does not know, policies of caches and headers, how a distribution signs what it asks of buckets (whom these let in, is judged
// with their policies), keys to encrypt with, and texts.
var anyValue = regexp.MustCompile(`(?i)(subnet|securitygroup|vpc|zone|imageid|policy|originaccesscontrol|kms|masterkey|certificate|acl|password|username|token|version)[a-z]*$`)

// known finds values that the templates do not tell, where a name is expected, and what is
// another tenant's.
func (t *stackReader) known(id string, w *textWalk, text string) bool {
	for _, part := range cfn.Parts(text) {
		if !part.Opaque {
			continue
		}
		owner, isStack := t.ownerOfMark(part.Text)
		switch {
		case isStack && (owner == "" || owner == t.owner):
		case isStack:
			t.find(Finding{
				Rule: CrossTenant, Owner: t.owner, Place: t.place(id, w.path()), Asset: &Asset{Kind: "value", Owner: owner, Arn: part.Text}, Victims: []string{owner},
				Message: fmt.Sprintf("%s of %s uses %s of tenant %s, so data can pass between them", id, t.nameOf(t.owner), readable(part.Text), owner),
				Fix:     "name resources of the same owner",
			})
			return false
		case !anyValue.MatchString(w.property()):
			t.find(Finding{
				Rule: NotUnderstood, Owner: t.owner, Place: t.place(id, w.path()),
				Message: fmt.Sprintf("%s names %s, and what that is, no template tells", id, readable(part.Text)),
				Fix:     "name a resource of the stack",
			})
			return false
		}
	}
	return true
}

// ownerOfMark is the owner of the stack that a value which only AWS knows comes from; not of
// an import that no template exports, or of a dynamic reference.
func (m *model) ownerOfMark(mark string) (owner string, isStack bool) {
	inner := strings.TrimPrefix(mark, openMark)
	if strings.HasPrefix(inner, "import:") || strings.HasPrefix(inner, "{{") {
		return "", false
	}
	stack, _, found := strings.Cut(inner, "/")
	return m.stackOwner[stack], found
}

// checkReferences finds resources that name what is not their owner's.
func (m *model) checkReferences() {
	for i := range m.named {
		r := &m.named[i]
		p := compile(strings.TrimSuffix(r.arn, ":*"), false)
		if r.owner != "" && m.own[r.owner].covers(p) || m.isTrusted(p) {
			continue
		}
		found, platform := m.meeting(r, p)
		switch {
		case found != nil:
			m.find(Finding{
				Rule: CrossTenant, Owner: r.owner, Place: r.place, Asset: &found.Asset, Victims: []string{found.Owner},
				Message: fmt.Sprintf("%s of %s names %s of tenant %s, so data can pass between them", r.place.LogicalID, m.nameOf(r.owner), r.arn, found.Owner),
				Fix:     "name resources of the same owner",
			})
		case r.owner == "":
			m.checkCopy(r)
		case !r.permitted(m, platform != nil):
			m.notOwn(r, platform)
		}
	}
}

// meeting is another tenant's asset that a reference names, and one of the platform's.
func (m *model) meeting(r *reference, p pattern) (tenants, platform *asset) {
	m.assets.meeting(p, func(x *asset) bool {
		if _, meets := intersect(p, x.arn); !meets || x.namespace || x.Owner != "" && x.Owner == r.owner {
			return true
		}
		if r.owner == "" && hasUnknown(x.arn) && !hasUnknown(p) {
			// A name that AWS chose is none that the platform gave.
			return true
		}
		if x.Owner != "" {
			tenants = x
		} else {
			platform = x
		}
		return tenants == nil
	})
	return tenants, platform
}

// copying are properties that copy every change of a resource.
var copying = regexp.MustCompile(`\.(KinesisStreamSpecification\.StreamArn|DestinationArn)$`)

// checkCopy finds copies of the platform's that leave the accounts of the templates.
func (m *model) checkCopy(r *reference) {
	if account := accountOf(r.arn); isAccount(account) && !m.accounts[account] && copying.MatchString(r.place.Path) {
		m.find(Finding{
			Rule: NotUnderstood, Owner: r.owner, Place: r.place, Asset: &Asset{Kind: "destination", Arn: r.arn},
			Message: fmt.Sprintf("%s sends data to account %s, which is not among the templates", r.place.LogicalID, account),
			Fix:     "send it to a resource of the templates",
		})
	}
}

// notOwn reports what a tenant's resource names of the platform's, or of nobody's.
func (m *model) notOwn(r *reference, platform *asset) {
	f := Finding{
		Rule: NotUnderstood, Owner: r.owner, Place: r.place, Asset: &Asset{Kind: "reference", Arn: r.arn},
		Fix: "name a resource of the stack, or list this one under trusted in the file of owners",
	}
	account := accountOf(r.arn)
	switch {
	case platform != nil:
		f.Rule, f.Asset = CrossTenant, &platform.Asset
		f.Message = fmt.Sprintf("%s of %s names %s of the platform, which serves every tenant", r.place.LogicalID, m.nameOf(r.owner), r.arn)
	case isAccount(account) && !m.accounts[account]:
		f.Message = fmt.Sprintf("%s names %s of account %s, which is not among the templates, so data can leave", r.place.LogicalID, r.arn, account)
	default:
		f.Message = fmt.Sprintf("%s names %s, which no template declares, so whose it is is not known", r.place.LogicalID, r.arn)
	}
	m.find(f)
}

var accountForm = regexp.MustCompile(`^[0-9]{12}$`)

func isAccount(s string) bool { return accountForm.MatchString(s) }
