package dynamodb

import (
	"fmt"
	"net/http"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// Errors are those of the DynamoDB Developer Guide, "Error messages and codes".

func failed(code, format string, args ...any) *gate.Error {
	return &gate.Error{Status: http.StatusBadRequest, Code: code, Message: fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) *gate.Error {
	return failed("ValidationException", format, args...)
}

func malformed(format string, args ...any) *gate.Error {
	return failed("SerializationException", format, args...)
}

func unknownOperation(name string) *gate.Error {
	return failed("UnknownOperationException", "DynamoDB has no operation %q", name)
}

func notFound(id tableID) *gate.Error {
	return failed("ResourceNotFoundException", "Requested resource not found: Table: %s not found", id.name)
}

// engineDown is the error when DynamoDB Local does not answer. SDKs try again.
func engineDown(err error) *gate.Error {
	return &gate.Error{Status: http.StatusInternalServerError, Code: "InternalServerError", Message: "DynamoDB Local did not answer: " + err.Error()}
}
