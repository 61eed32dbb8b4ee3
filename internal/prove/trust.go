package prove

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
)

// checkResourcePolicies checks whom the policies of resources let in, trust policies of
// roles among them.
func (m *model) checkResourcePolicies() {
	for i := range m.resources {
		r := &m.resources[i]
		r.owner = m.ownerOfTarget(r)
		for j := range r.document.Statement {
			m.report.Statements++
			if s := &r.document.Statement[j]; s.Effect == iam.Allow {
				m.letsIn(r, s, statementPlace(r.place, j, s.Sid))
			}
		}
	}
}

// ownerOfTarget is the owner of the resource that a policy is attached to, which need not be
// that of the stack which declares the policy. A policy of the whole account, such as that of
// log groups, is the platform's unless it names nothing but the stack owner's.
func (m *model) ownerOfTarget(r *resourcePolicy) string {
	target := compile(r.arn, false)
	if r.owner == "" || r.itself || m.own[r.owner].covers(target) {
		return r.owner
	}
	owner := ""
	m.assets.meeting(target, func(x *asset) bool {
		if x.Arn == r.arn && !x.namespace {
			owner = x.Owner
		}
		return x.Arn != r.arn
	})
	if owner != "" || r.assetKind != accountPolicy {
		return owner
	}
	for _, s := range r.document.Statement {
		for _, pattern := range s.Resource {
			if s.Effect == iam.Allow && !m.own[r.owner].covers(compile(pattern, true)) {
				return ""
			}
		}
	}
	return r.owner
}

// accountPolicy is the kind of a policy that is attached to the account and not to one
// resource.
const accountPolicy = "log groups"

// letsIn checks one Allow statement of a resource policy.
func (m *model) letsIn(r *resourcePolicy, s *iam.Statement, place Place) {
	found := func(rule Rule, who, message, fix string) {
		m.find(Finding{
			Rule: rule, Principal: who, Owner: m.ownerOfPrincipal(who), Place: place, Actions: append(slices.Clip(s.Action), s.NotAction...),
			Asset: &Asset{Kind: r.assetKind, Owner: r.owner, Arn: r.arn}, Victims: victimsOf(r.owner),
			Request: requestOf(who, s, r.arn),
			Message: message, Fix: fix,
		})
	}
	if s.NotPrincipal != nil {
		found(WildcardPrincipal, "*", fmt.Sprintf("NotPrincipal with Allow lets in everyone else to %s of %s", r.arn, m.nameOf(r.owner)), "name the principals that are to be let in")
	}
	for _, kind := range sortedKeys(s.Principal) {
		for _, id := range s.Principal[kind] {
			if !slices.Contains(m.ownership.Trusted, id) {
				m.letsInOne(r, s, kind, id, found)
			}
		}
	}
}

