package opensearch

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

func TestReserve(t *testing.T) {
	node := newSpy(t)
	c := newCloud(t, node.URL)
	const arn = "arn:aws:es:eu-central-1:111111111111:domain/new"
	if got := c.service.Endpoint(arn); got != "" {
		t.Errorf("Endpoint = %q before Reserve", got)
	}
	one, err := c.service.Reserve(arn)
	if err != nil {
		t.Fatal(err)
	}
	two, err := c.service.Reserve(arn)
	if err != nil || one != two || c.service.Endpoint(arn) != one || !strings.HasPrefix(one, "127.0.0.1:") {
		t.Errorf("Reserve = %q, %q, %v", one, two, err)
	}
	if a := c.call(arn, adminARN, "GET", "/", ""); a.status != 503 {
		t.Errorf("before Put: %d %s", a.status, a.body)
	}
	c.put(arn, nil)
	if a := c.call(arn, adminARN, "GET", "/", ""); a.status != 200 || c.service.Endpoint(arn) != one {
		t.Errorf("after Put: %d %s", a.status, a.body)
	}
	if err := c.service.Delete(context.Background(), domainResource(arn, nil)); err != nil {
		t.Fatal(err)
	}
	if a := c.call(arn, adminARN, "GET", "/", ""); a.status != 503 {
		t.Errorf("after Delete: %d %s", a.status, a.body)
	}
	for _, bad := range []string{"", "arn:aws:es:eu-central-1:111111111111:domain/", "arn:aws:es:eu-central-1:111111111111:domain/a/b", "arn:aws:s3:::x"} {
		if _, err := c.service.Reserve(bad); err == nil {
			t.Errorf("Reserve(%q) succeeds", bad)
		}
	}
}

func TestEngineComesBackElsewhere(t *testing.T) {
	node := newSpy(t)
	c := newCloud(t, "")
	get := func() int { return c.call(cellARN, adminARN, "GET", "/", "").status }
	if got := get(); got != 503 {
		t.Errorf("without an engine: %d", got)
	}
	c.service.SetEngine(node.URL)
	if got := get(); got != 200 {
		t.Errorf("with an engine: %d", got)
	}
	node.CloseClientConnections()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	c.service.SetEngine(gone.URL)
	if got := get(); got != 503 {
		t.Errorf("with an engine that died: %d", got)
	}
	c.service.SetEngine(node.URL)
	if got := get(); got != 200 {
		t.Errorf("with an engine again: %d", got)
	}
}

