package s3

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// BenchmarkObject compares requests through the front with the same straight to the engine.
func BenchmarkObject(b *testing.B) {
	c := newCloud(b)
	c.bucket("bench", nil)
	k := c.role(account, "bench", allow([]string{"s3:GetObject", "s3:PutObject"}, "arn:aws:s3:::bench/*"))
	body := bytes.Repeat([]byte("x"), 4<<10)
	transport := &http.Transport{MaxIdleConnsPerHost: 8}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	front := func(method string) {
		r := request(b, method, c.server.URL+"/bench/key", "", "X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
		if method == "PUT" {
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		} else {
			r.Body = http.NoBody
		}
		if err := signer.SignHTTP(context.Background(), aws.Credentials{AccessKeyID: k.AccessKeyID, SecretAccessKey: k.SecretAccessKey, SessionToken: k.SessionToken}, r, "UNSIGNED-PAYLOAD", "s3", region, time.Now()); err != nil {
			b.Fatal(err)
		}
		finish(b)(transport.RoundTrip(r))
	}
	name, err := storedName("key")
	if err != nil {
		b.Fatal(err)
	}
	engine := func(method string) {
		r := engineRequest{method: method, bucket: "bench", name: name, header: http.Header{}}
		if method == "PUT" {
			r.body, r.length = bytes.NewReader(body), int64(len(body))
		}
		finish(b)(c.service.engine.do(context.Background(), r))
	}
	for _, method := range []string{"PUT", "GET"} {
		b.Run(method+"/front", func(b *testing.B) {
			for b.Loop() {
				front(method)
			}
		})
		b.Run(method+"/engine", func(b *testing.B) {
			for b.Loop() {
				engine(method)
			}
		})
	}
}

func finish(b *testing.B) func(*http.Response, error) {
	return func(response *http.Response, err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
		_, err = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK {
			b.Fatalf("status %d, %v", response.StatusCode, err)
		}
	}
}
