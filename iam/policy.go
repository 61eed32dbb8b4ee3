// Package iam holds IAM policy documents as typed values.
package iam

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// Version is the current version of the policy language.
const Version = "2012-10-17"

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
	// Statement holds at least one statement.
	Statement []Statement `json:"Statement"`
}

// Statement is one statement of a document.
type Statement struct {
	// Sid names the statement: letters and digits.
	Sid string `json:"Sid,omitempty"`
	// Effect is Allow or Deny.
	Effect Effect `json:"Effect"`
	// Principal by kind (AWS, Service, CanonicalUser, Federated); only in resource and trust policies.
	Principal map[string][]string `json:"Principal,omitempty"`
	// Action patterns such as dynamodb:GetItem.
	Action []string `json:"Action,omitempty"`
	// Resource patterns.
	Resource []string `json:"Resource,omitempty"`
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
	encoded, err := json.Marshal(d)
	if err != nil {
		return 0, fmt.Errorf("encode policy document: %w", err)
	}
	return utf8.RuneCount(encoded), nil
}
