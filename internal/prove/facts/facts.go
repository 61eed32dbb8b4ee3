// Package facts reads what templates say, as far as the proof asks: who there is, what there is to be
// protected, who is let in, and what names what. It follows the declarations of package declared, and
// what these do not cover is a fact too. It knows nothing of owners and judges nothing.
package facts

import (
	"strings"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/prove/pattern"
)

// Place is where something stands in a template.
type Place struct {
	// Stack and File of the template.
	Stack string `json:"stack"`
	File  string `json:"file,omitempty"`
	// LogicalID of the resource.
	LogicalID string `json:"logicalId,omitempty"`
	// Path within the resource, such as Properties.Policies[0].PolicyDocument.Statement[2].
	Path string `json:"path,omitempty"`
	// Sid of the statement.
	Sid string `json:"sid,omitempty"`
}

// String is the stack, the resource and the path, with the Sid in brackets.
func (p Place) String() string {
	s := p.Stack
	if p.LogicalID != "" {
		s += "/" + p.LogicalID
	}
	if p.Path != "" {
		s += " " + p.Path
	}
	if p.Sid != "" {
		s += " (" + p.Sid + ")"
	}
	return s
}

// Resource is the key of the resource: its stack and its logical id.
func (p Place) Resource() string { return p.Stack + "/" + p.LogicalID }

// Facts are what all templates say.
type Facts struct {
	// Stacks that have a template.
	Stacks []Stack
	// Accounts of the stacks, those without a template too.
	Accounts map[string]bool
	// Resources that the templates declare.
	Resources []Resource
	// Assets are what there is to be protected.
	Assets []*Asset
	// Principals are roles and users.
	Principals []*Principal
	// Attachments are policies that name the roles and users they are attached to.
	Attachments []Attachment
	// Policies of resources, trust policies of roles among them.
	Policies []*ResourcePolicy
	// References are where a resource names another, outside of policies.
	References []Reference
	// Lookups are values that CloudFormation looks up.
	Lookups []Lookup
	// Roles that resources run with.
	Roles []RoleUse
	// Mentions are texts that AWS acts on and that cannot be resolved.
	Mentions []Mention
	// Settings that have to have certain values.
	Settings []Setting
	// Hosts are names that resources answer at, and Redirects those that they send people to, with what lets these in.
	Hosts, Redirects []Host
	// APIs, authorizers and the ways in.
	APIs        []*API
	Authorizers []*Authorizer
	Methods     []Method
	// Integrations of HTTP APIs.
	Integrations []Integration
	// PoolUses are what lets in users of user pools, and UserPools says of those of the templates, by their ids,
	// whether administrators alone make their users.
	PoolUses  []PoolUse
	UserPools map[string]bool
	// WebSockets are the WebSocket APIs, by their ids.
	WebSockets map[string]bool
	// Distributions, and the cache policies they keep answers by.
	Distributions []*Distribution
	CachePolicies map[string]CachePolicy
	// Signs says of the origin access controls of the templates, by their ids, whether they sign every request.
	Signs map[string]bool
	// APINames are the names of APIs, by which metrics tell them apart.
	APINames []APIName
	// APIStages are stages of APIs.
	APIStages []APIStage
	// EventRules take events from a bus.
	EventRules []EventRule
	// Functions by stack and logical id.
	Functions map[string]*Function
	// Domains of OpenSearch.
	Domains []Domain
	// Notifications of buckets by stack and logical id.
	Notifications map[string][]Notification
	// Expiries are rules by which objects of buckets are deleted.
	Expiries []Expiry
	// Unknown is what is not understood, and Problems what cannot be read.
	Unknown  []Unknown
	Problems []Problem
	// Parameters is the first parameter of a template that has any, or nil.
	Parameters *Place
}

// Stack is one stack with a template.
type Stack struct {
	Name, File string
	// Account and Region it is deployed to; empty if that is open.
	Account, Region, Partition string
}

// Resource is a resource of a template.
type Resource struct {
	// Type such as AWS::S3::Bucket.
	Type  string
	Place Place
	// Account and Region of its stack.
	Account, Region string
	// Data says that it holds what cannot be had back once it is deleted, and AccountWide that it is a
	// setting of the whole account and region.
	Data, AccountWide bool
	// DeletionPolicy and UpdateReplacePolicy as they stand, empty if they do not.
	DeletionPolicy, UpdateReplacePolicy string
}

// Unknown is something that no declaration covers.
type Unknown struct {
	// Type of the resource.
	Type  string
	Place Place
	// Message says what it is, Fix what to do.
	Message, Fix string
}

// Problem is something that cannot be read: a value that cannot be resolved, or, if InvalidPolicy, a policy
// that AWS would refuse, or ignore a part of.
type Problem struct {
	Place         Place
	InvalidPolicy bool
	Message       string
}

