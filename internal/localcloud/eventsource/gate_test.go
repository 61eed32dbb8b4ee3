package eventsource

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/engine/enginetest"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// guarded is a service behind the gate: it decides one action on one resource for every operation
// and hands the request to the engine.
type guarded struct {
	prefix, resource, engine string

	mu     sync.Mutex
	bodies []string
	caller string
}

func (g *guarded) Serve(w http.ResponseWriter, c *gate.Call) {
	_, operation, _ := strings.Cut(c.HTTP.Header.Get("X-Amz-Target"), ".")
	if denied := c.Authorize(gate.Access{Action: g.prefix + ":" + operation, Resource: g.resource}); denied != nil {
		g.WriteError(w, c.HTTP, denied, c.RequestID)
		return
	}
	g.mu.Lock()
	g.bodies, g.caller = append(g.bodies, string(c.Body)), c.Caller.ARN
	g.mu.Unlock()
	if g.engine == "" {
		sum := map[string]string{"MessageId": gate.NewRequestID()}
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		_ = json.NewEncoder(w).Encode(sum)
		return
	}
	request, _ := http.NewRequestWithContext(c.HTTP.Context(), http.MethodPost, g.engine, bytes.NewReader(c.Body))
	for _, name := range []string{"X-Amz-Target", "Content-Type"} {
		request.Header.Set(name, c.HTTP.Header.Get(name))
	}
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDLOCAL/20260301/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer answer.Body.Close()
	w.Header().Set("Content-Type", answer.Header.Get("Content-Type"))
	w.WriteHeader(answer.StatusCode)
	_, _ = io.Copy(w, answer.Body)
}

func (g *guarded) WriteError(w http.ResponseWriter, _ *http.Request, e *gate.Error, requestID string) {
	e.WriteJSON(w, "1.0", requestID)
}

func parsed(t *testing.T, kind iam.Kind, text string) iam.Document {
	t.Helper()
	d, err := iam.Parse([]byte(text), kind)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestRoleOfTheFunctionDecides reads a stream and sends a dead letter as the function's role, which gets
// the permissions one after the other.
func TestRoleOfTheFunctionDecides(t *testing.T) {
	k := newTable(t)
	k.put("a", 1)
	g, err := gate.New(gate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	// The account of DynamoDB Local, since a role of another would need a resource-based policy.
	const account, role, queue = "000000000000", "arn:aws:iam::000000000000:role/indexer", "arn:aws:sqs:eu-central-1:000000000000:letters"
	streams := &guarded{prefix: "dynamodb", resource: k.arn, engine: enginetest.DynamoDB(t)}
	queues := &guarded{prefix: "sqs", resource: queue}
	front := gate.NewFront(g)
	front.Handle("dynamodb", streams)
	front.Handle("sqs", queues)
	server := httptest.NewServer(front)
	t.Cleanup(server.Close)
	allow := func(trusted string, actions ...string) {
		r := gate.Role{ARN: role, Name: "indexer", Account: account}
		r.Trust = parsed(t, iam.Trust, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"`+trusted+`"},"Action":"sts:AssumeRole"}]}`)
		for _, a := range actions {
			r.Identity = append(r.Identity, parsed(t, iam.Identity, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"`+a+`","Resource":"*"}]}`))
		}
		g.PutRole(r)
	}
	f := newFunction(failing(false, "a"))
	f.role = role
	s := newSetup(t, nil, k.arn, f, map[string]any{
		"MaximumRetryAttempts": 0, "DestinationConfig": map[string]any{"OnFailure": map[string]any{"Destination": queue}},
	})
	s.options.Connect, s.options.Gate, s.options.Endpoint = nil, g, func() string { return server.URL }
	s.options.RetryDelay, s.options.MaxRetryDelay = 5*time.Millisecond, 20*time.Millisecond
	shows := func(what string) {
		t.Helper()
		until(t, "the state shows "+what, func() bool { state := s.status().State; return strings.Contains(state, what) })
	}
	allow("ec2.amazonaws.com")
	s.start()
	shows("lambda.amazonaws.com")
	allow(service)
	shows("not authorized to perform: dynamodb:DescribeStream on resource: " + k.arn)
	allow(service, "dynamodb:DescribeStream")
	shows("dynamodb:GetShardIterator")
	allow(service, "dynamodb:DescribeStream", "dynamodb:GetShardIterator")
	shows("dynamodb:GetRecords")
	allow(service, "dynamodb:DescribeStream", "dynamodb:GetShardIterator", "dynamodb:GetRecords")
	<-f.called
	shows("sqs:SendMessage")
	allow(service, "dynamodb:DescribeStream", "dynamodb:GetShardIterator", "dynamodb:GetRecords", "sqs:SendMessage")
	until(t, "the state is Enabled", func() bool { return s.status().State == "Enabled" && s.status().LagRecords == 0 })
	streams.mu.Lock()
	defer streams.mu.Unlock()
	if want := fmt.Sprintf("arn:aws:sts::000000000000:assumed-role/indexer/awslambda_%s", s.mapping.Name); streams.caller != want {
		t.Errorf("the stream is read by %s, want %s", streams.caller, want)
	}
	queues.mu.Lock()
	defer queues.mu.Unlock()
	if len(queues.bodies) != 1 || !strings.Contains(queues.bodies[0], "DDBStreamBatchInfo") || len(f.batches()) != 1 {
		t.Errorf("dead letters = %q, invocations %v", queues.bodies, f.batches())
	}
}
