package dynamodb

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tenantstack/tenantstack/internal/localcloud/engine/enginetest"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// TestEngineFails has the engine fail at changes of a table, as it does now and then after an index was deleted.
func TestEngineFails(t *testing.T) {
	target, err := url.Parse(engineAddress(t))
	if err != nil {
		t.Fatal(err)
	}
	var failures atomic.Int64
	engine := httputil.NewSingleHostReverseProxy(target)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".UpdateTable") && failures.Add(-1) >= 0 {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, `{"__type":"com.amazonaws.dynamodb.v20120810#InternalFailure","Message":"unknown"}`)
			return
		}
		engine.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	g, err := gate.New(gate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := New(Options{Gate: g, Engine: front.URL, Log: func(line string) { t.Log(line) }})
	t.Cleanup(s.Close)
	r := table1(accountA)
	r.Name, r.Properties["StreamSpecification"] = enginetest.Unique("failing"), map[string]any{"StreamViewType": "KEYS_ONLY"}
	if err := s.Put(context.Background(), r); err != nil {
		t.Fatal(err)
	}
	r.Properties["StreamSpecification"] = map[string]any{"StreamViewType": "NEW_IMAGE"}
	failures.Store(updateAttempts - 1)
	if err := s.Put(context.Background(), r); err != nil {
		t.Errorf("the engine failed %d times: %v", updateAttempts-1, err)
	}
	r.Properties["StreamSpecification"] = map[string]any{"StreamViewType": "OLD_IMAGE"}
	failures.Store(updateAttempts)
	if err := s.Put(context.Background(), r); err == nil || !strings.Contains(err.Error(), "InternalFailure") {
		t.Errorf("the engine failed every time: %v", err)
	}
}
