package sts

import (
	"encoding/xml"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

type assumeRoleResult struct {
	XMLName        xml.Name `xml:"AssumeRoleResponse"`
	Namespace      string   `xml:"xmlns,attr"`
	AssumedRoleID  string   `xml:"AssumeRoleResult>AssumedRoleUser>AssumedRoleId"`
	ARN            string   `xml:"AssumeRoleResult>AssumedRoleUser>Arn"`
	AccessKeyID    string   `xml:"AssumeRoleResult>Credentials>AccessKeyId"`
	Secret         string   `xml:"AssumeRoleResult>Credentials>SecretAccessKey"`
	Token          string   `xml:"AssumeRoleResult>Credentials>SessionToken"`
	Expiration     string   `xml:"AssumeRoleResult>Credentials>Expiration"`
	SourceIdentity string   `xml:"AssumeRoleResult>SourceIdentity,omitempty"`
	Metadata       metadata `xml:"ResponseMetadata"`
}

func (s *Service) assumeRole(c *gate.Call, p *parameters) (any, *gate.Error) {
	in, problem := readAssumeRole(p)
	if problem != nil {
		return nil, problem
	}
	credentials, assumed, problem := s.gate.AssumeRole(c.Caller, gate.OriginOf(c.HTTP, c.Region), in)
	if problem != nil {
		return nil, problem
	}
	return assumeRoleResult{
		Namespace: namespace, AssumedRoleID: assumed.UserID, ARN: assumed.ARN,
		AccessKeyID: credentials.AccessKeyID, Secret: credentials.SecretAccessKey, Token: credentials.SessionToken,
		Expiration: timestamp(credentials.Expiration), SourceIdentity: in.SourceIdentity, Metadata: metadata{c.RequestID},
	}, nil
}

// readAssumeRole reads the parameters (STS API Reference, "AssumeRole"). The gate checks
// what decides; here is checked what only the protocol knows.
func readAssumeRole(p *parameters) (gate.AssumeRole, *gate.Error) {
	in := gate.AssumeRole{
		RoleARN: p.take("RoleArn"), SessionName: p.take("RoleSessionName"),
		ExternalID: p.take("ExternalId"), SourceIdentity: p.take("SourceIdentity"),
	}
	policy := p.take("Policy")
	problem := firstProblem(
		func() *gate.Error { return readDuration(p, &in) },
		func() *gate.Error { return readSessionPolicy(policy, &in) },
		func() *gate.Error { return readTags(p, &in) },
		func() *gate.Error { return readTransitive(p, &in) },
		func() *gate.Error { return checkPatterns(in) },
		func() *gate.Error { return refuseUnsupported(p) },
		p.done,
	)
	return in, problem
}

func firstProblem(checks ...func() *gate.Error) *gate.Error {
	for _, check := range checks {
		if problem := check(); problem != nil {
			return problem
		}
	}
	return nil
}

func readDuration(p *parameters, in *gate.AssumeRole) *gate.Error {
	text := p.take("DurationSeconds")
	if text == "" {
		return nil
	}
	seconds, err := strconv.Atoi(text)
	if err != nil || seconds < 900 || seconds > 43200 {
		return validation(fmt.Sprintf("1 validation error detected: Value '%s' at 'durationSeconds' failed to satisfy constraint: Member must have value between 900 and 43200", text))
	}
	in.Duration = time.Duration(seconds) * time.Second
	return nil
}

// maxSessionPolicy of a session, in characters (STS API Reference, "AssumeRole", Policy).
const maxSessionPolicy = 2048

func readSessionPolicy(text string, in *gate.AssumeRole) *gate.Error {
	if text == "" {
		return nil
	}
	if utf8.RuneCountInString(text) > maxSessionPolicy {
		return validation(fmt.Sprintf("1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must have length less than or equal to %d", maxSessionPolicy))
	}
	document, err := iam.Parse([]byte(text), iam.Session)
	if err != nil {
		return &gate.Error{Status: 400, Code: "MalformedPolicyDocument", Message: "The session policy is malformed: " + err.Error()}
	}
	in.Policies = []iam.Document{document}
	return nil
}

// tagText is what keys and values of session tags may consist of (STS API Reference, "Tag").
var tagText = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)

