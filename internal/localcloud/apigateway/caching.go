package apigateway

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// tokenSource is the identity source with the token (RFC 6750 section 2.1). An authorizer reads it wherever its
// API's document says that the token is.
const tokenSource = "method.request.header.authorization"

// CheckCaching reports every authorizer of an API, or the one that r is, that lets callers in from its cache without a
// token: the values of the identity sources are the key of the cache, so a token that is not among them does not
// matter once an answer is there (API Gateway Developer Guide, "Configure an API Gateway Lambda
// authorizer": caching). It reads r as it is declared; resources of other types have nothing to report.
func CheckCaching(r resource.Resource) error {
	switch r.Type {
	case typeAuthorizer:
		p := r.Properties
		return checkCaching(fmt.Sprintf("%s: the authorizer", r), p["Type"], p["IdentitySource"], p["AuthorizerResultTtlInSeconds"])
	case typeRestAPI:
		doc, ok := readDocument(r.Properties["Body"], &problems{})
		if !ok {
			return nil
		}
		c := &compiler{document: doc}
		schemes, place := c.securitySchemes()
		var found []error
		for _, name := range sortedKeys(schemes) {
			scheme := doc.object(schemes[name], place)
			a := doc.object(scheme["x-amazon-apigateway-authorizer"], place)
			if scheme["x-amazon-apigateway-authorizer"] != nil {
				found = append(found, checkCaching(fmt.Sprintf("%s: the authorizer %s", r, name), a["type"], a["identitySource"], a["authorizerResultTtlInSeconds"]))
			}
		}
		return errors.Join(found...)
	}
	return nil
}

// checkCaching reports an authorizer that caches (for 300 seconds where nothing is said) by a key without the token. A
// token authorizer has the token as its one source.
func checkCaching(what string, kind, sources, ttl any) error {
	if !strings.EqualFold(text(kind), "request") || text(ttl) == "0" {
		return nil
	}
	var keys []string
	for key := range strings.SplitSeq(text(sources), ",") {
		keys = append(keys, strings.ToLower(strings.TrimSpace(key)))
	}
	if slices.Contains(keys, tokenSource) {
		return nil
	}
	age := text(ttl)
	if age == "" {
		age = text(int(defaultAuthorizerTTL.Seconds()))
	}
	return fmt.Errorf("%s keeps its answers for %s seconds, and its identity sources %q do not have the token: callers without one would be "+
		"let in from the cache; add method.request.header.Authorization to identitySource, or set authorizerResultTtlInSeconds to 0",
		what, age, text(sources))
}
