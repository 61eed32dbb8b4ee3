package iam

import (
	"slices"
	"strings"
)

// Request is one call to AWS.
type Request struct {
	// Principal calls: the ARN of a role, a role session, a user or an account's root, a
	// service such as lambda.amazonaws.com, or * for an anonymous caller.
	Principal string `json:"principal"`
	// Action such as dynamodb:GetItem.
	Action string `json:"action"`
	// Resource is an ARN, or * for an action that names none.
	Resource string `json:"resource"`
	// ResourceAccount owns the resource; needed for ARNs that do not say it, such as those
	// of buckets. Empty means the ARN's account, else that of the principal.
	ResourceAccount string `json:"resourceAccount,omitempty"`
	// Context holds the condition keys. aws:PrincipalArn, aws:PrincipalAccount and
	// aws:ResourceAccount follow from the request unless given.
	Context Context `json:"context,omitempty"`
}

// Policies are what applies to a request.
type Policies struct {
	// Identity policies of the principal.
	Identity []Document
	// Resource policies of the resource; of a role, its trust policy.
	Resource []Document
	// Boundary is the principal's permissions boundary; none if nil.
	Boundary []Document
	// Session policies of the session; none if nil.
	Session []Document
	// SCP holds the service control policies by level (root, organizational units,
	// account); each level has to allow.
	SCP [][]Document
}

// Result of a decision.
type Result string

const (
	// Allowed requests go through.
	Allowed Result = "Allowed"
	// ImplicitlyDenied requests are allowed by nothing that had to allow them.
	ImplicitlyDenied Result = "ImplicitlyDenied"
	// ExplicitlyDenied requests meet a Deny statement.
	ExplicitlyDenied Result = "ExplicitlyDenied"
)

// Decision about one request, with its reasons.
type Decision struct {
	// Result of the decision.
	Result Result `json:"decision"`
	// Missing names the kinds of policies that would have had to allow and did not.
	Missing []Kind `json:"missing,omitempty"`
	// Reasons are the statements about the request's action, in the order of the policies.
	Reasons []Reason `json:"reasons"`
}

// Reason is what one statement said.
type Reason struct {
	// Policy kind, and its place among those of its kind.
	Policy Kind `json:"policy"`
	// Index of the document among the policies of its kind; Level of its SCP.
	Index int `json:"index"`
	Level int `json:"level,omitempty"`
	// Statement is the place of the statement in its document, from 0.
	Statement int `json:"statement"`
	// Sid of the statement.
	Sid string `json:"sid,omitempty"`
	// Effect of the statement.
	Effect Effect `json:"effect"`
	// Matched says whether all elements matched.
	Matched bool `json:"matched"`
	// Failures are the elements that did not match.
	Failures []Failure `json:"failures,omitempty"`
}

// Failure is an element of a statement that did not match.
type Failure struct {
	// Element is Principal, NotPrincipal, Resource, NotResource or Condition.
	Element string `json:"element"`
	// Operator and Key of a condition.
	Operator string `json:"operator,omitempty"`
	Key      string `json:"key,omitempty"`
	// Want are the policy's values.
	Want []string `json:"want,omitempty"`
	// Have are the request's values; Absent says that it carries none.
	Have   []string `json:"have,omitempty"`
	Absent bool     `json:"absent,omitempty"`
}

// Evaluate decides a request as AWS documents it (IAM User Guide, "Policy evaluation
// logic"). All statements are evaluated before it decides.
func Evaluate(p Policies, r Request) Decision {
	e := newEvaluation(r)
	e.bounded = p.Boundary != nil
	identity := e.documents(Identity, 0, p.Identity)
	resource := e.documents(Resource, 0, p.Resource)
	boundary := e.documents(Boundary, 0, p.Boundary)
	session := e.documents(Session, 0, p.Session)
	scp := true
	if e.principal.account == "" {
		// No service control policy applies to a service or an anonymous caller.
		p.SCP = nil
	}
	for level, documents := range p.SCP {
		scp = e.documents(SCP, level, documents) > notNamed && scp
	}
	d := Decision{Reasons: e.reasons, Result: ImplicitlyDenied}
	if e.denied {
		d.Result = ExplicitlyDenied
		return d
	}
	d.Missing = e.missing(limits{
		identity: identity > notNamed, resource: resource,
		boundary: p.Boundary == nil || boundary > notNamed,
		session:  p.Session == nil || session > notNamed,
		scp:      scp,
	})
	if len(d.Missing) == 0 {
		d.Result = Allowed
	}
	return d
}

// evaluation of one request.
type evaluation struct {
	request   Request
	principal principal
	account   string
	context   Context
	// bounded says that the principal has a permissions boundary.
	bounded bool
	reasons []Reason
	denied  bool
}

