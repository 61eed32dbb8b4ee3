package uploads_test

import (
	"bytes"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/tenantstack/tenantstack/functions/internal/uploads"
	"github.com/tenantstack/tenantstack/functions/internal/uploads/uploadstest"
)

var now = time.Date(2024, 3, 6, 8, 0, 10, 999, time.FixedZone("CET", 3600))

func open(t *testing.T, account string) *uploads.Bucket {
	t.Helper()
	b, err := uploads.New(config(client(), "uploads/"+account+"/", account))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func config(client *s3.Client, prefix, account string) uploads.Config {
	return uploads.Config{
		Client: client, Bucket: "kittens-uploads", Prefix: prefix, Account: account, Site: "https://acme.example.com",
		Now: func() time.Time { return now },
	}
}

func client() *s3.Client {
	return s3.NewFromConfig(aws.Config{
		Region:      "eu-central-1",
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "token"),
	})
}

func parse(t *testing.T, text string) (*url.URL, url.Values) {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u, u.Query()
}

func TestSignPut(t *testing.T) {
	b := open(t, "12345")
	key, err := b.Key("incoming", "3f0c1f9e-6d1b-4c52-9a57-1d2f8a6b7c01", "photo_1")
	if want := "uploads/12345/incoming/3f0c1f9e-6d1b-4c52-9a57-1d2f8a6b7c01/photo_1"; err != nil || key != want {
		t.Fatalf("Key: %q, %v, want %q", key, err, want)
	}
	r, err := b.SignPut(t.Context(), uploads.Object{Key: key, ContentType: "image/webp", Size: 48213, SHA256: bytes.Repeat([]byte{1}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	u, q := parse(t, r.URL)
	if u.Host != "kittens-uploads.s3.eu-central-1.amazonaws.com" || u.Path != "/"+key || u.Scheme != "https" {
		t.Errorf("URL %s, want the object in the bucket", r.URL)
	}
	for name, want := range map[string]string{
		"X-Amz-SignedHeaders": "content-length;content-type;host;if-none-match;x-amz-checksum-sha256",
		"X-Amz-Expires":       "300",
		"X-Amz-Date":          "20240306T070010Z",
		"X-Amz-Credential":    "AKIDEXAMPLE/20240306/eu-central-1/s3/aws4_request",
	} {
		if q.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, q.Get(name), want)
		}
	}
	want := map[string]string{
		"Content-Type": "image/webp", "Content-Length": "48213", "If-None-Match": "*",
		"x-amz-checksum-sha256": "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
	}
	if diff := cmp.Diff(want, r.Headers); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	if r.Method != "PUT" || !r.ExpiresAt.Equal(time.Date(2024, 3, 6, 7, 5, 10, 0, time.UTC)) || r.ExpiresAt.Location() != time.UTC {
		t.Errorf("method %s, expires at %v, want PUT, 5 minutes from now in UTC", r.Method, r.ExpiresAt)
	}
}

// Everything that a signed upload is bound to changes the signature.
func TestSignatureBindsTheFile(t *testing.T) {
	b := open(t, "12345")
	sign := func(change func(*uploads.Object)) string {
		o := uploads.Object{Key: "uploads/12345/f/k/p", ContentType: "image/png", Size: 10, SHA256: make([]byte, 32)}
		change(&o)
		r, err := b.SignPut(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		_, q := parse(t, r.URL)
		return q.Get("X-Amz-Signature")
	}
	first := sign(func(*uploads.Object) {})
	if again := sign(func(*uploads.Object) {}); again != first {
		t.Errorf("the same file is signed differently: %s, %s", first, again)
	}
	for name, change := range map[string]func(*uploads.Object){
		"key":    func(o *uploads.Object) { o.Key = "uploads/12345/f/k/q" },
		"type":   func(o *uploads.Object) { o.ContentType = "image/jpeg" },
		"size":   func(o *uploads.Object) { o.Size = 11 },
		"digest": func(o *uploads.Object) { o.SHA256 = bytes.Repeat([]byte{2}, 32) },
	} {
		if sign(change) == first {
			t.Errorf("another %s has the same signature", name)
		}
	}
}

func TestSignGet(t *testing.T) {
	r, err := open(t, "12345").SignGet(t.Context(), "uploads/12345/f/k/p", "image/png", "inline")
	if err != nil {
		t.Fatal(err)
	}
	u, q := parse(t, r.URL)
	// The site, by which it is read, is not the host that was signed.
	if u.Scheme != "https" || u.Host != "acme.example.com" || u.Path != "/uploads/12345/f/k/p" {
		t.Errorf("URL %s, want the object at the tenant's site", r.URL)
	}
	for name, want := range map[string]string{
		"response-content-type": "image/png", "response-content-disposition": "inline",
		"response-cache-control": "private, no-store", "X-Amz-Expires": "300", "X-Amz-SignedHeaders": "host",
	} {
		if q.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, q.Get(name), want)
		}
	}
	if r.Method != "GET" || len(r.Headers) != 0 {
		t.Errorf("method %s, headers %v, want GET and none", r.Method, r.Headers)
	}
}

