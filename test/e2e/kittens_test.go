// Package e2e runs the shipped templates in the local cloud and uses them as clients do.
package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	imagepng "image/png"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud"
	"github.com/tenantstack/tenantstack/test/localtest"
)

// TestLocalCloud has one local cloud for everything that does not break it.
func TestLocalCloud(t *testing.T) {
	c := localtest.Start(t, localcloud.Options{})
	for _, tenant := range c.Status().Tenants {
		t.Run("life cycle/"+tenant.ID, func(t *testing.T) { lifeCycle(t, c, tenant.ID) })
	}
	for _, tenant := range []string{"tabby-cafe", "purrfect-bank", "acme"} {
		t.Run("photo/"+tenant, func(t *testing.T) { photo(t, c, tenant) })
	}
	t.Run("breeds", func(t *testing.T) { breeds(t, c) })
	t.Run("admin tasks", func(t *testing.T) { adminTasks(t, c) })
	t.Run("tokens", func(t *testing.T) { tokens(t, c) })
	t.Run("answers", func(t *testing.T) { answers(t, c) })
	t.Run("preflight", func(t *testing.T) { preflight(t, c) })
	t.Run("site", func(t *testing.T) { site(t, c) })
	t.Run("SDK", func(t *testing.T) { sdk(t, c) })
	t.Run("boto3", func(t *testing.T) { boto3(t, c) })
	t.Run("throttle", func(t *testing.T) { throttle(t, c) })
	t.Run("rotated key", func(t *testing.T) { rotatedKey(t, c) })
}

func minka(description string) map[string]any {
	return map[string]any{"name": "Minka", "breed": "maine-coon", "birthDate": "2024-01-01", "description": description}
}

// create adds a kitten and returns its id.
func create(t *testing.T, c *localtest.Cloud, tenant, token, description string) string {
	t.Helper()
	a := c.Do(localtest.Request{Method: "POST", URL: c.Tenant(tenant).API + "/kittens", Token: token, Body: minka(description)})
	if a.Status != http.StatusCreated {
		t.Fatalf("POST /kittens: %d %s", a.Status, a.Body)
	}
	id, _ := a.JSON(t)["kittenId"].(string)
	return id
}

// found is the ids that a search finds.
func found(t *testing.T, c *localtest.Cloud, tenant, token, q string) []string {
	t.Helper()
	a := c.Do(localtest.Request{Method: "GET", URL: c.Tenant(tenant).API + "/kittens?q=" + url.QueryEscape(q), Token: token})
	if a.Status != http.StatusOK {
		t.Fatalf("GET /kittens?q=%s: %d %s", q, a.Status, a.Body)
	}
	body := a.JSON(t)
	if state, _ := body["search"].(map[string]any); state["available"] != true {
		return nil // an index that is not there yet; the list is not filtered
	}
	var ids []string
	items, _ := body["items"].([]any)
	for _, i := range items {
		id, _ := i.(map[string]any)["kittenId"].(string)
		ids = append(ids, id)
	}
	return ids
}