func TestAccessPolicies(t *testing.T) {
	c := newCloud(t, newSpy(t).URL)
	c.put(cellARN, map[string]any{"AccessPolicies": map[string]any{"Version": "2012-10-17", "Statement": []any{
		map[string]any{"Effect": "Allow", "Principal": "*", "Action": "es:ESHttpGet", "Resource": cellARN + "/public/*"},
		map[string]any{"Effect": "Deny", "Principal": "*", "Action": "es:*", "Resource": cellARN + "/ww-7/_count"},
	}}})
	for _, tt := range []struct {
		role, method, target string
		want                 int
	}{
		{"", "GET", "/public/_search", 200}, {"", "GET", "/private/_search", 403}, {"", "HEAD", "/public/_search", 403}, {"", "GET", "/public,private/_search", 403},
		{"", "GET", "/public/_search/../../private/_search", 400}, {readerARN, "GET", "/public/_search", 200}, {readerARN, "POST", "/ww-7/_search", 200},
		{readerARN, "POST", "/ww-7/_count", 403}, {adminARN, "POST", "/ww-7/_count", 403},
	} {
		if a := c.call(cellARN, tt.role, tt.method, tt.target, ""); a.status != tt.want && (tt.method != "HEAD" || a.status != tt.want) {
			t.Errorf("%s %s %s = %d %s, want %d", tt.role, tt.method, tt.target, a.status, a.body, tt.want)
		}
	}
	broken := domainResource(cellARN, map[string]any{"AccessPolicies": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"es:*","Resource":"*","Condition":{"IpAdress":{"aws:SourceIp":"10.0.0.0/8"}}}]}`})
	if err := c.service.Put(context.Background(), broken); err == nil || !strings.HasPrefix(err.Error(), "creating domain kittens-eu-1-78828d64 (cell/SearchDomain): AccessPolicies: ") {
		t.Errorf("a broken policy: %v", err)
	}
	if a := c.call(cellARN, "", "GET", "/private/_search", ""); a.status != 403 {
		t.Errorf("a broken policy changes something: %d", a.status)
	}
}

func TestControlPlane(t *testing.T) {
	c := newCloud(t, "")
	call := func(role, method, path, body string) (int, string) {
		t.Helper()
		_, caller, err := c.gate.ServiceSession("lambda.amazonaws.com", role, "test", 0)
		if err != nil {
			t.Fatal(err)
		}
		front := gate.NewFront(c.gate)
		front.Handle("es", c.service)
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		signed := r.Clone(context.Background())
		host := r.Host
		c.sign(signed, role, path, body)
		r.Header, r.Host, r.RequestURI = signed.Header, host, path
		w := httptest.NewRecorder()
		front.ServeHTTP(w, r)
		_ = caller
		return w.Code, w.Body.String()
	}
	for _, tt := range []struct {
		role, method, path, body string
		want                     int
		text                     string
	}{
		{adminARN, "GET", "/2021-01-01/opensearch/domain/kittens-eu-1-78828d64", "", 200, `"Endpoint":"` + c.service.Endpoint(cellARN) + `"`},
		{adminARN, "GET", "/2015-01-01/es/domain/kittens-eu-1-78828d64", "", 200, `"ElasticsearchVersion":"OpenSearch_2.19"`},
		{adminARN, "GET", "/2021-01-01/opensearch/domain/nothing", "", 409, `ResourceNotFoundException|Domain not found: nothing`},
		{adminARN, "POST", "/2021-01-01/opensearch/domain-info", `{"DomainNames":["kittens-eu-1-78828d64","nothing"]}`, 200, `"DomainName":"kittens-eu-1-78828d64"`},
		{adminARN, "GET", "/2021-01-01/domain", "", 200, `{"DomainNames":[{"DomainName":"kittens-acme-1f921683","EngineType":"OpenSearch"},{"DomainName":"kittens-eu-1-78828d64","EngineType":"OpenSearch"}]}`},
		{adminARN, "DELETE", "/2021-01-01/opensearch/domain/kittens-eu-1-78828d64", "", 404, ``},
		{adminARN, "GET", "/domain", "", 404, ``},
		{readerARN, "GET", "/2021-01-01/opensearch/domain/kittens-eu-1-78828d64", "", 403, `not authorized to perform: es:DescribeDomain on resource: ` + cellARN},
		{readerARN, "GET", "/2021-01-01/opensearch/domain/nothing", "", 403, ``},
		{readerARN, "GET", "/2021-01-01/domain", "", 403, ``},
	} {
		status, body := call(tt.role, tt.method, tt.path, tt.body)
		found := false
		for part := range strings.SplitSeq(tt.text, "|") {
			found = found || strings.Contains(body, part)
		}
		if status != tt.want || !found {
			t.Errorf("%s %s = %d %s, want %d %s", tt.method, tt.path, status, body, tt.want, tt.text)
		}
	}
}

func TestAnotherRegionIsRefused(t *testing.T) {
	node := newSpy(t)
	c := newCloud(t, node.URL)
	const arn = "arn:aws:es:eu-west-1:111111111111:domain/elsewhere"
	c.put(arn, nil)
	// The client signs for eu-central-1.
	if a := c.call(arn, adminARN, "GET", "/", ""); a.status != 403 || !strings.Contains(string(a.body), "valid region") || node.seen.Load() != 0 {
		t.Errorf("%d %s", a.status, a.body)
	}
}
