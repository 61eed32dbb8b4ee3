package s3

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash/crc32"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// upload is an aws-chunked request, built as the documentation says.
type upload struct {
	kind    string
	chunks  []string
	trailer string
	// wrong is what the checksum is of instead.
	wrong string
	// forge changes the encoded body.
	forge func(string) string
	// declared is another length than that of the chunks.
	declared int
}

func (u upload) request(t *testing.T, c *cloud, k gate.Credentials, key string) *http.Request {
	t.Helper()
	whole := strings.Join(u.chunks, "")
	declared := len(whole)
	if u.declared > 0 {
		declared = u.declared
	}
	now := time.Now()
	header := []string{"Content-Encoding", "aws-chunked", "X-Amz-Decoded-Content-Length", strconv.Itoa(declared), "X-Amz-Content-Sha256", u.kind}
	if u.trailer != "" {
		header = append(header, "X-Amz-Trailer", u.trailer)
	}
	r := request(t, "PUT", c.server.URL+"/chunks/"+key, "", header...)
	err := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }).SignHTTP(context.Background(),
		aws.Credentials{AccessKeyID: k.AccessKeyID, SecretAccessKey: k.SecretAccessKey, SessionToken: k.SessionToken}, r, u.kind, "s3", region, now)
	if err != nil {
		t.Fatal(err)
	}
	body := u.encode(k, r, now)
	if u.forge != nil {
		body = u.forge(body)
	}
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	return r
}

func (u upload) encode(k gate.Credentials, r *http.Request, now time.Time) string {
	_, previous, _ := strings.Cut(r.Header.Get("Authorization"), "Signature=")
	date := now.UTC().Format("20060102")
	signingKey := gate.SigningKey(k.SecretAccessKey, date, region, "s3")
	sign := func(algorithm, hashes string) string {
		h := hmac.New(sha256.New, signingKey)
		_, _ = io.WriteString(h, algorithm+"\n"+now.UTC().Format("20060102T150405Z")+"\n"+date+"/"+region+"/s3/aws4_request\n"+previous+"\n"+hashes)
		previous = hex.EncodeToString(h.Sum(nil))
		return previous
	}
	hash := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return hex.EncodeToString(sum[:])
	}
	var b bytes.Buffer
	for _, chunk := range append(u.chunks, "") {
		b.WriteString(strconv.FormatInt(int64(len(chunk)), 16))
		if u.kind != streamingUnsigned {
			b.WriteString(";chunk-signature=" + sign(chunkAlgorithm, hash("")+"\n"+hash(chunk)))
		}
		b.WriteString("\r\n")
		if chunk != "" {
			b.WriteString(chunk + "\r\n")
		}
	}
	if u.trailer != "" {
		of := strings.Join(u.chunks, "")
		if u.wrong != "" {
			of = u.wrong
		}
		h := crc32.NewIEEE()
		_, _ = io.WriteString(h, of)
		line := u.trailer + ":" + base64.StdEncoding.EncodeToString(h.Sum(nil))
		b.WriteString(line + "\r\n")
		if u.kind != streamingUnsigned {
			b.WriteString("x-amz-trailer-signature:" + sign(trailerAlgorithm, hash(line+"\n")) + "\r\n")
		}
	}
	b.WriteString("\r\n")
	return b.String()
}

