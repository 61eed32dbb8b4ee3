package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/prove/facts"
	"github.com/tenantstack/tenantstack/internal/prove/owners"
	"github.com/tenantstack/tenantstack/internal/prove/pattern"
	"github.com/tenantstack/tenantstack/internal/prove/report"
)

// target is the policy of a resource, with the resource's owner.
type target struct {
	*facts.ResourcePolicy
	owner string
}

// found reports somebody who is let in.
type found func(rule report.Rule, who, message, fix string)

// letIn proves T4: the policies of resources, trust policies of roles among them, let in nobody but the
// owner's and the platform's principals.
func (c *Case) letIn() {
	for _, p := range c.Policies {
		r := &target{p, c.ownerOfTarget(p)}
		for j := range r.Document.Statement {
			c.report.Statements++
			if s := &r.Document.Statement[j]; s.Effect == iam.Allow {
				c.letsIn(r, s, statementPlace(r.Place, j, s.Sid))
			}
		}
	}
}

// ownerOfTarget is the owner of the resource that a policy is attached to, which need not be
// that of the stack which declares the policy. A policy of the whole account, such as that of
// log groups, is the platform's unless it names nothing but the stack owner's.
func (c *Case) ownerOfTarget(r *facts.ResourcePolicy) string {
	declarer := c.own.Of(r.Place)
	arn := pattern.Compile(r.Arn, false)
	if declarer == "" || r.Itself || c.own.Owns(declarer, arn) {
		return declarer
	}
	owner := ""
	for x := range c.own.Assets.Meeting(arn) {
		if x.Arn == r.Arn {
			if !x.Namespace {
				owner = x.Owner
			}
			break
		}
	}
	if owner != "" || r.AssetKind != facts.AccountPolicy {
		return owner
	}
	for _, s := range r.Document.Statement {
		for _, resource := range s.Resource {
			if s.Effect == iam.Allow && !c.own.Owns(declarer, pattern.Compile(resource, true)) {
				return ""
			}
		}
	}
	return declarer
}

// letsIn checks one Allow statement of a resource policy.
func (c *Case) letsIn(r *target, s *iam.Statement, place facts.Place) {
	found := func(rule report.Rule, who, message, fix string) {
		c.find(report.Finding{
			Rule: rule, Principal: who, Owner: c.ownerOfPrincipal(who), Place: place, Actions: append(slices.Clip(s.Action), s.NotAction...),
			Asset: &facts.Asset{Kind: r.AssetKind, Owner: r.owner, Arn: r.Arn}, Victims: victimsOf(r.owner),
			Request: requestOf(who, s, r.Arn),
			Message: message, Fix: fix,
		})
	}
	if s.NotPrincipal != nil {
		found(
			report.WildcardPrincipal,
			"*",
			fmt.Sprintf("NotPrincipal with Allow lets in everyone else to %s of %s", r.Arn, owners.NameOf(r.owner)),
			"name the principals that are to be let in",
		)
	}
	for _, kind := range sortedKeys(s.Principal) {
		for _, id := range s.Principal[kind] {
			if !slices.Contains(c.own.Trusted, id) {
				c.letsInOne(r, s, kind, id, found)
			}
		}
	}
}

func requestOf(who string, s *iam.Statement, arn string) *iam.Request {
	request := &iam.Request{Principal: who, Action: "*", Resource: arn}
	for _, pattern := range s.Action {
		if actions := iam.ExpandAction(pattern); len(actions) > 0 {
			request.Action = actions[0].String()
			break
		}
	}
	return request
}

func (c *Case) ownerOfPrincipal(arn string) string {
	if p := c.own.Principal(arn); p != nil {
		return c.own.Of(p.Place)
	}
	return ""
}

