package gate

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tenantstack/tenantstack/iam"
)

// Access is one thing that a request does; a request may do several.
type Access struct {
	// Action such as dynamodb:GetItem.
	Action string
	// Resource is an ARN, or * for an action that names none.
	Resource string
	// ResourceAccount owns the resource; needed where the ARN does not say it.
	ResourceAccount string
	// Policies are the resource's own.
	Policies []iam.Document
	// ResourceTags of the resource.
	ResourceTags map[string]string
	// Context are the condition keys of the service. Global keys are added.
	Context iam.Context
}

// Origin is where a request came from. Nil stands for a call within AWS.
type Origin struct {
	// Addr is the caller's address.
	Addr string
	// UserAgent of the request.
	UserAgent string
	// Region of the endpoint.
	Region string
	// Referer of the request.
	Referer string
}

// OriginOf is the origin of a request to an endpoint of a region.
func OriginOf(r *http.Request, region string) *Origin {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	return &Origin{Addr: host, UserAgent: r.UserAgent(), Region: region, Referer: r.Referer()}
}

// Event is a decision, as it is shown to people.
type Event struct {
	// Time of the decision.
	Time time.Time `json:"time"`
	// Principal, Action and Resource of the request.
	Principal string `json:"principal"`
	Action    string `json:"action"`
	Resource  string `json:"resource"`
	// Allowed says whether it went through.
	Allowed bool `json:"allowed"`
	// Message is the error that the caller got; empty if it was allowed.
	Message string `json:"message,omitempty"`
	// Role of the principal, whose policies decided; empty if it has none.
	Role string `json:"role,omitempty"`
	// Decision with the statements that decided. Only of denials.
	Decision *iam.Decision `json:"decision,omitempty"`
}

// Authorize decides all accesses of a request; the first that is denied is the answer, nil if none is.
// A nil caller is anonymous.
func (g *Gate) Authorize(caller *Caller, from *Origin, accesses ...Access) *Error {
	for _, a := range accesses {
		decision := g.decide(caller, from, a)
		event := Event{Time: g.now(), Principal: caller.name(), Action: a.Action, Resource: a.Resource, Allowed: decision.Result == iam.Allowed}
		if caller != nil {
			event.Role = caller.RoleARN
		}
		if event.Allowed {
			g.onDecision(event)
			continue
		}
		denied := denial(caller, a, decision)
		event.Message, event.Decision = denied.Message, &decision
		g.onDecision(event)
		return denied
	}
	return nil
}

func (c *Caller) name() string {
	if c == nil {
		return "*"
	}
	return c.ARN
}

func (g *Gate) decide(caller *Caller, from *Origin, a Access) iam.Decision {
	policies := iam.Policies{Resource: a.Policies}
	switch {
	case caller == nil:
	case caller.Operator:
		policies.Identity = []iam.Document{everything}
	case caller.RoleARN != "":
		if role := g.role(caller.RoleARN); role != nil {
			policies.Identity, policies.Boundary = role.Identity, role.Boundary
		}
		policies.Session = caller.session.Policies
	}
	return iam.Evaluate(policies, iam.Request{
		Principal: caller.name(), Action: a.Action, Resource: a.Resource,
		ResourceAccount: a.ResourceAccount, Context: g.context(caller, from, a),
	})
}

var everything = iam.NewDocument(iam.Statement{Effect: iam.Allow, Action: []string{"*"}, Resource: []string{"*"}})

// context adds the global condition keys to those of the service (IAM User Guide, "AWS global
// condition context keys"). The endpoints of the local cloud stand for endpoints with TLS, so
// aws:SecureTransport is true (docs/aws-differences.md, 48).
func (g *Gate) context(caller *Caller, from *Origin, a Access) iam.Context {
	now := g.now().UTC()
	c := iam.Context{
		"aws:CurrentTime": {now.Format(time.RFC3339)}, "aws:EpochTime": {strconv.FormatInt(now.Unix(), 10)},
		"aws:SecureTransport": {"true"}, "aws:ViaAWSService": {"false"},
	}
	if from != nil {
		c["aws:SourceIp"] = []string{from.Addr}
		if from.UserAgent != "" {
			c["aws:UserAgent"] = []string{from.UserAgent}
		}
		if from.Region != "" {
			c["aws:RequestedRegion"] = []string{from.Region}
		}
		if from.Referer != "" {
			c["aws:Referer"] = []string{from.Referer}
		}
	}
	if caller != nil {
		g.callerContext(caller, c)
	}
	for key, value := range a.ResourceTags {
		c["aws:ResourceTag/"+key] = []string{value}
	}
	for key, values := range a.Context {
		c[key] = values
	}
	return c
}

func (g *Gate) callerContext(caller *Caller, c iam.Context) {
	if caller.UserID != "" {
		c["aws:userid"] = []string{caller.UserID}
	}
	switch {
	case caller.Operator:
		c["aws:PrincipalType"], c["aws:username"] = []string{"User"}, []string{OperatorName}
	case caller.RoleARN != "":
		c["aws:PrincipalType"], c["aws:PrincipalArn"] = []string{"AssumedRole"}, []string{caller.RoleARN}
		c["aws:TokenIssueTime"] = []string{time.Unix(caller.session.Issued, 0).UTC().Format(time.RFC3339)}
		if caller.session.SourceIdentity != "" {
			c["aws:SourceIdentity"] = []string{caller.session.SourceIdentity}
		}
		if role := g.role(caller.RoleARN); role != nil {
			for key, value := range role.Tags {
				c["aws:PrincipalTag/"+key] = []string{value}
			}
		}
		// A session tag replaces a tag of the role (IAM User Guide, "Pass session tags in AWS STS").
		for key, value := range caller.session.Tags {
			for k := range c {
				if strings.EqualFold(k, "aws:PrincipalTag/"+key) {
					delete(c, k)
				}
			}
			c["aws:PrincipalTag/"+key] = []string{value}
		}
	}
}

// denial is the error that AWS answers (IAM User Guide, "Troubleshoot access denied error messages").
func denial(caller *Caller, a Access, d iam.Decision) *Error {
	why := ""
	switch {
	case d.Result == iam.ExplicitlyDenied:
		why = "with an explicit deny in " + article(denyingPolicy(d))
	default:
		why = "because no " + missingPolicy(d) + " allows the " + a.Action + " action"
	}
	who := "User: " + caller.name() + " is"
	if caller == nil {
		who = "User: anonymous is"
	}
	message := fmt.Sprintf("%s not authorized to perform: %s", who, a.Action)
	if a.Resource != "*" && a.Resource != "" {
		message += " on resource: " + a.Resource
	}
	return &Error{Status: http.StatusBadRequest, Code: accessDenied, Message: message + " " + why, Denied: true}
}

func denyingPolicy(d iam.Decision) iam.Kind {
	for _, r := range d.Reasons {
		if r.Matched && r.Effect == iam.Deny {
			return r.Policy
		}
	}
	return iam.Identity
}

func missingPolicy(d iam.Decision) string {
	if len(d.Missing) == 0 {
		return policyName(iam.Identity)
	}
	return policyName(d.Missing[0])
}

func policyName(k iam.Kind) string {
	switch k {
	case iam.Resource:
		return "resource-based policy"
	case iam.Trust:
		return "role trust policy"
	case iam.Boundary:
		return "permissions boundary"
	case iam.Session:
		return "session policy"
	case iam.SCP:
		return "service control policy"
	}
	return "identity-based policy"
}

func article(k iam.Kind) string {
	name := policyName(k)
	if strings.HasPrefix(name, "i") {
		return "an " + name
	}
	return "a " + name
}
