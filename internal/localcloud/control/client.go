package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
)

// Client talks to a running local cloud.
type Client struct {
	run  Run
	http *http.Client
}

// NewClient makes a client of the local cloud that uses a data folder.
func NewClient(dir string) (*Client, error) {
	run, err := Find(dir)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(run.URL)
	if err != nil {
		return nil, fmt.Errorf("finding the local cloud: %w", err)
	}
	// The name localhost is for the Host header; the connection goes to where the local cloud listens.
	address := net.JoinHostPort("127.0.0.1", u.Port())
	dialer := &net.Dialer{}
	return &Client{run: run, http: &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, address)
		},
	}}}, nil
}

// Run is where the local cloud is.
func (c *Client) Run() Run { return c.run }

// Status asks for the status.
func (c *Client) Status(ctx context.Context) (Status, error) {
	var s Status
	return s, c.call(ctx, http.MethodGet, "status", nil, nil, &s)
}

// Stop asks it to end.
func (c *Client) Stop(ctx context.Context) error {
	return c.call(ctx, http.MethodPost, "stop", nil, nil, nil)
}

// Reload asks it to bring what runs in line with the templates as they are now.
func (c *Client) Reload(ctx context.Context) error {
	return c.call(ctx, http.MethodPost, "reload", nil, nil, nil)
}

// Token asks for an access token.
func (c *Client) Token(ctx context.Context, in TokenRequest) (Token, error) {
	var t Token
	return t, c.call(ctx, http.MethodPost, "token", nil, in, &t)
}

// RotateKeys asks for a new signing key and returns its id.
func (c *Client) RotateKeys(ctx context.Context, forget bool) (string, error) {
	var out struct{ Kid string }
	err := c.call(ctx, http.MethodPost, "rotate-keys", url.Values{"forget": {strconv.FormatBool(forget)}}, nil, &out)
	return out.Kid, err
}

// Credentials asks for credentials of a role, or of the operator of an account.
func (c *Client) Credentials(ctx context.Context, account, role string) (Credentials, error) {
	var out Credentials
	return out, c.call(ctx, http.MethodGet, "credentials", url.Values{"account": {account}, "role": {role}}, nil, &out)
}

// Logs calls found for each line.
func (c *Client) Logs(ctx context.Context, q LogQuery, found func(LogLine) error) error {
	values := url.Values{"tenant": {q.Tenant}, "function": {q.Function}, "text": {q.Text},
		"limit": {strconv.Itoa(q.Limit)}, "follow": {strconv.FormatBool(q.Follow)}}
	if !q.Since.IsZero() {
		values.Set("since", strconv.FormatInt(q.Since.UnixMilli(), 10))
	}
	resp, err := c.send(ctx, http.MethodGet, "logs", values, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	d := json.NewDecoder(resp.Body)
	for {
		var line struct {
			LogLine
			Problem
		}
		if err := d.Decode(&line); err != nil {
			if errors.Is(err, io.EOF) || ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("reading logs: %w", err)
		}
		if line.Error != "" {
			return fmt.Errorf("reading logs: %s", line.Error)
		}
		if err := found(line.LogLine); err != nil {
			return err
		}
	}
}

func (c *Client) send(ctx context.Context, method, path string, query url.Values, in any) (*http.Response, error) {
	target := c.run.URL + Prefix + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	var body io.Reader
	if in != nil {
		body = bytes.NewReader(encode(in))
	}
	req, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.run.Secret)
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("asking the local cloud: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		var p Problem
		if json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&p) != nil || p.Error == "" {
			p.Error = resp.Status
		}
		return nil, errors.New(p.Error)
	}
	return resp, nil
}

func (c *Client) call(ctx context.Context, method, path string, query url.Values, in, out any) error {
	resp, err := c.send(ctx, method, path, query, in)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		return fmt.Errorf("reading the answer of the local cloud: %w", err)
	}
	return nil
}
