package gate

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/tenantstack/tenantstack/iam"
)

// Credentials sign requests.
type Credentials struct {
	// AccessKeyID begins with ASIA for a session and with AKIA for an operator.
	AccessKeyID string `json:"AccessKeyId"`
	// SecretAccessKey signs.
	SecretAccessKey string `json:"SecretAccessKey"`
	// SessionToken is empty for an operator.
	SessionToken string `json:"SessionToken,omitempty"`
	// Expiration is zero for an operator.
	Expiration time.Time `json:"Expiration,omitzero"`
}

// Caller is who signed a request.
type Caller struct {
	// ARN of the role session, the user or the service principal (such as lambda.amazonaws.com).
	ARN string
	// Account of the caller.
	Account string
	// UserID is what GetCallerIdentity returns.
	UserID string
	// RoleARN of a session, with the role's path.
	RoleARN string
	// AccessKeyID that signed.
	AccessKeyID string
	// Operator says that the caller is the operator of the local cloud.
	Operator bool

	session *session
}

// SessionPolicies of a session; nil if none were passed when its role was assumed.
func (c *Caller) SessionPolicies() []iam.Document {
	if c == nil || c.session == nil {
		return nil
	}
	return c.session.Policies
}

// session is what a session token holds.
type session struct {
	AccessKeyID    string            `json:"k"`
	RoleARN        string            `json:"r"`
	RoleID         string            `json:"i"`
	Name           string            `json:"n"`
	Issued         int64             `json:"f"`
	Expires        int64             `json:"e"`
	Tags           map[string]string `json:"t,omitempty"`
	Transitive     []string          `json:"x,omitempty"`
	SourceIdentity string            `json:"s,omitempty"`
	Policies       []iam.Document    `json:"p,omitempty"`
}

func newSeal(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// issue makes the credentials of a session.
func (g *Gate) issue(role *Role, s session, d time.Duration) (Credentials, *Caller, error) {
	var random [16]byte
	if _, err := rand.Read(random[:]); err != nil {
		return Credentials{}, nil, err
	}
	now := g.now().UTC().Truncate(time.Second)
	s.AccessKeyID = "ASIA" + g.identifier("session:"+string(random[:]))
	s.RoleARN, s.RoleID = role.ARN, role.ID
	s.Issued, s.Expires = now.Unix(), now.Add(d).Unix()
	plain, err := json.Marshal(s)
	if err != nil {
		return Credentials{}, nil, fmt.Errorf("issuing a session of %s: %w", role.ARN, err)
	}
	nonce := make([]byte, g.seal.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return Credentials{}, nil, err
	}
	token := base64.StdEncoding.EncodeToString(g.seal.Seal(nonce, nonce, plain, nil))
	c := Credentials{
		AccessKeyID: s.AccessKeyID, SecretAccessKey: g.secret(s.AccessKeyID),
		SessionToken: token, Expiration: time.Unix(s.Expires, 0).UTC(),
	}
	return c, callerOf(role, &s), nil
}

// secret of an access key: 40 characters, as AWS's are.
func (g *Gate) secret(accessKeyID string) string {
	return base64.RawStdEncoding.EncodeToString(g.derive("secret:" + accessKeyID))[:40]
}

func callerOf(role *Role, s *session) *Caller {
	partition := partitionOf(role.ARN)
	return &Caller{
		ARN:     "arn:" + partition + ":sts::" + role.Account + ":assumed-role/" + role.Name + "/" + s.Name,
		Account: role.Account, UserID: role.ID + ":" + s.Name, RoleARN: role.ARN,
		AccessKeyID: s.AccessKeyID, session: s,
	}
}

func partitionOf(arn string) string {
	parts := strings.SplitN(arn, ":", 3)
	if len(parts) == 3 {
		return parts[1]
	}
	return "aws"
}

// maxKnown bounds the tokens that are remembered opened.
const maxKnown = 20_000

// open finds the caller of a session token that signed with an access key.
func (g *Gate) open(accessKeyID, token string) (*Caller, *Error) {
	caller, ok := g.remembered(token)
	if !ok {
		sealed, err := base64.StdEncoding.DecodeString(token)
		if err != nil || len(sealed) < g.seal.NonceSize() {
			return nil, errInvalidToken
		}
		n := g.seal.NonceSize()
		plain, err := g.seal.Open(nil, sealed[:n], sealed[n:], nil)
		if err != nil {
			return nil, errInvalidToken
		}
		var s session
		if err := json.Unmarshal(plain, &s); err != nil {
			return nil, errInvalidToken
		}
		role := g.role(s.RoleARN)
		if role == nil {
			return nil, errInvalidToken
		}
		caller = callerOf(role, &s)
		if g.known.Add(1) > maxKnown {
			g.sessions.Clear()
			g.known.Store(1)
		}
		g.sessions.Store(token, caller)
	}
	role := g.role(caller.RoleARN)
	switch {
	case caller.AccessKeyID != accessKeyID || role == nil || role.ID != caller.session.RoleID:
		return nil, errInvalidToken
	case g.now().Unix() >= caller.session.Expires:
		return nil, errExpiredToken
	}
	return caller, nil
}

func (g *Gate) remembered(token string) (*Caller, bool) {
	v, ok := g.sessions.Load(token)
	if !ok {
		return nil, false
	}
	return v.(*Caller), true
}

// OperatorName is the user that the operator of the local cloud is in every account.
const OperatorName = "operator"

// Operator is the long-term access key of the operator in an account, who is allowed
// everything there. It is for whoever runs the local cloud; no function has it.
func (g *Gate) Operator(account string) Credentials {
	id := "AKIA" + account + string(identifierAlphabet[g.derive("operator")[0]%32]) + g.identifier("operator:" + account)[:3]
	return Credentials{AccessKeyID: id, SecretAccessKey: g.secret(id)}
}

func (g *Gate) operator(accessKeyID string) (*Caller, bool) {
	if len(accessKeyID) != 20 || !strings.HasPrefix(accessKeyID, "AKIA") {
		return nil, false
	}
	account := accessKeyID[4:16]
	if !accountID.MatchString(account) || g.Operator(account).AccessKeyID != accessKeyID {
		return nil, false
	}
	return &Caller{
		ARN: "arn:aws:iam::" + account + ":user/" + OperatorName, Account: account,
		UserID: "AIDA" + g.identifier("user:"+account), AccessKeyID: accessKeyID, Operator: true,
	}, true
}

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// sessionName is RoleSessionName (STS API Reference, "AssumeRole").
var sessionName = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)

