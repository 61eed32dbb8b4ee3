package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/tenantstack/tenantstack/functions/internal/rest"
	"github.com/tenantstack/tenantstack/functions/internal/rest/resttest"
	"github.com/tenantstack/tenantstack/functions/internal/store"
	"github.com/tenantstack/tenantstack/functions/internal/store/storetest"
	"github.com/tenantstack/tenantstack/functions/internal/uploads/uploadstest"
	"github.com/tenantstack/tenantstack/internal/localcloud/engine/enginetest"
)

const account = "12345"

// app is an account with its functions, tables and index.
type app struct {
	*resttest.World
	t         *testing.T
	functions map[string]*rest.Function
	kittens   *store.Table[kitten]
	bucket    *uploadstest.Bucket
}

// newApp makes an account with that many shards. Search answers as the handler does; none means that it does not answer.
func newApp(t *testing.T, shards int, searching http.HandlerFunc) *app {
	t.Helper()
	endpoint := enginetest.DynamoDB(t)
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", endpoint)
	w := resttest.New(t, account)
	config := store.Config{
		Client:  storetest.Client(enginetest.Config(), endpoint),
		Name:    enginetest.Unique("kittens"),
		Account: account,
		Shards:  shards,
	}
	storetest.Table(t, config.Client.(*dynamodb.Client), config.Name, table.SortKey)
	server := httptest.NewServer(searching)
	t.Cleanup(server.Close)
	if searching == nil {
		server.Close() // the address refuses connections from now on
	}
	w.Env["TABLE_KITTENS"], w.Env["LAYOUT_KITTENS"] = config.Name, "84a613009eab:readWrite"
	w.Env["KEY_SHARDS"] = strconv.Itoa(shards)
	w.Env["SEARCH_ENDPOINT"], w.Env["SEARCH_INDEX"] = server.URL, account
	bucket := uploadstest.New(t)
	t.Setenv("AWS_ENDPOINT_URL_S3", bucket.URL)
	w.Env["UPLOADS_BUCKET"], w.Env["UPLOADS_PREFIX"], w.Env["SITE_URL"] = "kittens-uploads", "uploads/"+account+"/", "https://acme.example.com"
	return &app{World: w, t: t, functions: map[string]*rest.Function{}, kittens: store.New[kitten](config, table), bucket: bucket}
}

// call sends the event of the operation, as change has changed it.
func (a *app) call(operation string, change ...func(resttest.Event)) resttest.Result {
	a.t.Helper()
	if a.functions[operation] == nil {
		a.functions[operation] = a.Start(a.t, operation)
	}
	e := resttest.Load(a.t, "testdata/"+operation+".json")
	for _, f := range change {
		f(e)
	}
	return resttest.Invoke(a.t, a.functions[operation], e)
}

// create adds a kitten through the API.
func (a *app) create(change ...func(resttest.Event)) kitten {
	a.t.Helper()
	var k kitten
	a.call("kittensPost", change...).Want(a.t, http.StatusCreated).Decode(a.t, &k)
	return k
}

func path(id string) func(resttest.Event) {
	return func(e resttest.Event) { e.Path("kittenId", id) }
}

func query(name string, values ...string) func(resttest.Event) {
	return func(e resttest.Event) { e.Query(name, values...) }
}

func header(name string, values ...string) func(resttest.Event) {
	return func(e resttest.Event) { e.Header(name, values...) }
}

func body(t *testing.T, v any) func(resttest.Event) {
	return func(e resttest.Event) { e.Body(t, v) }
}

// each runs a test on an account without and with shards.
func each(t *testing.T, test func(t *testing.T, a *app)) {
	for _, shards := range []int{1, 4} {
		t.Run(fmt.Sprintf("%d shards", shards), func(t *testing.T) { test(t, newApp(t, shards, nil)) })
	}
}

// members decodes a JSON object.
func members(t *testing.T, text string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatalf("reading %s: %v", text, err)
	}
	return m
}