// Asset is what is to be protected.
type Asset struct {
	// Kind such as table, index or object.
	Kind string `json:"kind"`
	// Owner is the id of a tenant; empty for the platform. The ownership fills it in.
	Owner string `json:"owner,omitempty"`
	// Arn of the asset, with * for everything below it.
	Arn string `json:"arn"`
	// Place of its declaration.
	Place Place `json:"place"`

	// Pattern of the ARN, and its Service.
	Pattern pattern.Pattern `json:"-"`
	Service string          `json:"-"`
	// Namespace marks the names of all tenants, those to come included.
	Namespace bool `json:"-"`
	// Split marks a table, or an index whose partition key is that of the table, so that
	// dynamodb:LeadingKeys tells the tenants apart; PartitionKey is its name.
	Split        bool   `json:"-"`
	PartitionKey string `json:"-"`
}

// NewAsset compiles an asset.
func NewAsset(kind, owner, arn string, place Place) *Asset {
	return &Asset{
		Kind:    kind,
		Owner:   owner,
		Arn:     arn,
		Place:   place,
		Pattern: pattern.Compile(arn, false),
		Service: ServiceOf(arn),
	}
}

// Policy is a policy document with its place.
type Policy struct {
	Document iam.Document
	Place    Place
}

// Principal is a role or user that a template declares.
type Principal struct {
	Arn, Account string
	Place        Place
	Policies     []Policy
	// Trust policy of a role.
	Trust *ResourcePolicy
	// Managed policies and groups that are attached; package owners takes out those that the templates
	// declare.
	Managed []string
	// SessionKey finds a role by the ARN of a session.
	SessionKey string
	// Planned says that the template which declares the role is not there.
	Planned bool
}

// Documents are the principal's policies.
func (p *Principal) Documents() []iam.Document {
	out := make([]iam.Document, len(p.Policies))
	for i, a := range p.Policies {
		out[i] = a.Document
	}
	return out
}

// Attachment is a policy that names the roles or users it is attached to.
type Attachment struct {
	Policy
	// Arn of a managed policy.
	Arn     string
	Account string
	// Names of the principals, and their kind, :role/ or :user/.
	Names []string
	Kind  string
}

// ResourcePolicy is a policy of a resource: who may use it.
type ResourcePolicy struct {
	Policy
	Kind iam.Kind
	// Arn of the resource, Account it is in, and the kind of asset.
	Arn, Account, AssetKind string
	// Itself says that the resource declares the policy, as a property of its own.
	Itself bool
}

// Mark is a value that only AWS knows.
type Mark struct {
	// Text with its brackets.
	Text string
	// Stack that the value is of; empty for an import that no template exports and for a dynamic reference.
	Stack string
	// LogicalID of the resource that it is of.
	LogicalID string
	// Lookup says that it is a dynamic reference.
	Lookup bool
}

// Reference is where a resource names another one.
type Reference struct {
	Place Place
	// Kind of what is named, as it is declared.
	Kind string
	// Text as it is resolved, and the ARN that it stands for; empty if it stands for none.
	Text, Arn string
	// Account of the stack.
	Account string
	// Marks in the text.
	Marks []Mark
	// Platform and Undeclared say that it may be what the platform's templates declare, and what no template
	// declares in an account of the templates.
	Platform, Undeclared bool
	// Watch says that the resource only looks at what it names, as an alarm does.
	Watch bool
}

// Lookup is a value that CloudFormation looks up with the rights of whoever deploys.
type Lookup struct {
	Place   Place
	Account string
	// Service is ssm, ssm-secure or secretsmanager, and Arn what is looked up.
	Service, Arn string
}

// RoleUse is a role that a property hands to a service.
type RoleUse struct {
	Place   Place
	Account string
	// Role by its ARN or by its name.
	Role string
}

// Mention is a text that AWS acts on and that cannot be resolved.
type Mention struct {
	Place Place
	Text  string
	// Value says that the text is nothing but a value that can tell whose something is, such as that of a dimension.
	Value bool
	// Marks in the text.
	Marks []Mark
}

// Setting is a property that has to have one of some values.
type Setting struct {
	Place Place
	// Rule that is broken otherwise, and why, as it is declared.
	Rule, Reason string
	// Want are the values, Got is the one that is there.
	Want []string
	Got  string
	// Absent says that the property is not there.
	Absent bool
}

// Met says whether the setting has one of the values.
func (s *Setting) Met() bool {
	if s.Absent {
		return false
	}
	for _, w := range s.Want {
		if strings.EqualFold(w, s.Got) {
			return true
		}
	}
	return false
}

// ServiceOf is the service of an ARN, empty if it has none or a wildcard for it.
func ServiceOf(arn string) string {
	parts := strings.SplitN(arn, ":", 4)
	if len(parts) < 3 || strings.ContainsAny(parts[2], "*?$⟨") {
		return ""
	}
	return parts[2]
}

// AccountOf is the account of an ARN, empty if it does not say.
func AccountOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return ""
	}
	return parts[4]
}

// IsAccount says whether a text is the id of an account.
func IsAccount(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}

// IsRoleArn says whether a text is the ARN of a role.
func IsRoleArn(s string) bool {
	return strings.HasPrefix(s, "arn:") && ServiceOf(s) == "iam" && strings.Contains(s, ":role/")
}

// LastName is the name at the end of an ARN with a path; a generated one is a marker.
func LastName(arn string) string {
	if i := strings.Index(arn, pattern.OpenMark); i >= 0 && strings.HasSuffix(arn, pattern.CloseMark) {
		return arn[i:]
	}
	return arn[strings.LastIndexByte(arn, '/')+1:]
}
