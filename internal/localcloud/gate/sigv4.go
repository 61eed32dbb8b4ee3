package gate

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	amzDate    = "20060102T150405Z"
	terminator = "aws4_request"
	// UnsignedPayload is the payload hash of a request whose body is not signed; only S3 takes it.
	UnsignedPayload = "UNSIGNED-PAYLOAD"
	// maxSkew between the clocks (IAM User Guide, "Troubleshoot Signature Version 4").
	maxSkew = 5 * time.Minute
	// s3Skew of S3 (Amazon S3 API Reference, "Error responses": RequestTimeTooSkewed).
	s3Skew = 15 * time.Minute
	// maxExpires of a presigned request (Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters").
	maxExpires = 7 * 24 * time.Hour
)

// Signature is what a request says of its signature, verified or not.
type Signature struct {
	// AccessKeyID, Date (YYYYMMDD), Region and Service are the credential.
	AccessKeyID, Date, Region, Service string
	// SignedHeaders in lower case, sorted.
	SignedHeaders []string
	// Value of the signature in hexadecimal.
	Value string
	// Token of the session; empty if there is none.
	Token string
	// PayloadHash is the declared hash of the body; empty if the request declares none.
	PayloadHash string
	// Time of the request.
	Time time.Time
	// Presigned requests are signed in the query and are valid for Expires.
	Presigned bool
	Expires   time.Duration
	// Key signs the chunks of a streamed body. Set by Authenticate.
	Key []byte
}

// Scope is the credential scope.
func (s *Signature) Scope() string {
	return s.Date + "/" + s.Region + "/" + s.Service + "/" + terminator
}

// Parse reads the signature of a request without verifying it, to know which service is meant.
// It is MissingAuthenticationToken if the request is not signed.
func Parse(r *http.Request) (*Signature, *Error) {
	if header := r.Header.Get("Authorization"); header != "" {
		return parseHeader(r, header)
	}
	q := r.URL.Query()
	if q.Get("X-Amz-Algorithm") == "" && q.Get("X-Amz-Signature") == "" && q.Get("X-Amz-Credential") == "" {
		return nil, errMissingToken
	}
	return parseQuery(r, q)
}

func parseHeader(r *http.Request, header string) (*Signature, *Error) {
	rest, ok := strings.CutPrefix(header, algorithm)
	if !ok || len(r.Header.Values("Authorization")) != 1 {
		return nil, errIncomplete
	}
	s := &Signature{Token: r.Header.Get("X-Amz-Security-Token"), PayloadHash: r.Header.Get("X-Amz-Content-Sha256")}
	credential, signed := "", ""
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "Credential":
			credential = value
		case "SignedHeaders":
			signed = value
		case "Signature":
			s.Value = value
		}
	}
	date := r.Header.Get("X-Amz-Date")
	if date == "" {
		if t, err := http.ParseTime(r.Header.Get("Date")); err == nil {
			date = t.UTC().Format(amzDate)
		}
	}
	return s, s.fill(credential, signed, date)
}

func parseQuery(r *http.Request, q url.Values) (*Signature, *Error) {
	for _, name := range []string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Security-Token"} {
		if len(q[name]) > 1 {
			return nil, errIncomplete
		}
	}
	seconds, err := strconv.Atoi(q.Get("X-Amz-Expires"))
	if q.Get("X-Amz-Algorithm") != algorithm || err != nil || seconds < 1 || time.Duration(seconds)*time.Second > maxExpires {
		return nil, errIncomplete
	}
	s := &Signature{Presigned: true, Expires: time.Duration(seconds) * time.Second, Token: q.Get("X-Amz-Security-Token"),
		Value: q.Get("X-Amz-Signature"), PayloadHash: r.Header.Get("X-Amz-Content-Sha256")}
	return s, s.fill(q.Get("X-Amz-Credential"), q.Get("X-Amz-SignedHeaders"), q.Get("X-Amz-Date"))
}