func (c *Case) letsInOne(r *target, s *iam.Statement, kind, id string, found found) {
	target := fmt.Sprintf("%s of %s", r.Arn, owners.NameOf(r.owner))
	switch {
	case id == "*" && kind == "AWS" && len(onlyPrincipals(s.Condition)) > 0:
		for _, arn := range onlyPrincipals(s.Condition) {
			c.letsInArn(r, s, arn, found)
		}
	case id == "*":
		found(report.WildcardPrincipal, id, "everyone is let in to "+target, "name the principals that are to be let in")
	case kind == "Service":
		c.letsInService(r, s, id, found)
	case kind == "CanonicalUser":
		c.letsInIdentity(r, s, id, found)
	case kind == "Federated" && c.ownUsers(r, s, id):
	case kind == "Federated":
		found(
			report.UnknownPrincipal,
			id,
			"users of the identity provider "+id+" are let in to "+target,
			"remove the principal, or list it under trusted in the file of owners",
		)
	default:
		c.letsInArn(r, s, id, found)
	}
}

// ownUsers says whether a trust policy lets in users of an identity pool of the same owner alone (Amazon Cognito
// Developer Guide, "Role trust and permissions"). A pool of the platform's has users of every tenant.
func (c *Case) ownUsers(r *target, s *iam.Statement, id string) bool {
	if id != "cognito-identity.amazonaws.com" || r.Kind != iam.Trust || r.owner == "" {
		return false
	}
	for key, values := range s.Condition["StringEquals"] {
		if strings.EqualFold(key, id+":aud") && len(values) > 0 {
			return !slices.ContainsFunc(values, func(v string) bool { return !c.isOwnMark(facts.OnlyMark(v), r.owner) })
		}
	}
	return false
}

// onlyPrincipals are the ARNs to which a condition certainly limits who is let in, nil if it
// does not.
func onlyPrincipals(c iam.Condition) []string {
	for _, operator := range []string{"ArnEquals", "ArnLike", "StringEquals", "StringLike"} {
		for key, values := range c[operator] {
			exact := !slices.ContainsFunc(values, func(v string) bool { return strings.ContainsAny(v, "*?$") })
			if strings.EqualFold(key, "aws:PrincipalArn") && exact {
				return values
			}
		}
	}
	return nil
}

func (c *Case) letsInArn(r *target, s *iam.Statement, id string, found found) {
	target := fmt.Sprintf("%s of %s", r.Arn, owners.NameOf(r.owner))
	account := id
	if strings.HasPrefix(id, "arn:") {
		account = facts.AccountOf(id)
	}
	if account == id || strings.HasSuffix(id, ":root") {
		switch {
		case r.Kind == iam.Trust:
			found(
				report.UnknownPrincipal,
				id,
				"every principal of account "+account+" that may call sts:AssumeRole can become "+target,
				"name the roles that are to assume it",
			)
		case account != r.Account:
			found(
				report.UnknownPrincipal,
				id,
				"account "+account+" is let in to "+target,
				"name the roles that are to be let in",
			)
		}
		// The own account's root only lets its identity policies decide, which they do anyway.
		return
	}
	p := c.own.Principal(id)
	switch {
	case p == nil:
		found(
			report.UnknownPrincipal,
			id,
			id+", which no template declares, is let in to "+target,
			"remove the principal, or list it under trusted in the file of owners",
		)
	case c.own.Of(p.Place) == "" || c.own.Of(p.Place) == r.owner:
	case r.owner == "" && c.confinedPolicy(r, s, c.own.Of(p.Place)):
	default:
		verb := "is let in to "
		if r.Kind == iam.Trust {
			verb = "can become "
		}
		found(
			report.CrossTenant,
			id,
			fmt.Sprintf("a principal of tenant %s %s%s", c.own.Of(p.Place), verb, target),
			"remove the principal: only what belongs to "+owners.NameOf(r.owner)+" may have it",
		)
	}
}

// confinedPolicy says whether the policy of a shared resource keeps a tenant to its part.
func (c *Case) confinedPolicy(r *target, s *iam.Statement, owner string) bool {
	arn := pattern.Compile(r.Arn, false)
	for _, part := range c.own.Parts {
		own := part.Values[owner]
		if !part.Resource.Covers(arn) || len(own) == 0 || len(c.actions.of(s).unknown) > 0 ||
			len(c.actions.of(s).accountWide) > 0 {
			continue
		}
		carried := !slices.ContainsFunc(
			c.actions.of(s).actions,
			func(a *iam.ActionSpec) bool { return !a.Carries(part.Key) },
		)
		if carried && confines(s.Condition, part.Key, own, part.MultiValue, r.Document.Version == iam.Version) {
			return true
		}
	}
	return false
}