// ServiceSession is a session of a role that an AWS service assumes, as Lambda does of a
// function's role. The role's trust policy has to let the service.
func (g *Gate) ServiceSession(service, roleARN, name string, d time.Duration) (Credentials, *Caller, error) {
	role := g.role(roleARN)
	if role == nil {
		return Credentials{}, nil, fmt.Errorf("assuming role %s as %s: there is no such role", roleARN, service)
	}
	caller := &Caller{ARN: service, Account: role.Account}
	access := Access{Action: "sts:AssumeRole", Resource: role.ARN, ResourceAccount: role.Account, Policies: []iam.Document{role.Trust},
		Context: iam.Context{"sts:RoleSessionName": {name}, "aws:PrincipalIsAWSService": {"true"}, "aws:PrincipalServiceName": {service}}}
	if denied := g.Authorize(caller, nil, access); denied != nil {
		return Credentials{}, nil, fmt.Errorf("assuming role %s as %s: its trust policy does not let the service: %s", roleARN, service, denied.Message)
	}
	return g.issue(role, session{Name: name}, d)
}

// OperatorSession (docs/aws-differences.md, 52) is a session of a role for whoever runs the local cloud, whatever its trust policy
// says, to try what the role may do.
func (g *Gate) OperatorSession(roleARN, name string, d time.Duration) (Credentials, *Caller, error) {
	role := g.role(roleARN)
	if role == nil {
		return Credentials{}, nil, fmt.Errorf("assuming role %s: there is no such role", roleARN)
	}
	return g.issue(role, session{Name: name}, d)
}

// AssumeRole are the parameters of sts:AssumeRole.
type AssumeRole struct {
	RoleARN, SessionName string
	// Duration of the session; one hour if zero.
	Duration time.Duration
	// Policies are the session policies; nil if none were passed.
	Policies []iam.Document
	// Tags and the keys of those that go on to further sessions.
	Tags       map[string]string
	Transitive []string
	// ExternalID and SourceIdentity are empty if they were not passed.
	ExternalID, SourceIdentity string
}

