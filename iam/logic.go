package iam

import "strings"

// limits are what each kind of policies allows of one request.
type limits struct {
	identity, boundary, session, scp bool
	resource                         grant
}

// missing lists the kinds that had to allow and did not (IAM User Guide, "Policy evaluation
// for requests within a single account" and "Cross-account policy evaluation logic").
func (e *evaluation) missing(l limits) []Kind {
	if e.principal.account == "" {
		// A service, an anonymous or a federated caller has no policies of its own, and no
		// service control policy applies to it.
		return kinds(Resource, l.resource > notNamed)
	}
	missing := kinds(SCP, l.scp)
	if e.principal.kind == accountRoot {
		l.identity = true
	}
	direct := l.resource > byAccount
	sameAccount := e.account == e.principal.account
	switch {
	case !sameAccount:
		missing = append(missing, kinds(Resource, l.resource > notNamed)...)
		missing = append(missing, kinds(Identity, l.identity)...)
	case resourceDecides(e.request.Action):
		missing = append(missing, kinds(Resource, l.resource > notNamed)...)
		if !direct {
			missing = append(missing, kinds(Identity, l.identity)...)
		}
	case !direct:
		missing = append(missing, kinds(Identity, l.identity)...)
	}
	if sameAccount && l.resource == byIdentity {
		// A policy that names the user or the session itself is not limited by the implicit
		// denials of a boundary or of session policies (IAM User Guide, "Permissions
		// boundaries for IAM entities").
		return missing
	}
	missing = append(missing, kinds(Boundary, l.boundary)...)
	return append(missing, kinds(Session, l.session)...)
}

func kinds(kind Kind, allowed bool) []Kind {
	if allowed {
		return nil
	}
	return []Kind{kind}
}

// resourceDecides says whether identity policies alone never suffice, even within one
// account: a role is assumed only if its trust policy allows it (IAM User Guide, "IAM role
// trust policies"), a key used only if its key policy does (AWS KMS Developer Guide, "Key
// policies in AWS KMS").
func resourceDecides(action string) bool {
	service, name, _ := strings.Cut(strings.ToLower(action), ":")
	return service == "sts" && (strings.HasPrefix(name, "assumerole") || name == "tagsession" || name == "setsourceidentity") || service == "kms" && !kmsWithoutKey[name]
}

// kmsWithoutKey are KMS actions that concern no key (Service Authorization Reference,
// "AWS Key Management Service").
var kmsWithoutKey = map[string]bool{
	"createkey": true, "createcustomkeystore": true, "listkeys": true, "listaliases": true, "generaterandom": true,
	"connectcustomkeystore": true, "deletecustomkeystore": true, "describecustomkeystores": true,
	"disconnectcustomkeystore": true, "updatecustomkeystore": true,
}
