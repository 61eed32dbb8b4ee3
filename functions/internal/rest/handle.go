// Package rest is the runtime of a resource package: one binary that serves every
// operation of the package, each in a Lambda function of its own behind an API Gateway
// REST API with Lambda proxy integration.
//
// An operation is one declaration beside its code:
//
//	var _ = rest.Handle("kittenGet", func(d *rest.Deps) rest.Handler {
//		kittens := rest.Table[Kitten](d, schema)
//		return func(ctx context.Context, r *rest.Request) (*rest.Response, error) {
//			…
//		}
//	})
//
// The outer function runs once, when the process starts, and only in the function
// of that operation: it makes the clients the operation needs and no others. The
// inner one runs for every request. Main is the whole of the package's main.
package rest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

// Handler answers one request. An error becomes a problem (RFC 9457): a *Problem as it
// is, errors of the store and of AWS as their nature demands, anything else as status 500.
type Handler func(ctx context.Context, r *Request) (*Response, error)

// operations of the package by operationId.
var operations = map[string]func(*Deps) Handler{}

// Handle declares that the package implements the operation. The id is written as a
// literal: synthesis finds the operations of a package by reading these calls. It
// returns the id, so that it can be called in a variable declaration.
func Handle(operationID string, build func(*Deps) Handler) string {
	if _, ok := operations[operationID]; ok {
		panic(fmt.Sprintf("declaring operation %q: it is declared already", operationID))
	}
	operations[operationID] = build
	return operationID
}

// recordsMember has the records of an event of S3, which state their accounts themselves.
const recordsMember = "Records"

// HandleEvent declares that the package implements an event of the contract's x-events: its
// function gets what S3 tells of the account's objects that were created, and no requests. Records of
// other objects do not reach it. The outer function runs once, as that of Handle. An error makes Lambda
// repeat the event.
func HandleEvent(id string, build func(*Deps) RecordsHandler) string {
	return Handle(id, func(d *Deps) Handler {
		handle := build(d)
		d.events[recordsMember] = func(ctx context.Context, member json.RawMessage) error {
			var records []events.S3EventRecord
			if err := json.Unmarshal(member, &records); err != nil {
				return fmt.Errorf("reading records of event %q: %w", id, err)
			}
			if len(records) == 0 {
				return refused(id)
			}
			kept := own(records, d.account)
			if n := len(records) - len(kept); n > 0 {
				// Not an error: the event would say the same when Lambda repeats it.
				Log(ctx).Error("records refused", "why", errAccount.Error(), "records", n)
			}
			if len(kept) == 0 {
				return nil
			}
			return handle(ctx, kept)
		}
		return nil
	})
}

// RecordsHandler works on what S3 tells of objects (Amazon S3 User Guide, "Event message structure").
type RecordsHandler func(ctx context.Context, records []events.S3EventRecord) error

// Operations lists the ids of the declared operations, sorted.
func Operations() []string {
	return slices.Sorted(maps.Keys(operations))
}

// New builds the function of one operation. Errors: an unknown operation, and every
// environment variable that the operation needs and that is not set.
func New(operationID string, outside Outside) (*Function, error) {
	build, ok := operations[operationID]
	if !ok {
		return nil, fmt.Errorf("starting operation %q: the package implements only %s",
			operationID, strings.Join(Operations(), ", "))
	}
	d := newDeps(operationID, outside)
	handler := build(d)
	if err := d.err(); err != nil {
		return nil, fmt.Errorf("starting operation %q: %w", operationID, err)
	}
	return newFunction(d, handler), nil
}

// Main serves the operation that the Lambda function names as its handler. It returns
// only by ending the process.
func Main() {
	outside := Process()
	function, err := New(outside.Getenv("_HANDLER"), outside)
	if err != nil {
		logger(outside, outside.Getenv("_HANDLER")).Error("start failed", "error", err.Error())
		os.Exit(1)
	}
	lambda.Start(function)
}
