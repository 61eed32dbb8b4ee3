package sqs

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// targetPrefix of X-Amz-Target (SQS Developer Guide, "Making Query API requests using AWS JSON protocol").
const targetPrefix = "AmazonSQS."

// Serve implements [gate.Service].
func (s *Service) Serve(w http.ResponseWriter, c *gate.Call) {
	name, ok := strings.CutPrefix(c.HTTP.Header.Get("X-Amz-Target"), targetPrefix)
	if !ok {
		s.WriteError(w, c.HTTP, &gate.Error{Status: http.StatusBadRequest, Code: "InvalidAction",
			Message: "The local cloud speaks the AWS JSON 1.0 protocol of SQS and not the Query protocol; SDKs of 2024 and later use it."}, c.RequestID)
		return
	}
	run, ok := operations[name]
	if !ok {
		s.WriteError(w, c.HTTP, fail("UnsupportedOperation", "The local cloud has no operation %s of SQS.", name), c.RequestID)
		return
	}
	answer, problem := run(s, c)
	if problem != nil {
		s.WriteError(w, c.HTTP, problem, c.RequestID)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.Header().Set("x-amzn-RequestId", c.RequestID)
	if answer == nil {
		answer = struct{}{}
	}
	_ = json.NewEncoder(w).Encode(answer) // whoever hung up needs no answer
}

// WriteError implements [gate.Service]. SDKs take the code of the older protocol from a header
// (Smithy, "AWS Query compatible errors"); requests of that protocol are answered in it.
func (s *Service) WriteError(w http.ResponseWriter, r *http.Request, e *gate.Error, requestID string) {
	if r.Header.Get("X-Amz-Target") == "" {
		e.WriteQuery(w, "http://queue.amazonaws.com/doc/2012-11-05/", requestID)
		return
	}
	out := *e
	if out.Denied {
		out.Status = http.StatusForbidden
	}
	blame := "Sender"
	if out.Status >= 500 {
		blame = "Receiver"
	}
	w.Header().Set("x-amzn-query-error", queryCode(e.Code)+";"+blame)
	if modelled[e.Code] {
		out.Code = "com.amazonaws.sqs#" + e.Code
	}
	out.WriteJSON(w, "1.0", requestID)
}

// modelled are the errors of the service itself, with their code in the Query protocol (SQS API
// Reference, "Common errors" and each operation).
var modelled = map[string]bool{
	"QueueDoesNotExist": true, "QueueNameExists": true, "UnsupportedOperation": true, "MessageNotInflight": true, "OverLimit": true,
	"EmptyBatchRequest": true, "TooManyEntriesInBatchRequest": true, "BatchEntryIdsNotDistinct": true, "InvalidBatchEntryId": true,
	"BatchRequestTooLong": true, "InvalidAttributeName": true, "InvalidAttributeValue": true, "ReceiptHandleIsInvalid": true, "InvalidMessageContents": true,
	"InvalidAddress": true,
}

var queryCodes = map[string]string{
	"QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue", "QueueNameExists": "QueueAlreadyExists",
	"UnsupportedOperation": "AWS.SimpleQueueService.UnsupportedOperation", "MessageNotInflight": "AWS.SimpleQueueService.MessageNotInflight",
	"EmptyBatchRequest": "AWS.SimpleQueueService.EmptyBatchRequest", "TooManyEntriesInBatchRequest": "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
	"BatchEntryIdsNotDistinct": "AWS.SimpleQueueService.BatchEntryIdsNotDistinct", "InvalidBatchEntryId": "AWS.SimpleQueueService.InvalidBatchEntryId",
	"BatchRequestTooLong": "AWS.SimpleQueueService.BatchRequestTooLong", "AccessDeniedException": "AccessDenied",
}

func queryCode(code string) string {
	if q, ok := queryCodes[code]; ok {
		return q
	}
	return code
}

func fail(code, format string, args ...any) *gate.Error {
	return &gate.Error{Status: http.StatusBadRequest, Code: code, Message: fmt.Sprintf(format, args...)}
}

func nonExistent() *gate.Error {
	return fail("QueueDoesNotExist", "The specified queue does not exist.")
}

// operation answers a call. It authorizes what the call does before it does it.
type operation func(*Service, *gate.Call) (any, *gate.Error)

// onQueue is what every request about one queue has.
type onQueue struct{ QueueUrl string }

func (o onQueue) url() string { return o.QueueUrl }

// about makes an operation of a function about one queue. Batches need the permission of the single
// operation (SQS Developer Guide, "Using identity-based policies with Amazon SQS").
func about[In interface{ url() string }](action string, run func(*Service, *gate.Call, *queue, In) (any, *gate.Error)) operation {
	return func(s *Service, c *gate.Call) (any, *gate.Error) {
		var in In
		if problem := decode(c, &in); problem != nil {
			return nil, problem
		}
		account, name, problem := splitURL(in.url())
		if problem != nil {
			return nil, problem
		}
		q, problem := s.authorize(c, action, account, name)
		if problem != nil {
			return nil, problem
		}
		return run(s, c, q, in)
	}
}

func decode(c *gate.Call, in any) *gate.Error {
	if err := json.Unmarshal(c.Body, in); err != nil {
		return fail("SerializationException", "reading the request: %v", err)
	}
	return nil
}

// splitURL reads account and name of a queue's URL, whatever its host: clients may have that of the
// local cloud there.
func splitURL(text string) (account, name string, problem *gate.Error) {
	if text == "" {
		return "", "", fail("MissingParameter", "The request must contain the parameter QueueUrl.")
	}
	u, err := url.Parse(text)
	if err != nil {
		return "", "", fail("InvalidAddress", "The address %s is not valid for this endpoint.", text)
	}
	account, name, _ = strings.Cut(strings.TrimPrefix(u.EscapedPath(), "/"), "/")
	if !accountID.MatchString(account) || !queueName.MatchString(name) {
		return "", "", fail("InvalidAddress", "The address %s is not valid for this endpoint.", text)
	}
	return account, name, nil
}

// authorize decides an action on a queue and returns it. That a queue does not exist is said to those
// alone who may use it.
func (s *Service) authorize(c *gate.Call, action, account, name string) (*queue, *gate.Error) {
	arn := queueARN(c.Region, account, name)
	q := s.queue(arn)
	access := gate.Access{Action: action, Resource: arn, ResourceAccount: account}
	if q != nil {
		access.Policies, access.ResourceTags = q.policies()
	}
	if denied := c.Authorize(access); denied != nil {
		return nil, denied
	}
	if q == nil {
		return nil, nonExistent()
	}
	return q, nil
}

// policies are the queue's policy and tags, which are replaced and not changed.
func (q *queue) policies() ([]iam.Document, map[string]string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.policy, q.state.Tags
}
