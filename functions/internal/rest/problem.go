package rest

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// ProblemType is the media type of problems (RFC 9457).
const ProblemType = "application/problem+json"

// Problem is an error that the caller is told about (RFC 9457).
type Problem struct {
	// Type is a URI reference; about:blank says that the status tells all.
	Type string `json:"type"`
	// Title is the name of the status.
	Title string `json:"title"`
	// Status is the HTTP status code.
	Status int `json:"status"`
	// Detail explains this occurrence.
	Detail string `json:"detail,omitempty"`
	// Instance is the id of the request, as a URI reference.
	Instance string `json:"instance,omitempty"`
	// Errors are the faults of a body, all at once.
	Errors []Violation `json:"errors,omitempty"`

	header map[string]string
}

// Violation is one fault of a body.
type Violation struct {
	// Pointer is a JSON Pointer (RFC 6901) into the body.
	Pointer string `json:"pointer"`
	// Detail says what is wrong, in words that follow the name of what is pointed to.
	Detail string `json:"detail"`
}

// NewProblem is a problem whose detail is formatted as by fmt.Sprintf.
func NewProblem(status int, format string, args ...any) *Problem {
	title := http.StatusText(status)
	if status == http.StatusRequestEntityTooLarge {
		title = "Content Too Large" // its name since RFC 9110
	}
	return &Problem{
		Type:   "about:blank",
		Title:  title,
		Status: status,
		Detail: fmt.Sprintf(format, args...),
		header: map[string]string{},
	}
}

// Error makes a problem an error that a Handler returns.
func (p *Problem) Error() string {
	return fmt.Sprintf("answering with status %d: %s", p.Status, p.Detail)
}

// With sets a header.
func (p *Problem) With(name, value string) *Problem {
	p.header[name] = value
	return p
}

// RetryAfter sets the Retry-After header, in whole seconds.
func (p *Problem) RetryAfter(d time.Duration) *Problem {
	return p.With("Retry-After", strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10))
}

// unavailableProblem asks for a later attempt.
func unavailableProblem(format string, args ...any) *Problem {
	return NewProblem(http.StatusServiceUnavailable, format, args...).RetryAfter(retrySoon)
}

// internalProblem tells nothing about what happened; the log does.
func internalProblem() *Problem {
	return NewProblem(http.StatusInternalServerError, "The request could not be completed.")
}

// response is the problem as the answer to the request with that id.
func (p *Problem) response(requestID string) *Response {
	body := *p
	body.Instance = url.PathEscape(requestID)
	if uuid.MatchString(requestID) {
		body.Instance = "urn:uuid:" + requestID
	}
	r := JSON(p.Status, body)
	for name, value := range p.header {
		r.With(name, value)
	}
	return r.With("Content-Type", ProblemType)
}
