package facts

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
)

func (t *reader) role(id string, properties map[string]any) {
	p := t.principal(id, properties)
	if p == nil {
		return
	}
	place := t.place(id, "Properties.AssumeRolePolicyDocument")
	p.Trust = &ResourcePolicy{
		Policy: t.readPolicy(
			properties["AssumeRolePolicyDocument"],
			iam.Trust,
			place,
		), Kind: iam.Trust, Arn: p.Arn, Account: t.stack.Account, AssetKind: "role",
	}
	p.SessionKey = t.sessionKey(p.Arn)
	t.Policies = append(t.Policies, p.Trust)
}

// sessionKey is the key under which a role is found by the ARN of a session.
func (t *reader) sessionKey(roleArn string) string {
	return SessionKey(t.partition(), t.stack.Account, LastName(roleArn))
}

// SessionKey is the key under which a role is found by the ARN of a session, which has the role's name
// without its path (IAM User Guide, "IAM identifiers").
func SessionKey(partition, account, role string) string {
	return "session:" + partition + ":" + account + ":" + role
}

func (t *reader) user(id string, properties map[string]any) {
	if p := t.principal(id, properties); p != nil {
		p.Managed = append(p.Managed, texts(properties["Groups"])...)
	}
}

func (t *reader) principal(id string, properties map[string]any) *Principal {
	arn, err := t.resolver.Arn(id)
	if err != nil {
		t.problem(t.place(id, ""), err)
		return nil
	}
	p := &Principal{
		Arn:     arn,
		Account: t.stack.Account,
		Place:   t.place(id, "Properties"),
		Managed: texts(properties["ManagedPolicyArns"]),
	}
	for i, item := range items(properties["Policies"]) {
		place := t.place(id, fmt.Sprintf("Properties.Policies[%d].PolicyDocument", i))
		p.Policies = append(p.Policies, t.readPolicy(object(item)["PolicyDocument"], iam.Identity, place))
	}
	t.Principals = append(t.Principals, p)
	return p
}

// separatePolicy is attached to roles, users and groups by their names.
func (t *reader) separatePolicy(id string, properties map[string]any) {
	place := t.place(id, "Properties.PolicyDocument")
	a := Attachment{Policy: t.readPolicy(properties["PolicyDocument"], iam.Identity, place), Account: t.stack.Account}
	a.Arn, _ = t.resolver.Arn(id)
	for _, property := range []string{"Roles", "RoleName", "Users", "UserName"} {
		of := a
		of.Names, of.Kind = texts(properties[property]), ":role/"
		if strings.HasPrefix(property, "User") {
			of.Kind = ":user/"
		}
		if len(of.Names) > 0 {
			t.Attachments = append(t.Attachments, of)
		}
	}
	t.Attachments = append(t.Attachments, a)
}

// readPolicy reads a document; what is wrong with it is a problem, and the rest is read.
func (t *reader) readPolicy(value any, kind iam.Kind, place Place) Policy {
	if s, ok := value.(string); ok {
		var decoded any
		if err := json.Unmarshal([]byte(s), &decoded); err != nil {
			t.Problems = append(
				t.Problems,
				Problem{Place: place, InvalidPolicy: true, Message: fmt.Sprintf("the policy is a text that is no JSON: %v", err)},
			)
		}
		value = decoded
	}
	document, err := iam.Decode(value, kind)
	if err != nil {
		t.invalid(document, err, place)
	}
	return Policy{Document: document, Place: place}
}

func (t *reader) invalid(document iam.Document, err error, place Place) {
	problems, ok := err.(iam.Problems)
	if !ok {
		t.Problems = append(t.Problems, Problem{Place: place, InvalidPolicy: true, Message: err.Error()})
		return
	}
	for _, p := range problems {
		at := place
		at.Path = strings.TrimSuffix(place.Path+"."+p.Path, ".")
		var index int
		if _, err := fmt.Sscanf(p.Path, "Statement[%d]", &index); err == nil && index < len(document.Statement) {
			at.Sid = document.Statement[index].Sid
		}
		t.Problems = append(t.Problems, Problem{Place: at, InvalidPolicy: true, Message: p.Message})
	}
}
