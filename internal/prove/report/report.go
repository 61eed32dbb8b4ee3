// Package report is the result of a proof, for people, scripts, browsers and code review.
package report

import (
	"time"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/prove/facts"
)

// Rule names what a finding is about.
type Rule string

// Rules of the proof.
const (
	// CrossTenant: a tenant's principal can reach what is another tenant's or the platform's.
	CrossTenant Rule = "cross-tenant-access"
	// UnknownPrincipal: a policy lets in a principal that no template declares.
	UnknownPrincipal Rule = "unknown-principal"
	// WildcardPrincipal: a policy lets in everyone.
	WildcardPrincipal Rule = "wildcard-principal"
	// BorrowedRole: a resource of a tenant runs with a role of somebody else.
	BorrowedRole Rule = "role-of-another-owner"
	// OpenMethod: a request reaches an API without the authorizer.
	OpenMethod Rule = "open-method"
	// PublicBucket: a bucket can become public.
	PublicBucket Rule = "public-bucket"
	// InvalidPolicy: a policy has something that AWS would refuse or ignore.
	InvalidPolicy Rule = "invalid-policy"
	// NotUnderstood: something the proof cannot judge, which counts as reachable.
	NotUnderstood Rule = "not-understood"
	// Unresolved: a template value that cannot be resolved.
	Unresolved Rule = "unresolved"
	// Ambiguous: two tenants own the same.
	Ambiguous Rule = "ambiguous-ownership"
	// DataLoss: what a tenant has can be deleted, or is not protected.
	DataLoss Rule = "data-loss"
	// Configuration: what a template says of a function or a stage is not what tenants.yaml says.
	Configuration Rule = "configuration"
	// Idle: something is accepted that nothing needs.
	Idle Rule = "idle-acceptance"
	// CannotWork: a role is not allowed what its operations need.
	CannotWork Rule = "cannot-work"
)

// Finding is a counterexample, or something that keeps the proof from being one.
type Finding struct {
	// Rule that is broken, and the number of the Theorem in docs/proof.md that does not hold.
	Rule    Rule   `json:"rule"`
	Theorem string `json:"theorem,omitempty"`
	// Principal that could act, and its owner.
	Principal string `json:"principal,omitempty"`
	Owner     string `json:"owner,omitempty"`
	// Place of the statement or property.
	Place facts.Place `json:"place"`
	// Actions that are possible, the first ones.
	Actions []string `json:"actions,omitempty"`
	// Asset that can be reached.
	Asset *facts.Asset `json:"asset,omitempty"`
	// Victims are ids of the tenants whose data it is; empty means all of them, or one to come.
	Victims []string `json:"victims,omitempty"`
	// Request is an example, and Confirmed says that the evaluator allows it.
	Request   *iam.Request `json:"request,omitempty"`
	Confirmed bool         `json:"confirmed,omitempty"`
	// Message says what is wrong, Fix what to do.
	Message string `json:"message"`
	Fix     string `json:"fix,omitempty"`
	// More counts further assets that the same statement reaches.
	More int `json:"more,omitempty"`
}

// Assumption is what the proof rests on and cannot see.
type Assumption struct {
	// ID of the assumption, in SECURITY.md.
	ID string `json:"id"`
	// Text of the assumption.
	Text string `json:"text"`
	// Statements that rest on it, as a number, with the first one's place.
	Statements int         `json:"statements"`
	Example    facts.Place `json:"example"`
}

// Report is the result of a proof.
type Report struct {
	// Proved says that there is no finding.
	Proved bool `json:"proved"`
	// Platform owns what no tenant owns.
	Platform string `json:"platform"`
	// Tenants in order.
	Tenants []string `json:"tenants"`
	// Stacks, Principals, Statements, Assets, Methods and Needs were decided.
	Stacks     int `json:"stacks"`
	Principals int `json:"principals"`
	Statements int `json:"statements"`
	Assets     int `json:"assets"`
	Actions    int `json:"actions"`
	Methods    int `json:"methods"`
	Needs      int `json:"needs"`
	// Decided is how many combinations of a tenant's principal, somebody else's asset and
	// an action that suits it are decided.
	Decided uint64 `json:"decided"`
	// Elapsed time.
	Elapsed time.Duration `json:"elapsedNanoseconds"`
	// Findings sorted by place.
	Findings []Finding `json:"findings"`
	// Assumptions that the proof rests on.
	Assumptions []Assumption `json:"assumptions"`
	// NotChecked are the stacks whose templates were not there. Whose everything in them is was
	// known, and what their templates say was not looked at.
	NotChecked []NotChecked `json:"notChecked"`
	// Notes name what was seen and is not part of the proof.
	Notes []string `json:"notes"`
}

// NotChecked is a stack whose template was not there, so that what it says was not checked.
type NotChecked struct {
	// Stack is the name of the CloudFormation stack.
	Stack string `json:"stack"`
	// Cell that the stack is of, or Tenant.
	Cell   string `json:"cell,omitempty"`
	Tenant string `json:"tenant,omitempty"`
	// UsedBy are the tenants among the templates that live in the cell, sorted by id.
	UsedBy []string `json:"usedBy,omitempty"`
	// What its template would have said, and nobody looked at.
	What []string `json:"what"`
}

// New is an empty report.
func New(platform string) *Report {
	return &Report{
		Platform:    platform,
		Findings:    []Finding{},
		Assumptions: []Assumption{},
		NotChecked:  []NotChecked{},
		Notes:       []string{},
	}
}
