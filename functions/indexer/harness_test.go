package main

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/tenantstack/tenantstack/internal/localcloud/engine/enginetest"
)

const (
	tableName1  = "kittens-cell-eu-1-kittens"
	streamARN   = "arn:aws:dynamodb:eu-central-1:111111111111:table/" + tableName1 + "/stream/2026-03-01T09:12:44.318"
	rolePrefix  = "arn:aws:iam::111111111111:role/kittens-index-writer-"
	paramPrefix = "/kittens/eu-1/search-endpoint/"
)

// cloud is what an indexer finds around it: an OpenSearch domain that takes requests for an index only
// with the account's own role, and the AWS services that it calls, on one address.
type cloud struct {
	t *testing.T
	// domain and aws are the addresses of both.
	domain, aws string

	mu sync.Mutex
	// suffix makes accounts of this test, which are indices of an engine that all tests share.
	suffix string
	// roles counts AssumeRole by account; denied accounts have none.
	roles  map[string]int
	denied map[string]bool
	// expiry of a role's credentials.
	expiry time.Duration
	// parameters are search endpoints by name; lookups counts requests.
	parameters map[string]string
	lookups    int
	// fault answers a request to the domain in the engine's place where it returns true.
	fault func(w http.ResponseWriter, r *http.Request, forward http.Handler) bool
	// writers are the access keys that wrote each index.
	writers map[string]string

	messages []*message
	receipts int
	// trimmed shards answer with TrimmedDataAccessException.
	trimmed map[string]bool
	// dynamoDB is the engine's. Tests hook into reads by rowFault, which answers in its place where it returns true.
	dynamoDB http.Handler
	rowFault func(w http.ResponseWriter, r *http.Request) bool
	// readers are the access keys that read rows of each account.
	readers map[string]string
}

// message is one dead letter in the queue.
type message struct {
	id, body, receipt string
	hidden            bool
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	engine, err := url.Parse(enginetest.OpenSearch(t))
	if err != nil {
		t.Fatal(err)
	}
	c := &cloud{
		t: t, suffix: enginetest.Unique(""), expiry: time.Hour,
		roles: map[string]int{}, denied: map[string]bool{}, parameters: map[string]string{},
		writers: map[string]string{}, readers: map[string]string{}, trimmed: map[string]bool{},
	}
	rows, err := url.Parse(enginetest.DynamoDB(t))
	if err != nil {
		t.Fatal(err)
	}
	c.dynamoDB = httputil.NewSingleHostReverseProxy(rows)
	forward := httputil.NewSingleHostReverseProxy(engine)
	forward.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	domain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.serveDomain(w, r, forward) }))
	t.Cleanup(domain.Close)
	services := httptest.NewServer(http.HandlerFunc(c.serveAWS))
	t.Cleanup(services.Close)
	c.domain, c.aws = domain.URL, services.URL
	t.Setenv("AWS_ENDPOINT_URL", c.aws)
	t.Setenv("AWS_REGION", "eu-central-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDFUNCTION")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "none"))
	return c
}

// account is an account of this test.
func (c *cloud) account(name string) string { return name + c.suffix }

// serveDomain stands for IAM in front of the engine: an index takes its own account's key alone.
func (c *cloud) serveDomain(w http.ResponseWriter, r *http.Request, forward http.Handler) {
	_, credential, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	key, _, _ := strings.Cut(credential, "/")
	index, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	c.mu.Lock()
	fault := c.fault
	allowed := key == "AKID-"+index || key == "AKIDFUNCTION" && len(c.roles) == 0
	if allowed {
		c.writers[index] = key
	}
	c.mu.Unlock()
	if !allowed {
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, `{"Message":"User is not authorized"}`)
		return
	}
	if fault == nil || !fault(w, r, forward) {
		forward.ServeHTTP(w, r)
	}
}

