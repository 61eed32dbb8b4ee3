package search

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// Outcome is what became of one Action.
type Outcome struct {
	Result Result
	// Created says that there was no document before, Deleted that there was one and is none now.
	Created, Deleted bool
	// Type is OpenSearch's name of the error for Retry and Poison; it may be empty.
	Type string
}

// Result classifies an Outcome.
type Result int

const (
	// Done changed the index.
	Done Result = iota
	// Stale changed nothing, since the index has, or remembers, a later version; or since the document is not the one
	// any more that the action is for. Settle decides what that means.
	Stale
	// Retry failed for a reason that may pass.
	Retry
	// Poison failed and will fail again: OpenSearch refuses the document itself.
	Poison
)

// String is the name in lower case.
func (r Result) String() string {
	return [...]string{"done", "stale", "retry", "poison"}[r]
}

// OK reports whether the index answered for the action.
func (r Result) OK() bool { return r == Done || r == Stale }

// Limits of one bulk request. Small domains refuse requests of more than 10 MiB (Amazon OpenSearch Service,
// "Quotas": network limits).
const (
	bulkActions = 500
	bulkBytes   = 4 << 20
)

// Bulk carries out actions in their order, in as many requests as their size needs. There is
// one outcome for each action. The error is that of the last request that failed as a whole; its
// actions' outcome is Retry, and those of the other requests stand.
func (c *Client) Bulk(ctx context.Context, actions []Action) ([]Outcome, error) {
	outcomes := make([]Outcome, 0, len(actions))
	var failed error
	for len(actions) > 0 {
		body, n, err := bulkBody(actions)
		if err != nil {
			return nil, fmt.Errorf("writing index %s: %w", c.index, err)
		}
		got, err := c.bulk(ctx, body, n)
		if err != nil {
			failed = err
			got = make([]Outcome, n)
			for i := range got {
				got[i] = Outcome{Result: Retry, Type: errorType(err)}
			}
		}
		outcomes = append(outcomes, got...)
		actions = actions[n:]
	}
	return outcomes, failed
}

func errorType(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Type
	}
	return ""
}

// bulkBody encodes as many of the actions as one request takes, and says how many.
func bulkBody(actions []Action) (body []byte, n int, err error) {
	var b bytes.Buffer
	for _, a := range actions {
		if n > 0 && (n == bulkActions || b.Len()+len(a.Doc) > bulkBytes) {
			break
		}
		b.Write(encode(a.header()))
		b.WriteByte('\n')
		if a.writes() {
			// A line break within a document would begin another action.
			if err := json.Compact(&b, a.Doc); err != nil {
				return nil, 0, fmt.Errorf("encoding the document of version %d: %w", a.Version, err)
			}
			b.WriteByte('\n')
		}
		n++
	}
	return b.Bytes(), n, nil
}

// writes reports whether a document follows the action's header.
func (a Action) writes() bool { return a.Op == OpIndex || a.Op == OpCreate || a.Op == OpReplace }

// header is the action's line in the body of a bulk request. A document is written over its own version too, so that
// repeating a write changes nothing.
func (a Action) header() object {
	switch a.Op {
	case OpIndex:
		return object{"index": object{"_id": a.ID, "version": a.Version, "version_type": "external_gte"}}
	case OpDelete:
		return object{"delete": object{"_id": a.ID, "version": a.Version, "version_type": "external_gte"}}
	case OpCreate:
		return object{"create": object{"_id": a.ID}}
	case OpReplace:
		return object{"index": object{"_id": a.ID, "if_seq_no": a.seqNo, "if_primary_term": a.primaryTerm}}
	default:
		return object{"delete": object{"_id": a.ID, "if_seq_no": a.seqNo, "if_primary_term": a.primaryTerm}}
	}
}

func (c *Client) bulk(ctx context.Context, body []byte, n int) ([]Outcome, error) {
	type item struct {
		Status int    `json:"status"`
		Result string `json:"result"`
		Error  struct {
			Type string `json:"type"`
		} `json:"error"`
	}
	var out struct {
		Items []map[string]item `json:"items"`
	}
	const what = "writing index"
	if err := c.call(ctx, what, writeTimeout, http.MethodPost, "/_bulk", body, &out); err != nil {
		return nil, err
	}
	if len(out.Items) != n {
		return nil, fmt.Errorf("%s %s: %d outcomes of %d actions", what, c.index, len(out.Items), n)
	}
	outcomes := make([]Outcome, n)
	for i, named := range out.Items {
		for op, it := range named {
			outcomes[i] = classify(op, it.Status, it.Error.Type)
			outcomes[i].Created, outcomes[i].Deleted = it.Result == "created", it.Result == "deleted"
		}
	}
	return outcomes, nil
}

func classify(op string, status int, kind string) Outcome {
	switch {
	case status/100 == 2, op == "delete" && status == http.StatusNotFound && kind == "":
		return Outcome{Result: Done}
	case status == http.StatusConflict:
		return Outcome{Result: Stale}
	case retryable(status, kind), kind == indexNotFound:
		return Outcome{Result: Retry, Type: kind}
	default:
		return Outcome{Result: Poison, Type: kind}
	}
}
