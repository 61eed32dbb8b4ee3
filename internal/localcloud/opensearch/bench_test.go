package opensearch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// BenchmarkSearch is a search through the service, and the same search at the engine itself. The
// difference is what gate and service add.
func BenchmarkSearch(b *testing.B) {
	node := newSpy(b)
	c := newCloud(b, node.URL)
	hit := `{"_index":"P","_id":"kittens/1","_score":1.5,"highlight":{"name":["<em>Luna</em>"]}},`
	node.reply = strings.ReplaceAll(`{"took":1,"hits":{"hits":[`+strings.Repeat(hit, 19)+strings.TrimSuffix(hit, ",")+`]}}`, "P", c.domain(cellARN).prefix+"ww-7")
	body := `{"size":21,"query":{"bool":{"filter":{"term":{"table":"kittens"}},"should":[{"multi_match":{"query":"luna","type":"cross_fields","operator":"and","fields":["name^2","breed"]}}]}}}`
	sum := sha256.Sum256([]byte(body))
	credentials, _, err := c.gate.ServiceSession("lambda.amazonaws.com", readerARN, "bench", time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	keys := aws.Credentials{AccessKeyID: credentials.AccessKeyID, SecretAccessKey: credentials.SecretAccessKey, SessionToken: credentials.SessionToken}
	for name, base := range map[string]string{"service": "http://" + c.service.Endpoint(cellARN), "engine": node.URL} {
		b.Run(name, func(b *testing.B) {
			r, err := http.NewRequest("POST", base+"/ww-7/_search", nil)
			if err != nil {
				b.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/json")
			r.ContentLength = int64(len(body))
			if err := v4.NewSigner().SignHTTP(context.Background(), keys, r, hex.EncodeToString(sum[:]), "es", region, time.Now()); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				r.Body = io.NopCloser(strings.NewReader(body))
				resp, err := http.DefaultClient.Do(r)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != 200 {
					b.Fatal(resp.Status, err)
				}
				resp.Body.Close()
			}
		})
	}
}