// letsInService checks a service. To become a role, a service has to be handed it, which
// takes iam:PassRole in the account (IAM User Guide, "Grant a user permissions to pass a
// role to an AWS service"). To anything else, a service also comes on behalf of others,
// other accounts' included, unless the source is named (IAM User Guide, "The confused
// deputy problem").
func (c *Case) letsInService(r *target, s *iam.Statement, id string, found found) {
	if r.Kind == iam.Trust {
		if !becomesWhatItIsHanded(id) {
			found(
				report.UnknownPrincipal,
				id,
				fmt.Sprintf("%s can become %s of %s, and for whom it does is not understood", id, r.Arn, owners.NameOf(r.owner)),
				"let a service in that becomes only roles which it is handed by iam:PassRole, or list it under trusted in the file of owners",
			)
		}
		return
	}
	if c.sourceNamed(r, id, s.Condition) {
		if id == "cloudfront.amazonaws.com" {
			c.letsInEveryone(r, s, id, found)
		}
		return
	}
	found(
		report.UnknownPrincipal,
		id,
		fmt.Sprintf("%s is let in to %s of %s on behalf of anybody", id, r.Arn, owners.NameOf(r.owner)),
		"add a condition on aws:SourceArn or aws:SourceAccount that names the source",
	)
}

// handed are services that become a role only after somebody in the account who may do so has handed it to them
// with iam:PassRole (IAM User Guide, "Grant a user permissions to pass a role to an AWS service"; Service Authorization
// Reference, the actions of each service that depend on iam:PassRole). Others become a role for whoever comes with
// something of their own, such as a certificate (IAM Roles Anywhere User Guide, "Trust model"), an activation code
// (AWS Systems Manager User Guide, "Hybrid activations") or a device's (AWS IoT Core Developer Guide,
// "Authorizing direct calls to AWS services using AWS IoT Core credential provider").
var handed = strings.Fields(
	`apigateway application-autoscaling appsync autoscaling backup batch build.apprunner tasks.apprunner budgets
	cloudformation cloudtrail codebuild codedeploy codepipeline cognito-idp config dax delivery.logs dlm dms dynamodb ec2 ecs ecs-tasks edgelambda
	elasticmapreduce es opensearchservice events export.rds firehose fis glue inspector kinesisanalytics lambda logs monitoring.rds osis pipes rds
	redshift s3 batchoperations.s3 scheduler secretsmanager ses sns spotfleet states streams.metrics.cloudwatch transfer vpc-flow-logs xray`,
)

// becomesWhatItIsHanded says whether a service is one of those, by its name with or without a region.
func becomesWhatItIsHanded(service string) bool {
	name, _, isService := strings.Cut(service, ".amazonaws.com")
	if !isService {
		return false
	}
	if slices.Contains(handed, name) {
		return true
	}
	i := strings.LastIndexByte(name, '.')
	return i > 0 && strings.Count(name[i:], "-") >= 2 && slices.Contains(handed, name[:i])
}

// sourceNamed says whether a condition keeps a service to sources of the resource's account
// that do not belong to another tenant.
func (c *Case) sourceNamed(r *target, service string, conditions iam.Condition) bool {
	for _, operator := range sortedKeys(conditions) {
		for key, values := range conditions[operator] {
			ok := false
			switch {
			case len(values) == 0:
			case strings.EqualFold(key, "aws:SourceAccount") && (operator == "StringEquals" || operator == "StringLike"):
				ok = c.accountSuffices(r, service) && !slices.ContainsFunc(values, func(v string) bool { return v != r.Account })
			case isSourceKey(key) && slices.Contains([]string{"ArnEquals", "ArnLike", "StringEquals", "StringLike"}, operator):
				ok = !slices.ContainsFunc(values, func(v string) bool { return !c.ownSource(r, v) })
			}
			if ok {
				return true
			}
		}
	}
	return false
}

