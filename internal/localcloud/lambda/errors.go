package lambda

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// Quotas in bytes (AWS Lambda Developer Guide, "Lambda quotas"). The request's is what the error says.
const (
	maxRequest      = 6 << 20
	maxAsyncRequest = 1 << 20
	maxResponse     = 6<<20 + 100
	maxContext      = 3583
)

// Codes of errors that Invoke returns as a [*gate.Error] (Lambda API Reference, "Invoke": Errors).
const (
	// ResourceNotFound is the code for a function, version or alias that does not exist.
	ResourceNotFound = "ResourceNotFoundException"
	// TooManyRequests is the code for a function that has no capacity left.
	TooManyRequests = "TooManyRequestsException"
	// RequestTooLarge is the code for an event that is too large.
	RequestTooLarge = "RequestTooLargeException"
	// InvalidParameterValue is the code for a parameter that the function cannot have.
	InvalidParameterValue = "InvalidParameterValueException"
)

func errNotFound(arn string) *gate.Error {
	return &gate.Error{Status: http.StatusNotFound, Code: ResourceNotFound, Message: "Function not found: " + arn}
}

func errThrottled(reason string) *gate.Error {
	return &gate.Error{Status: http.StatusTooManyRequests, Code: TooManyRequests, Message: "Rate Exceeded.", Fields: map[string]any{"Reason": reason}}
}

func errTooLarge(limit int) *gate.Error {
	return &gate.Error{Status: http.StatusRequestEntityTooLarge, Code: RequestTooLarge,
		Message: fmt.Sprintf("Request must be smaller than %d bytes for the InvokeFunction operation", limit)}
}

func errInvalid(format string, values ...any) *gate.Error {
	return &gate.Error{Status: http.StatusBadRequest, Code: InvalidParameterValue, Message: fmt.Sprintf(format, values...)}
}

func errClosing() *gate.Error {
	return &gate.Error{Status: http.StatusInternalServerError, Code: "ServiceException", Message: "The local cloud is shutting down."}
}

// functionError is the error object that the caller of a function gets (AWS Lambda Developer
// Guide, "Understanding retry behavior in Lambda").
type functionError struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

func (e functionError) payload() []byte {
	b, _ := json.Marshal(e) // strings always marshal
	return b
}

// Error types of the platform.
const (
	timedOut      = "Sandbox.Timedout"
	exitError     = "Runtime.ExitError"
	noEntrypoint  = "Runtime.InvalidEntrypoint"
	tooLargeError = "Function.ResponseSizeTooLarge"
	unhandled     = "Unhandled"
)

// platformError is an error that the platform found while a function ran.
func platformError(kind, requestID, text string) functionError {
	return functionError{kind, "RequestId: " + requestID + " Error: " + text}
}
