package gate

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
)

// Error is an error of AWS before it takes the form of a service's protocol.
type Error struct {
	// Status is the HTTP status of the JSON protocols.
	Status int
	// Code such as AccessDeniedException.
	Code string
	// Message for people.
	Message string
	// Denied says that the IAM gate refused an authenticated caller.
	Denied bool
	// Fields are further members of the error, such as Item of ConditionalCheckFailedException. Optional.
	Fields map[string]any
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// accessDenied is the code of a denial in the JSON protocols; others translate it.
const accessDenied = "AccessDeniedException"

// What Authenticate refuses. The codes are those of the JSON protocols (IAM User Guide,
// "Troubleshoot Signature Version 4"; DynamoDB Developer Guide, "Error messages and codes").
var (
	errMissingToken = &Error{Status: 400, Code: "MissingAuthenticationTokenException", Message: "Request is missing Authentication Token"}
	errInvalidToken = &Error{Status: 400, Code: "UnrecognizedClientException", Message: "The security token included in the request is invalid."}
	errExpiredToken = &Error{Status: 400, Code: "ExpiredTokenException", Message: "The security token included in the request is expired"}
	errIncomplete   = &Error{Status: 400, Code: "IncompleteSignatureException", Message: "The Authorization header or query does not hold a complete AWS Signature Version 4"}
	errSignature    = &Error{Status: 400, Code: "InvalidSignatureException", Message: "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."}
	errPayload      = &Error{Status: 400, Code: "InvalidSignatureException", Message: "The provided 'x-amz-content-sha256' header does not match what was computed."}
	errUnsigned     = &Error{Status: 400, Code: "InvalidSignatureException", Message: "There were headers present in the request which were not signed"}
	errSkewed       = &Error{Status: 400, Code: "InvalidSignatureException", Message: "Signature expired: the time of the request and that of the server are too far apart"}
	errScope        = &Error{Status: 400, Code: "InvalidSignatureException", Message: "Credential should be scoped to a valid region and to the service of this endpoint"}
)

// queryCodes and s3Codes are the same errors in the Query protocol (STS, IAM) and in S3.
var (
	queryCodes = map[string]string{
		accessDenied: "AccessDenied", "MissingAuthenticationTokenException": "MissingAuthenticationToken",
		"UnrecognizedClientException": "InvalidClientTokenId", "ExpiredTokenException": "ExpiredToken",
		"IncompleteSignatureException": "IncompleteSignature", "InvalidSignatureException": "SignatureDoesNotMatch",
	}
	s3Codes = map[string]string{
		accessDenied: "AccessDenied", "MissingAuthenticationTokenException": "AccessDenied",
		"UnrecognizedClientException": "InvalidAccessKeyId", "ExpiredTokenException": "ExpiredToken",
		"IncompleteSignatureException": "AuthorizationHeaderMalformed", "InvalidSignatureException": "SignatureDoesNotMatch",
	}
)

// WriteJSON answers in a JSON protocol; version is 1.0 or 1.1 (Smithy, "AWS JSON 1.0 protocol").
func (e *Error) WriteJSON(w http.ResponseWriter, version, requestID string) {
	body := map[string]any{"__type": e.Code, "message": e.Message}
	for k, v := range e.Fields {
		body[k] = v
	}
	w.Header().Set("Content-Type", "application/x-amz-json-"+version)
	w.Header().Set("x-amzn-RequestId", requestID)
	w.Header().Set("x-amzn-ErrorType", e.Code)
	w.WriteHeader(e.Status)
	_ = json.NewEncoder(w).Encode(body)
}

// WriteREST answers as the REST services with JSON do (Lambda, OpenSearch Service). Denials have status 403.
func (e *Error) WriteREST(w http.ResponseWriter, requestID string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("x-amzn-RequestId", requestID)
	w.Header().Set("x-amzn-ErrorType", e.Code)
	w.WriteHeader(e.forbidden())
	_ = json.NewEncoder(w).Encode(map[string]any{"Message": e.Message, "message": e.Message, "Type": "User"})
}

// forbidden is the status of services that answer 403 to what is not authenticated or not allowed.
func (e *Error) forbidden() int {
	if _, ok := queryCodes[e.Code]; ok {
		return http.StatusForbidden
	}
	return e.Status
}

// WriteQuery answers in the Query protocol, as STS does.
func (e *Error) WriteQuery(w http.ResponseWriter, namespace, requestID string) {
	type fault struct{ Type, Code, Message string }
	code := e.Code
	if c, ok := queryCodes[code]; ok {
		code = c
	}
	w.Header().Set("Content-Type", "text/xml")
	w.Header().Set("x-amzn-RequestId", requestID)
	w.WriteHeader(e.forbidden())
	_ = xml.NewEncoder(w).Encode(struct {
		XMLName   xml.Name `xml:"ErrorResponse"`
		Namespace string   `xml:"xmlns,attr"`
		Error     fault
		RequestID string `xml:"RequestId"`
	}{Namespace: namespace, Error: fault{"Sender", code, e.Message}, RequestID: requestID})
}

// WriteS3 answers as S3 does. The message of a denial is short, as it is for S3 across accounts.
func (e *Error) WriteS3(w http.ResponseWriter, resource, requestID string) {
	code := e.Code
	if c, ok := s3Codes[code]; ok {
		code = c
	}
	w.Header().Set("Content-Type", "application/xml")
	w.Header().Set("x-amz-request-id", requestID)
	w.WriteHeader(e.forbidden())
	_ = xml.NewEncoder(w).Encode(struct {
		XMLName                            xml.Name `xml:"Error"`
		Code, Message, Resource, RequestId string
	}{Code: code, Message: e.Message, Resource: resource, RequestId: requestID})
}
