package authz

import (
	"errors"
	"net/http"
)

// ErrUnauthenticated is what every Denial with status 401 is, for errors.Is:
// the request carries no valid token (RFC 6750 section 3.1, invalid_token).
var ErrUnauthenticated = errors.New("the request carries no valid token")

// ErrForbidden is what every Denial with status 403 is, for errors.Is:
// the token is valid and not enough (RFC 6750 section 3.1, insufficient_scope).
var ErrForbidden = errors.New("the token does not allow the request")

// Reason is a stable code for a decision, for logs, metrics and tests. It holds
// nothing that came from the request.
type Reason string

// Allowed is the reason of every decision that allows.
const Allowed Reason = "allowed"

// Reasons of denials with status 401.
const (
	TokenMissing           Reason = "token_missing"
	AuthorizationRepeated  Reason = "authorization_repeated"
	AuthorizationMalformed Reason = "authorization_malformed"
	TokenTooLarge          Reason = "token_too_large"
	TokenMalformed         Reason = "token_malformed"
	HeaderMalformed        Reason = "header_malformed"
	HeaderNotAllowed       Reason = "header_not_allowed"
	AlgorithmNotAllowed    Reason = "algorithm_not_allowed"
	TypeNotAllowed         Reason = "type_not_allowed"
	KeysUnavailable        Reason = "keys_unavailable"
	KeyIDMissing           Reason = "key_id_missing"
	KeyUnknown             Reason = "key_unknown"
	KeyNotForAlgorithm     Reason = "key_not_for_algorithm"
	SignatureInvalid       Reason = "signature_invalid"
	ClaimsMalformed        Reason = "claims_malformed"
	TokenBound             Reason = "token_bound"
	IssuerMismatch         Reason = "issuer_mismatch"
	AudienceMismatch       Reason = "audience_mismatch"
	ExpiryMissing          Reason = "expiry_missing"
	TokenExpired           Reason = "token_expired"
	TokenNotYetValid       Reason = "token_not_yet_valid"
	IssuedInFuture         Reason = "issued_in_future"
	TokenUseNotAllowed     Reason = "token_use_not_allowed"
)

// Reasons of denials with status 403.
const (
	AccountSourceMissing  Reason = "account_source_missing"
	AccountSourceMismatch Reason = "account_source_mismatch"
	ScopeMalformed        Reason = "scope_malformed"
	AccountScopeMissing   Reason = "account_scope_missing"
	OperationUnknown      Reason = "operation_unknown"
	ScopeInsufficient     Reason = "scope_insufficient"
)

// Denial is the error of everything in this package that refuses a request.
type Denial struct {
	// Status is 401 or 403.
	Status int
	// Reason says why.
	Reason Reason
}

// Error holds nothing that came from the request.
func (d *Denial) Error() string {
	return "deciding on a request: " + string(d.Reason)
}

// Is makes a Denial match ErrUnauthenticated or ErrForbidden.
func (d *Denial) Is(target error) bool {
	switch d.Status {
	case http.StatusUnauthorized:
		return target == ErrUnauthenticated
	case http.StatusForbidden:
		return target == ErrForbidden
	}
	return false
}

func unauthenticated(reason Reason) *Denial {
	return &Denial{Status: http.StatusUnauthorized, Reason: reason}
}

func forbidden(reason Reason) *Denial {
	return &Denial{Status: http.StatusForbidden, Reason: reason}
}
