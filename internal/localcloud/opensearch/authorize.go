package opensearch

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// actions of requests (Service Authorization Reference, "Actions, resources, and condition keys for Amazon OpenSearch Service").
var actions = map[string]string{
	http.MethodGet: "es:ESHttpGet", http.MethodHead: "es:ESHttpHead", http.MethodPost: "es:ESHttpPost",
	http.MethodPut: "es:ESHttpPut", http.MethodDelete: "es:ESHttpDelete", http.MethodPatch: "es:ESHttpPatch",
}

// authenticate finds the caller; nil is an anonymous one, about whom the access policy alone decides
// (OpenSearch Service Developer Guide, "Making and signing OpenSearch Service requests").
func (d *domain) authenticate(r *http.Request, bodyHash string) (*gate.Caller, *gate.Error) {
	if s, _ := gate.Parse(r); s == nil {
		if r.Header.Get("Authorization") != "" {
			return nil, &gate.Error{Status: http.StatusForbidden, Code: "IncompleteSignatureException", Message: "The Authorization header is no AWS Signature Version 4."}
		}
		return nil, nil
	}
	caller, signature, problem := d.service.gate.Authenticate(r, "es", bodyHash)
	if problem != nil {
		return nil, problem
	}
	if signature.Region != d.region {
		return nil, &gate.Error{Status: http.StatusForbidden, Code: "InvalidSignatureException", Message: "Credential should be scoped to a valid region, not '" + signature.Region + "'."}
	}
	return caller, nil
}

// maxAccesses that one request may need, by the lists in its path.
const maxAccesses = 100

// anyName stands for the names that a pattern may match and that no policy can know.
var anyName = func() string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return "any-name-" + hex.EncodeToString(b[:])
}()

// accesses of a request: its path, and where the path has a list or a pattern of names, also what that
// stands for. IAM matches the path as text, so a policy for "a,b" or "*" says nothing of the indices
// behind it; here each name of a list has to be allowed, and for a pattern every name that matches it.
func (d *domain) accesses(method string, t target, r *route, policies []iam.Document) ([]gate.Access, *gate.Error) {
	access := func(path string) gate.Access {
		return gate.Access{Action: actions[method], Resource: d.arn + path, ResourceAccount: d.account, Policies: policies}
	}
	out := []gate.Access{access(t.path())}
	if r == nil {
		return out, nil
	}
	paths, several := []string{""}, false
	i := 0
	for _, p := range r.parts {
		if p.kind == scope {
			continue
		}
		segment := t.segments[i]
		i++
		meanings := []string{segment}
		if p.kind == names {
			meanings = meaningsOf(segment)
			several = several || len(meanings) > 1
		}
		if len(paths)*len(meanings) > maxAccesses {
			return nil, malformed("path %q names more than %d things", t.path(), maxAccesses)
		}
		var longer []string
		for _, path := range paths {
			for _, m := range meanings {
				longer = append(longer, path+"/"+m)
			}
		}
		paths = longer
	}
	if several {
		for _, path := range paths {
			out = append(out, access(path))
		}
	}
	return out, nil
}

// meaningsOf a name, list or pattern: each name and pattern of it, and a name that the pattern matches.
func meaningsOf(segment string) []string {
	var out []string
	for name := range strings.SplitSeq(segment, ",") {
		out = append(out, name)
		switch {
		case name == allNames:
			out = append(out, anyName)
		case isPattern(name):
			out = append(out, strings.ReplaceAll(name, "*", anyName))
		}
	}
	return out
}