func TestKeysOfOthers(t *testing.T) {
	b := open(t, "12345")
	for _, key := range []string{
		"", "uploads/12345/", "uploads/12345/f", "uploads/12345/f/k", "uploads/12345/f/k/", "uploads/12345/f//p", "uploads/12345//k/p", "uploads/12345/f/k/p/q",
		"uploads/12346/f/k/p", "uploads/123456/f/k/p", "uploads/12345/../12346/k/p", "uploads/12345/../12346/f/k/p", "uploads/12345/../k/p", "uploads/12345/f/../p", "uploads/12345/f/k/..",
		"uploads/12345/f/k/.", "/uploads/12345/f/k/p", "uploads/12345/f/k/p?versionId=1", "uploads/12345/f/k/p%2f", "uploads/12345/f/k/p\x00",
		"uploads/12345/f/k/p\n", "uploads/12345/f/k/ü", "uploads/12345/f/k/" + strings.Repeat("x", 65), `uploads/12345/f/k\p/q`,
	} {
		if _, err := b.SignGet(t.Context(), key, "image/png", "inline"); !errors.Is(err, uploads.ErrKey) {
			t.Errorf("SignGet(%q): %v, want ErrKey", key, err)
		}
		if _, err := b.SignPut(t.Context(), uploads.Object{Key: key, ContentType: "image/png", Size: 1, SHA256: make([]byte, 32)}); !errors.Is(err, uploads.ErrKey) {
			t.Errorf("SignPut(%q): %v, want ErrKey", key, err)
		}
		if _, err := b.Get(t.Context(), key, 1); !errors.Is(err, uploads.ErrKey) {
			t.Errorf("Get(%q): %v, want ErrKey", key, err)
		}
		if err := b.Put(t.Context(), key, "image/png", nil); !errors.Is(err, uploads.ErrKey) {
			t.Errorf("Put(%q): %v, want ErrKey", key, err)
		}
		if err := b.Delete(t.Context(), key); !errors.Is(err, uploads.ErrKey) {
			t.Errorf("Delete(%q): %v, want ErrKey", key, err)
		}
	}
	for _, parts := range [][3]string{{"f", "..", "p"}, {"f", "k", ".."}, {"f", "", "p"}, {"f", "k/p", "q"}, {"f", "k", ""}, {"", "k", "p"}, {"..", "k", "p"}, {"f/k", "p", "q"}} {
		if key, err := b.Key(parts[0], parts[1], parts[2]); !errors.Is(err, uploads.ErrKey) {
			t.Errorf("Key(%q) = %q, %v, want ErrKey", parts, key, err)
		}
	}
}

func TestFilesThatCannotBe(t *testing.T) {
	b := open(t, "12345")
	good := uploads.Object{Key: "uploads/12345/f/k/p", ContentType: "image/png", Size: 1, SHA256: make([]byte, 32)}
	for name, change := range map[string]func(*uploads.Object){
		"no size":       func(o *uploads.Object) { o.Size = 0 },
		"negative size": func(o *uploads.Object) { o.Size = -1 },
		"short digest":  func(o *uploads.Object) { o.SHA256 = make([]byte, 31) },
		"no type":       func(o *uploads.Object) { o.ContentType = "" },
	} {
		o := good
		change(&o)
		if _, err := b.SignPut(t.Context(), o); err == nil {
			t.Errorf("%s: signed, want an error", name)
		}
	}
}

func TestNewRefusesAnotherPrefix(t *testing.T) {
	for _, test := range [][2]string{
		{"uploads/12346/", "12345"}, {"uploads/12345", "12345"}, {"", "12345"}, {"uploads//", ""}, {"uploads/../", ".."}, {"uploads/a/b/", "a/b"},
	} {
		if _, err := uploads.New(config(client(), test[0], test[1])); err == nil {
			t.Errorf("New with prefix %q for account %q: no error", test[0], test[1])
		}
	}
}

func TestNewRefusesASiteThatIsNone(t *testing.T) {
	for _, site := range []string{"", "acme.example.com", "/uploads", "https://", "https://acme .example.com"} {
		c := config(client(), "uploads/12345/", "12345")
		c.Site = site
		if _, err := uploads.New(c); err == nil {
			t.Errorf("New with site %q: no error", site)
		}
	}
}

func TestObjects(t *testing.T) {
	server := uploadstest.New(t)
	s3client := s3.NewFromConfig(aws.Config{
		Region: "eu-central-1", BaseEndpoint: &server.URL, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
	}, func(o *s3.Options) { o.UsePathStyle = true })
	b, err := uploads.New(config(s3client, "uploads/12345/", "12345"))
	if err != nil {
		t.Fatal(err)
	}
	const key = "uploads/12345/f/k/p"
	if err := b.Put(t.Context(), key, "image/png", []byte("abc")); err != nil {
		t.Fatal(err)
	}
	if o, ok := server.Get(key); !ok || string(o.Data) != "abc" || o.ContentType != "image/png" {
		t.Errorf("stored %+v, %v", o, ok)
	}
	if data, err := b.Get(t.Context(), key, 3); err != nil || string(data) != "abc" {
		t.Errorf("Get: %q, %v", data, err)
	}
	if data, err := b.Get(t.Context(), key, 2); !errors.Is(err, uploads.ErrTooLarge) || data != nil {
		t.Errorf("Get of at most 2 bytes: %q, %v, want ErrTooLarge", data, err)
	}
	server.Fail(func(_, key string) int {
		if strings.HasSuffix(key, "/p") {
			return 400
		}
		return 0
	})
	server.Put("uploads/12345/f/k/q", "", nil)
	if err := b.Delete(t.Context(), key, "uploads/12345/f/k/q"); err == nil {
		t.Error("Delete of an object that cannot be removed: no error")
	}
	if got := server.Keys(); len(got) != 1 || got[0] != key {
		t.Errorf("left are %v, want the one that cannot be removed", got)
	}
}
