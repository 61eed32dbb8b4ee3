package s3

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// TestAbortedUploads hangs up in the middle of a body: nothing may be stored of it, and an object
// that is there stays.
func TestAbortedUploads(t *testing.T) {
	c := newCloud(t)
	c.bucket("aborted", nil)
	k := c.gate.Operator(account)
	put(t, c.operator(), "aborted", "old", "old content")
	for _, sent := range []int{0, 1, 4095, 70_000, 199_999} {
		for _, key := range []string{"new", "old"} {
			r := request(t, "PUT", c.server.URL+"/aborted/"+key, "", "X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
			r.Body, r.ContentLength = http.NoBody, 200_000
			if err := v4.NewSigner().SignHTTP(context.Background(), aws.Credentials{AccessKeyID: k.AccessKeyID, SecretAccessKey: k.SecretAccessKey}, r, "UNSIGNED-PAYLOAD", "s3", region, time.Now()); err != nil {
				t.Fatal(err)
			}
			conn, err := net.Dial("tcp", strings.TrimPrefix(c.server.URL, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			var head strings.Builder
			fmt.Fprintf(&head, "PUT /aborted/%s HTTP/1.1\r\nHost: %s\r\nContent-Length: 200000\r\n", key, r.URL.Host)
			for _, name := range []string{"Authorization", "X-Amz-Date", "X-Amz-Content-Sha256"} {
				fmt.Fprintf(&head, "%s: %s\r\n", name, r.Header.Get(name))
			}
			if _, err := fmt.Fprintf(conn, "%s\r\n%s", head.String(), strings.Repeat("n", sent)); err != nil {
				t.Fatal(err)
			}
			if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			// The answer says that the front and the engine are done with it.
			answer := make([]byte, 4096)
			n, _ := conn.Read(answer)
			if got := string(answer[:n]); !strings.HasPrefix(got, "HTTP/1.1 400") && n > 0 {
				t.Errorf("after %d bytes: %s", sent, got)
			}
			_ = conn.Close()
		}
		_, err := get(c.operator(), "aborted", "new")
		wantCode(t, err, "NoSuchKey")
		if body, err := get(c.operator(), "aborted", "old"); err != nil || body != "old content" {
			t.Errorf("after %d bytes the old object has %d bytes, %v", sent, len(body), err)
		}
	}
}
