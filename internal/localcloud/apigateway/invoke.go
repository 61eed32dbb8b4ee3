package apigateway

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// principal is API Gateway in trust policies and in resource policies of functions.
const principal = "apigateway.amazonaws.com"

// sessionName is that of the sessions in which API Gateway uses a role.
const sessionName = "BackplaneAssumeRoleSession"

const sessionDuration = time.Hour

// sessions keeps the sessions of the roles that APIs name as credentials.
type sessions struct{ byRole sync.Map } // role ARN → *session

type session struct {
	caller  *gate.Caller
	expires time.Time
}

// call is an invocation of a function by API Gateway.
type call struct {
	function, credentials, account string
	// source is the ARN for the resource policy of the function.
	source  string
	payload []byte
	trace   string
	timeout time.Duration
}

// caller assumes a role, or takes the session that is still valid for a while.
func (s *Service) caller(role string) (*gate.Caller, error) {
	now := s.o.Now()
	if v, ok := s.sessions.byRole.Load(role); ok && now.Before(v.(*session).expires) {
		return v.(*session).caller, nil
	}
	_, caller, err := s.o.Gate.ServiceSession(principal, role, sessionName, sessionDuration)
	if err != nil {
		return nil, &gate.Error{Status: 403, Code: "AccessDeniedException", Message: err.Error(), Denied: true}
	}
	s.sessions.byRole.Store(role, &session{caller, now.Add(sessionDuration - 5*time.Minute)})
	return caller, nil
}

// invoke has the gate decide and runs the function. The error is a *gate.Error if the function was
// refused, context.DeadlineExceeded if it took too long.
func (s *Service) invoke(ctx context.Context, c call) (Output, error) {
	access := s.o.Functions.InvokeAccess(c.function)
	caller := &gate.Caller{ARN: principal}
	if c.credentials != "" {
		var err error
		if caller, err = s.caller(c.credentials); err != nil {
			return Output{}, err
		}
	} else {
		access.Context = iam.Context{
			"aws:SourceArn": {c.source}, "aws:SourceAccount": {c.account},
			"aws:PrincipalIsAWSService": {"true"}, "aws:PrincipalServiceName": {principal},
		}
	}
	if denied := s.o.Gate.Authorize(caller, nil, access); denied != nil {
		return Output{}, denied
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	out, err := s.o.Functions.Invoke(ctx, Input{FunctionARN: c.function, Payload: c.payload, TraceHeader: c.trace})
	if err != nil && ctx.Err() != nil {
		return out, fmt.Errorf("invoking %s: %w", c.function, ctx.Err())
	}
	return out, err
}
