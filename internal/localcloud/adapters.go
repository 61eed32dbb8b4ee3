package localcloud

import (
	"context"
	"sync"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/apigateway"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
	"github.com/tenantstack/tenantstack/internal/localcloud/lambda"
	"github.com/tenantstack/tenantstack/internal/localcloud/logs"
	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// functionLogs keeps what functions print.
type functionLogs struct{ logs *logs.Service }

func (l functionLogs) Write(line lambda.LogLine) {
	l.logs.Write(line.Account, line.Region, line.Group, line.Stream, line.Time, line.Text)
}

// accessLogs keeps the access logs of APIs.
type accessLogs struct{ logs *logs.Service }

func (l accessLogs) Write(group, account, region, stream string, at time.Time, text string) {
	l.logs.Write(account, region, group, stream, at, text)
}

// coldStarts are the invocations that started a process, until whoever invoked asks.
type coldStarts struct{ ids sync.Map }

func (c *coldStarts) add(requestID string) { c.ids.Store(requestID, true) }

func (c *coldStarts) take(requestID string) bool {
	_, cold := c.ids.LoadAndDelete(requestID)
	return cold
}

// apiFunctions are the functions as API Gateway sees them.
type apiFunctions struct {
	lambda *lambda.Service
	cold   *coldStarts
}

func (f apiFunctions) Invoke(ctx context.Context, in apigateway.Input) (apigateway.Output, error) {
	out, err := f.lambda.Invoke(ctx, lambda.Input{FunctionARN: in.FunctionARN, Payload: in.Payload, TraceHeader: in.TraceHeader})
	return apigateway.Output{FunctionError: out.FunctionError, Payload: out.Payload, RequestID: out.RequestID, Cold: f.cold.take(out.RequestID)}, err
}

func (f apiFunctions) InvokeAccess(functionARN string) gate.Access {
	return f.lambda.InvokeAccess(functionARN)
}

// streamFunctions are the functions as event source mappings see them.
type streamFunctions struct {
	lambda *lambda.Service
	cold   *coldStarts
	roles  *functionRoles
}

func (f streamFunctions) Invoke(ctx context.Context, functionARN string, payload []byte) ([]byte, string, error) {
	out, err := f.lambda.Invoke(ctx, lambda.Input{FunctionARN: functionARN, Payload: payload})
	f.cold.take(out.RequestID)
	return out.Payload, out.FunctionError, err
}

func (f streamFunctions) RoleOf(functionARN string) (string, bool) { return f.roles.of(functionARN) }

// functionRoles are the roles of functions, as the templates have them.
type functionRoles struct {
	mu   sync.RWMutex
	arns map[string]string
}

func (f *functionRoles) set(functions []resource.Resource) {
	arns := map[string]string{}
	for _, r := range functions {
		arns[r.ARN], _ = r.Properties["Role"].(string)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.arns = arns
}

func (f *functionRoles) of(functionARN string) (string, bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	role, ok := f.arns[functionARN]
	return role, ok && role != ""
}
