package apigateway

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"time"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

const invokeAction = "execute-api:Invoke"

// authorize decides whether the caller may call the method.
func (x *exchange) authorize(ctx context.Context) *failure {
	switch x.m.auth {
	case authIAM:
		return x.authorizeIAM()
	case authCustom:
		if f := x.checkPolicy(true); f != nil {
			return f
		}
		return x.authorizeCustom(ctx)
	}
	return x.checkPolicy(false)
}

// methodARN is the resource of the request in policies.
func (x *exchange) methodARN() string {
	return x.d.arn() + "/" + x.st.name + "/" + x.httpMethod + x.target.canonical()
}

// authorizeIAM verifies the signature and asks the gate.
func (x *exchange) authorizeIAM() *failure {
	if f := x.takeBody(); f != nil {
		return f
	}
	sum := sha256.Sum256(x.body)
	caller, _, problem := x.s.o.Gate.Authenticate(x.r, "execute-api", hex.EncodeToString(sum[:]))
	if problem != nil {
		return signatureFailure(problem)
	}
	x.caller = caller
	problem = x.s.o.Gate.Authorize(caller, gate.OriginOf(x.r, x.d.region), gate.Access{
		Action: invokeAction, Resource: x.methodARN(), ResourceAccount: x.d.account, Policies: x.d.policy,
	})
	if problem != nil {
		return &failure{kind: accessDenied, message: problem.Message, capital: true}
	}
	return nil
}

// signatureFailure is the gateway response of a request that is not signed as it should be.
func signatureFailure(e *gate.Error) *failure {
	switch e.Code {
	case "MissingAuthenticationTokenException":
		return &failure{kind: missingToken, message: "Missing Authentication Token"}
	case "ExpiredTokenException":
		return &failure{kind: expiredToken, message: e.Message}
	case "IncompleteSignatureException":
		return &failure{kind: default4xx, status: http.StatusForbidden, code: e.Code, message: e.Message}
	case "UnrecognizedClientException":
		return &failure{kind: default4xx, status: http.StatusForbidden, code: e.Code, message: e.Message}
	}
	return &failure{kind: invalidSignature, message: e.Message}
}

// checkPolicy evaluates the resource policy for a caller without credentials. Before an authorizer
// only an explicit denial counts; without one the policy has to allow (API Gateway Developer Guide,
// "How API Gateway resource policies affect authorization workflow").
func (x *exchange) checkPolicy(authorizerFollows bool) *failure {
	if x.d.policy == nil {
		return nil
	}
	d := x.resourceDecision()
	switch {
	case d.Result == iam.ExplicitlyDenied:
		return x.anonymousDenied(" with an explicit deny")
	case d.Result != iam.Allowed && !authorizerFollows:
		return x.anonymousDenied("")
	}
	return nil
}

func (x *exchange) anonymousDenied(suffix string) *failure {
	message := "User: anonymous is not authorized to perform: " + invokeAction + " on resource: " + x.methodARN() + suffix
	return &failure{kind: accessDenied, message: message, capital: true}
}

func (x *exchange) resourceDecision() iam.Decision {
	return iam.Evaluate(iam.Policies{Resource: x.d.policy}, iam.Request{
		Principal: "*", Action: invokeAction, Resource: x.methodARN(), ResourceAccount: x.d.account, Context: x.conditions(),
	})
}

// evaluate decides by the authorizer's policy and the resource policy together: either may allow,
// neither may deny. The policy is evaluated as that of an identity of the API's account, whoever the
// authorizer says that the caller is ("How API Gateway resource policies affect authorization workflow", table A).
func (x *exchange) evaluate() *failure {
	d := iam.Evaluate(iam.Policies{Identity: []iam.Document{x.authorized.policy}}, iam.Request{
		Principal: "arn:" + x.d.partition + ":iam::" + x.d.account + ":role/authorizer",
		Action:    invokeAction, Resource: x.methodARN(), ResourceAccount: x.d.account, Context: x.conditions(),
	})
	allowed := d.Result == iam.Allowed || d.Result == iam.ImplicitlyDenied && x.d.policy != nil && x.resourceDecision().Result == iam.Allowed
	switch {
	case d.Result == iam.ExplicitlyDenied:
		return &failure{kind: accessDenied, message: "User is not authorized to access this resource with an explicit deny in an identity-based policy", capital: true}
	case !allowed:
		return &failure{kind: accessDenied, message: "User is not authorized to access this resource", capital: true}
	}
	return nil
}

// conditions are the keys that policies of an API can use (API Gateway Developer Guide, "AWS condition
// keys that can be used in API Gateway resource policies"). The endpoint stands for one with TLS.
func (x *exchange) conditions() iam.Context {
	now := x.start.UTC()
	c := iam.Context{
		"aws:CurrentTime": {now.Format(time.RFC3339)}, "aws:EpochTime": {strconv.FormatInt(now.Unix(), 10)},
		"aws:SecureTransport": {"true"}, "aws:SourceIp": {x.sourceIP},
	}
	if agent := x.r.UserAgent(); agent != "" {
		c["aws:UserAgent"] = []string{agent}
	}
	if referer := x.r.Referer(); referer != "" {
		c["aws:Referer"] = []string{referer}
	}
	return c
}
