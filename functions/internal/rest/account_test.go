package rest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/tenantstack/tenantstack/functions/internal/rest"
	"github.com/tenantstack/tenantstack/functions/internal/rest/resttest"
)

// handled is what the handlers of the tests in this file were called with.
var handled []string

var _ = rest.HandleEvent("received", func(*rest.Deps) rest.RecordsHandler {
	return func(_ context.Context, records []events.S3EventRecord) error {
		for _, r := range records {
			handled = append(handled, r.S3.Object.URLDecodedKey)
		}
		return nil
	}
})

var selfEvent func(member string, value any) ([]byte, error)

var _ = rest.Handle("selfish", func(d *rest.Deps) rest.Handler {
	selfEvent = d.SelfEvent
	d.OnEvent("job", func(_ context.Context, member json.RawMessage) error {
		handled = append(handled, string(member))
		return nil
	})
	return func(context.Context, *rest.Request) (*rest.Response, error) {
		handled = append(handled, "request")
		return rest.Empty(http.StatusNoContent), nil
	}
})

// calls is what the handlers got while f ran.
func calls(f func()) []string {
	handled = nil
	f()
	return handled
}

// A request that does not state the function's account where the platform does never reaches the handler.
func TestAccountOfTheRequest(t *testing.T) {
	w := resttest.New(t, "12345")
	f := w.Start(t, "selfish")
	e := resttest.Load(t, "testdata/request.json")
	if got := calls(func() { resttest.Invoke(t, f, e).Want(t, http.StatusNoContent) }); len(got) != 1 {
		t.Fatalf("the request as it is reached %v, want the handler", got)
	}
	if forms := resttest.Unstated(t, e); len(forms) < 80 {
		t.Errorf("%d forms, want more", len(forms))
	}
	if got := calls(func() { w.Refuses(t, f, e) }); got != nil {
		t.Errorf("handlers were called: %v", got)
	}
	e.Context("authorizer", map[string]any{"account": "12345", "Account": "9"})
	resttest.Invoke(t, f, e).Want(t, http.StatusNoContent)
	if log := w.Log.String(); strings.Contains(log, "12346") || strings.Contains(log, "user-7f3a") || strings.Contains(log, "203.0.113.7") {
		t.Errorf("the log has data of requests:\n%s", log)
	}
}

// Whatever else is missing of a request or of another type, the handler is called only if both places state the account.
func TestAnyMemberOfTheRequest(t *testing.T) {
	f := resttest.New(t, "12345").Start(t, "selfish")
	e := resttest.Load(t, "testdata/request.json")
	places := paths(map[string]any(e), nil)
	if len(places) < 60 {
		t.Fatalf("%d members, want all of the event", len(places))
	}
	for _, path := range places {
		for _, value := range []any{absent, nil, true, 0, "", "x", []any{}, map[string]any{}} {
			changed := resttest.Load(t, "testdata/request.json")
			replace(changed, path, value)
			requestContext, _ := changed["requestContext"].(map[string]any)
			authorizer, _ := requestContext["authorizer"].(map[string]any)
			variables, _ := changed["stageVariables"].(map[string]any)
			own := authorizer["account"] == "12345" && variables["billingAccount"] == "12345"
			got := calls(func() { invoke(t, f, changed) })
			if len(got) > 0 && !own {
				t.Errorf("%s is %v: the handler was called", strings.Join(path, "."), value)
			}
		}
	}
}

