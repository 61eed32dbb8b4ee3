package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

func keys(docs map[string]map[string]any) []string { return slices.Sorted(maps.Keys(docs)) }

// sequences are those of a payload's records.
func sequences(t *testing.T, payload []byte) []string {
	t.Helper()
	var e events.DynamoDBEvent
	if err := json.Unmarshal(payload, &e); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range e.Records {
		out = append(out, r.Change.SequenceNumber)
	}
	return out
}

func TestSharedIndexer(t *testing.T) {
	c := newCloud(t)
	ix, log := c.shared(nil)
	payload := c.happened("shared.json")
	for range 2 { // a batch may come again
		if failed := invoke(t, ix, payload); failed != "" {
			t.Fatalf("failed at %s: %s", failed, log)
		}
	}
	one, two := c.account("12345"), c.account("67890")
	docs := documents(t, one)
	if got := keys(docs); !slices.Equal(got, []string{"luna"}) {
		t.Errorf("index of %s has %q", one, got)
	}
	luna := docs["luna"]
	if luna["name"] != "Luna II" || luna["version"] != 2.0 || luna["billingAccount"] != one || luna["vaccinated"] != true {
		t.Errorf("luna = %v", luna)
	}
	if got := keys(documents(t, two)); !slices.Equal(got, []string{"milo", "nala"}) {
		t.Errorf("index of %s has %q", two, got)
	}
	if c.roles[one] != 1 || c.roles[two] != 1 || c.lookups != 2 {
		t.Errorf("roles assumed = %v, endpoints looked up %d times; want one each", c.roles, c.lookups)
	}
	for _, word := range []string{"Luna", "Wien", "luna", "secret", "AKID"} {
		if strings.Contains(log.String(), word) {
			t.Errorf("the log has %q of a row: %s", word, log)
		}
	}
}

func TestPoisonAmongGood(t *testing.T) {
	c := newCloud(t)
	var cases []struct {
		Name   string
		Record json.RawMessage
	}
	if err := json.Unmarshal(c.testdata("poison.json"), &cases); err != nil {
		t.Fatal(err)
	}
	suffix := c.suffix
	for i, tt := range cases {
		t.Run(tt.Name, func(t *testing.T) {
			c.suffix = fmt.Sprintf("%s-%d", suffix, i)
			ix, log := c.shared(nil)
			var batch struct{ Records []json.RawMessage }
			if err := json.Unmarshal(c.happened("good.json"), &batch); err != nil {
				t.Fatal(err)
			}
			batch.Records = slices.Insert(batch.Records, 1, tt.Record)
			c.happen(tt.Record)
			payload, _ := json.Marshal(batch)
			var id struct {
				Dynamodb struct{ SequenceNumber string }
			}
			json.Unmarshal(tt.Record, &id)
			if got := invoke(t, ix, payload); got != id.Dynamodb.SequenceNumber {
				t.Errorf("failed at %q, want the poison at %q", got, id.Dynamodb.SequenceNumber)
			}
			if got := keys(documents(t, c.account("12345"))); !slices.Equal(got, []string{"a", "b", "c"}) {
				t.Errorf("index has %q, want all that is good", got)
			}
			if !strings.Contains(log.String(), `"poison":true`) {
				t.Errorf("log = %s", log)
			}
		})
	}
}

func TestPoisonThatOnlyTheIndexSees(t *testing.T) {
	c := newCloud(t)
	ix, log := c.shared(nil)
	c.fault = func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		if !strings.HasSuffix(r.URL.Path, "/_bulk") {
			return false
		}
		reply(w, map[string]any{"items": []any{
			map[string]any{"index": map[string]any{"status": 201}},
			map[string]any{"index": map[string]any{"status": 400, "error": map[string]any{"type": "mapper_parsing_exception", "reason": "Luna"}}},
			map[string]any{"index": map[string]any{"status": 429, "error": map[string]any{"type": "rejected_execution_exception", "reason": "Luna"}}},
		}})
		return true
	}
	payload := c.happened("good.json")
	if got, want := invoke(t, ix, payload), sequences(t, payload)[1]; got != want {
		t.Errorf("failed at %s, want %s", got, want)
	}
	if s := log.String(); !strings.Contains(s, "mapper_parsing_exception") || !strings.Contains(s, "rejected_execution_exception") || strings.Contains(s, "Luna") {
		t.Errorf("log = %s", s)
	}
}

func TestOneAccountsFailureKeepsOthers(t *testing.T) {
	c := newCloud(t)
	one, two := c.account("12345"), c.account("67890")
	c.denied[one] = true
	ix, log := c.shared(nil)
	payload := c.happened("shared.json")
	if got, want := invoke(t, ix, payload), sequences(t, payload)[0]; got != want {
		t.Errorf("failed at %s, want %s", got, want)
	}
	if got := keys(documents(t, two)); !slices.Equal(got, []string{"milo", "nala"}) {
		t.Errorf("index of %s has %q", two, got)
	}
	if !strings.Contains(log.String(), `"billingAccount":"`+one+`"`) || !strings.Contains(log.String(), `"records":4`) {
		t.Errorf("log = %s", log)
	}
	c.mu.Lock()
	delete(c.denied, one)
	c.mu.Unlock()
	if got := invoke(t, ix, payload); got != "" {
		t.Errorf("failed at %s again: %s", got, log)
	}
	if got := keys(documents(t, one)); !slices.Equal(got, []string{"luna"}) {
		t.Errorf("index of %s has %q", one, got)
	}
}

