package gate

import (
	"encoding/json"
	"net/http"
	"strings"
)

// JSONOperation answers one operation of a service S in a JSON protocol.
type JSONOperation[S any] func(S, *Call) (any, *Error)

// JSONOp makes an operation of a method that takes its decoded input.
func JSONOp[S, In any](f func(S, *Call, In) (any, *Error)) JSONOperation[S] {
	return func(s S, c *Call) (any, *Error) {
		var in In
		if len(c.Body) > 0 {
			if err := json.Unmarshal(c.Body, &in); err != nil {
				return nil, &Error{Status: 400, Code: "SerializationException", Message: "reading the request: " + err.Error()}
			}
		}
		return f(s, c, in)
	}
}

// ServeJSON answers a call in the JSON 1.1 protocol (Smithy, "AWS JSON 1.1 protocol"): X-Amz-Target is the prefix and
// the name of the operation. title names the service in errors.
func ServeJSON[S any](w http.ResponseWriter, c *Call, s S, title, prefix string, operations map[string]JSONOperation[S]) {
	name, _ := strings.CutPrefix(c.HTTP.Header.Get("X-Amz-Target"), prefix)
	run, ok := operations[name]
	if !ok || c.HTTP.Method != http.MethodPost {
		(&Error{Status: 400, Code: "UnknownOperationException", Message: "The local cloud has no operation " + name + " of " + title}).WriteJSON(w, "1.1", c.RequestID)
		return
	}
	out, problem := run(s, c)
	if problem != nil {
		problem.WriteJSON(w, "1.1", c.RequestID)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("x-amzn-RequestId", c.RequestID)
	_ = json.NewEncoder(w).Encode(out)
}