func newEvaluation(r Request) *evaluation {
	e := &evaluation{request: r, principal: parsePrincipal(r.Principal, r.Context), reasons: []Reason{}}
	e.account = r.ResourceAccount
	if parts := strings.SplitN(r.Resource, ":", arnComponents); e.account == "" && len(parts) == arnComponents {
		e.account = parts[4]
	}
	if e.account == "" {
		e.account = e.principal.account
	}
	e.context = e.implied(r.Context.carriedBy(r.Action))
	return e
}

// implied adds the keys that follow from the request itself. A multivalued key with nothing
// but an empty string has no values (IAM User Guide, "Set operators for multivalued context
// keys": "a null dataset, such as an empty string").
func (e *evaluation) implied(given Context) Context {
	out := make(Context, len(given)+3)
	for key, values := range given {
		if len(values) == 1 && values[0] == "" && isMultiValued(key) {
			values = []string{}
		}
		out[key] = values
	}
	add := func(key, value string) {
		if _, present := given.Get(key); !present && value != "" {
			out[key] = []string{value}
		}
	}
	if e.principal.account != "" {
		add("aws:PrincipalArn", e.principal.arn())
		add("aws:PrincipalAccount", e.principal.account)
	}
	add("aws:ResourceAccount", e.account)
	return out
}

// documents evaluates those of one kind. What it returns is how closely the best Allow
// statement names the principal; statements of kinds that name no principal count as
// byIdentity.
func (e *evaluation) documents(kind Kind, level int, documents []Document) grant {
	best := notNamed
	for i, d := range documents {
		variables := d.Version == Version
		for j := range d.Statement {
			s := &d.Statement[j]
			if !s.coversAction(e.request.Action) {
				continue
			}
			named, failures := e.statement(kind, s, variables)
			matched := len(failures) == 0
			e.reasons = append(e.reasons, Reason{
				Policy: kind, Index: i, Level: level, Statement: j, Sid: s.Sid, Effect: s.Effect, Matched: matched, Failures: failures,
			})
			switch {
			case matched && s.Effect == Deny:
				e.denied = true
			case matched:
				best = max(best, named)
			}
		}
	}
	return best
}

func (s *Statement) coversAction(action string) bool {
	if len(s.NotAction) > 0 {
		return !slices.ContainsFunc(s.NotAction, func(p string) bool { return MatchAction(p, action) })
	}
	return slices.ContainsFunc(s.Action, func(p string) bool { return MatchAction(p, action) })
}

// statement evaluates the elements beside the action.
func (e *evaluation) statement(kind Kind, s *Statement, variables bool) (grant, []Failure) {
	var failures []Failure
	named := byIdentity
	if kind.namesPrincipals() {
		named = e.named(s)
		if named == notNamed {
			failures = append(failures, Failure{Element: principalElement(s), Have: []string{e.request.Principal}})
		}
	}
	if element, ok := e.coversResource(s, variables); !ok {
		failures = append(failures, Failure{Element: element, Want: append(slices.Clip(s.Resource), s.NotResource...), Have: []string{e.request.Resource}})
	}
	return named, append(failures, s.Condition.holds(e.context, variables)...)
}

func principalElement(s *Statement) string {
	if s.NotPrincipal != nil {
		return "NotPrincipal"
	}
	return "Principal"
}

func (e *evaluation) named(s *Statement) grant {
	if s.NotPrincipal == nil {
		return e.principal.named(s.Principal)
	}
	// A Deny "will always deny any IAM principal that has a permissions boundary policy
	// attached" (IAM User Guide, "Permissions boundaries for IAM entities").
	spared := e.principal.named(s.NotPrincipal) > notNamed
	if s.Effect == Deny {
		spared = e.principal.spared(s.NotPrincipal) && !e.bounded
	}
	if spared {
		return notNamed
	}
	return byIdentity
}

// coversResource is true for a statement without resources: that of a trust policy.
func (e *evaluation) coversResource(s *Statement, variables bool) (element string, ok bool) {
	matches := func(pattern string) bool {
		if variables {
			var resolved bool
			if pattern, resolved = substitute(pattern, e.context, true); !resolved {
				return false
			}
		}
		return MatchResource(pattern, e.request.Resource)
	}
	if len(s.NotResource) > 0 {
		return "NotResource", !slices.ContainsFunc(s.NotResource, matches)
	}
	return "Resource", len(s.Resource) == 0 || slices.ContainsFunc(s.Resource, matches)
}

// String says what did not match, with the values compared.
func (f Failure) String() string {
	have := strings.Join(f.Have, ", ")
	switch {
	case f.Absent:
		have = "nothing"
	case have == "":
		have = "no value"
	}
	if f.Element == "Condition" {
		return f.Operator + " " + f.Key + " wants " + strings.Join(f.Want, ", ") + ", and the request has " + have
	}
	if len(f.Want) == 0 {
		return f.Element + " does not cover " + have
	}
	return f.Element + " wants " + strings.Join(f.Want, ", ") + ", and the request has " + have
}
