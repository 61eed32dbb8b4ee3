package search

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

var (
	// ErrUnavailable is what errors.Is finds in an error of a domain that does not answer, or not now:
	// no connection, a timeout, too many requests, a server error. Asking again later may succeed.
	ErrUnavailable = errors.New("search is unavailable")
	// ErrText says that a query's text is empty or longer than MaxText.
	ErrText = errors.New("search text is not valid")
	// ErrCursor says that a query's cursor was not made by an earlier page of the same query.
	ErrCursor = errors.New("search cursor is not valid")
	// ErrNoIndex says that the account has no index yet. The indexer makes it with the first change.
	ErrNoIndex = errors.New("there is no index")
	// ErrDocument says that a row cannot be made a document.
	ErrDocument = errors.New("row cannot be indexed")
)

// Error is a request that failed. It holds no text of OpenSearch's but the type of the error,
// because reasons quote documents and queries.
type Error struct {
	// What was being done, with the name of the index.
	What string
	// Status of HTTP; 0 without a response.
	Status int
	// Type is OpenSearch's name of the error, such as index_not_found_exception; it may be empty.
	Type  string
	cause error
}

// Error says what failed, with the status and the type of the error.
func (e *Error) Error() string {
	switch {
	case e.cause != nil:
		return fmt.Sprintf("%s: %v", e.What, e.cause)
	case e.Type != "":
		return fmt.Sprintf("%s: status %d: %s", e.What, e.Status, e.Type)
	default:
		return fmt.Sprintf("%s: status %d", e.What, e.Status)
	}
}

// Unwrap returns the error of the connection.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether the error is ErrUnavailable. A request that its own caller gave up is not.
func (e *Error) Is(target error) bool {
	if target != ErrUnavailable {
		return false
	}
	if e.Status == 0 {
		return !errors.Is(e.cause, context.Canceled)
	}
	return retryable(e.Status, e.Type)
}

// retryable says whether a request, or an item of one, may succeed when it is repeated.
func retryable(status int, kind string) bool {
	return status == http.StatusTooManyRequests || status >= 500 ||
		kind == "cluster_block_exception" // a full disk makes an index read-only, with status 403 or 429
}

const (
	indexExists   = "resource_already_exists_exception"
	indexNotFound = "index_not_found_exception"
)

// isType reports whether the error is a response of the type.
func isType(err error, kind string) bool {
	var e *Error
	return errors.As(err, &e) && e.Type == kind
}

func responseError(status int, text []byte) error {
	var body struct {
		Error json.RawMessage `json:"error"`
	}
	var details struct {
		Type string `json:"type"`
	}
	if json.Unmarshal(text, &body) == nil {
		// An error may also be a mere string: then its type is unknown.
		_ = json.Unmarshal(body.Error, &details)
	}
	return &Error{Status: status, Type: details.Type}
}