// AssumeRole makes a session of a role for a caller, if the role's trust policy, and the
// caller's own policies where the role is of another account or the trust policy names the
// account, allow it (STS API Reference, "AssumeRole"; IAM User Guide, "Pass session tags in AWS STS").
func (g *Gate) AssumeRole(caller *Caller, from *Origin, in AssumeRole) (Credentials, *Caller, *Error) {
	if problem := in.check(); problem != nil {
		return Credentials{}, nil, problem
	}
	role := g.role(in.RoleARN)
	tags, problem := in.tags(caller)
	if problem != nil {
		return Credentials{}, nil, problem
	}
	context := in.context(tags)
	accesses := []Access{{Action: "sts:AssumeRole", Resource: in.RoleARN, Context: context}}
	if len(in.Tags) > 0 {
		accesses = append(accesses, Access{Action: "sts:TagSession", Resource: in.RoleARN, Context: context})
	}
	if in.SourceIdentity != "" {
		accesses = append(accesses, Access{Action: "sts:SetSourceIdentity", Resource: in.RoleARN, Context: context})
	}
	for i := range accesses {
		if role != nil {
			accesses[i].ResourceAccount, accesses[i].Policies = role.Account, []iam.Document{role.Trust}
			accesses[i].ResourceTags = role.Tags
		}
	}
	// Of a role that does not exist AWS says nothing else than of one that may not be assumed.
	if denied := g.Authorize(caller, from, accesses...); denied != nil {
		return Credentials{}, nil, denied
	}
	if role == nil {
		return Credentials{}, nil, denial(caller, accesses[0], iam.Decision{Result: iam.ImplicitlyDenied, Missing: []iam.Kind{iam.Resource}})
	}
	if in.Duration == 0 {
		in.Duration = time.Hour
	}
	if chained := caller.RoleARN != ""; chained && in.Duration > time.Hour || in.Duration > role.MaxSession {
		return Credentials{}, nil, &Error{Status: 400, Code: "ValidationError", Message: "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."}
	}
	s := session{Name: in.SessionName, Tags: tags, Transitive: in.Transitive, SourceIdentity: in.SourceIdentity, Policies: in.Policies}
	if caller.session != nil {
		s.Transitive = append(s.Transitive, caller.session.Transitive...)
		if s.SourceIdentity == "" {
			s.SourceIdentity = caller.session.SourceIdentity
		}
	}
	credentials, assumed, err := g.issue(role, s, in.Duration)
	if err != nil {
		return Credentials{}, nil, &Error{Status: 500, Code: "InternalFailure", Message: err.Error()}
	}
	return credentials, assumed, nil
}

func (in AssumeRole) check() *Error {
	switch {
	case !strings.HasPrefix(in.RoleARN, "arn:") || !strings.Contains(in.RoleARN, ":role/"):
		return &Error{Status: 400, Code: "ValidationError", Message: in.RoleARN + " is invalid"}
	case !sessionName.MatchString(in.SessionName):
		return &Error{Status: 400, Code: "ValidationError", Message: fmt.Sprintf("1 validation error detected: Value '%s' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*", in.SessionName)}
	case in.Duration != 0 && (in.Duration < 15*time.Minute || in.Duration > 12*time.Hour):
		return &Error{Status: 400, Code: "ValidationError", Message: fmt.Sprintf("1 validation error detected: Value '%d' at 'durationSeconds' failed to satisfy constraint: Member must have value between 900 and 43200", int(in.Duration/time.Second))}
	case len(in.Tags) > 50:
		return &Error{Status: 400, Code: "ValidationError", Message: "Member must have length less than or equal to 50"}
	}
	return nil
}

// tags are those of the session: the transitive ones of the caller's session, then the passed ones.
func (in AssumeRole) tags(caller *Caller) (map[string]string, *Error) {
	tags := map[string]string{}
	if caller.session != nil {
		for _, key := range caller.session.Transitive {
			tags[key] = caller.session.Tags[key]
		}
	}
	for key, value := range in.Tags {
		for inherited := range tags {
			if strings.EqualFold(inherited, key) {
				return nil, &Error{Status: 400, Code: "InvalidParameterValue", Message: "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session."}
			}
		}
		tags[key] = value
	}
	return tags, nil
}

func (in AssumeRole) context(tags map[string]string) iam.Context {
	c := iam.Context{"sts:RoleSessionName": {in.SessionName}}
	if in.ExternalID != "" {
		c["sts:ExternalId"] = []string{in.ExternalID}
	}
	if in.SourceIdentity != "" {
		c["sts:SourceIdentity"] = []string{in.SourceIdentity}
	}
	if len(in.Tags) > 0 {
		var keys []string
		for key := range in.Tags {
			keys = append(keys, key)
			c["aws:RequestTag/"+key] = []string{tags[key]}
		}
		c["aws:TagKeys"] = keys
	}
	if len(in.Transitive) > 0 {
		c["sts:TransitiveTagKeys"] = in.Transitive
	}
	return c
}

// NewRequestID is an id of AWS's usual form.
func NewRequestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
