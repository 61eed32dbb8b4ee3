package apigateway

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// badGateway is the answer to a function that failed or answered in another form; internal is the
// answer if Lambda refused the event (AWS Lambda Developer Guide, "Handling Lambda errors with an API
// Gateway API").
var (
	badGateway = &failure{kind: default5xx, status: http.StatusBadGateway, message: "Internal server error"}
	internal   = &failure{kind: default5xx, status: http.StatusInternalServerError, message: "Internal server error"}
	timedOut   = &failure{kind: integrationTimedOut, message: "Endpoint request timed out"}
)

// serveFunction answers a Lambda proxy integration.
func (x *exchange) serveFunction(ctx context.Context) *failure {
	g := x.m.integration
	x.function = withStageVariables(g.function, x.st.variables)
	if !functionARN.MatchString(x.function) {
		return configurationError
	}
	payload, err := x.proxyEvent()
	if err != nil {
		return internal
	}
	start := x.s.o.Now()
	out, err := x.s.invoke(ctx, call{
		function: x.function, credentials: withStageVariables(g.credentials, x.st.variables), account: x.d.account,
		source:  x.d.arn() + "/" + x.st.name + "/" + x.m.httpMethod + x.m.resourcePath,
		payload: payload, trace: x.trace, timeout: g.timeout,
	})
	x.integrationLatency = x.s.o.Now().Sub(start)
	x.cold, x.functionRequestID, x.integrationStatus = out.Cold, out.RequestID, http.StatusOK
	var refused *gate.Error
	switch {
	case errors.As(err, &refused):
		x.integrationStatus = refused.Status
		if refused.Denied || refused.Code == "ResourceNotFoundException" {
			return configurationError
		}
		if refused.Code == "RequestTooLargeException" { // the event is larger than Lambda takes, though the body was not
			return tooLarge
		}
		return internal
	case errors.Is(err, context.DeadlineExceeded):
		x.integrationStatus = 0
		return timedOut
	case err != nil:
		x.integrationStatus = http.StatusInternalServerError
		return internal
	case out.FunctionError != "":
		return badGateway
	}
	answer, err := readProxyAnswer(out.Payload)
	if err != nil {
		x.s.note(fmt.Sprintf("API %s: %s %s: malformed answer of %s: %v", x.d.id, x.m.httpMethod, x.m.resourcePath, x.function, err))
		return badGateway
	}
	return x.answerProxy(answer)
}

// proxyAnswer is the output of a Lambda proxy integration (API Gateway Developer Guide, "Output
// format of a Lambda function for proxy integration").
type proxyAnswer struct {
	status  int
	headers http.Header
	body    string
	encoded bool // Base64
}

// readProxyAnswer reads the output. As on AWS no member is needed, and none but the known are allowed.
func readProxyAnswer(payload []byte) (*proxyAnswer, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(payload, &members); err != nil || members == nil {
		return nil, errors.New("it is no JSON object")
	}
	a := &proxyAnswer{status: http.StatusOK, headers: http.Header{}}
	var single map[string]json.RawMessage
	var several map[string][]json.RawMessage
	for name, raw := range members {
		var err error
		switch name {
		case "statusCode":
			err = a.readStatus(raw)
		case "headers":
			err = json.Unmarshal(raw, &single)
		case "multiValueHeaders":
			err = json.Unmarshal(raw, &several)
		case "body":
			err = json.Unmarshal(raw, &a.body)
		case "isBase64Encoded":
			err = json.Unmarshal(raw, &a.encoded)
		default:
			return nil, fmt.Errorf("it has the member %q", name)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	for _, name := range sortedKeys(several) {
		for _, raw := range several[name] {
			if err := a.addHeader(name, raw); err != nil {
				return nil, err
			}
		}
	}
	for _, name := range sortedKeys(single) {
		if err := a.addHeader(name, single[name]); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func (a *proxyAnswer) readStatus(raw json.RawMessage) error {
	if string(raw) == "null" {
		return nil
	}
	n, err := strconv.Atoi(strings.Trim(string(raw), `"`))
	if err != nil || n < 200 || n > 599 {
		return fmt.Errorf("want a status from 200 to 599, have %s", raw)
	}
	a.status = n
	return nil
}

// addHeader merges headers and multiValueHeaders; what is in both counts once.
func (a *proxyAnswer) addHeader(name string, raw json.RawMessage) error {
	if !validHeaderName(name) {
		return fmt.Errorf("%q is no name of a header", name)
	}
	var value string
	switch {
	case string(raw) == "null":
		return nil
	case len(raw) > 0 && raw[0] == '"':
		if err := json.Unmarshal(raw, &value); err != nil {
			return err
		}
	case len(raw) > 0 && (raw[0] == '{' || raw[0] == '['):
		return fmt.Errorf("the header %s is no text", name)
	default: // a number or a boolean
		value = string(raw)
	}
	key := http.CanonicalHeaderKey(name)
	if value = oneLine(value); !slices.Contains(a.headers[key], value) {
		a.headers[key] = append(a.headers[key], value)
	}
	return nil
}

func validHeaderName(name string) bool { return httpguts.ValidHeaderFieldName(name) }

// answerProxy passes on what the function answered.
func (x *exchange) answerProxy(a *proxyAnswer) *failure {
	body := []byte(a.body)
	// Text in Base64 is decoded only for a caller who accepts a binary type, by the first type of
	// Accept ("Return binary media from a Lambda proxy integration in API Gateway").
	if a.encoded && x.d.binary.match(x.r.Header.Get("Accept")) {
		decoded, err := base64.StdEncoding.DecodeString(a.body)
		if err != nil {
			return internal
		}
		body = decoded
	}
	header := x.w.Header()
	header["Content-Type"] = []string{"application/json"}
	for name, values := range a.headers {
		setMapped(header, name, values)
	}
	x.answer(a.status, body)
	return nil
}

// remapped are headers that only API Gateway sets; an integration's are renamed (API Gateway
// Developer Guide, "Important notes": header restrictions).
var remapped = map[string]bool{
	"Authorization": true, "Connection": true, "Content-Length": true, "Content-Md5": true, "Date": true, "Expect": true,
	"Host": true, "Max-Forwards": true, "Proxy-Authenticate": true, "Server": true, "Trailer": true, "Upgrade": true,
	"User-Agent": true, "Www-Authenticate": true,
}

// setMapped sets a header of an integration under the name that it may have.
func setMapped(header http.Header, name string, values []string) {
	switch {
	case name == "Transfer-Encoding" || name == "Te":
	case remapped[name]:
		header[http.CanonicalHeaderKey("x-amzn-Remapped-"+name)] = values
	default:
		header[name] = values
	}
}
