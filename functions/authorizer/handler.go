package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/tenantstack/tenantstack/internal/authz"
)

// Reasons that are the function's own, beside those of authz.
const (
	eventMalformed authz.Reason = "event_malformed"
	panicked       authz.Reason = "internal_error"
)

// unauthorizedError makes API Gateway answer 401: its text must be exactly this
// one (API Gateway Developer Guide, "Use API Gateway Lambda authorizers"). Unlike
// a policy it is not cached, so it also fits what may be different a second later.
type unauthorizedError struct{}

func (unauthorizedError) Error() string { return "Unauthorized" }

// decider is the part of authz.Authorizer that the handler uses.
type decider interface {
	Decide(context.Context, authz.Request) authz.Decision
}

// handler answers API Gateway.
type handler struct {
	authorizer      decider
	tenant, account string
	sources         []string
	logger          *slog.Logger
	// now is the clock of the durations in the log.
	now func() time.Time
}

func newHandler(authorizer decider, tenant, account string, sources []string, logger *slog.Logger) *handler {
	return &handler{authorizer, tenant, account, sources, logger, time.Now}
}

// handle returns an allowing policy, a denying policy for 403, or unauthorizedError
// for 401. It never returns another error and never panics.
func (h *handler) handle(ctx context.Context, raw json.RawMessage) (response events.APIGatewayCustomAuthorizerResponse, err error) {
	start := h.now()
	var e event
	d := authz.Decision{Status: http.StatusUnauthorized, Reason: panicked}
	defer func() {
		if recovered := recover(); recovered != nil {
			// Not the panic's value, which may hold anything; a stack holds addresses only.
			h.logger.Error("recovered from a panic", slog.String("type", fmt.Sprintf("%T", recovered)), slog.String("stack", string(debug.Stack())))
			d = authz.Decision{Status: http.StatusUnauthorized, Reason: panicked}
			response, err = events.APIGatewayCustomAuthorizerResponse{}, unauthorizedError{}
		}
		h.log(e.RequestContext.RequestID, d, h.now().Sub(start))
	}()
	var arn methodARN
	var request authz.Request
	if e, arn, err = parseEvent(raw); err == nil {
		request, err = e.request(h.sources)
	}
	if err != nil {
		h.logger.Warn("an event was not understood", slog.String("error", err.Error()))
		d = authz.Decision{Status: http.StatusForbidden, Reason: eventMalformed}
		return deny(""), nil
	}
	d = h.authorizer.Decide(ctx, request)
	switch {
	case d.Allow:
		return h.allowed(arn, request, d), nil
	case d.Status == http.StatusForbidden:
		return deny(d.Challenge), nil
	}
	return events.APIGatewayCustomAuthorizerResponse{}, unauthorizedError{}
}

// allowed is the policy, with the context that integrations and access logs can
// use. All its values are strings, as API Gateway wants them.
func (h *handler) allowed(arn methodARN, r authz.Request, d authz.Decision) events.APIGatewayCustomAuthorizerResponse {
	prefix := ""
	if slices.Contains(h.sources, authz.SourcePath) {
		prefix = "/" + h.account
	}
	return allow(principal(d.Subject, d.ClientID), arn.operationARN(prefix, r.ResourcePath), map[string]any{
		"account":  h.account,
		"tenant":   h.tenant,
		"scopes":   strings.Join(d.Scopes, " "),
		"clientId": d.ClientID,
	})
}

// log writes one line a decision: no token, no header, no subject.
func (h *handler) log(requestID string, d authz.Decision, took time.Duration) {
	message := "denied"
	if d.Allow {
		message = "allowed"
	}
	level := slog.LevelInfo
	if d.Reason == panicked {
		level = slog.LevelError
	}
	h.logger.Log(context.Background(), level, message,
		slog.String("requestId", requestID),
		slog.String("operation", d.Operation),
		slog.String("reason", string(d.Reason)),
		slog.Int("status", d.Status),
		slog.Float64("durationMs", float64(took.Microseconds())/1000))
}
