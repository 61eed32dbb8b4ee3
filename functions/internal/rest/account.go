package rest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-lambda-go/events"

	"github.com/tenantstack/tenantstack/functions/internal/uploadkey"
)

// Every event states the billing account that it is for, in the place where the platform puts it: a request
// in the authorizer's context and in the variables of the stage, an event of the function to itself in
// a member, an event of S3 in the keys of its objects. IAM keeps accounts apart; this keeps a
// function from serving whoever reaches it by a way that the platform did not make, such as a route with
// another authorizer. So an account that is not stated counts as another's.

// accountMember is the stage variable, and the member of an event of the function to itself.
const accountMember = "billingAccount"

// errAccount says that an event is not, or not provably, for the function's account.
var errAccount = errors.New("it does not state the function's billing account")

// stated is the string at a path of members of a JSON object, spelled exactly so; encoding/json would
// take other cases of letters for the names too. It is empty if there is none.
func stated(object json.RawMessage, path ...string) string {
	for _, name := range path {
		var members map[string]json.RawMessage
		if json.Unmarshal(object, &members) != nil {
			return ""
		}
		object = members[name]
	}
	var value any
	if json.Unmarshal(object, &value) != nil {
		return ""
	}
	text, _ := value.(string)
	return text
}

// checkAccount holds what a request states against the function's own account. It has to be stated in both
// places; where is the one that does not.
func (r *Request) checkAccount(account string) (where string, problem *Problem) {
	for _, place := range []struct {
		name string
		path []string
	}{
		{"the context of the authorizer", []string{"requestContext", "authorizer", "account"}},
		{"the variables of the stage", []string{"stageVariables", accountMember}},
	} {
		switch stated(r.payload, place.path...) {
		case account:
		case "":
			return place.name, NewProblem(http.StatusForbidden, "The request is not authorized for an account.")
		default:
			return place.name, NewProblem(http.StatusForbidden, "The access token is for another account.")
		}
	}
	return "", nil
}

// SelfEvent is an event that the function sends to itself, for the handler that OnEvent registers for member.
func (d *Deps) SelfEvent(member string, value any) ([]byte, error) {
	return json.Marshal(map[string]any{accountMember: d.account, member: value})
}

// own keeps the records of S3 whose object is the account's; the others are refused.
func own(records []events.S3EventRecord, account string) (kept []events.S3EventRecord) {
	for _, r := range records {
		if uploadkey.Owns(account, r.S3.Object.URLDecodedKey) {
			kept = append(kept, r)
		}
	}
	return kept
}

// refused is the error of an event for the operation that is not the account's.
func refused(operation string) error {
	return fmt.Errorf("working on event of operation %q: %w", operation, errAccount)
}