func victimsOf(owner string) []string {
	if owner == "" {
		return nil
	}
	return []string{owner}
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

func (m *model) ownerOfPrincipal(arn string) string {
	if p := m.principalOf(arn); p != nil {
		return p.owner
	}
	return ""
}

// principalOf finds the role or user of an ARN; that of a session is its role.
func (m *model) principalOf(arn string) *principal {
	if p := m.byArn[arn]; p != nil {
		return p
	}
	if rest, ok := strings.CutPrefix(arn, "arn:"); ok && strings.Contains(arn, ":assumed-role/") {
		partition, _, _ := strings.Cut(rest, ":")
		name, _, _ := strings.Cut(arn[strings.Index(arn, ":assumed-role/")+len(":assumed-role/"):], "/")
		return m.byArn["session:"+partition+":"+accountOf(arn)+":"+name]
	}
	return nil
}

func (m *model) letsInOne(r *resourcePolicy, s *iam.Statement, kind, id string, found func(rule Rule, who, message, fix string)) {
	target := fmt.Sprintf("%s of %s", r.arn, m.nameOf(r.owner))
	switch {
	case id == "*" && kind == "AWS" && len(onlyPrincipals(s.Condition)) > 0:
		for _, arn := range onlyPrincipals(s.Condition) {
			m.letsInArn(r, s, arn, found)
		}
	case id == "*":
		found(WildcardPrincipal, id, "everyone is let in to "+target, "name the principals that are to be let in")
	case kind == "Service":
		m.letsInService(r, s, id, found)
	case kind == "CanonicalUser":
		m.letsInIdentity(r, s, id, found)
	case kind == "Federated":
		found(UnknownPrincipal, id, "users of the identity provider "+id+" are let in to "+target, "remove the principal, or list it under trusted in the file of owners")
	default:
		m.letsInArn(r, s, id, found)
	}
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

func (m *model) letsInArn(r *resourcePolicy, s *iam.Statement, id string, found func(rule Rule, who, message, fix string)) {
	target := fmt.Sprintf("%s of %s", r.arn, m.nameOf(r.owner))
	account := id
	if strings.HasPrefix(id, "arn:") {
		account = accountOf(id)
	}
	if account == id || strings.HasSuffix(id, ":root") {
		switch {
		case r.kind == iam.Trust:
			found(UnknownPrincipal, id, "every principal of account "+account+" that may call sts:AssumeRole can become "+target, "name the roles that are to assume it")
		case account != r.account:
			found(UnknownPrincipal, id, "account "+account+" is let in to "+target, "name the roles that are to be let in")
		}
		// The own account's root only lets its identity policies decide, which they do anyway.
		return
	}
	p := m.principalOf(id)
	switch {
	case p == nil:
		found(UnknownPrincipal, id, id+", which no template declares, is let in to "+target, "remove the principal, or list it under trusted in the file of owners")
	case p.owner == "" || p.owner == r.owner:
	case r.owner == "" && m.confinedPolicy(r, s, p.owner):
	default:
		verb := "is let in to "
		if r.kind == iam.Trust {
			verb = "can become "
		}
		found(CrossTenant, id, fmt.Sprintf("a principal of tenant %s %s%s", p.owner, verb, target), "remove the principal: only what belongs to "+m.nameOf(r.owner)+" may have it")
	}
}

// confinedPolicy says whether the policy of a shared resource keeps a tenant to its part.
func (m *model) confinedPolicy(r *resourcePolicy, s *iam.Statement, owner string) bool {
	arn := compile(r.arn, false)
	for _, part := range m.shared {
		own := part.values[owner]
		if !part.resource.covers(arn) || len(own) == 0 || len(m.actionsOf(s).unknown) > 0 || len(m.actionsOf(s).accountWide) > 0 {
			continue
		}
		carried := !slices.ContainsFunc(m.actionsOf(s).actions, func(a *iam.ActionSpec) bool { return !a.Carries(part.key) })
		if carried && confines(s.Condition, part.key, own, part.multiValue, r.document.Version == iam.Version) {
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
func (m *model) letsInService(r *resourcePolicy, s *iam.Statement, id string, found func(rule Rule, who, message, fix string)) {
	if r.kind == iam.Trust {
		return
	}
	if m.sourceNamed(r, id, s.Condition) {
		if id == "cloudfront.amazonaws.com" {
			m.letsInEveryone(r, s, id, found)
		}
		return
	}
	found(UnknownPrincipal, id, fmt.Sprintf("%s is let in to %s of %s on behalf of anybody", id, r.arn, m.nameOf(r.owner)),
		"add a condition on aws:SourceArn or aws:SourceAccount that names the source")
}

// sourceNamed says whether a condition keeps a service to sources of the resource's account
// that do not belong to another tenant.
func (m *model) sourceNamed(r *resourcePolicy, service string, c iam.Condition) bool {
	for _, operator := range sortedKeys(c) {
		for key, values := range c[operator] {
			ok := false
			switch {
			case len(values) == 0:
			case strings.EqualFold(key, "aws:SourceAccount") && (operator == "StringEquals" || operator == "StringLike"):
				ok = m.accountSuffices(r, service) && !slices.ContainsFunc(values, func(v string) bool { return v != r.account })
			case isSourceKey(key) && slices.Contains([]string{"ArnEquals", "ArnLike", "StringEquals", "StringLike"}, operator):
				ok = !slices.ContainsFunc(values, func(v string) bool { return !m.ownSource(r, v) })
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
var writesLogs = []string{"logging.s3.amazonaws.com", "delivery.logs.amazonaws.com", "es.amazonaws.com", "opensearchservice.amazonaws.com"}

// accountSuffices says whether the account alone tells a service's sources apart: no tenant
// but the owner lives in it, or it only delivers logs to the platform.
func (m *model) accountSuffices(r *resourcePolicy, service string) bool {
	if r.owner == "" && slices.Contains(writesLogs, service) {
		return true
	}
	return !slices.ContainsFunc(m.principals, func(p *principal) bool { return p.account == r.account && p.owner != "" && p.owner != r.owner })
}

// ownSource says whether a pattern of sources covers nothing of another tenant's.
func (m *model) ownSource(r *resourcePolicy, source string) bool {
	p := compile(source, true)
	if r.owner != "" {
		return m.own[r.owner].covers(p)
	}
	if accountOf(source) != r.account {
		return false
	}
	tenants := false
	m.assets.meeting(p, func(x *asset) bool {
		if x.Owner != "" {
			_, meets := intersect(p, x.arn)
			tenants = tenants || meets
		}
		return !tenants
	})
	return !tenants
}

// letsInIdentity checks a canonical user: that of an origin access identity of the same
// owner.
func (m *model) letsInIdentity(r *resourcePolicy, s *iam.Statement, id string, found func(rule Rule, who, message, fix string)) {
	stack, rest, isMark := strings.Cut(strings.TrimPrefix(id, openMark), "/")
	if isMark && strings.HasPrefix(id, openMark) && strings.HasSuffix(rest, ".S3CanonicalUserId"+closeMark) {
		if owner, known := m.stackOwner[stack]; known && (owner == r.owner || owner == "") {
			m.letsInEveryone(r, s, "CloudFront", found)
			return
		}
	}
	found(UnknownPrincipal, id, fmt.Sprintf("the canonical user %s, which is no origin access identity of %s, is let in to %s", id, m.nameOf(r.owner), r.arn),
		"let in the origin access identity of the stack")
}

// letsInEveryone checks what CloudFront may do with what a tenant has: everyone is let in
// with it, since a distribution answers whoever asks (Amazon CloudFront Developer Guide,
// "Restrict access to an Amazon S3 origin"). That is right for what is public.
func (m *model) letsInEveryone(r *resourcePolicy, s *iam.Statement, who string, found func(rule Rule, who, message, fix string)) {
	if r.owner == "" {
		return
	}
	for _, action := range slices.Concat(s.Action, s.NotAction) {
		if len(s.NotAction) > 0 || !strings.EqualFold(action, "s3:GetObject") && !strings.EqualFold(action, "s3:ListBucket") {
			found(WildcardPrincipal, who, fmt.Sprintf("%s may do %s with %s of %s, and it does so for everyone", who, action, r.arn, m.nameOf(r.owner)),
				"allow s3:GetObject alone")
			return
		}
	}
	public, told := m.public[r.owner]
	objects := compile(r.arn+"/*", false)
	switch {
	case slices.ContainsFunc(public, func(p pattern) bool { return p.covers(objects) }):
	case told:
		found(WildcardPrincipal, who, fmt.Sprintf("%s reads %s of %s, and answers everyone with it", who, r.arn, m.nameOf(r.owner)),
			"serve only what is public from a distribution, and the rest with signed requests")
	default:
		m.assume("public-content", "what distributions read from buckets is meant for everyone", r.place)
	}
}

// checkBorrowed finds resources that run with a role of somebody else.
func (m *model) checkBorrowed() {
	for _, b := range m.borrowed {
		p := m.byArn[b.arn]
		if !isRoleArn(b.arn) && !strings.Contains(b.arn, openMark) {
			// A bare name is a role's only where a role has it.
			if p = m.byName[b.account+":role/"+b.arn]; p == nil {
				continue
			}
		}
		switch {
		case p == nil && !slices.Contains(m.ownership.Trusted, b.arn):
			m.find(Finding{
				Rule: NotUnderstood, Principal: b.arn, Owner: b.owner, Place: b.place,
				Message: fmt.Sprintf("runs with the role %s, which no template declares, so what it may do is not known", b.arn),
				Fix:     "use a role of the stack, or list this one under trusted in the file of owners",
			})
		case p != nil && p.owner != b.owner:
			m.find(Finding{
				Rule: BorrowedRole, Principal: b.arn, Owner: b.owner, Place: b.place, Victims: victimsOf(p.owner),
				Message: fmt.Sprintf("runs with the role %s of %s, so code of tenant %s has all that the role may do", b.arn, m.nameOf(p.owner), b.owner),
				Fix:     "use a role of the tenant's own stack",
			})
		}
	}
}