func lifeCycle(t *testing.T, c *localtest.Cloud, tenant string) {
	token, api := c.Token(tenant, "editor"), c.Tenant(tenant).API
	word := "hovercraft" + strings.ReplaceAll(tenant, "-", "")
	id := create(t, c, tenant, token, "Sleeps in a "+word)
	one := api + "/kittens/" + id
	steps := []struct {
		method, url string
		header      map[string]string
		body        any
		status      int
		etag        string
	}{
		{"GET", one, nil, nil, 200, `"1"`},
		{"GET", one, map[string]string{"If-None-Match": `"1"`}, nil, 304, `"1"`},
		{"PUT", one, nil, minka("no version"), 428, ""},
		{"PUT", one, map[string]string{"If-Match": `"1"`}, minka("changed, near the " + word), 200, `"2"`},
		{"PUT", one, map[string]string{"If-Match": `"1"`}, minka("too late"), 412, `"2"`},
		{"GET", one, map[string]string{"If-None-Match": `"1"`}, nil, 200, `"2"`},
	}
	for _, s := range steps {
		a := c.Do(localtest.Request{Method: s.method, URL: s.url, Token: token, Header: s.header, Body: s.body})
		if a.Status != s.status || a.Header.Get("ETag") != s.etag {
			t.Fatalf("%s %s %v: %d, ETag %s, %s; want %d, %s", s.method, s.url, s.header, a.Status, a.Header.Get("ETag"), a.Body, s.status, s.etag)
		}
	}
	localtest.Eventually(t, "the search finds the kitten of "+tenant, func() bool {
		ids := found(t, c, tenant, token, word)
		return len(ids) == 1 && ids[0] == id
	})
	for _, other := range c.Status().Tenants {
		if other.ID != tenant {
			if ids := found(t, c, other.ID, c.Token(other.ID, "reader"), word); len(ids) > 0 && contains(ids, id) {
				t.Errorf("%s finds the kitten of %s", other.ID, tenant)
			}
			if a := c.Do(localtest.Request{Method: "GET", URL: other.API + "/kittens/" + id, Token: c.Token(other.ID, "reader")}); a.Status != 404 {
				t.Errorf("%s reads the kitten of %s: %d %s", other.ID, tenant, a.Status, a.Body)
			}
		}
	}
	if a := c.Do(localtest.Request{Method: "DELETE", URL: one, Token: token, Header: map[string]string{"If-Match": `"2"`}}); a.Status != 204 {
		t.Fatalf("DELETE: %d %s", a.Status, a.Body)
	}
	if a := c.Do(localtest.Request{Method: "GET", URL: one, Token: token}); a.Status != 404 {
		t.Errorf("GET of what was removed: %d %s", a.Status, a.Body)
	}
	localtest.Eventually(t, "the search forgets the kitten of "+tenant, func() bool {
		return len(found(t, c, tenant, token, word)) == 0
	})
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}

// png is a small picture.
var png = func() []byte {
	m := image.NewRGBA(image.Rect(0, 0, 400, 300))
	draw.Draw(m, m.Bounds(), image.NewUniform(color.RGBA{R: 0xcc, G: 0x88, B: 0x44, A: 0xff}), image.Point{}, draw.Src)
	var out bytes.Buffer
	if err := imagepng.Encode(&out, m); err != nil {
		panic(err) // a buffer takes everything
	}
	return out.Bytes()
}()

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// upload asks for a signed upload of a file as a PNG.
func upload(t *testing.T, c *localtest.Cloud, tenant, id, token string, file []byte) (target string, headers map[string]string) {
	t.Helper()
	a := c.Do(localtest.Request{Method: "POST", URL: c.Tenant(tenant).API + "/kittens/" + id + "/photo", Token: token,
		Body: map[string]any{"contentType": "image/png", "size": len(file), "sha256": digest(file)}})
	if a.Status != http.StatusCreated {
		t.Fatalf("POST photo: %d %s", a.Status, a.Body)
	}
	body := a.JSON(t)
	headers = map[string]string{}
	for k, v := range body["headers"].(map[string]any) {
		headers[k] = v.(string)
	}
	return body["url"].(string), headers
}

