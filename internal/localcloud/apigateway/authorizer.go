package apigateway

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// authorizer is a Lambda authorizer (API Gateway Developer Guide, "Use API Gateway Lambda authorizers").
type authorizer struct {
	name, id string
	token    bool // type TOKEN, else REQUEST
	// function and credentials; stage variables may be in them.
	function, credentials string
	sources               []identitySource
	validation            *regexp.Regexp // of the token
	ttl                   time.Duration
}

type sourceKind int

const (
	sourceHeader sourceKind = iota
	sourceQuery
	sourceStageVariable
	sourceContext
)

// identitySource is a value that identifies the caller.
type identitySource struct {
	kind sourceKind
	name string
}

// authorization is what an authorizer answered. It never changes after it was made.
type authorization struct {
	principal string
	policy    iam.Document
	context   map[string]string
	requestID string // of the invocation
	latency   time.Duration
	cached    bool
	expires   time.Time
}

// Failures of authorizers. What goes wrong in them has no message ("message": null).
var (
	errUnauthorized  = &failure{kind: unauthorized, message: "Unauthorized"}
	errFailed        = &failure{kind: authorizerFailed}
	errMisconfigured = &failure{kind: authorizerMisconfigured}
)

// authorizeCustom asks the method's authorizer, or its cache, and evaluates the policy.
func (x *exchange) authorizeCustom(ctx context.Context) *failure {
	a := x.m.authorizer
	values, ok := x.identity(a)
	if !ok || a.validation != nil && !a.validation.MatchString(values[0][len(values[0])-1]) {
		return errUnauthorized
	}
	now := x.s.o.Now()
	var f *failure
	if a.ttl == 0 {
		x.authorized, f = x.askAuthorizer(ctx, a, values)
	} else {
		x.authorized, f = x.cachedAuthorizer(ctx, a, values, now)
	}
	x.authorizerLatency = x.s.o.Now().Sub(now)
	x.authorizerStatus = 200
	if f != nil {
		if x.authorizerStatus = 500; f.kind == unauthorized {
			x.authorizerStatus = 401
		}
		return f
	}
	return x.evaluate()
}

// cachedAuthorizer looks into the cache. Requests of the same identity that arrive while the
// authorizer works share its answer, as they would share it a moment later.
func (x *exchange) cachedAuthorizer(ctx context.Context, a *authorizer, values [][]string, now time.Time) (*authorization, *failure) {
	cache, key := x.st.caches[a], cacheKey(values)
	if found := cache.get(key, now); found != nil {
		hit := *found
		hit.cached, hit.latency = true, 0
		return &hit, nil
	}
	type answer struct {
		a *authorization
		f *failure
	}
	v, _, _ := cache.flights.Do(key, func() (any, error) {
		if found := cache.get(key, x.s.o.Now()); found != nil {
			return answer{a: found}, nil
		}
		got, f := x.askAuthorizer(ctx, a, values)
		if f == nil {
			got.expires = x.s.o.Now().Add(a.ttl)
			cache.put(key, got, x.s.o.Now())
		}
		return answer{got, f}, nil
	})
	out := v.(answer)
	return out.a, out.f
}

// identity collects the values of the identity sources. It is false if one is missing or empty;
// the authorizer is not called then.
func (x *exchange) identity(a *authorizer) ([][]string, bool) {
	values := make([][]string, len(a.sources))
	for i, source := range a.sources {
		switch source.kind {
		case sourceHeader:
			values[i] = x.headers.Values(source.name)
		case sourceQuery:
			values[i] = x.query[source.name]
		case sourceStageVariable:
			values[i] = []string{x.st.variables[source.name]}
		case sourceContext:
			values[i] = []string{x.contextVariable(source.name)}
		}
		if len(values[i]) == 0 || strings.TrimSpace(values[i][len(values[i])-1]) == "" {
			return nil, false
		}
	}
	return values, true
}

// cacheKey joins all values so that no two lists have the same key.
func cacheKey(values [][]string) string {
	var b []byte
	for _, list := range values {
		b = strconv.AppendInt(b, int64(len(list)), 10)
		for _, value := range list {
			b = append(b, ':')
			b = strconv.AppendInt(b, int64(len(value)), 10)
			b = append(b, ':')
			b = append(b, value...)
		}
	}
	return string(b)
}

// askAuthorizer invokes the function.
func (x *exchange) askAuthorizer(ctx context.Context, a *authorizer, values [][]string) (*authorization, *failure) {
	function := withStageVariables(a.function, x.st.variables)
	payload, err := x.authorizerEvent(a, values)
	if err != nil {
		return nil, errMisconfigured
	}
	start := x.s.o.Now()
	out, err := x.s.invoke(ctx, call{
		function: function, credentials: withStageVariables(a.credentials, x.st.variables), account: x.d.account,
		source: x.d.arn() + "/authorizers/" + a.id, payload: payload, trace: x.trace, timeout: integrationTimeout,
	})
	var refused *gate.Error
	switch {
	case errors.As(err, &refused):
		return nil, errMisconfigured
	case err != nil:
		return nil, errFailed
	case out.FunctionError != "":
		var problem struct {
			ErrorMessage string `json:"errorMessage"`
		}
		if json.Unmarshal(out.Payload, &problem) == nil && problem.ErrorMessage == "Unauthorized" {
			return nil, errUnauthorized
		}
		return nil, errFailed
	}
	answer, err := readAuthorization(out.Payload)
	if err != nil {
		x.s.note("API " + x.d.id + ": authorizer " + a.name + ": " + err.Error())
		return nil, errMisconfigured
	}
	answer.requestID, answer.latency = out.RequestID, x.s.o.Now().Sub(start)
	return answer, nil
}

// readAuthorization reads the output (API Gateway Developer Guide, "Output from an API Gateway
// Lambda authorizer"). usageIdentifierKey has no meaning, since there are no usage plans here.
func readAuthorization(payload []byte) (*authorization, error) {
	var output struct {
		PrincipalID    *string                    `json:"principalId"`
		PolicyDocument json.RawMessage            `json:"policyDocument"`
		Context        map[string]json.RawMessage `json:"context"`
	}
	if err := json.Unmarshal(payload, &output); err != nil {
		return nil, errors.New("the output is not the JSON of an authorizer's output")
	}
	if output.PrincipalID == nil || len(output.PolicyDocument) == 0 {
		return nil, errors.New("the output has no principalId or no policyDocument")
	}
	policy, err := iam.Parse(output.PolicyDocument, iam.Identity)
	if err != nil {
		return nil, err
	}
	a := &authorization{principal: *output.PrincipalID, policy: policy, context: make(map[string]string, len(output.Context))}
	for name, raw := range output.Context {
		switch {
		case len(raw) == 0 || raw[0] == '{' || raw[0] == '[':
			return nil, errors.New("context." + name + " is no text, number or boolean")
		case string(raw) == "null":
		case raw[0] == '"':
			var value string
			if err := json.Unmarshal(raw, &value); err != nil {
				return nil, err
			}
			a.context[name] = value
		default:
			a.context[name] = string(raw)
		}
	}
	return a, nil
}
