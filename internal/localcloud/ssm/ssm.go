// Package ssm is the Parameter Store of the local cloud: the parameters of the templates, and
// those that were put by users, which survive a restart.
package ssm

import (
	"net/http"
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

var operations = map[string]gate.JSONOperation[*Service]{
	"GetParameter":        gate.JSONOp((*Service).getParameter),
	"GetParameters":       gate.JSONOp((*Service).getParameters),
	"GetParametersByPath": gate.JSONOp((*Service).getParametersByPath),
	"PutParameter":        gate.JSONOp((*Service).putParameter),
	"DeleteParameter":     gate.JSONOp((*Service).deleteParameter),
	"DescribeParameters":  gate.JSONOp((*Service).describeParameters),
}

// Serve answers a call in the JSON 1.1 protocol.
func (s *Service) Serve(w http.ResponseWriter, c *gate.Call) {
	gate.ServeJSON(w, c, s, "Systems Manager", "AmazonSSM.", operations)
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
