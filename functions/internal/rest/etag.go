package rest

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// ifMatch is an If-Match field with one strong entity tag of ours. The contract has
// neither * nor lists: a change is always based on one version that the caller has seen.
var ifMatch = regexp.MustCompile(`^"[1-9][0-9]{0,17}"$`)

// ETag is the strong entity tag of a version (RFC 9110 section 8.8.3): "<version>".
func ETag(version int64) string {
	return `"` + strconv.FormatInt(version, 10) + `"`
}

// IfMatch is the version that a change is based on, or 0 if the field is absent: see
// PreconditionRequired.
func (in *Input) IfMatch() int64 {
	tag := in.Header("If-Match", Pattern(ifMatch, `one entity tag such as "3"`))
	version, err := strconv.ParseInt(strings.Trim(tag, `"`), 10, 64)
	if err != nil {
		return 0
	}
	return version
}

// NotModified says whether the If-None-Match field has the version's entity tag (RFC 9110
// section 13.1.2). The comparison is weak, because a proxy that compresses makes tags weak.
func (r *Request) NotModified(version int64) bool {
	for tag := range strings.SplitSeq(r.header("If-None-Match"), ",") {
		tag = strings.TrimSpace(tag)
		if tag == "*" || strings.TrimPrefix(tag, "W/") == ETag(version) {
			return true
		}
	}
	return false
}

// PreconditionRequired is the answer to a change without a version (RFC 6585 section 3).
func PreconditionRequired() *Problem {
	return NewProblem(http.StatusPreconditionRequired, "State the ETag of the version to change in If-Match.")
}

// PreconditionFailed is the answer to a change that is based on another version than the current one.
func PreconditionFailed(current int64) *Problem {
	return NewProblem(http.StatusPreconditionFailed, "The resource was changed in the meantime.").With("ETag", ETag(current))
}
