package iam

import (
	"slices"
	"strings"
)

// principalKind is what a caller is.
type principalKind string

const (
	anonymous     principalKind = "Anonymous"
	accountRoot   principalKind = "Account"
	user          principalKind = "User"
	role          principalKind = "AssumedRole"
	federatedUser principalKind = "FederatedUser"
	service       principalKind = "Service"
	canonicalUser principalKind = "CanonicalUser"
	webIdentity   principalKind = "Federated"
)

// principal is a caller, taken apart.
type principal struct {
	kind principalKind
	// id as it was given.
	id      string
	account string
	// name of the role, without its path.
	name string
	// arn of the role, with its path, if it is known.
	roleArn string
	// partition of the ARN.
	partition string
}

// parsePrincipal reads an ARN of IAM or STS, a service such as lambda.amazonaws.com, an
// account id, a canonical user id, or * for nobody in particular. A role's ARN stands for a
// session of that role.
func parsePrincipal(id string, context Context) principal {
	p := principal{id: id}
	parts := strings.SplitN(id, ":", arnComponents)
	switch {
	case id == "*" || id == "":
		p.kind = anonymous
	case len(parts) == arnComponents && parts[0] == "arn":
		p.fromArn(parts)
	case isAccount(id):
		p.kind, p.account, p.partition = accountRoot, id, "aws"
	case isCanonicalUser(id):
		p.kind = canonicalUser
	case isServicePrincipal(id):
		p.kind = service
	default:
		p.kind = webIdentity
	}
	if arn, ok := context.Get("aws:PrincipalArn"); ok && len(arn) == 1 && p.kind == role && p.roleArn == "" {
		p.roleArn = arn[0]
	}
	return p
}

func (p *principal) fromArn(parts []string) {
	p.partition, p.account = parts[1], parts[4]
	kind, rest, _ := strings.Cut(parts[5], "/")
	switch {
	case parts[5] == "root":
		p.kind = accountRoot
	case kind == "role":
		p.kind, p.roleArn, p.name = role, p.id, rest[strings.LastIndexByte(rest, '/')+1:]
	case kind == "assumed-role":
		p.kind = role
		p.name, _, _ = strings.Cut(rest, "/")
	case kind == "federated-user":
		p.kind = federatedUser
	case kind == "user":
		p.kind = user
	default:
		p.kind = webIdentity
	}
}

const accountDigits = 12

func isAccount(s string) bool {
	return len(s) == accountDigits && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

// A canonical user id is 64 hexadecimal characters (Amazon S3 User Guide, "AWS account identifiers").
func isCanonicalUser(s string) bool {
	return len(s) == 64 && !strings.ContainsFunc(s, func(r rune) bool { return !strings.ContainsRune("0123456789abcdef", r) })
}

func isServicePrincipal(s string) bool {
	return strings.HasSuffix(s, ".amazonaws.com") || strings.HasSuffix(s, ".amazonaws.com.cn") || strings.HasSuffix(s, ".amazon.com") || strings.HasSuffix(s, ".aws.internal")
}

// grant is how closely a policy names a caller. Which other policies still limit the caller
// depends on it (IAM User Guide, "Policy evaluation logic").
type grant int

const (
	// notNamed: the element does not cover the caller.
	notNamed grant = iota
	// byAccount names the caller's account, which then decides by its own policies.
	byAccount
	// byRole names the role of a session.
	byRole
	// byIdentity names the session or the user itself, or everyone.
	byIdentity
)

// named is how closely a Principal element names p.
func (p principal) named(element map[string][]string) grant {
	best := notNamed
	for kind, ids := range element {
		for _, id := range ids {
			best = max(best, p.namedBy(kind, id))
		}
	}
	return best
}

func (p principal) namedBy(kind, id string) grant {
	if id == "*" && kind == "AWS" {
		// "For IAM users and role principals within your account, no other permissions are
		// required" (IAM User Guide, "AWS JSON policy elements: Principal").
		return byIdentity
	}
	switch kind {
	case "Service":
		return grantIf(p.kind == service && id == p.id)
	case "CanonicalUser":
		return grantIf(p.kind == canonicalUser && id == p.id)
	case "Federated":
		return grantIf(p.kind == webIdentity && (id == p.id || id == "*"))
	case "AWS":
		return p.namedByArn(id)
	}
	return notNamed
}

func grantIf(ok bool) grant {
	if ok {
		return byIdentity
	}
	return notNamed
}

func (p principal) namedByArn(id string) grant {
	other := parsePrincipal(id, nil)
	switch {
	case p.account == "" || other.account != p.account:
		return notNamed
	case id == p.id && p.kind != role:
		return byIdentity
	case other.kind == accountRoot:
		return byAccount
	case p.kind != role || other.kind != role || other.name != p.name:
		return notNamed
	case other.roleArn == "": // a session
		return grantIf(id == p.id)
	case p.roleArn == "" || p.roleArn == other.roleArn:
		// A role's name is unique in its account, whatever the path.
		return byRole
	}
	return notNamed
}

// spared says whether the NotPrincipal element of a Deny leaves p out: it has to name the
// session or the role, and the account too (IAM User Guide, "IAM JSON policy elements:
// NotPrincipal").
func (p principal) spared(element map[string][]string) bool {
	closest := p.named(element)
	if closest < byRole && (p.kind != accountRoot || closest == notNamed) {
		return false
	}
	return p.account == "" || p.kind == accountRoot || slices.ContainsFunc(element["AWS"], func(id string) bool {
		other := parsePrincipal(id, nil)
		return id == "*" || other.kind == accountRoot && other.account == p.account
	})
}

// arn is the value of aws:PrincipalArn: of a session it is its role's ARN
// (IAM User Guide, "AWS global condition context keys").
func (p principal) arn() string {
	if p.roleArn != "" {
		return p.roleArn
	}
	if p.kind == role {
		return "arn:" + p.partition + ":iam::" + p.account + ":role/" + p.name
	}
	if p.kind == accountRoot && isAccount(p.id) {
		return "arn:aws:iam::" + p.id + ":root"
	}
	return p.id
}
