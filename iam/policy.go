// Package iam holds IAM policy documents as typed values, reads them strictly, and decides
// requests as AWS documents it. It needs nothing but the standard library.
//
// Parse reads a document and refuses what AWS would ignore: an unknown element, a condition
// key that does not exist or that none of the actions carries. Evaluate decides one request
// and says why. What an action carries comes from the Service Authorization Reference
// (LookupAction).
package iam

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// Versions of the policy language (IAM User Guide, "IAM JSON policy elements: Version").
const (
	// Version is the current version.
	Version = "2012-10-17"
	// Version2008 is the version of a document that names none; it has no policy variables.
	Version2008 = "2008-10-17"
)

// Effect of a statement.
type Effect string

const (
	// Allow grants.
	Allow Effect = "Allow"
	// Deny refuses, whatever else allows.
	Deny Effect = "Deny"
)

// Document is a policy document, written as AWS documents it
// (IAM User Guide, "Grammar of the IAM JSON policy language").
type Document struct {
	// Version of the policy language.
	Version string `json:"Version"`
	// ID names the document; some services ask for it.
	ID string `json:"Id,omitempty"`
	// Statement holds at least one statement.
	Statement []Statement `json:"Statement"`
}

// Statement is one statement of a document.
type Statement struct {
	// Sid names the statement: letters and digits.
	Sid string `json:"Sid,omitempty"`
	// Effect is Allow or Deny.
	Effect Effect `json:"Effect"`
	// Principal by kind (AWS, Service, CanonicalUser, Federated); only in resource and trust
	// policies. Everyone is {"AWS": ["*"]}.
	Principal map[string][]string `json:"Principal,omitempty"`
	// NotPrincipal is everyone but these.
	NotPrincipal map[string][]string `json:"NotPrincipal,omitempty"`
	// Action patterns such as dynamodb:GetItem.
	Action []string `json:"Action,omitempty"`
	// NotAction is every action but these.
	NotAction []string `json:"NotAction,omitempty"`
	// Resource patterns.
	Resource []string `json:"Resource,omitempty"`
	// NotResource is every resource but these.
	NotResource []string `json:"NotResource,omitempty"`
	// Condition by operator, then key.
	Condition Condition `json:"Condition,omitempty"`
}

// Condition maps an operator to keys to values, all of which must hold.
type Condition map[string]map[string][]string

// NewDocument is a document of the current version.
func NewDocument(statements ...Statement) Document {
	return Document{Version: Version, Statement: statements}
}

// Size is the number of characters that IAM counts against its quotas: those of the
// document without white space between its elements
// (IAM User Guide, "IAM and AWS STS quotas").
func (d Document) Size() (int, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(d); err != nil {
		return 0, fmt.Errorf("encode policy document: %w", err)
	}
	return utf8.RuneCount(bytes.TrimSuffix(out.Bytes(), []byte("\n"))), nil
}

// Kind is what a document is attached to, which decides the elements it may have.
type Kind string

const (
	// Identity policies are attached to a role, user or group.
	Identity Kind = "identity"
	// Resource policies are attached to a resource and name principals.
	Resource Kind = "resource"
	// Trust policies say who may assume a role; the role is their resource.
	Trust Kind = "trust"
	// Boundary is the most that identity policies can grant.
	Boundary Kind = "boundary"
	// Session policies are passed when a role is assumed.
	Session Kind = "session"
	// SCP is a service control policy of AWS Organizations.
	SCP Kind = "scp"
)

// namesPrincipals says whether statements of this kind name whom they are about.
func (k Kind) namesPrincipals() bool { return k == Resource || k == Trust }
