package main

import (
	"errors"
	"regexp"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// methodARN has the parts of an ARN such as
// arn:aws:execute-api:eu-central-1:111111111111:a1b2c3d4e5/api/GET/kittens/1.
type methodARN struct {
	// stageARN is the ARN up to the stage, without a slash.
	stageARN           string
	api, stage, method string
}

// methodARNPattern takes no wildcard before the path, which is not used: its
// parameters are what the client sent.
var methodARNPattern = regexp.MustCompile(
	`^(arn:aws[a-z-]*:execute-api:[a-z0-9-]+:[0-9]{12}:([a-z0-9]+)/([A-Za-z0-9_-]{1,128}))/([A-Z]+)(/|$)`)

func parseMethodARN(arn string) (methodARN, error) {
	m := methodARNPattern.FindStringSubmatch(arn)
	if m == nil {
		// The path of the ARN may hold anything, so the ARN is not quoted.
		return methodARN{}, errors.New("reading the event: methodArn is not the ARN of an API's method")
	}
	return methodARN{stageARN: m[1], api: m[2], stage: m[3], method: m[4]}, nil
}

var parameterPattern = regexp.MustCompile(`\{[^}]*\}`)

// operationARN is the ARN of an operation, with any value of its path parameters:
// API Gateway caches the policy for all of them, by the resource path. The account
// in the path is no parameter in this sense; it is the one that was decided for.
func (m methodARN) operationARN(accountPrefix, resourcePath string) string {
	path := parameterPattern.ReplaceAllLiteralString(resourcePath, "*")
	if accountPrefix != "" && path == "/" {
		path = ""
	}
	return m.stageARN + "/" + m.method + accountPrefix + path
}

const (
	policyVersion = "2012-10-17"
	invoke        = "execute-api:Invoke"
)

// deniedPrincipal stands for nobody: API Gateway wants a principal in a denial too.
const deniedPrincipal = "denied"

// challengeKey is the member of a denial's context with the value of WWW-Authenticate. Package plan knows it too.
const challengeKey = "wwwAuthenticate"

// unnamedPrincipal is of a token with neither sub nor client_id.
const unnamedPrincipal = "unnamed"

func policy(effect, resource string) events.APIGatewayCustomAuthorizerPolicy {
	return events.APIGatewayCustomAuthorizerPolicy{
		Version:   policyVersion,
		Statement: []events.IAMPolicyStatement{{Action: []string{invoke}, Effect: effect, Resource: []string{resource}}},
	}
}

// allow lets a principal call one operation.
func allow(principalID, resource string, values map[string]any) events.APIGatewayCustomAuthorizerResponse {
	return events.APIGatewayCustomAuthorizerResponse{
		PrincipalID: principalID, PolicyDocument: policy("Allow", resource), Context: values,
	}
}

// deny names every resource: a denial must not depend on an ARN that may be wrong
// or longer than the 512 characters that a policy may name (API Gateway Developer
// Guide, "Output from an API Gateway Lambda authorizer").
// The challenge, if there is one, is for the API's answer ACCESS_DENIED, which makes a header of it. It is cached with
// the policy, and both are for one token, method and resource path.
func deny(challenge string) events.APIGatewayCustomAuthorizerResponse {
	response := events.APIGatewayCustomAuthorizerResponse{PrincipalID: deniedPrincipal, PolicyDocument: policy("Deny", "*")}
	if challenge != "" {
		response.Context = map[string]any{challengeKey: challenge}
	}
	return response
}

// principal is sub, else client_id.
func principal(subject, clientID string) string {
	for _, candidate := range []string{subject, clientID} {
		if strings.TrimSpace(candidate) != "" {
			return candidate
		}
	}
	return unnamedPrincipal
}