func TestChunkedUploads(t *testing.T) {
	c := newCloud(t)
	c.bucket("chunks", nil)
	k := c.gate.Operator(account)
	big := strings.Repeat("x", 70_000)
	const crc = "x-amz-checksum-crc32"
	swap := func(old, new string) func(string) string {
		return func(s string) string { return strings.Replace(s, old, new, 1) }
	}
	for i, test := range []struct {
		name   string
		upload upload
		want   int
	}{
		{"signed", upload{kind: streamingSigned, chunks: []string{big, "tail"}}, 200},
		{"signed with a trailer", upload{kind: streamingTrailer, chunks: []string{big, "tail"}, trailer: crc}, 200},
		{"unsigned with a trailer", upload{kind: streamingUnsigned, chunks: []string{big, big, "tail"}, trailer: crc}, 200},
		{"empty", upload{kind: streamingSigned}, 200},
		{"empty with a trailer", upload{kind: streamingUnsigned, trailer: crc}, 200},
		{"forged data", upload{kind: streamingSigned, chunks: []string{big, "tail"}, forge: swap("tail", "tall")}, 403},
		{"forged first chunk", upload{kind: streamingTrailer, chunks: []string{"head" + big, "tail"}, trailer: crc, forge: swap("head", "hear")}, 403},
		{"chunks in another order", upload{kind: streamingSigned, chunks: []string{"aaaa", "bbbb"}, forge: func(s string) string {
			lines := strings.SplitAfterN(s, "\r\n", 5)
			return lines[2] + lines[3] + lines[0] + lines[1] + lines[4]
		}}, 403},
		{"no chunk signature", upload{kind: streamingSigned, chunks: []string{"tail"}, forge: swap(";chunk-signature=", ";x=")}, 403},
		{"forged trailer", upload{kind: streamingTrailer, chunks: []string{"tail"}, trailer: crc, forge: swap(crc+":", crc+":AAAAAA==\r\nx-ignored:")}, 400},
		{"no trailer signature", upload{kind: streamingTrailer, chunks: []string{"tail"}, trailer: crc, forge: swap("x-amz-trailer-signature:", "x-amz-trailer-signature:0")}, 403},
		{"wrong checksum", upload{kind: streamingUnsigned, chunks: []string{"tail"}, trailer: crc, wrong: "other"}, 400},
		{"wrong checksum, signed", upload{kind: streamingTrailer, chunks: []string{big}, trailer: crc, wrong: "other"}, 400},
		{"trailer missing", upload{kind: streamingUnsigned, chunks: []string{"tail"}, trailer: crc, forge: swap(crc, "x-amz-other")}, 400},
		{"unknown trailer", upload{kind: streamingUnsigned, chunks: []string{"tail"}, trailer: "x-amz-meta-x"}, 400},
		{"longer than declared", upload{kind: streamingSigned, chunks: []string{"tail"}, declared: 3}, 400},
		{"shorter than declared", upload{kind: streamingSigned, chunks: []string{"tail"}, declared: 5}, 400},
		{"cut off", upload{kind: streamingSigned, chunks: []string{big, "tail"}, forge: func(s string) string { return s[:80_00] }}, 400},
		{"without its end", upload{kind: streamingSigned, chunks: []string{"tail"}, forge: func(s string) string { return s[:len(s)-95] }}, 400},
		{"negative size", upload{kind: streamingUnsigned, chunks: []string{"tail"}, trailer: crc, forge: swap("4\r\n", "-4\r\n")}, 400},
		{"huge size", upload{kind: streamingUnsigned, chunks: []string{"tail"}, trailer: crc, forge: swap("4\r\n", "ffffffffffffffff\r\n")}, 400},
		{"garbage", upload{kind: streamingUnsigned, chunks: []string{"tail"}, trailer: crc, forge: func(string) string { return strings.Repeat("z", 10_000) }}, 400},
	} {
		t.Run(test.name, func(t *testing.T) {
			key := "k" + strconv.Itoa(i)
			response, answer := do(t, test.upload.request(t, c, k, key))
			if response.StatusCode != test.want {
				t.Errorf("status %d %s, want %d", response.StatusCode, answer, test.want)
			}
			out, err := c.operator().GetObject(context.Background(), &awss3.GetObjectInput{Bucket: aws.String("chunks"), Key: &key, ChecksumMode: types.ChecksumModeEnabled})
			if stored := err == nil; stored != (test.want == 200) {
				t.Fatalf("stored: %v, %v", stored, err)
			}
			if err != nil {
				return
			}
			if body, err := io.ReadAll(out.Body); err != nil || string(body) != strings.Join(test.upload.chunks, "") || aws.ToString(out.ContentEncoding) != "" {
				t.Errorf("stored %d bytes with Content-Encoding %q, %v", len(body), aws.ToString(out.ContentEncoding), err)
			}
			if test.upload.trailer != "" && out.ChecksumCRC32 == nil {
				t.Error("the checksum of the trailer is not stored")
			}
		})
	}
}

// TestPayloads puts bodies that are not what the request says.
func TestPayloads(t *testing.T) {
	c := newCloud(t)
	c.bucket("chunks", nil)
	k := c.gate.Operator(account)
	for i, test := range []struct {
		name   string
		body   string
		header []string
		status int
	}{
		{"right hash", "abc", []string{"X-Amz-Content-Sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}, 200},
		{"wrong hash", "abd", []string{"X-Amz-Content-Sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}, 400},
		{"wrong hash of a large body", strings.Repeat("abd", 100_000), []string{"X-Amz-Content-Sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}, 400},
		{"wrong hash of nothing", "", []string{"X-Amz-Content-Sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}, 400},
		{"unsigned", "abc", []string{"X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"}, 200},
		{"unknown kind", "abc", []string{"X-Amz-Content-Sha256", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"}, 400},
		{"wrong Content-MD5", "abc", []string{"X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD", "Content-Md5", "AAAAAAAAAAAAAAAAAAAAAA=="}, 400},
		{"right Content-MD5", "abc", []string{"X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD", "Content-Md5", "kAFQmDzST7DWlj99KOF/cg=="}, 200},
		{"right checksum", "abc", []string{"X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD", "X-Amz-Checksum-Sha256", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="}, 200},
		{"wrong checksum", "abc", []string{"X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD", "X-Amz-Checksum-Crc32c", "AAAAAA=="}, 400},
		{"large metadata", "abc", []string{"X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD", "X-Amz-Meta-A", strings.Repeat("x", 2048)}, 400},
		{"key of the client", "abc", []string{"X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD", "X-Amz-Server-Side-Encryption-Customer-Algorithm", "AES256"}, 501},
		{"public", "abc", []string{"X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD", "X-Amz-Acl", "public-read"}, 400},
		{"grant", "abc", []string{"X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD", "X-Amz-Grant-Read", "id=x"}, 400},
	} {
		t.Run(test.name, func(t *testing.T) {
			key := "p" + strconv.Itoa(i)
			r := request(t, "PUT", c.server.URL+"/chunks/"+key, test.body, test.header...)
			err := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }).SignHTTP(context.Background(),
				aws.Credentials{AccessKeyID: k.AccessKeyID, SecretAccessKey: k.SecretAccessKey}, r, r.Header.Get("X-Amz-Content-Sha256"), "s3", region, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			if response, answer := do(t, r); response.StatusCode != test.status {
				t.Errorf("status %d %s, want %d", response.StatusCode, answer, test.status)
			}
			_, err = get(c.operator(), "chunks", key)
			if stored := err == nil; stored != (test.status == 200) {
				t.Errorf("stored: %v, %v", stored, err)
			}
		})
	}
}