// An event of the function to itself states the account.
func TestAccountOfSelfEvents(t *testing.T) {
	w := resttest.New(t, "12345")
	f := w.Start(t, "selfish")
	payload, err := selfEvent("job", map[string]string{"id": "7"})
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"billingAccount":"12345","job":{"id":"7"}}`; string(payload) != want {
		t.Errorf("event %s, want %s", payload, want)
	}
	got := calls(func() {
		if _, err := f.Invoke(t.Context(), payload); err != nil {
			t.Error(err)
		}
	})
	if !slices.Equal(got, []string{`{"id":"7"}`}) {
		t.Errorf("the handler got %v", got)
	}
	for _, account := range []string{
		``, `"billingAccount":null,`, `"billingAccount":12345,`, `"billingAccount":"",`, `"billingAccount":"12346",`, `"billingAccount":"1234",`,
		`"billingAccount":["12345"],`, `"billingAccount":{"job":"12345"},`, `"BillingAccount":"12345",`, `"billingaccount":"12345",`, `"account":"12345",`,
		`"billingAccount":"12345","billingAccount":"12346",`, `"stageVariables":{"billingAccount":"12345"},`, `"detail":{"billingAccount":"12345"},`,
		`"requestContext":{"authorizer":{"account":"12345"}},`, `"requestContext":null,"billingAccount":"12345",`,
	} {
		event := `{` + account + `"job":{"id":"7","billingAccount":"12345"}}`
		before := len(w.Log.String())
		got := calls(func() {
			if out, err := f.Invoke(t.Context(), []byte(event)); err == nil {
				t.Errorf("%s: %s and no error", event, out)
			}
		})
		if log := w.Log.String()[before:]; got != nil || !strings.Contains(log, `"level":"ERROR"`) {
			t.Errorf("%s: the handler got %v, the log is %q", event, got, log)
		}
	}
}

// s3Event is an event of S3 about objects, in their encoded form.
func s3Event(keys ...string) map[string]any {
	var records []any
	for _, key := range keys {
		records = append(records, map[string]any{
			"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "eventTime": "2024-03-05T17:12:44.123Z", "awsRegion": "eu-central-1",
			"s3": map[string]any{
				"bucket": map[string]any{"name": "kittens-uploads", "arn": "arn:aws:s3:::kittens-uploads"},
				"object": map[string]any{"key": key, "size": 5.0, "eTag": "0123"},
			},
		})
	}
	return map[string]any{"Records": records}
}

// An event of S3 states the account in the keys of its objects.
func TestAccountOfObjects(t *testing.T) {
	w := resttest.New(t, "12345")
	f := w.Start(t, "received")
	const key = "uploads/12345/incoming/k/p"
	for _, test := range []struct{ keys, want []string }{
		{[]string{key}, []string{key}},
		{[]string{"uploads%2F12345%2Fincoming%2Fk%2Fp"}, []string{key}},
		{[]string{key, "uploads/12346/incoming/k/p", key + "2"}, []string{key, key + "2"}},
	} {
		if got := calls(func() { invoke(t, f, s3Event(test.keys...)) }); !slices.Equal(got, test.want) {
			t.Errorf("%v: the handler got %v, want %v", test.keys, got, test.want)
		}
	}
	for _, other := range []string{
		"", "x", "uploads/", "uploads/12345", "uploads/12346/incoming/k/p", "uploads/1234/5/k/p", "uploads/123456/incoming/k/p", "Uploads/12345/incoming/k/p",
		"/uploads/12345/incoming/k/p", "uploads//12345/k/p", "12345/incoming/k/p", "uploads/*/k/p", "x/uploads/12345/incoming/k/p", "uploads%252F12345%252Fk%252Fp",
	} {
		before := len(w.Log.String())
		got := calls(func() { invoke(t, f, s3Event(other)) })
		if log := w.Log.String()[before:]; got != nil || !strings.Contains(log, "records refused") || other != "x" && other != "" && strings.Contains(log, other) {
			t.Errorf("%q: the handler got %v, the log is %s", other, got, log)
		}
	}
	event := s3Event(key)
	for _, path := range paths(event, nil) {
		for _, value := range []any{absent, nil, true, 0, "", "x", []any{}, map[string]any{}} {
			changed := s3Event(key)
			replace(changed, path, value)
			for _, got := range calls(func() { invoke(t, f, changed) }) {
				if got != key {
					t.Errorf("%s is %v: the handler got %q", strings.Join(path, "."), value, got)
				}
			}
		}
	}
	for _, event := range []string{`{"Records":[]}`, `{"Records":null}`, `{"Records":"x"}`, `{"Records":{}}`, `{"records":[]}`, `{}`, `[]`, `null`} {
		if out, err := f.Invoke(t.Context(), []byte(event)); err == nil {
			t.Errorf("%s: %s and no error", event, out)
		}
	}
}

// absent stands for a member that is taken out.
var absent any = struct{}{}

// paths of all members of a JSON value, those of arrays by their number.
func paths(value any, prefix []string) (out [][]string) {
	members := map[string]any{}
	switch v := value.(type) {
	case map[string]any:
		members = v
	case []any:
		for i, item := range v {
			members[fmt.Sprint(i)] = item
		}
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		path := append(slices.Clone(prefix), name)
		out = append(append(out, path), paths(members[name], path)...)
	}
	return out
}

// replace sets the member at a path, or takes it out.
func replace(value any, path []string, to any) {
	for _, name := range path[:len(path)-1] {
		switch v := value.(type) {
		case map[string]any:
			value = v[name]
		case resttest.Event:
			value = v[name]
		case []any:
			value = v[int(name[0]-'0')]
		}
	}
	last := path[len(path)-1]
	switch v := value.(type) {
	case resttest.Event:
		replace(map[string]any(v), path[len(path)-1:], to)
	case map[string]any:
		if v[last] = to; to == absent {
			delete(v, last)
		}
	case []any:
		v[int(last[0]-'0')] = to
	}
}

// invoke sends an event, whatever comes of it.
func invoke(t *testing.T, f *rest.Function, event any) {
	t.Helper()
	payload, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = f.Invoke(t.Context(), payload)
}