// isSourceKey says whether a key names what a service acts for: its ARN, or the log group
// whose key it uses (Amazon CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs
// using AWS KMS").
func isSourceKey(key string) bool {
	return strings.EqualFold(key, "aws:SourceArn") || strings.EqualFold(key, "kms:EncryptionContext:aws:logs:arn")
}

// writesLogs are services that deliver logs, which write and read nothing, so that it does
// not matter for whom in the account.
var writesLogs = []string{
	"logging.s3.amazonaws.com",
	"delivery.logs.amazonaws.com",
	"es.amazonaws.com",
	"opensearchservice.amazonaws.com",
}

// accountSuffices says whether the account alone tells a service's sources apart: no tenant
// but the owner lives in it, or it only delivers logs to the platform.
func (c *Case) accountSuffices(r *target, service string) bool {
	if r.owner == "" && slices.Contains(writesLogs, service) {
		return true
	}
	return !slices.ContainsFunc(c.Principals, func(p *facts.Principal) bool {
		owner := c.own.Of(p.Place)
		return p.Account == r.Account && owner != "" && owner != r.owner
	})
}

// ownSource says whether a pattern of sources covers nothing of another tenant's.
func (c *Case) ownSource(r *target, source string) bool {
	p := pattern.Compile(source, true)
	if r.owner != "" {
		return c.own.Owns(r.owner, p)
	}
	if facts.AccountOf(source) != r.Account {
		return false
	}
	for x := range c.own.Assets.Meeting(p) {
		if x.Owner == "" {
			continue
		}
		if _, meets := pattern.Intersect(p, x.Pattern); meets {
			return false
		}
	}
	return true
}

// letsInIdentity checks a canonical user: that of an origin access identity of the same
// owner.
func (c *Case) letsInIdentity(r *target, s *iam.Statement, id string, found found) {
	stack, rest, isMark := strings.Cut(strings.TrimPrefix(id, pattern.OpenMark), "/")
	if isMark && strings.HasPrefix(id, pattern.OpenMark) &&
		strings.HasSuffix(rest, ".S3CanonicalUserId"+pattern.CloseMark) {
		if owner, known := c.own.OfStack(stack); known && (owner == r.owner || owner == "") {
			c.letsInEveryone(r, s, "CloudFront", found)
			return
		}
	}
	found(
		report.UnknownPrincipal,
		id,
		fmt.Sprintf(
			"the canonical user %s, which is no origin access identity of %s, is let in to %s",
			id,
			owners.NameOf(r.owner),
			r.Arn,
		),
		"let in the origin access identity of the stack",
	)
}

// letsInEveryone checks what CloudFront may do with what a tenant has: everyone is let in
// with it, since a distribution answers whoever asks (Amazon CloudFront Developer Guide,
// "Restrict access to an Amazon S3 origin"). That is right for what is public.
func (c *Case) letsInEveryone(r *target, s *iam.Statement, who string, found found) {
	if r.owner == "" {
		return
	}
	for _, action := range slices.Concat(s.Action, s.NotAction) {
		if len(s.NotAction) > 0 ||
			!strings.EqualFold(action, "s3:GetObject") && !strings.EqualFold(action, "s3:ListBucket") {
			found(
				report.WildcardPrincipal,
				who,
				fmt.Sprintf("%s may do %s with %s of %s, and it does so for everyone", who, action, r.Arn, owners.NameOf(r.owner)),
				"allow s3:GetObject alone",
			)
			return
		}
	}
	public, told := c.own.PublicOf(r.owner)
	objects := pattern.Compile(r.Arn+"/*", false)
	switch {
	case slices.ContainsFunc(public, func(p pattern.Pattern) bool { return p.Covers(objects) }):
	case told:
		found(
			report.WildcardPrincipal,
			who,
			fmt.Sprintf("%s reads %s of %s, and answers everyone with it", who, r.Arn, owners.NameOf(r.owner)),
			"serve only what is public from a distribution, and the rest with signed requests",
		)
	default:
		c.assume("public-content", "what distributions read from buckets is meant for everyone", r.Place)
	}
}