func (c *cloud) serveAWS(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	_, target, isJSON := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if !isJSON {
		form, _ := url.ParseQuery(string(body))
		c.assumeRole(w, form)
		return
	}
	if strings.HasPrefix(r.Header.Get("X-Amz-Target"), "DynamoDBStreams") {
		for shard := range c.trimmed {
			if bytes.Contains(body, []byte(shard)) {
				refuse(w, "TrimmedDataAccessException")
				return
			}
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		c.dynamoDB.ServeHTTP(w, r)
		return
	}
	if strings.HasPrefix(r.Header.Get("X-Amz-Target"), "DynamoDB_") {
		c.serveRows(w, r, target, body)
		return
	}
	var in struct {
		Name                string
		ReceiptHandle       string
		MaxNumberOfMessages int
		VisibilityTimeout   int
		QueueUrl            string
	}
	if err := json.Unmarshal(body, &in); err != nil {
		c.t.Errorf("%s: %v", target, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch target {
	case "GetParameter":
		c.lookups++
		if v, ok := c.parameters[in.Name]; ok {
			reply(w, map[string]any{"Parameter": map[string]any{"Name": in.Name, "Value": v}})
			return
		}
		refuse(w, "ParameterNotFound")
	case "ReceiveMessage":
		reply(w, map[string]any{"Messages": c.receive(in.MaxNumberOfMessages)})
	case "DeleteMessage", "ChangeMessageVisibility":
		for i, m := range c.messages {
			if m.receipt != in.ReceiptHandle {
				continue
			}
			if m.hidden = in.VisibilityTimeout > 0; target == "DeleteMessage" {
				c.messages = append(c.messages[:i:i], c.messages[i+1:]...)
			}
			break
		}
		reply(w, map[string]any{})
	default:
		c.t.Errorf("unexpected request %s", target)
		refuse(w, "UnknownOperationException")
	}
}

var credential = regexp.MustCompile(`Credential=([^/]+)/`)

// serveRows stands for IAM in front of DynamoDB: a role reads rows of its own account alone, by consistent reads.
func (c *cloud) serveRows(w http.ResponseWriter, r *http.Request, target string, body []byte) {
	key := credential.FindStringSubmatch(r.Header.Get("Authorization"))[1]
	var in struct {
		RequestItems map[string]struct {
			ConsistentRead bool
			Keys           []map[string]struct{ S string }
		}
	}
	if err := json.Unmarshal(body, &in); err != nil || target != "BatchGetItem" {
		c.t.Errorf("%s: %v", target, err)
	}
	allowed := true
	c.mu.Lock()
	for name, request := range in.RequestItems {
		if !request.ConsistentRead {
			c.t.Errorf("rows of %s are read without ConsistentRead", name)
		}
		for _, k := range request.Keys {
			account, ok := accountOf(k[partitionKey].S)
			allowed = allowed && ok && (key == "AKID-"+account || key == "AKIDFUNCTION" && len(c.roles) == 0)
			c.readers[account] = key
		}
	}
	fault := c.rowFault
	c.mu.Unlock()
	if !allowed {
		refuse(w, "AccessDeniedException")
		return
	}
	if fault != nil && fault(w, r) {
		return
	}
	// The engine takes letters and digits alone for an access key.
	r.Header.Set("Authorization", credential.ReplaceAllString(r.Header.Get("Authorization"), "Credential=AKIDLOCAL/"))
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	c.dynamoDB.ServeHTTP(w, r)
}

func (c *cloud) receive(most int) []map[string]string {
	var out []map[string]string
	for _, m := range c.messages {
		if m.hidden || len(out) == most {
			continue
		}
		c.receipts++
		m.hidden, m.receipt = true, strconv.Itoa(c.receipts)
		sum := md5.Sum([]byte(m.body))
		out = append(out, map[string]string{"MessageId": m.id, "ReceiptHandle": m.receipt, "Body": m.body, "MD5OfBody": hex.EncodeToString(sum[:])})
	}
	return out
}

func (c *cloud) assumeRole(w http.ResponseWriter, form url.Values) {
	account := strings.TrimPrefix(form.Get("RoleArn"), rolePrefix)
	c.mu.Lock()
	defer c.mu.Unlock()
	if form.Get("Action") != "AssumeRole" || form.Get("RoleSessionName") != sessionPrefix+account || c.denied[account] {
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, `<ErrorResponse><Error><Code>AccessDenied</Code><Message>not authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>`)
		return
	}
	c.roles[account]++
	fmt.Fprintf(w, `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>AKID-%s</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>%s</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
		account, time.Now().Add(c.expiry).UTC().Format(time.RFC3339))
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	json.NewEncoder(w).Encode(v)
}

func refuse(w http.ResponseWriter, kind string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("X-Amzn-Errortype", kind)
	w.WriteHeader(http.StatusBadRequest)
	fmt.Fprintf(w, `{"__type":%q,"message":"refused"}`, kind)
}

// shared starts the cell's indexer; its log is in the buffer.
func (c *cloud) shared(more map[string]string) (*indexer, *bytes.Buffer) {
	c.t.Helper()
	return c.start(map[string]string{
		"INDEX_WRITER_ROLE_ARN_PREFIX": rolePrefix, "SEARCH_ENDPOINT_PARAMETER_PREFIX": paramPrefix,
		"SEARCH_ENDPOINT": c.domain, "TABLES": tableName1 + "=kittens", "DEAD_LETTER_QUEUE_URL": c.aws + "/queue",
	}, more)
}

// own starts the indexer of one account.
func (c *cloud) own(account string) (*indexer, *bytes.Buffer) {
	c.t.Helper()
	return c.start(map[string]string{
		"TENANT": "super-awesome-customer", "BILLING_ACCOUNT": account, "SEARCH_INDEX": account,
		"SEARCH_ENDPOINT": c.domain, "TABLES": tableName1 + "=kittens",
	}, nil)
}

func (c *cloud) start(env, more map[string]string) (*indexer, *bytes.Buffer) {
	c.t.Helper()
	for k, v := range more {
		env[k] = v
	}
	var log lockedBuffer
	ix, err := start(context.Background(), func(name string) string { return env[name] }, &log)
	if err != nil {
		c.t.Fatal(err)
	}
	return ix, &log.Buffer
}

// lockedBuffer takes the log of many goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

// invoke calls the handler with a batch; it returns the sequence number of the first failure, or "".
func invoke(t *testing.T, ix *indexer, payload []byte) string {
	t.Helper()
	out, err := ix.handle(context.Background(), payload)
	if err != nil {
		t.Fatal(err)
	}
	answer := out.(events.DynamoDBEventResponse)
	switch len(answer.BatchItemFailures) {
	case 0:
		return ""
	case 1:
		return answer.BatchItemFailures[0].ItemIdentifier
	default:
		t.Fatalf("failures = %v, want the first alone", answer.BatchItemFailures)
		return ""
	}
}

// testdata reads a payload and gives its accounts the test's suffix.
func (c *cloud) testdata(name string) []byte {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		c.t.Fatal(err)
	}
	for _, account := range []string{"12345", "67890"} {
		text = bytes.ReplaceAll(text, []byte(`"S": "`+account+`"`), []byte(`"S": "`+c.account(account)+`"`))
		text = bytes.ReplaceAll(text, []byte(`"S": "`+account+`#`), []byte(`"S": "`+c.account(account)+`#`))
	}
	return text
}

// happened is a payload of testdata whose records have come about: the table has what they say.
func (c *cloud) happened(name string) []byte {
	c.t.Helper()
	payload := c.testdata(name)
	var batch struct{ Records []json.RawMessage }
	if err := json.Unmarshal(payload, &batch); err != nil {
		c.t.Fatal(err)
	}
	for _, text := range batch.Records {
		c.happen(text)
	}
	return payload
}

// happen carries out what a record says in the table, as far as that can be.
func (c *cloud) happen(text json.RawMessage) {
	c.t.Helper()
	sharedTable(c.t)
	var record struct {
		EventName string
		Dynamodb  struct{ Keys, NewImage json.RawMessage }
	}
	if json.Unmarshal(text, &record) != nil || len(record.Dynamodb.Keys) == 0 {
		return
	}
	if len(record.Dynamodb.NewImage) == 0 || record.EventName == "REMOVE" {
		engine(c.t, "DeleteItem", map[string]any{"TableName": tableName1, "Key": record.Dynamodb.Keys})
		return
	}
	engine(c.t, "PutItem", map[string]any{"TableName": tableName1, "Item": record.Dynamodb.NewImage})
}

var sharedTable = func() func(*testing.T) {
	var once sync.Once
	return func(t *testing.T) {
		once.Do(func() {
			attribute := func(name string) map[string]any { return map[string]any{"AttributeName": name, "AttributeType": "S"} }
			engine(t, "CreateTable", map[string]any{
				"TableName": tableName1, "BillingMode": "PAY_PER_REQUEST",
				"AttributeDefinitions": []any{attribute(partitionKey), attribute("kittenId")},
				"KeySchema": []any{
					map[string]any{"AttributeName": partitionKey, "KeyType": "HASH"}, map[string]any{"AttributeName": "kittenId", "KeyType": "RANGE"},
				},
			})
		})
	}
}()

// engine calls DynamoDB Local as it stands. A refusal of what no table takes is left to be.
func engine(t *testing.T, operation string, in any) {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, enginetest.DynamoDB(t), bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.0")
	req.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDLOCAL/20260301/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, _ := io.ReadAll(resp.Body); resp.StatusCode/100 != 2 {
		t.Logf("%s %s: %s %s", operation, body, resp.Status, text)
	}
}

// ask sends a request to the OpenSearch engine as it stands.
func ask(t *testing.T, method, path, body string) {
	t.Helper()
	req, err := http.NewRequest(method, enginetest.OpenSearch(t)+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, _ := io.ReadAll(resp.Body); resp.StatusCode/100 != 2 {
		t.Fatalf("%s %s: %s %s", method, path, resp.Status, text)
	}
}

// restart makes the engine forget the versions of an index's deleted documents, as a start of the node or a move of the shard does.
func restart(t *testing.T, account string) {
	t.Helper()
	ask(t, http.MethodPost, "/"+account+"/_close", "")
	ask(t, http.MethodPost, "/"+account+"/_open?wait_for_active_shards=1", "")
}

// documents are the rows in an account's index by sort key.
func documents(t *testing.T, account string) map[string]map[string]any {
	t.Helper()
	resp, err := http.Post(enginetest.OpenSearch(t)+"/"+account+"/_refresh", "application/json", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode == http.StatusNotFound {
		return nil
	}
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("refreshing %s: %s", account, resp.Status)
	}
	resp, err = http.Get(enginetest.OpenSearch(t) + "/" + account + "/_search?size=1000")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var out struct {
		Hits struct {
			Hits []struct {
				Source struct {
					Key string
					Row map[string]any
				} `json:"_source"`
			}
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		t.Fatal(err)
	}
	docs := map[string]map[string]any{}
	for _, h := range out.Hits.Hits {
		docs[h.Source.Key] = h.Source.Row
	}
	return docs
}
