package rest

import (
	"encoding/base64"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// MaxBody is the size limit of a request's body in bytes.
const MaxBody = 64 << 10

// Request is a request that came through API Gateway.
type Request struct {
	event events.APIGatewayProxyRequest
	// payload is the event as it came.
	payload []byte
	id      string
}

// ID is the id of the request in API Gateway's and the functions' logs.
func (r *Request) ID() string { return r.id }

// Authorizer is a value of the authorizer's context, or empty.
func (r *Request) Authorizer(name string) string {
	value, _ := r.event.RequestContext.Authorizer[name].(string)
	return value
}

// URI is the path of a resource below the one that was asked for, as the caller sees
// it: with the stage and whatever else precedes the contract's path.
func (r *Request) URI(below ...string) string {
	base := r.event.RequestContext.Path
	if base == "" {
		base = r.event.Path
	}
	uri := path.Join("/", base)
	for _, segment := range below {
		uri += "/" + url.PathEscape(segment)
	}
	return uri
}

// header is all values of a header field, joined as RFC 9110 section 5.3 allows.
func (r *Request) header(name string) string {
	var values []string
	for key, list := range r.event.MultiValueHeaders {
		if strings.EqualFold(key, name) {
			values = append(values, list...)
		}
	}
	if values == nil {
		for key, value := range r.event.Headers {
			if strings.EqualFold(key, name) {
				values = append(values, value)
			}
		}
	}
	return strings.TrimSpace(strings.Join(values, ", "))
}

// query is all values of a query parameter.
func (r *Request) query(name string) []string {
	if values, ok := r.event.MultiValueQueryStringParameters[name]; ok {
		return values
	}
	if value, ok := r.event.QueryStringParameters[name]; ok {
		return []string{value}
	}
	return nil
}

// path is a path parameter, which a REST API hands over percent-encoded.
func (r *Request) path(name string) string {
	value := r.event.PathParameters[name]
	if decoded, err := url.PathUnescape(value); err == nil {
		return decoded
	}
	return value
}

// body is the body's bytes.
func (r *Request) body() ([]byte, *Problem) {
	mediaType, params, err := mime.ParseMediaType(r.header("Content-Type"))
	charset := params["charset"]
	if err != nil || mediaType != "application/json" || charset != "" && !strings.EqualFold(charset, "utf-8") {
		return nil, NewProblem(http.StatusBadRequest, "The body must be of type application/json.")
	}
	data := []byte(r.event.Body)
	if r.event.IsBase64Encoded {
		if data, err = base64.StdEncoding.DecodeString(r.event.Body); err != nil {
			return nil, NewProblem(http.StatusBadRequest, "The body is not valid base64.")
		}
	}
	if len(data) > MaxBody {
		return nil, NewProblem(http.StatusRequestEntityTooLarge, "The body has %d bytes; at most %d are accepted.", len(data), MaxBody)
	}
	return data, nil
}