func (s *Signature) fill(credential, signed, date string) *Error {
	parts := strings.Split(credential, "/")
	if len(parts) != 5 || parts[4] != terminator || slices.Contains(parts, "") || s.Value == "" || signed == "" {
		return errIncomplete
	}
	s.AccessKeyID, s.Date, s.Region, s.Service = parts[0], parts[1], parts[2], parts[3]
	var err error
	if s.Time, err = time.Parse(amzDate, date); err != nil || !strings.HasPrefix(date, s.Date) {
		return errIncomplete
	}
	s.SignedHeaders = strings.Split(signed, ";")
	if !slices.IsSorted(s.SignedHeaders) || !slices.Contains(s.SignedHeaders, "host") {
		return errIncomplete
	}
	return nil
}

// Authenticate verifies the signature of a request to a service and finds its caller.
// bodyHash is the SHA-256 of the body in hexadecimal, as [ReadBody] computes it; empty for a
// body that is still to be streamed, whose declared hash then is the caller's to verify.
func (g *Gate) Authenticate(r *http.Request, service, bodyHash string) (*Caller, *Signature, *Error) {
	s, problem := Parse(r)
	if problem != nil {
		return nil, nil, problem
	}
	if s.Service != service {
		return nil, nil, errScope
	}
	caller, problem := g.caller(s)
	if problem != nil {
		return nil, nil, problem
	}
	if problem := g.checkTime(s); problem != nil {
		return nil, nil, problem
	}
	if !allSigned(r, s) {
		return nil, nil, errUnsigned
	}
	hash := bodyHash
	switch {
	case s.Presigned && service == "s3":
		hash = UnsignedPayload
		if s.PayloadHash != "" && slices.Contains(s.SignedHeaders, "x-amz-content-sha256") {
			hash = s.PayloadHash
		}
	case bodyHash == "":
		hash = s.PayloadHash
	case s.PayloadHash != "" && s.PayloadHash != bodyHash:
		return nil, nil, errPayload
	}
	s.Key = g.signingKey(s)
	for _, canonical := range canonicalPaths(r, service) {
		if hmac.Equal([]byte(s.Value), []byte(hex.EncodeToString(sign(s.Key, s.stringToSign(r, canonical, hash))))) {
			return caller, s, nil
		}
	}
	return nil, nil, errSignature
}

// caller of an access key. A temporary key without its session token is no key.
func (g *Gate) caller(s *Signature) (*Caller, *Error) {
	if s.Token != "" {
		return g.open(s.AccessKeyID, s.Token)
	}
	if caller, ok := g.operator(s.AccessKeyID); ok {
		return caller, nil
	}
	return nil, errInvalidToken
}

// CallerOf finds the caller of credentials that arrive in another way, such as in the fields of a POST
// upload to S3. The signature is the caller's to verify, with SigningKey.
func (g *Gate) CallerOf(accessKeyID, token string) (*Caller, *Error) {
	return g.caller(&Signature{AccessKeyID: accessKeyID, Token: token})
}

func (g *Gate) checkTime(s *Signature) *Error {
	now := g.now()
	skew := maxSkew
	if s.Service == "s3" {
		skew = s3Skew
	}
	switch {
	case s.Presigned && now.After(s.Time.Add(s.Expires)):
		return &Error{Status: 403, Code: accessDenied, Message: "Request has expired"}
	case s.Time.After(now.Add(skew)), !s.Presigned && s.Time.Before(now.Add(-skew)):
		return errSkewed
	}
	return nil
}

// allSigned says whether everything that has to be signed is: headers of AWS and the named ones
// are there.
func allSigned(r *http.Request, s *Signature) bool {
	for name := range r.Header {
		lower := strings.ToLower(name)
		if strings.HasPrefix(lower, "x-amz-") && lower != "x-amz-content-sha256" && !slices.Contains(s.SignedHeaders, lower) {
			return false
		}
	}
	return true
}

const maxScopes = 10_000

func (g *Gate) signingKey(s *Signature) []byte {
	id := s.AccessKeyID + "/" + s.Scope()
	if key, ok := g.keys.Load(id); ok {
		return key.([]byte)
	}
	key := SigningKey(g.secret(s.AccessKeyID), s.Date, s.Region, s.Service)
	if g.scopes.Add(1) > maxScopes {
		g.keys.Clear()
		g.scopes.Store(1)
	}
	g.keys.Store(id, key)
	return key
}

