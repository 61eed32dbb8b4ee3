package s3

import (
	"encoding/xml"
	"net/http"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// fault is an error of S3 (Amazon S3 API Reference, "Error responses").
func fault(status int, code, message string) *gate.Error {
	return &gate.Error{Status: status, Code: code, Message: message}
}

func errInvalidArgument(message string) *gate.Error {
	return fault(http.StatusBadRequest, "InvalidArgument", message)
}

func errInvalidRequest(message string) *gate.Error {
	return fault(http.StatusBadRequest, "InvalidRequest", message)
}

func errNotImplemented(what string) *gate.Error {
	return fault(http.StatusNotImplemented, "NotImplemented", what+" implies functionality that the local cloud does not have.")
}

func errForbidden(message string) *gate.Error {
	return fault(http.StatusForbidden, "AccessDenied", message)
}

// errHeader is the error of a condition that S3 does not have.
func errHeader(name string) *gate.Error {
	return fault(http.StatusNotImplemented, "NotImplemented", "A header you provided implies functionality that is not implemented: "+name)
}

var (
	errNoSuchKey        = fault(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
	errPrecondition     = fault(http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
	errConflict         = fault(http.StatusConflict, "ConditionalRequestConflict", "The conditional request cannot succeed due to a conflicting operation against this resource.")
	errNoSuchBucket     = fault(http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
	errNoSuchUpload     = fault(http.StatusNotFound, "NoSuchUpload", "The specified multipart upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.")
	errBucketExists     = fault(http.StatusConflict, "BucketAlreadyExists", "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Select a different name and try again.")
	errBucketOwned      = fault(http.StatusConflict, "BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it.")
	errInvalidBucket    = fault(http.StatusBadRequest, "InvalidBucketName", "The specified bucket is not valid.")
	errMalformedXML     = fault(http.StatusBadRequest, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
	errMalformedPolicy  = fault(http.StatusBadRequest, "MalformedPolicy", "This policy contains invalid Json")
	errMethodNotAllowed = fault(http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource.")
	errMissingLength    = fault(http.StatusLengthRequired, "MissingContentLength", "You must provide the Content-Length HTTP header.")
	errIncompleteBody   = fault(http.StatusBadRequest, "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header")
	errTooLarge         = fault(http.StatusBadRequest, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
	errTooSmall         = fault(http.StatusBadRequest, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
	errPayloadHash      = fault(http.StatusBadRequest, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.")
	errBadDigest        = fault(http.StatusBadRequest, "BadDigest", "The Content-MD5 or checksum value that you specified did not match what the server received.")
	errChunkSignature   = fault(http.StatusForbidden, "SignatureDoesNotMatch", "The chunk signature we calculated does not match the signature you provided.")
	errACLs             = fault(http.StatusBadRequest, "AccessControlListNotSupported", "The bucket does not allow ACLs")
	errAlgorithm        = errInvalidRequest("The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.")
	errCORS             = fault(http.StatusForbidden, "AccessForbidden", "CORSResponse: This CORS request is not allowed. This is usually because the evaluation of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.")
)

// engineError is the error in an answer of the engine, without what only the engine means by it.
func engineError(status int, body []byte) *gate.Error {
	var e struct{ Code, Message string }
	if len(body) > 0 {
		_ = xml.Unmarshal(body, &e) // what is no XML has no code
	}
	switch {
	case e.Code == "AccessDenied", e.Code == "SignatureDoesNotMatch", e.Code == "" && status >= 500, status == http.StatusInternalServerError:
		// The engine refuses nothing to root, except for what object lock protects.
		if e.Code == "AccessDenied" {
			return errForbidden(e.Message)
		}
		return fault(http.StatusInternalServerError, "InternalError", "We encountered an internal error. Please try again.")
	case e.Code == "" && status == http.StatusNotFound:
		return errNoSuchKey
	case e.Code == "" && status == http.StatusPreconditionFailed:
		return errPrecondition
	case e.Code == "":
		return fault(status, http.StatusText(status), http.StatusText(status))
	}
	return fault(status, e.Code, e.Message)
}
