// Package sts is the AWS Security Token Service of the local cloud: the Query protocol in
// front of the sessions that package gate makes.
package sts

import (
	"encoding/xml"
	"net/http"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

const (
	namespace  = "https://sts.amazonaws.com/doc/2011-06-15/"
	apiVersion = "2011-06-15"
)

// Options of the service.
type Options struct {
	// Gate makes the sessions.
	Gate *gate.Gate
}

// Service answers calls to STS. It is a gate.Service named sts.
type Service struct {
	gate *gate.Gate
}

// New makes the service.
func New(o Options) *Service { return &Service{gate: o.Gate} }

// Serve answers a call.
func (s *Service) Serve(w http.ResponseWriter, c *gate.Call) {
	p, problem := parseParameters(c)
	if problem != nil {
		s.WriteError(w, c.HTTP, problem, c.RequestID)
		return
	}
	var result any
	action, version := p.take("Action"), p.take("Version")
	switch {
	case version != apiVersion:
		problem = invalidAction(action, version)
	case action == "AssumeRole":
		result, problem = s.assumeRole(c, p)
	case action == "GetCallerIdentity":
		result, problem = s.callerIdentity(c, p)
	case action == "GetAccessKeyInfo":
		result, problem = s.accessKeyInfo(c, p)
	case action == "DecodeAuthorizationMessage":
		result, problem = s.decodeAuthorizationMessage(c, p)
	default:
		problem = invalidAction(action, version)
	}
	if problem != nil {
		s.WriteError(w, c.HTTP, problem, c.RequestID)
		return
	}
	w.Header().Set("Content-Type", "text/xml")
	w.Header().Set("x-amzn-RequestId", c.RequestID)
	_ = xml.NewEncoder(w).Encode(result)
}

// WriteError answers an error in the Query protocol.
func (s *Service) WriteError(w http.ResponseWriter, _ *http.Request, e *gate.Error, requestID string) {
	e.WriteQuery(w, namespace, requestID)
}

func invalidAction(action, version string) *gate.Error {
	if version == "" {
		version = "NO_VERSION_SPECIFIED"
	}
	if action == "" {
		return &gate.Error{Status: 400, Code: "MissingAction", Message: "The request must contain the parameter Action"}
	}
	return &gate.Error{Status: 400, Code: "InvalidAction", Message: "Could not find operation " + action + " for version " + version}
}

// metadata ends every result of the Query protocol.
type metadata struct {
	RequestID string `xml:"RequestId"`
}

type callerIdentityResult struct {
	XMLName   xml.Name `xml:"GetCallerIdentityResponse"`
	Namespace string   `xml:"xmlns,attr"`
	ARN       string   `xml:"GetCallerIdentityResult>Arn"`
	UserID    string   `xml:"GetCallerIdentityResult>UserId"`
	Account   string   `xml:"GetCallerIdentityResult>Account"`
	Metadata  metadata `xml:"ResponseMetadata"`
}

// callerIdentity needs no permission, and a policy that denies it has no effect (STS API
// Reference, "GetCallerIdentity").
func (s *Service) callerIdentity(c *gate.Call, p *parameters) (any, *gate.Error) {
	if problem := p.done(); problem != nil {
		return nil, problem
	}
	return callerIdentityResult{
		Namespace: namespace, ARN: c.Caller.ARN, UserID: c.Caller.UserID, Account: c.Caller.Account, Metadata: metadata{c.RequestID},
	}, nil
}

// accessKeyInfo finds the account of an access key. The ids of session keys do not hold it here, so
// of those only the caller's own is known.
func (s *Service) accessKeyInfo(c *gate.Call, p *parameters) (any, *gate.Error) {
	id := p.take("AccessKeyId")
	if problem := p.done(); problem != nil {
		return nil, problem
	}
	if denied := c.Authorize(gate.Access{Action: "sts:GetAccessKeyInfo", Resource: "*", ResourceAccount: c.Caller.Account}); denied != nil {
		return nil, denied
	}
	account := ""
	switch {
	case id == c.Caller.AccessKeyID:
		account = c.Caller.Account
	case len(id) == 20 && s.gate.Operator(id[4:16]).AccessKeyID == id:
		account = id[4:16]
	default:
		return nil, validation("The access key " + id + " is not a valid access key of the local cloud")
	}
	type result struct {
		XMLName   xml.Name `xml:"GetAccessKeyInfoResponse"`
		Namespace string   `xml:"xmlns,attr"`
		Account   string   `xml:"GetAccessKeyInfoResult>Account"`
		Metadata  metadata `xml:"ResponseMetadata"`
	}
	return result{Namespace: namespace, Account: account, Metadata: metadata{c.RequestID}}, nil
}

// decodeAuthorizationMessage refuses every message: no service of the local cloud encodes one.
func (s *Service) decodeAuthorizationMessage(c *gate.Call, p *parameters) (any, *gate.Error) {
	p.take("EncodedMessage")
	if problem := p.done(); problem != nil {
		return nil, problem
	}
	if denied := c.Authorize(gate.Access{Action: "sts:DecodeAuthorizationMessage", Resource: "*", ResourceAccount: c.Caller.Account}); denied != nil {
		return nil, denied
	}
	return nil, &gate.Error{Status: 400, Code: "InvalidAuthorizationMessageException", Message: "The local cloud encodes no authorization messages: its denials say themselves what decided"}
}

func validation(message string) *gate.Error {
	return &gate.Error{Status: 400, Code: "ValidationError", Message: message}
}

func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