func photo(t *testing.T, c *localtest.Cloud, tenant string) {
	token := c.Token(tenant, "editor")
	id := create(t, c, tenant, token, "")
	target, headers := upload(t, c, tenant, id, token, png)
	put := func(target string, body []byte, change map[string]string) localtest.Answer {
		h := map[string]string{}
		for k, v := range headers {
			if k != "Content-Length" { // the client counts
				h[k] = v
			}
		}
		for k, v := range change {
			h[k] = v
		}
		return c.Do(localtest.Request{Method: "PUT", URL: target, Header: h, Body: body})
	}
	other := append([]byte(nil), png...)
	other[50] = 1
	refused := map[string]localtest.Answer{
		"a byte more":     put(target, append(append([]byte(nil), png...), 0), nil),
		"a byte less":     put(target, png[:len(png)-1], nil),
		"another type":    put(target, png, map[string]string{"Content-Type": "text/html"}),
		"other bytes":     put(target, other, nil),
		"other digest":    put(target, other, map[string]string{"x-amz-checksum-sha256": digest(other)}),
		"another key":     put(strings.Replace(target, id, "3f0c1f9e-6d1b-4c52-9a57-1d2f8a6b7c01", 1), png, nil),
		"overwriting":     put(target, png, map[string]string{"If-None-Match": `"x"`}),
		"a public ACL":    put(target, png, map[string]string{"x-amz-acl": "public-read"}),
		"another account": put(strings.Replace(target, "/uploads/", "/uploads/x", 1), png, nil),
	}
	for name, a := range refused {
		if a.Status/100 != 4 {
			t.Errorf("upload with %s: %d %s", name, a.Status, a.Body)
		}
	}
	if a := put(target, png, nil); a.Status != 200 {
		t.Fatalf("upload: %d %s", a.Status, a.Body)
	}
	if a := put(target, png, nil); a.Status != 412 {
		t.Errorf("second upload: %d %s, want 412", a.Status, a.Body)
	}
	if p := settled(t, c, tenant, id, token); p["status"] != "stored" || p["width"] != 400.0 {
		t.Errorf("photo %v, want it stored with its pixels", p)
	}
	shown(t, c, tenant, id, token)
	// What was received is gone, and a rejected file leaves the photo as it is.
	if a := c.Do(localtest.Request{Method: "GET", URL: target}); a.Status/100 != 4 {
		t.Errorf("reading with a signed upload: %d", a.Status)
	}
	svg := []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`)
	target, headers = upload(t, c, tenant, id, token, svg)
	if a := put(target, svg, nil); a.Status != 200 {
		t.Fatalf("upload of an SVG as PNG: %d %s", a.Status, a.Body)
	}
	localtest.Eventually(t, "the SVG is rejected", func() bool {
		r, _ := kittenOf(t, c, tenant, id, token)["replacement"].(map[string]any)
		return r["status"] == "rejected" && strings.Contains(r["reason"].(string), "no PNG picture")
	})
	shown(t, c, tenant, id, token)
	cors := c.Do(localtest.Request{Method: "OPTIONS", URL: target, Header: map[string]string{"Origin": strings.TrimSuffix(c.Tenant(tenant).URL, "/"),
		"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type,if-none-match,x-amz-checksum-sha256"}})
	if cors.Status != 200 || cors.Header.Get("Access-Control-Allow-Origin") == "" {
		t.Errorf("preflight of the upload from the tenant's page: %d %v", cors.Status, cors.Header)
	}
	cors = c.Do(localtest.Request{Method: "OPTIONS", URL: target, Header: map[string]string{"Origin": "https://evil.example", "Access-Control-Request-Method": "PUT"}})
	if cors.Status != 403 || cors.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("preflight of the upload from elsewhere: %d %v", cors.Status, cors.Header)
	}
}

// kittenOf reads a kitten.
func kittenOf(t *testing.T, c *localtest.Cloud, tenant, id, token string) map[string]any {
	t.Helper()
	a := c.Do(localtest.Request{Method: "GET", URL: c.Tenant(tenant).API + "/kittens/" + id, Token: token})
	if a.Status != 200 {
		t.Fatalf("GET kitten: %d %s", a.Status, a.Body)
	}
	return a.JSON(t)
}

// settled waits for what becomes of a kitten's first photo.
func settled(t *testing.T, c *localtest.Cloud, tenant, id, token string) (photo map[string]any) {
	t.Helper()
	localtest.Eventually(t, "the photo is stored or rejected", func() bool {
		photo, _ = kittenOf(t, c, tenant, id, token)["photo"].(map[string]any)
		return photo["status"] != "pending"
	})
	return photo
}

// shown reads a kitten's photo as a browser does: through the tenant's site alone.
func shown(t *testing.T, c *localtest.Cloud, tenant, id, token string) {
	t.Helper()
	a := c.Do(localtest.Request{Method: "GET", URL: c.Tenant(tenant).API + "/kittens/" + id + "/photo", Token: token})
	if a.Status != 200 {
		t.Fatalf("GET photo: %d %s", a.Status, a.Body)
	}
	for _, member := range []string{"url", "thumbnailUrl"} {
		text, _ := a.JSON(t)[member].(string)
		if !strings.HasPrefix(text, c.Tenant(tenant).URL+"uploads/") {
			t.Errorf("%s is %s, want it at %s", member, text, c.Tenant(tenant).URL)
		}
		get := c.Do(localtest.Request{Method: "GET", URL: text})
		if _, err := jpeg.Decode(bytes.NewReader(get.Body)); get.Status != 200 || err != nil {
			t.Errorf("%s: %d, %v, %.200s", member, get.Status, err, get.Body)
		}
		for name, want := range map[string]string{
			"Content-Type": "image/jpeg", "X-Content-Type-Options": "nosniff", "Content-Disposition": `inline; filename="photo.jpg"`, "Cache-Control": "private, no-store",
		} {
			if got := get.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", member, name, got, want)
			}
		}
		signed, query, _ := strings.Cut(text, "?")
		for name, target := range map[string]string{
			"without a signature":    signed,
			"with another signature": strings.Replace(text, "X-Amz-Signature=", "X-Amz-Signature=0", 1),
			"of another key":         strings.Replace(text, id, "3f0c1f9e-6d1b-4c52-9a57-1d2f8a6b7c01", 1),
			"as another type":        strings.Replace(text, "image%2Fjpeg", "text%2Fhtml", 1),
			"of another account":     strings.Replace(text, "/uploads/", "/uploads/x", 1),
		} {
			if a := c.Do(localtest.Request{Method: "GET", URL: target}); a.Status != 403 {
				t.Errorf("%s %s: %d, want 403", member, name, a.Status)
			}
		}
		// The signature means nothing to the application, of which nothing was released.
		if a := c.Do(localtest.Request{Method: "GET", URL: c.Tenant(tenant).URL + "index.html?" + query}); a.Status != 404 {
			t.Errorf("%s of the application: %d, want 404", member, a.Status)
		}
		for _, other := range c.Status().Tenants {
			if elsewhere := strings.Replace(text, c.Tenant(tenant).URL, other.URL, 1); other.ID != tenant {
				if a := c.Do(localtest.Request{Method: "GET", URL: elsewhere}); a.Status/100 == 2 {
					t.Errorf("%s is shown at the site of %s", member, other.ID)
				}
			}
		}
		if a := c.Do(localtest.Request{Method: "PUT", URL: text, Body: png}); a.Status/100 != 4 {
			t.Errorf("PUT to %s: %d", member, a.Status)
		}
	}
}

func adminTasks(t *testing.T, c *localtest.Cloud) {
	const tenant = "whisker-world"
	token, api := c.Token(tenant, "admin"), c.Tenant(tenant).API
	id := create(t, c, tenant, token, "a reindexed quokka")
	a := c.Do(localtest.Request{Method: "POST", URL: api + "/admin/tasks", Token: token, Body: map[string]any{"kind": "reindex"}})
	if a.Status != http.StatusAccepted {
		t.Fatalf("POST /admin/tasks: %d %s", a.Status, a.Body)
	}
	task := a.JSON(t)["taskId"]
	localtest.Eventually(t, "the task ends", func() bool {
		list := c.Do(localtest.Request{Method: "GET", URL: api + "/admin/tasks", Token: token})
		for _, item := range list.JSON(t)["items"].([]any) {
			if i := item.(map[string]any); i["taskId"] == task {
				if i["status"] == "failed" {
					t.Fatalf("the task failed: %v", i)
				}
				return i["status"] == "done" || i["status"] == "succeeded"
			}
		}
		return false
	})
	localtest.Eventually(t, "the kitten is found", func() bool { return contains(found(t, c, tenant, token, "quokka"), id) })
}

func tokens(t *testing.T, c *localtest.Cloud) {
	list := func(tenant, token string) localtest.Answer {
		return c.Do(localtest.Request{Method: "GET", URL: c.Tenant(tenant).API + "/kittens", Token: token})
	}
	reader := c.Token("tabby-cafe", "reader")
	needs := func(scope, tenant string) string {
		return `Bearer error="insufficient_scope", scope="` + scope + ` account:` + c.Tenant(tenant).BillingAccount + `"`
	}
	tests := []struct {
		name, tenant, token string
		status              int
		challenge           string
	}{
		{"own", "tabby-cafe", reader, 200, ""},
		{"machine", "tabby-cafe", c.Token("tabby-cafe", "machine"), 200, ""},
		{"none", "tabby-cafe", "", 401, "Bearer"},
		{"nonsense", "tabby-cafe", "abc", 401, "Bearer"},
		{"of another tenant", "purrfect-bank", reader, 403, needs("kittens:read", "purrfect-bank")},
		{"of another tenant of the same tables", "super-awesome-customer", reader, 403, needs("kittens:read", "super-awesome-customer")},
		{"of another AWS account", "acme", reader, 403, needs("kittens:read", "acme")},
		{"with too few scopes", "tabby-cafe", c.Token("tabby-cafe", "reader", "breeds:read"), 403, needs("kittens:read", "tabby-cafe")},
		{"changed", "tabby-cafe", reader[:len(reader)-6] + "AAAAAA", 401, "Bearer"},
	}
	for _, tt := range tests {
		for range 2 { // the second answer may be from the authorizer's cache
			if a := list(tt.tenant, tt.token); a.Status != tt.status || a.Header.Get("WWW-Authenticate") != tt.challenge {
				t.Errorf("token %s: %d %q %s, want %d %q", tt.name, a.Status, a.Header.Get("WWW-Authenticate"), a.Body, tt.status, tt.challenge)
			}
		}
	}
	if a := c.Do(localtest.Request{Method: "POST", URL: c.Tenant("tabby-cafe").API + "/kittens", Token: reader, Body: minka("")}); a.Status != 403 || a.Header.Get("WWW-Authenticate") != needs("kittens:write", "tabby-cafe") {
		t.Errorf("a reader writes: %d %q %s", a.Status, a.Header.Get("WWW-Authenticate"), a.Body)
	}
	if a := list("tabby-cafe", c.TokenFor("tabby-cafe", "reader", -time.Hour)); a.Status != 401 {
		t.Errorf("an expired token: %d %s", a.Status, a.Body)
	}
}

func answers(t *testing.T, c *localtest.Cloud) {
	const tenant = "super-awesome-customer"
	token, api := c.Token(tenant, "admin"), c.Tenant(tenant).API
	tests := []struct {
		name, method, path string
		body               any
		status             int
	}{
		{"unknown path", "GET", "/puppies", nil, 404},
		{"unknown method", "PATCH", "/kittens", minka(""), 404},
		{"trailing slash", "GET", "/kittens/", nil, 200},
		{"two trailing slashes", "GET", "/kittens//", nil, 404},
		{"no such kitten", "GET", "/kittens/3f0c1f9e-6d1b-4c52-9a57-1d2f8a6b7c01", nil, 404},
		{"no id", "GET", "/kittens/x", nil, 400},
		{"missing member", "POST", "/kittens", map[string]any{"name": "x"}, 400},
		{"unknown member", "POST", "/kittens", map[string]any{"name": "x", "breed": "y", "birthDate": "2024-01-01", "evil": 1}, 400},
		{"no JSON", "POST", "/kittens", "{", 400},
		{"bad limit", "GET", "/kittens?limit=0", nil, 400},
		{"photo of 11 MB", "POST", "/kittens/3f0c1f9e-6d1b-4c52-9a57-1d2f8a6b7c01/photo", map[string]any{"contentType": "image/png", "size": 11 << 20, "sha256": digest(nil)}, 413},
		{"body over 10 MB", "POST", "/kittens", `{"name":"` + strings.Repeat("x", 10<<20) + `"}`, 413},
	}
	for _, tt := range tests {
		a := c.Do(localtest.Request{Method: tt.method, URL: api + tt.path, Token: token, Body: tt.body})
		if a.Status != tt.status {
			t.Errorf("%s: %d %.200s, want %d", tt.name, a.Status, a.Body, tt.status)
		}
	}
	conflict(t, c)
}

// conflict starts two tasks at the same time.
func conflict(t *testing.T, c *localtest.Cloud) {
	const tenant = "acme"
	token, api := c.Token(tenant, "admin"), c.Tenant(tenant).API
	create(t, c, tenant, token, "")
	statuses := map[int]int{}
	for range 2 {
		a := c.Do(localtest.Request{Method: "POST", URL: api + "/admin/tasks", Token: token, Body: map[string]any{"kind": "reindex"}})
		statuses[a.Status]++
	}
	if statuses[202] == 0 || statuses[202]+statuses[409] != 2 {
		t.Errorf("two tasks: %v, want 202, and 409 or 202", statuses)
	}
}

func preflight(t *testing.T, c *localtest.Cloud) {
	a := c.Do(localtest.Request{Method: "OPTIONS", URL: c.Tenant("acme").ExecuteAPI + "/kittens", Header: map[string]string{
		"Origin": "https://other.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}})
	if a.Status != 204 || a.Header.Get("Access-Control-Allow-Origin") != "*" || a.Header.Get("Access-Control-Allow-Methods") != "GET,OPTIONS,POST" {
		t.Errorf("preflight: %d %v %s", a.Status, a.Header, a.Body)
	}
	refused := c.Do(localtest.Request{Method: "GET", URL: c.Tenant("acme").ExecuteAPI + "/kittens", Header: map[string]string{"Origin": "https://other.example"}})
	if refused.Status != 401 || refused.Header.Get("Access-Control-Allow-Origin") != "*" || refused.Header.Get("WWW-Authenticate") == "" {
		t.Errorf("a refusal that a browser can read: %d %v", refused.Status, refused.Header)
	}
}

func throttle(t *testing.T, c *localtest.Cloud) {
	const tenant = "tabby-cafe"
	token, api := c.Token(tenant, "reader"), c.Tenant(tenant).API
	limited := make(chan localtest.Answer, 600)
	start := make(chan struct{})
	for range cap(limited) {
		go func() {
			<-start
			limited <- c.Do(localtest.Request{Method: "GET", URL: api + "/breeds", Token: token})
		}()
	}
	close(start)
	statuses := map[int]int{}
	for range cap(limited) {
		a := <-limited
		statuses[a.Status]++
		if a.Status == 429 && (a.Header.Get("Retry-After") != "1" || a.JSON(t)["status"] != 429.0) {
			t.Errorf("429 with %v %s", a.Header, a.Body)
		}
	}
	if statuses[429] == 0 || statuses[200] == 0 || statuses[200]+statuses[429] != cap(limited) {
		t.Errorf("%d requests at once: %v, want 200 and 429", cap(limited), statuses)
	}
	if a := c.Do(localtest.Request{Method: "GET", URL: c.Tenant("acme").API + "/breeds", Token: c.Token("acme", "reader")}); a.Status != 200 {
		t.Errorf("another tenant is throttled too: %d", a.Status)
	}
}

func rotatedKey(t *testing.T, c *localtest.Cloud) {
	const tenant = "purrfect-bank"
	before := c.Token(tenant, "reader")
	get := func(token string) int {
		return c.Do(localtest.Request{Method: "GET", URL: c.Tenant(tenant).API + "/breeds", Token: token}).Status
	}
	if status := get(before); status != 200 {
		t.Fatalf("before: %d", status)
	}
	if _, err := c.RotateKeys(false); err != nil {
		t.Fatal(err)
	}
	// Keys that are not known are fetched at a bounded rate.
	after := c.Token(tenant, "reader")
	localtest.Eventually(t, "tokens of the new key are taken", func() bool { return get(after) == 200 })
	if status := get(before); status != 200 {
		t.Errorf("a token of the key before: %d, want 200", status)
	}
	fmt.Fprintln(t.Output(), "rotated")
}