// SigningKeyOf is the signing key of an access key for a day, region and service.
func (g *Gate) SigningKeyOf(accessKeyID, date, region, service string) []byte {
	return SigningKey(g.secret(accessKeyID), date, region, service)
}

// SigningKey derives the key of a scope (IAM User Guide, "Create a signed AWS API request").
func SigningKey(secret, date, region, service string) []byte {
	key := sign([]byte("AWS4"+secret), date)
	key = sign(key, region)
	key = sign(key, service)
	return sign(key, terminator)
}

func sign(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = io.WriteString(h, text)
	return h.Sum(nil)
}

func (s *Signature) stringToSign(r *http.Request, path, payloadHash string) string {
	var b strings.Builder
	b.WriteString(r.Method + "\n" + path + "\n" + canonicalQuery(r.URL.RawQuery) + "\n")
	for _, name := range s.SignedHeaders {
		b.WriteString(name + ":" + headerValue(r, name) + "\n")
	}
	b.WriteString("\n" + strings.Join(s.SignedHeaders, ";") + "\n" + payloadHash)
	sum := sha256.Sum256([]byte(b.String()))
	return algorithm + "\n" + s.Time.UTC().Format(amzDate) + "\n" + s.Scope() + "\n" + hex.EncodeToString(sum[:])
}

func headerValue(r *http.Request, name string) string {
	switch name {
	case "host":
		return r.Host
	case "content-length":
		return strconv.FormatInt(r.ContentLength, 10)
	}
	values := slices.Clone(r.Header[http.CanonicalHeaderKey(name)])
	for i, v := range values {
		values[i] = strings.Join(strings.Fields(v), " ")
	}
	return strings.Join(values, ",")
}

// canonicalPaths are the forms of the path that a client may have signed. For S3 that is the path
// encoded once, or as it is sent. For all others it is encoded once more; SDKs differ in
// whether they remove dot segments before.
func canonicalPaths(r *http.Request, service string) []string {
	raw, _, _ := strings.Cut(r.RequestURI, "?")
	if i := strings.Index(raw, "://"); i > 0 {
		raw = r.URL.EscapedPath()
	}
	if raw == "" {
		raw = "/"
	}
	if service == "s3" {
		decoded, err := url.PathUnescape(raw)
		if err != nil {
			decoded = raw
		}
		return []string{escape(decoded, true), raw}
	}
	paths := []string{escape(raw, true)}
	if clean := removeDots(raw); clean != raw {
		paths = append(paths, escape(clean, true))
	}
	return paths
}

// removeDots removes dot segments and empty segments, as botocore does before it signs.
func removeDots(path string) string {
	var kept []string
	for segment := range strings.SplitSeq(path, "/") {
		switch segment {
		case "", ".":
		case "..":
			kept = kept[:max(0, len(kept)-1)]
		default:
			kept = append(kept, segment)
		}
	}
	clean := "/" + strings.Join(kept, "/")
	if strings.HasSuffix(path, "/") && clean != "/" {
		clean += "/"
	}
	return clean
}

func canonicalQuery(raw string) string {
	var pairs []string
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		name, value = escape(unescapeQuery(name), false), escape(unescapeQuery(value), false)
		if name != "X-Amz-Signature" {
			pairs = append(pairs, name+"\x00"+value)
		}
	}
	slices.Sort(pairs)
	return strings.ReplaceAll(strings.Join(pairs, "&"), "\x00", "=")
}

func unescapeQuery(s string) string {
	if decoded, err := url.QueryUnescape(s); err == nil {
		return decoded
	}
	return s
}

const upperHex = "0123456789ABCDEF"

// escape is UriEncode of the signature's documentation: all but unreserved characters (RFC 3986
// section 2.3), and slashes if they are kept.
func escape(s string, keepSlash bool) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.', c == '~', c == '/' && keepSlash:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(upperHex[c>>4])
			b.WriteByte(upperHex[c&15])
		}
	}
	return b.String()
}