// Every operation of the contract starts with only what its role grants in its environment.
func TestOperationsNeedOnlyTheirGrants(t *testing.T) {
	rows := []string{"TABLE_KITTENS", "LAYOUT_KITTENS", "KEY_SHARDS"}
	files := append([]string{"UPLOADS_BUCKET", "UPLOADS_PREFIX", "SITE_URL"}, rows...)
	for operation, needs := range map[string][]string{
		"kittensGet": append([]string{"SEARCH_ENDPOINT", "SEARCH_INDEX"}, files...), "kittenGet": rows, "kittensPost": rows, "kittenPut": rows,
		"kittenDelete": files, "kittenPhotoPost": files, "kittenPhotoGet": files, "photoUploaded": files,
	} {
		w := resttest.New(t, account)
		for _, name := range needs {
			w.Env[name] = map[string]string{
				"KEY_SHARDS": "1", "SEARCH_ENDPOINT": "https://search.example.com", "SEARCH_INDEX": account, "UPLOADS_PREFIX": "uploads/12345/",
				"SITE_URL": "https://acme.example.com", "LAYOUT_KITTENS": "84a613009eab:read",
			}[name]
			if w.Env[name] == "" {
				w.Env[name] = "name"
			}
		}
		w.Start(t, operation)
		for _, name := range needs {
			value := w.Env[name]
			delete(w.Env, name)
			if _, err := rest.New(operation, w.Outside()); err == nil || !strings.Contains(err.Error(), name+" is not set") {
				t.Errorf("%s without %s: %v, want it to say so", operation, name, err)
			}
			w.Env[name] = value
		}
	}
	if got, want := strings.Join(rest.Operations(), " "), "kittenDelete kittenGet kittenPhotoGet kittenPhotoPost kittenPut kittensGet kittensPost photoUploaded"; got != want {
		t.Errorf("operations %s, want %s", got, want)
	}
}

// Logs tell what happened and to whom, and nothing that was sent.
func TestLogsHaveNoData(t *testing.T) {
	a := newApp(t, 1, nil)
	k := a.create()
	a.call("kittensGet", query("q", "keyboards")).Want(t, http.StatusOK)
	a.call("kittenGet", path(k.ID)).Want(t, http.StatusOK)
	a.call("kittenPut", path(k.ID), header("If-Match", `"9"`)).Want(t, http.StatusPreconditionFailed)
	a.call("kittensPost", body(t, `{"name":["Minka"]}`)).Want(t, http.StatusBadRequest)
	a.call("kittenPhotoPost", path(k.ID)).Want(t, http.StatusCreated)
	a.call("kittenPhotoGet", path(k.ID)).Want(t, http.StatusNotFound)
	a.receive(a.send(k.ID, "image/png", []byte("<svg/>")))
	a.Env["TABLE_KITTENS"] = "absent"
	clear(a.functions)
	a.call("kittensPost").Want(t, http.StatusInternalServerError)
	a.call("kittenDelete", path(k.ID)).Want(t, http.StatusInternalServerError)
	log := a.Log.String()
	for _, secret := range []string{
		"Bearer", "eyJhbGci", "c2VjcmV0", "Minka", "keyboards", "british", "47DEQpj8", "svg", "Mozilla", "203.0.113.7", "user-7f3a", "X-Amz-", k.ID,
	} {
		if strings.Contains(log, secret) {
			t.Errorf("log has %q:\n%s", secret, log)
		}
	}
	requests := 0
	for line := range strings.Lines(log) {
		m := members(t, line)
		for _, name := range []string{"time", "level", "msg", "tenant", "operation", "requestId"} {
			if m[name] == nil || m[name] == "" {
				t.Errorf("line has no %s: %s", name, line)
			}
		}
		if m["msg"] == "request" {
			requests++
		}
	}
	if requests != 10 {
		t.Errorf("%d lines about requests, want 10:\n%s", requests, log)
	}
}
