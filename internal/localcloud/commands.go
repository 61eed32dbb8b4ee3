package localcloud

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/console"
	"github.com/tenantstack/tenantstack/internal/localcloud/control"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
	"github.com/tenantstack/tenantstack/internal/localcloud/logs"
)

// Token issues an access token of the local identity provider.
func (c *Cloud) Token(ctx context.Context, in control.TokenRequest) (control.Token, error) {
	ttl := time.Duration(in.Seconds) * time.Second
	if ttl == 0 {
		ttl = time.Hour
	}
	if in.User == "" {
		in.User = "admin"
	}
	token, granted, err := c.services.idp.Token(ctx, in.Tenant, in.User, in.Scopes, ttl)
	if err != nil {
		return control.Token{}, err
	}
	return control.Token{AccessToken: token, TokenType: "Bearer", ExpiresIn: int(ttl / time.Second), Scopes: granted}, nil
}

// RotateKeys makes a new signing key.
func (c *Cloud) RotateKeys(forget bool) (string, error) {
	if forget {
		return c.services.idp.RotateAndForget()
	}
	return c.services.idp.Rotate()
}

// roleSession is how long credentials of a role are valid.
const roleSession = time.Hour

// Credentials of the operator of an account, or of a role as its trust policy's service would get them.
func (c *Cloud) Credentials(account, role string) (control.Credentials, error) {
	accounts, regions := []string{}, map[string]string{}
	for _, r := range c.Resources() {
		if !slices.Contains(accounts, r.Account) {
			accounts, regions[r.Account] = append(accounts, r.Account), r.Region
		}
	}
	var got gate.Credentials
	switch {
	case role != "":
		credentials, caller, err := c.services.gate.OperatorSession(role, gate.OperatorName, roleSession)
		if err != nil {
			return control.Credentials{}, err
		}
		got, account = credentials, caller.Account
	case account == "" && len(accounts) > 0:
		account = accounts[0]
		got = c.services.gate.Operator(account)
	case !slices.Contains(accounts, account):
		return control.Credentials{}, fmt.Errorf("no stack is for AWS account %q: there are %s", account, strings.Join(accounts, ", "))
	default:
		got = c.services.gate.Operator(account)
	}
	out := control.Credentials{Version: 1, AccessKeyID: got.AccessKeyID, SecretAccessKey: got.SecretAccessKey, SessionToken: got.SessionToken,
		Region: regions[account], Endpoint: c.endpoint()}
	if !got.Expiration.IsZero() {
		out.Expiration = got.Expiration.Format(time.RFC3339)
	}
	return out, nil
}

// defaultLines of a log query.
const defaultLines = 200

// Logs finds log lines, and follows them if the query says so.
func (c *Cloud) Logs(ctx context.Context, q control.LogQuery, found func(control.LogLine) error) error {
	var follow <-chan logs.Event
	if q.Follow {
		follow = c.services.logs.Follow(ctx, logs.Query{Text: q.Text})
	}
	lines, err := c.searchLogs(q)
	if err != nil {
		return err
	}
	for _, l := range lines {
		if err := found(l); err != nil {
			return err
		}
	}
	if !q.Follow {
		return nil
	}
	for e := range follow {
		if l := lineOf(e); c.wants(q, e) {
			if err := found(l); err != nil {
				return err
			}
		}
	}
	return nil
}

func lineOf(e logs.Event) control.LogLine {
	return control.LogLine{Time: e.Time, Group: e.Group, Stream: e.Stream, Text: e.Text}
}

// searchLogs finds the latest lines, the oldest first.
func (c *Cloud) searchLogs(q control.LogQuery) ([]control.LogLine, error) {
	limit := q.Limit
	if limit <= 0 {
		limit = defaultLines
	}
	wide := limit
	if q.Tenant != "" || q.Function != "" {
		wide = 50 * limit // what is of others is left out afterwards
	}
	events, err := c.services.logs.Search(logs.Query{Text: q.Text, Since: q.Since, Limit: wide})
	if err != nil {
		return nil, err
	}
	lines := []control.LogLine{}
	for _, e := range events {
		if c.wants(q, e) {
			lines = append(lines, lineOf(e))
		}
	}
	return lines[max(0, len(lines)-limit):], nil
}

// wants says whether an event is of the tenant and the function of a query. A function that shares its log
// group with others is found by its name in the stream or the text.
func (c *Cloud) wants(q control.LogQuery, e logs.Event) bool {
	if q.Tenant != "" && c.services.tenantOfGroup.get()[e.Account+e.Group] != q.Tenant {
		return false
	}
	return q.Function == "" || strings.Contains(e.Group, q.Function) || strings.Contains(e.Stream, q.Function) || strings.Contains(e.Text, q.Function)
}

// SearchLogs implements console.Source.
func (s source) SearchLogs(q control.LogQuery) []control.LogLine {
	lines, err := s.c.searchLogs(q)
	if err != nil {
		s.c.say("searching logs: " + err.Error())
	}
	return lines
}

// DeadLetters implements console.Source.
func (s source) DeadLetters(queue string, limit int) []console.Message {
	messages := []console.Message{}
	for _, arn := range s.c.services.queues.Queues() {
		if lastPart(arn, ":") != queue {
			continue
		}
		for _, m := range s.c.services.queues.Peek(arn, limit) {
			messages = append(messages, console.Message{ID: m.ID, Sent: m.Sent, Body: m.Body})
		}
	}
	return messages
}