// A role that writes another account's index is refused by the domain, not by the indexer's good manners.
func TestRolesAreOfTheirAccounts(t *testing.T) {
	c := newCloud(t)
	ix, _ := c.shared(nil)
	invoke(t, ix, c.happened("shared.json"))
	for index, key := range c.writers {
		if key != "AKID-"+index {
			t.Errorf("index %s is written with %s", index, key)
		}
	}
	if len(c.writers) != 2 {
		t.Errorf("writers = %v", c.writers)
	}
}

func TestDedicatedDomain(t *testing.T) {
	c := newCloud(t)
	one := c.account("12345")
	const nowhere = "http://127.0.0.1:1"
	ix, log := c.shared(map[string]string{"SEARCH_ENDPOINT": nowhere})
	shared := ix.accounts.(*sharedAccounts)
	now := time.Now()
	shared.now = func() time.Time { return now }
	payload := c.happened("good.json")
	if invoke(t, ix, payload) == "" {
		t.Fatal("a domain that is not there took records")
	}
	c.parameters[paramPrefix+one] = c.domain
	if invoke(t, ix, payload) == "" {
		t.Error("the endpoint was looked up again at once")
	}
	now = now.Add(endpointAge)
	if got := invoke(t, ix, payload); got != "" {
		t.Errorf("failed at %s: %s", got, log)
	}
	if got := keys(documents(t, one)); len(got) != 3 {
		t.Errorf("index has %q", got)
	}
}

func TestNoDomain(t *testing.T) {
	c := newCloud(t)
	ix, log := c.shared(map[string]string{"SEARCH_ENDPOINT": ""})
	payload := c.happened("good.json")
	if got, want := invoke(t, ix, payload), sequences(t, payload)[0]; got != want {
		t.Errorf("failed at %q, want %q", got, want)
	}
	if !strings.Contains(log.String(), "neither a parameter") {
		t.Errorf("log = %s", log)
	}
	c.parameters[paramPrefix+c.account("12345")] = c.domain
	if got := invoke(t, ix, payload); got != "" {
		t.Errorf("failed at %s: an absent domain is remembered", got)
	}
}

func TestCredentialsAreRenewed(t *testing.T) {
	c := newCloud(t)
	c.expiry = credentialMargin / 2
	ix, _ := c.shared(nil)
	for range 3 {
		invoke(t, ix, c.happened("good.json"))
	}
	if got := c.roles[c.account("12345")]; got < 3 {
		t.Errorf("role assumed %d times, want once a batch at least", got)
	}
}

func TestOwnIndexer(t *testing.T) {
	c := newCloud(t)
	one, two := c.account("12345"), c.account("67890")
	ix, log := c.own(one)
	payload := c.happened("shared.json")
	if got, want := invoke(t, ix, payload), sequences(t, payload)[1]; got != want {
		t.Errorf("failed at %s, want the other account's record at %s", got, want)
	}
	if got := keys(documents(t, one)); !slices.Equal(got, []string{"luna"}) {
		t.Errorf("index of %s has %q", one, got)
	}
	if got := documents(t, two); len(got) != 0 {
		t.Errorf("the other account's index has %v", got)
	}
	for _, want := range []string{`"tenant":"super-awesome-customer"`, `"operation":"indexer"`, "it is of billing account " + two} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("log = %s, want %s in it", log, want)
		}
	}
	if len(c.roles) != 0 || c.lookups != 0 {
		t.Errorf("roles = %v, lookups = %d, want none", c.roles, c.lookups)
	}
	if _, err := ix.accounts.index(context.Background(), two); err == nil {
		t.Error("another account's index is opened")
	}
}

// An index that was removed under a running indexer is created again with its mapping.
func TestIndexIsVerifiedAgainAfterAFault(t *testing.T) {
	c := newCloud(t)
	ix, _ := c.shared(nil)
	creations, fail := 0, false
	c.fault = func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		if r.Method == http.MethodPut && strings.Count(r.URL.Path, "/") == 1 {
			creations++
		}
		if fail && strings.HasSuffix(r.URL.Path, "/_bulk") {
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		}
		return false
	}
	payload := c.happened("good.json")
	for i, down := range []bool{false, false, true, false} {
		fail = down
		if got := invoke(t, ix, payload); (got != "") != down {
			t.Errorf("batch %d failed at %q", i, got)
		}
	}
	if creations != 2 {
		t.Errorf("the index was created %d times, want 2: at first and after the fault", creations)
	}
}