func readTags(p *parameters, in *gate.AssumeRole) *gate.Error {
	members, problem := p.takeList("Tags")
	if problem != nil || members == nil {
		return problem
	}
	if len(members) > 50 {
		return validation("1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50")
	}
	in.Tags = make(map[string]string, len(members))
	seen := map[string]bool{}
	for _, m := range members {
		key, value := m["Key"], m["Value"]
		_, hasKey := m["Key"]
		_, hasValue := m["Value"]
		switch folded := strings.ToLower(key); {
		case len(m) != 2 || !hasKey || !hasValue:
			return validation("1 validation error detected: a member of 'tags' needs a Key and a Value and nothing else")
		case key == "" || utf8.RuneCountInString(key) > 128 || !tagText.MatchString(key) || strings.HasPrefix(folded, "aws:"):
			return validation(fmt.Sprintf("1 validation error detected: Value '%s' at 'tags.member.key' failed to satisfy constraint: 1 to 128 letters, digits, spaces or _.:/=+-@ that do not begin with aws:", key))
		case utf8.RuneCountInString(value) > 256 || !tagText.MatchString(value):
			return validation(fmt.Sprintf("1 validation error detected: Value '%s' at 'tags.member.value' failed to satisfy constraint: at most 256 letters, digits, spaces or _.:/=+-@", value))
		case seen[folded]:
			return &gate.Error{Status: 400, Code: "InvalidParameterValue", Message: "Duplicate tag keys found. Please note that Tag keys are case insensitive."}
		default:
			seen[folded], in.Tags[key] = true, value
		}
	}
	return nil
}

func readTransitive(p *parameters, in *gate.AssumeRole) *gate.Error {
	members, problem := p.takeList("TransitiveTagKeys")
	if problem != nil {
		return problem
	}
	for _, m := range members {
		key, ok := m[""]
		if !ok || len(m) != 1 {
			return validation("1 validation error detected: a member of 'transitiveTagKeys' is a tag key")
		}
		if _, ok := in.Tags[key]; !ok {
			return &gate.Error{Status: 400, Code: "InvalidParameterValue", Message: "The specified transitive tag key " + key + " must be included in the requested tags."}
		}
		if slices.Contains(in.Transitive, key) {
			return &gate.Error{Status: 400, Code: "InvalidParameterValue", Message: "Duplicate transitive tag key " + key}
		}
		in.Transitive = append(in.Transitive, key)
	}
	return nil
}

var (
	externalID     = regexp.MustCompile(`^[\w+=,.@:/-]+$`)
	sourceIdentity = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
)

func checkPatterns(in gate.AssumeRole) *gate.Error {
	if in.ExternalID != "" && (len(in.ExternalID) < 2 || len(in.ExternalID) > 1224 || !externalID.MatchString(in.ExternalID)) {
		return validation(fmt.Sprintf("1 validation error detected: Value '%s' at 'externalId' failed to satisfy constraint: 2 to 1224 characters of [\\w+=,.@:\\/-]*", in.ExternalID))
	}
	if in.SourceIdentity != "" && (!sourceIdentity.MatchString(in.SourceIdentity) || strings.HasPrefix(in.SourceIdentity, "aws:")) {
		return validation(fmt.Sprintf("1 validation error detected: Value '%s' at 'sourceIdentity' failed to satisfy constraint: 2 to 64 characters of [\\w+=,.@-]*", in.SourceIdentity))
	}
	return nil
}

// refuseUnsupported refuses what would change a session and has no counterpart here.
func refuseUnsupported(p *parameters) *gate.Error {
	for _, list := range []string{"PolicyArns", "ProvidedContexts"} {
		members, problem := p.takeList(list)
		if problem != nil {
			return problem
		}
		if members != nil {
			return validation("The local cloud has no " + list + " of AssumeRole; pass the statements as Policy")
		}
	}
	serial, code := p.take("SerialNumber"), p.take("TokenCode")
	if serial != "" || code != "" {
		return &gate.Error{Status: 400, Code: "AccessDeniedException", Message: "MultiFactorAuthentication failed: the local cloud has no MFA device " + serial}
	}
	return nil
}
