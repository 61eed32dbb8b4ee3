package rest

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/tenantstack/tenantstack/functions/internal/store"
)

// retrySoon is the Retry-After of what a second attempt may well not meet again.
const retrySoon = time.Second

// problemOf is what the caller is told about err.
func problemOf(err error) *Problem {
	var problem *Problem
	switch {
	case errors.As(err, &problem):
		return problem
	case errors.Is(err, store.ErrNotFound):
		return NewProblem(http.StatusNotFound, "There is no such resource.")
	case errors.Is(err, store.ErrExists):
		return NewProblem(http.StatusConflict, "The resource exists already.")
	case errors.Is(err, store.ErrVersion):
		return NewProblem(http.StatusPreconditionFailed, "The resource has changed since it was read.")
	case errors.Is(err, store.ErrCursor):
		return NewProblem(http.StatusBadRequest, "The query parameter cursor was not made by this list.")
	case errors.Is(err, store.ErrTooLarge):
		return NewProblem(http.StatusRequestEntityTooLarge, "The resource is larger than can be stored.")
	case errors.Is(err, store.ErrLayout):
		return unavailableProblem("The tenant's data is being moved.")
	case errors.Is(err, context.DeadlineExceeded):
		return unavailableProblem("The request was not completed in time; it may have taken effect.")
	case errors.Is(err, store.ErrUnprocessed), unavailable(err):
		return unavailableProblem("The service is busy.")
	}
	return internalProblem()
}

// unavailable says whether err is AWS's way of asking for a later attempt: throttling,
// a fault of the service, or no answer at all.
func unavailable(err error) bool {
	var refused smithy.APIError
	if errors.As(err, &refused) {
		if _, ok := retry.DefaultThrottleErrorCodes[refused.ErrorCode()]; ok {
			return true
		}
	}
	var unsent *smithyhttp.RequestSendError
	if errors.As(err, &unsent) {
		return true
	}
	var response *smithyhttp.ResponseError
	return errors.As(err, &response) &&
		(response.HTTPStatusCode() >= 500 || response.HTTPStatusCode() == http.StatusTooManyRequests)
}

// ErrorAttrs describes err in a line of the log. Of an answer of AWS it takes the code and AWS's
// request id; the message only of a refusal of access, because other messages may quote data.
func ErrorAttrs(err error) []any {
	var refused smithy.APIError
	if !errors.As(err, &refused) {
		return []any{"error", err.Error()}
	}
	attrs := []any{"error", refused.ErrorCode()}
	var operation *smithy.OperationError
	if errors.As(err, &operation) {
		attrs = append(attrs, "service", operation.Service(), "call", operation.Operation())
	}
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		attrs = append(attrs, "awsStatus", response.HTTPStatusCode(), "awsRequestId", response.ServiceRequestID())
	}
	if code := refused.ErrorCode(); code == "AccessDeniedException" || code == "AccessDenied" {
		attrs = append(attrs, "message", refused.ErrorMessage())
	}
	return attrs
}