func TestAnswerComesBeforeTheInvocationEnds(t *testing.T) {
	c := newCloud(t)
	ix, _ := c.shared(nil)
	c.fault = func(_ http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		buf := make([]byte, 1<<16)
		for {
			if _, err := r.Body.Read(buf); err != nil {
				break
			}
		}
		<-r.Context().Done()
		return true
	}
	ctx, cancel := context.WithTimeout(context.Background(), answerMargin+200*time.Millisecond)
	defer cancel()
	ctx = lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{AwsRequestID: "b5a7"})
	out, err := ix.handle(ctx, c.happened("good.json"))
	if err != nil || ctx.Err() != nil || len(out.(events.DynamoDBEventResponse).BatchItemFailures) != 1 {
		t.Errorf("answer = %v, %v (invocation: %v)", out, err, ctx.Err())
	}
}

func TestInvocationsOfAnotherForm(t *testing.T) {
	c := newCloud(t)
	ix, _ := c.shared(nil)
	for _, payload := range []string{
		`{}`, `null`, `[]`, `"x"`, `{"records":1}`, `{"Records":[{}]}`, `{"Records":[null]}`, `{"Records":[{"dynamodb":{"SequenceNumber":""}}]}`,
		`{"Records":[],"replay":{}}`, `{"replay":{"max":-1}}`, `{"replay":{"max":1001}}`, `{"replay":{"max":"x"}}`,
	} {
		if out, err := ix.handle(context.Background(), json.RawMessage(payload)); err == nil {
			t.Errorf("%s is answered with %v", payload, out)
		}
	}
	out, err := ix.handle(context.Background(), json.RawMessage(`{"Records":[]}`))
	if text, _ := json.Marshal(out); err != nil || string(text) != `{"batchItemFailures":[]}` {
		t.Errorf("empty batch = %s, %v", text, err)
	}
}

func TestSettings(t *testing.T) {
	own := map[string]string{"TENANT": "a", "BILLING_ACCOUNT": "12345", "SEARCH_INDEX": "12345", "SEARCH_ENDPOINT": "https://x", "TABLES": "t=kittens"}
	shared := map[string]string{"INDEX_WRITER_ROLE_ARN_PREFIX": rolePrefix, "SEARCH_ENDPOINT_PARAMETER_PREFIX": "/x/", "TABLES": "t=kittens,u=toys"}
	tests := []struct {
		name string
		base map[string]string
		set  map[string]string
		want string
	}{
		{"own", own, nil, ""},
		{"shared", shared, nil, ""},
		{"debug", shared, map[string]string{"LOG_LEVEL": "debug"}, ""},
		{"nothing", nil, nil, "want BILLING_ACCOUNT, or INDEX_WRITER_ROLE_ARN_PREFIX"},
		{"both", own, map[string]string{"INDEX_WRITER_ROLE_ARN_PREFIX": rolePrefix}, "not both"},
		{"no parameters", shared, map[string]string{"SEARCH_ENDPOINT_PARAMETER_PREFIX": ""}, "SEARCH_ENDPOINT_PARAMETER_PREFIX"},
		{"other index", own, map[string]string{"SEARCH_INDEX": "67890"}, `SEARCH_INDEX is "67890", want the billing account "12345"`},
		{"no endpoint", own, map[string]string{"SEARCH_ENDPOINT": ""}, "SEARCH_ENDPOINT is not set"},
		{"account is a pattern", own, map[string]string{"BILLING_ACCOUNT": "*", "SEARCH_INDEX": "*"}, `BILLING_ACCOUNT is "*"`},
		{"no tables", own, map[string]string{"TABLES": ""}, `TABLES is ""`},
		{"table without a name", own, map[string]string{"TABLES": "t"}, `TABLES is "t"`},
		{"table twice", own, map[string]string{"TABLES": "t=a,t=b"}, `TABLES is "t=a,t=b"`},
		{"level", own, map[string]string{"LOG_LEVEL": "loud"}, `LOG_LEVEL is "loud"`},
		{"all at once", own, map[string]string{"LOG_LEVEL": "loud", "TABLES": ""}, "TABLES"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			env := maps.Clone(tt.base)
			if env == nil {
				env = map[string]string{}
			}
			maps.Copy(env, tt.set)
			_, err := readSettings(func(name string) string { return env[name] })
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error = %v, want %q", err, tt.want)
			}
		})
	}
}

func FuzzRecord(f *testing.F) {
	f.Add([]byte(`{"eventName":"INSERT","eventSourceARN":"` + streamARN + `","dynamodb":{"SequenceNumber":"1","Keys":{"billingAccount":{"S":"12345#3"},"kittenId":{"S":"k"}},"NewImage":{"version":{"N":"1"},"l":{"L":[{"M":{"b":{"B":"AA=="}}},{"NS":["1"]},{"BS":["AA=="]},{"NULL":true}]}}}}`))
	f.Add([]byte(`{"dynamodb":{"SequenceNumber":"1","Keys":{"billingAccount":null}}}`))
	s := settings{tables: map[string]string{tableName1: "kittens"}}
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := recordOfEvent(text)
		if err != nil {
			return
		}
		c := s.change(r)
		if c.failure == nil && (!isAccount(c.account) || c.row.table != "kittens" || c.row.attribute == "" || !strings.HasPrefix(c.row.partition, c.account)) {
			t.Errorf("change = %+v", c)
		}
	})
}
