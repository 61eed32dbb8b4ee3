// Package ssm is the Parameter Store of the local cloud: the parameters of the templates, and
// those that were put by users, which survive a restart.
package ssm

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// Options of the service.
type Options struct {
	// Dir keeps what users put. Optional; nothing is kept without it.
	Dir string
	// Now is the clock. Optional.
	Now func() time.Time
}

// Service is the Parameter Store. It is a gate.Service named ssm and a resource.Provider.
type Service struct {
	now   func() time.Time
	store *store
}

// New opens the Parameter Store with what users put before.
func New(o Options) (*Service, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	st, err := openStore(o.Dir)
	if err != nil {
		return nil, err
	}
	return &Service{now: o.Now, store: st}, nil
}

// Get is the value of a parameter, for {{resolve:ssm:name}} and {{resolve:ssm:name:version}}
// (CloudFormation User Guide, "Get a plaintext value from Systems Manager Parameter Store").
// SecureString parameters are not resolved.
func (s *Service) Get(account, region, name string) (string, bool) {
	name, selector := splitSelector(name)
	p, ok := s.store.get(key{account, region, name})
	if !ok {
		return "", false
	}
	v, ok := p.version(selector)
	if !ok || v.Type == secureString {
		return "", false
	}
	return v.Value, true
}

// operation decodes the input of one operation and answers it.
type operation func(*Service, *gate.Call) (any, *gate.Error)

func op[In any](f func(*Service, *gate.Call, In) (any, *gate.Error)) operation {
	return func(s *Service, c *gate.Call) (any, *gate.Error) {
		var in In
		if len(c.Body) > 0 {
			if err := json.Unmarshal(c.Body, &in); err != nil {
				return nil, &gate.Error{Status: 400, Code: "SerializationException", Message: "reading the request: " + err.Error()}
			}
		}
		return f(s, c, in)
	}
}

var operations = map[string]operation{
	"GetParameter":        op((*Service).getParameter),
	"GetParameters":       op((*Service).getParameters),
	"GetParametersByPath": op((*Service).getParametersByPath),
	"PutParameter":        op((*Service).putParameter),
	"DeleteParameter":     op((*Service).deleteParameter),
	"DescribeParameters":  op((*Service).describeParameters),
}

// Serve answers a call in the JSON 1.1 protocol.
func (s *Service) Serve(w http.ResponseWriter, c *gate.Call) {
	name, _ := strings.CutPrefix(c.HTTP.Header.Get("X-Amz-Target"), "AmazonSSM.")
	run, ok := operations[name]
	if !ok || c.HTTP.Method != http.MethodPost {
		s.WriteError(w, c.HTTP, &gate.Error{Status: 400, Code: "UnknownOperationException", Message: "The local cloud has no operation " + name + " of Systems Manager"}, c.RequestID)
		return
	}
	out, problem := run(s, c)
	if problem != nil {
		s.WriteError(w, c.HTTP, problem, c.RequestID)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("x-amzn-RequestId", c.RequestID)
	_ = json.NewEncoder(w).Encode(out)
}

// WriteError answers an error in the JSON 1.1 protocol.
func (s *Service) WriteError(w http.ResponseWriter, _ *http.Request, e *gate.Error, requestID string) {
	e.WriteJSON(w, "1.1", requestID)
}

func validation(message string) *gate.Error {
	return &gate.Error{Status: 400, Code: "ValidationException", Message: message}
}

func notFound(name string) *gate.Error {
	return &gate.Error{Status: 400, Code: "ParameterNotFound", Message: "Parameter " + name + " not found."}
}
