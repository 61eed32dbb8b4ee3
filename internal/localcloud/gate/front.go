package gate

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
)

// maxBody of a request to a service other than S3, in bytes: DynamoDB takes 16 MB, Lambda 6 MB.
const maxBody = 20 << 20

// Call is an authenticated request to a service.
type Call struct {
	// HTTP is the request; its body has been read into Body.
	HTTP *http.Request
	// Body of the request.
	Body []byte
	// Caller who signed it.
	Caller *Caller
	// Region of the credential scope.
	Region string
	// Signature of the request.
	Signature *Signature
	// RequestID of the answer.
	RequestID string

	gate *Gate
}

// Authorize decides what the request does, as [Gate.Authorize].
func (c *Call) Authorize(accesses ...Access) *Error {
	return c.gate.Authorize(c.Caller, OriginOf(c.HTTP, c.Region), accesses...)
}

// Service answers authenticated requests.
type Service interface {
	// Serve answers a call. It has to authorize what the call does before it does it.
	Serve(w http.ResponseWriter, c *Call)
	// WriteError answers in the service's protocol when the request is not authenticated.
	WriteError(w http.ResponseWriter, r *http.Request, e *Error, requestID string)
}

// Front is the endpoint of all services: the credential scope of a request says which is meant. It
// is what AWS_ENDPOINT_URL names.
type Front struct {
	gate     *Gate
	services map[string]Service
	s3       http.Handler
}

// NewFront makes a front without services. All are registered before it serves.
func NewFront(g *Gate) *Front { return &Front{gate: g, services: map[string]Service{}} }

// Handle registers a service under the name of its credential scope, such as dynamodb.
func (f *Front) Handle(service string, s Service) {
	f.services[service] = s
}

// HandleS3 registers S3, which authenticates by itself, since bodies are streamed and requests may be
// anonymous.
func (f *Front) HandleS3(h http.Handler) {
	f.s3 = h
}

func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := NewRequestID()
	s, problem := Parse(r)
	if s == nil || s.Service == "" || s.Service == "s3" {
		// What is not signed, or says no service, is S3's to refuse, unless it is plainly meant for another service.
		if service := f.unsigned(r); service != nil {
			service.WriteError(w, r, problem, id)
		} else if f.s3 != nil {
			f.s3.ServeHTTP(w, r)
		} else {
			errMissingToken.WriteS3(w, r.URL.Path, id)
		}
		return
	}
	service, ok := f.services[s.Service]
	if !ok {
		(&Error{Status: 501, Code: "NotImplemented", Message: "The local cloud has no service " + s.Service + "."}).WriteJSON(w, "1.1", id)
		return
	}
	if problem != nil {
		service.WriteError(w, r, problem, id)
		return
	}
	body, hash, err := ReadBody(w, r)
	if err != nil {
		service.WriteError(w, r, err, id)
		return
	}
	caller, signature, problem := f.gate.Authenticate(r, s.Service, hash)
	if problem != nil {
		service.WriteError(w, r, problem, id)
		return
	}
	service.Serve(w, &Call{HTTP: r, Body: body, Caller: caller, Region: signature.Region, Signature: signature, RequestID: id, gate: f.gate})
}

// unsigned finds the service that an unsigned request is meant for by its protocol: a JSON
// target, a form of the Query protocol, or Lambda's path. Nil is S3.
func (f *Front) unsigned(r *http.Request) Service {
	if s, _ := Parse(r); s != nil && s.Service != "" {
		return nil
	}
	name := ""
	switch target := r.Header.Get("X-Amz-Target"); {
	case target != "":
		name = serviceOfTarget(target)
	case r.Method == http.MethodPost && strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded"):
		name = "sts"
	case strings.HasPrefix(r.URL.Path, "/2015-03-31/"):
		name = "lambda"
	case strings.HasPrefix(r.URL.Path, "/2020-05-31/"):
		name = "cloudfront"
	}
	return f.services[name]
}

func serviceOfTarget(target string) string {
	for prefix, service := range map[string]string{"DynamoDB": "dynamodb", "AmazonSQS": "sqs", "AmazonSSM": "ssm", "Logs_": "logs"} {
		if strings.HasPrefix(target, prefix) {
			return service
		}
	}
	return ""
}

// ReadBody reads the body of a request and its SHA-256 in hexadecimal.
func ReadBody(w http.ResponseWriter, r *http.Request) ([]byte, string, *Error) {
	var b bytes.Buffer
	if r.ContentLength > 0 && r.ContentLength <= maxBody {
		b.Grow(int(r.ContentLength))
	}
	if _, err := b.ReadFrom(http.MaxBytesReader(w, r.Body, maxBody)); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, "", &Error{Status: http.StatusRequestEntityTooLarge, Code: "RequestEntityTooLargeException", Message: "Request is too large"}
		}
		return nil, "", &Error{Status: 400, Code: "SerializationException", Message: "reading the request: " + err.Error()}
	}
	sum := sha256.Sum256(b.Bytes())
	return b.Bytes(), hex.EncodeToString(sum[:]), nil
}

// NewCall is a call as the front makes it of an authenticated request, for tests of services.
func NewCall(g *Gate, r *http.Request, body []byte, caller *Caller, region string) *Call {
	return &Call{HTTP: r, Body: body, Caller: caller, Region: region, Signature: &Signature{}, RequestID: NewRequestID(), gate: g}
}
