package rest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"

	"github.com/aws/aws-lambda-go/events"
)

// Response is the answer to a request.
type Response struct {
	status int
	header map[string]string
	body   any
}

// JSON is a response with v as its body.
func JSON(status int, v any) *Response {
	return &Response{status: status, header: map[string]string{"Content-Type": "application/json"}, body: v}
}

// Empty is a response without a body.
func Empty(status int) *Response {
	return &Response{status: status, header: map[string]string{}}
}

// With sets a header.
func (r *Response) With(name, value string) *Response {
	r.header[name] = value
	return r
}

// ETag sets the entity tag of a version: see ETag.
func (r *Response) ETag(version int64) *Response {
	return r.With("ETag", ETag(version))
}

// Location sets the URI of what was created.
func (r *Response) Location(uri string) *Response {
	return r.With("Location", uri)
}

// commonHeaders of every response. The body depends on who asks, so that no cache keeps it.
func commonHeaders(allowOrigin string) map[string]string {
	headers := map[string]string{
		"Cache-Control":          "no-store",
		"X-Content-Type-Options": "nosniff",
	}
	if allowOrigin != "" {
		headers["Access-Control-Allow-Origin"] = allowOrigin
		headers["Access-Control-Expose-Headers"] = "ETag, Location, Retry-After"
		if allowOrigin != "*" {
			headers["Vary"] = "Origin"
		}
	}
	return headers
}

// encode is the response in the form that API Gateway takes.
func (r *Response) encode(common map[string]string) (events.APIGatewayProxyResponse, error) {
	out := events.APIGatewayProxyResponse{StatusCode: r.status, Headers: maps.Clone(common)}
	maps.Copy(out.Headers, r.header)
	if r.body == nil || r.status == http.StatusNoContent || r.status == http.StatusNotModified {
		return out, nil
	}
	body, err := json.Marshal(r.body)
	if err != nil {
		return out, fmt.Errorf("encoding response with status %d: %w", r.status, err)
	}
	out.Body = string(body)
	return out, nil
}
