package s3

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// postUpload is a form as a page would send it.
type postUpload struct {
	policy map[string]any
	fields map[string]string
	file   string
}

func (u postUpload) send(t *testing.T, c *cloud, k gate.Credentials, change func(fields map[string]string)) (*http.Response, string) {
	t.Helper()
	now := time.Now().UTC()
	date := now.Format("20060102")
	fields := maps.Clone(u.fields)
	fields["x-amz-algorithm"], fields["x-amz-date"] = "AWS4-HMAC-SHA256", now.Format("20060102T150405Z")
	fields["x-amz-credential"] = k.AccessKeyID + "/" + date + "/" + region + "/s3/aws4_request"
	if k.SessionToken != "" {
		fields["x-amz-security-token"] = k.SessionToken
	}
	policy := maps.Clone(u.policy)
	conditions := append([]any{}, policy["conditions"].([]any)...)
	for _, name := range []string{"x-amz-algorithm", "x-amz-date", "x-amz-credential"} {
		conditions = append(conditions, map[string]string{name: fields[name]})
	}
	policy["conditions"] = conditions
	document, err := json.Marshal(policy)
	if err != nil {
		t.Fatal(err)
	}
	fields["policy"] = base64.StdEncoding.EncodeToString(document)
	h := hmac.New(sha256.New, gate.SigningKey(k.SecretAccessKey, date, region, "s3"))
	h.Write([]byte(fields["policy"]))
	fields["x-amz-signature"] = hex.EncodeToString(h.Sum(nil))
	if change != nil {
		change(fields)
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, value := range fields {
		if err := w.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	file, err := w.CreateFormFile("file", `C:\pictures\cat.png`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write([]byte(u.file)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return do(t, request(t, "POST", c.server.URL+"/forms", body.String(), "Content-Type", w.FormDataContentType()))
}

func TestPostForms(t *testing.T) {
	c := newCloud(t)
	c.bucket("forms", nil)
	k := c.role(account, "poster", allow([]string{"s3:PutObject"}, "arn:aws:s3:::forms/12345/*"))
	good := postUpload{
		policy: map[string]any{"expiration": time.Now().Add(time.Hour).UTC().Format(time.RFC3339), "conditions": []any{
			map[string]string{"bucket": "forms"}, []any{"starts-with", "$key", "12345/"}, []any{"starts-with", "$Content-Type", "image/"},
			[]any{"content-length-range", 1, 10}, []any{"eq", "$x-amz-meta-tenant", "acme"}, map[string]string{"success_action_status": "201"},
		}},
		fields: map[string]string{"key": "12345/${filename}", "Content-Type": "image/png", "x-amz-meta-tenant": "acme", "success_action_status": "201"},
		file:   "0123456789",
	}
	set := func(name, value string) func(map[string]string) {
		return func(fields map[string]string) { fields[name] = value }
	}
	remove := func(name string) func(map[string]string) {
		return func(fields map[string]string) { delete(fields, name) }
	}
	for _, test := range []struct {
		name   string
		change func(map[string]string)
		file   string
		want   int
	}{
		{"key of another tenant", set("key", "67890/x"), "x", 403},
		{"key with dots", set("key", "../12345/x"), "x", 403},
		{"no key", remove("key"), "x", 403},
		{"other type", set("Content-Type", "text/html"), "x", 403},
		{"list of types", set("Content-Type", "image/png,text/html"), "x", 403},
		{"other metadata", set("x-amz-meta-tenant", "other"), "x", 403},
		{"extra field", set("x-amz-meta-more", "x"), "x", 403},
		{"acl", set("acl", "public-read"), "x", 403},
		{"too large", nil, "0123456789x", 400},
		{"much too large", nil, strings.Repeat("x", 3<<20), 400},
		{"empty", nil, "", 400},
		{"other policy", set("policy", base64.StdEncoding.EncodeToString([]byte(`{"expiration":"2099-01-01T00:00:00Z","conditions":[]}`))), "x", 403},
		{"forged signature", set("x-amz-signature", strings.Repeat("0", 64)), "x", 403},
		{"no signature", remove("x-amz-signature"), "x", 403},
		{"no token", remove("x-amz-security-token"), "x", 403},
		{"no policy", remove("policy"), "x", 400},
		{"other algorithm", set("x-amz-algorithm", "AWS4-HMAC-SHA1"), "x", 400},
		{"other credential", set("x-amz-credential", "AKIA/20260101/eu-central-1/s3/aws4_request"), "x", 400},
		{"large fields", set("x-ignore-me", strings.Repeat("x", 30_000)), "x", 400},
		{"ignored field", set("x-ignore-me", "x"), "0123456789", 201},
		{"as signed", nil, "0123456789", 201},
	} {
		u := good
		u.file = test.file
		response, answer := u.send(t, c, k, test.change)
		if response.StatusCode != test.want {
			t.Errorf("%s: %d %s, want %d", test.name, response.StatusCode, answer, test.want)
		}
		body, err := get(c.operator(), "forms", "12345/cat.png")
		if stored := err == nil; stored != (test.want == 201) || stored && body != u.file {
			t.Errorf("%s: stored %v, %q, %v", test.name, stored, body, err)
		}
		if test.want == 201 {
			if !strings.Contains(answer, "<Key>12345/cat.png</Key>") {
				t.Errorf("%s: %s", test.name, answer)
			}
			if status, answer := c.raw(c.gate.Operator(account), "DELETE", "/forms/12345/cat.png", ""); status != 204 {
				t.Errorf("%d %s", status, answer)
			}
		}
	}
	expired := good
	expired.policy = maps.Clone(good.policy)
	expired.policy["expiration"] = time.Now().Add(-time.Second).UTC().Format(time.RFC3339)
	if response, answer := expired.send(t, c, k, nil); response.StatusCode != 403 {
		t.Errorf("expired: %d %s", response.StatusCode, answer)
	}
	// The policy lets the key through, and the role does not.
	wide := good
	wide.policy = maps.Clone(good.policy)
	wide.policy["conditions"] = []any{[]any{"starts-with", "$key", ""}, map[string]string{"bucket": "forms"}}
	wide.fields = map[string]string{"key": "67890/x"}
	if response, answer := wide.send(t, c, k, nil); response.StatusCode != 403 || !strings.Contains(answer, "AccessDenied") {
		t.Errorf("without permission: %d %s", response.StatusCode, answer)
	}
	large := wide
	large.fields, large.file = map[string]string{"key": "12345/large"}, strings.Repeat("x", 3<<20)
	if response, answer := large.send(t, c, k, nil); response.StatusCode != 204 {
		t.Errorf("large: %d %s", response.StatusCode, answer)
	}
	if body, err := get(c.operator(), "forms", "12345/large"); err != nil || body != large.file {
		t.Errorf("large: %d bytes, %v", len(body), err)
	}
}

func TestPostPolicies(t *testing.T) {
	for document, want := range map[string]bool{
		`{"expiration":"2099-01-01T00:00:00.000Z","conditions":[]}`:                             true,
		`{"expiration":"2099-01-01T00:00:00Z"}`:                                                 false,
		`{"expiration":"tomorrow","conditions":[]}`:                                             false,
		`{"expiration":"2099-01-01T00:00:00Z","conditions":[["content-length-range","1","2"]]}`: true,
		`{"expiration":"2099-01-01T00:00:00Z","conditions":[["content-length-range",2,1]]}`:     false,
		`{"expiration":"2099-01-01T00:00:00Z","conditions":[["content-length-range",-1,1]]}`:    false,
		`{"expiration":"2099-01-01T00:00:00Z","conditions":[["content-length-range",1.5,2]]}`:   false,
		`{"expiration":"2099-01-01T00:00:00Z","conditions":[["ends-with","$key","x"]]}`:         false,
		`{"expiration":"2099-01-01T00:00:00Z","conditions":[["eq","key","x"]]}`:                 false,
		`{"expiration":"2099-01-01T00:00:00Z","conditions":[{"a":"b","c":"d"}]}`:                false,
		`{"expiration":"2099-01-01T00:00:00Z","conditions":[{"a":1}]}`:                          false,
		`{"expiration":"2099-01-01T00:00:00Z","conditions":["x"]}`:                              false,
		`[]`: false,
	} {
		if _, problem := parsePostPolicy([]byte(document)); (problem == nil) != want {
			t.Errorf("%s: %v, want taken %v", document, problem, want)
		}
	}
}
