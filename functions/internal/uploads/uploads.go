// Package uploads is the own prefix of the uploads bucket: it signs requests for single
// objects, so that a caller sends or fetches a file without a function in between, and
// reads, writes and removes objects.
//
// An upload is bound to its key, size, media type and SHA-256 digest by the signature,
// and to an object that does not exist by If-None-Match: * (Amazon S3 User Guide,
// "Prevent object overwrites with conditional writes"): whoever has the signed request
// can store exactly one file, within minutes, and overwrites nothing. An object that was
// removed does not exist, also when the bucket keeps versions, so the same file can be stored again after that.
// A download goes through the tenant's own site, which passes /uploads/ on to the bucket and adds its security headers.
package uploads

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tenantstack/tenantstack/functions/internal/uploadkey"
)

// Validity of a signed request.
const Validity = 5 * time.Minute

// ErrKey says that a key is not one of the account's objects.
var ErrKey = errors.New("key is not an object of the account")

// segment is a part of a key: nothing that a path, a URL or a policy reads in two ways.
var segment = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Object is a file that is to be uploaded.
type Object struct {
	// Key in the bucket, made by Key.
	Key string
	// ContentType is the media type.
	ContentType string
	// Size in bytes, at least 1.
	Size int64
	// SHA256 is the digest of the file: 32 bytes.
	SHA256 []byte
}

// Request is a signed request. Its URL is a secret for as long as it is valid.
type Request struct {
	// URL to send the request to.
	URL string
	// Method is PUT or GET.
	Method string
	// Headers that the request must have with exactly these values. Clients that set
	// Content-Length on their own, as browsers do, set it to the same.
	Headers map[string]string
	// ExpiresAt is when S3 begins to refuse the request.
	ExpiresAt time.Time
}

// Config says where the files are.
type Config struct {
	// Client calls S3.
	Client *s3.Client
	// Bucket is its name.
	Bucket string
	// Prefix is uploads/<account>/.
	Prefix string
	// Account is the billing account that owns the files.
	Account string
	// Site is where the tenant lives, such as https://acme.example.com.
	Site string
	// Now is the clock of signatures.
	Now func() time.Time
}

// Bucket is the own prefix of the uploads bucket.
type Bucket struct {
	client  *s3.Client
	presign *s3.PresignClient
	name    string
	prefix  string
	site    *url.URL
	now     func() time.Time
}

// New opens the prefix of an account. It makes no call.
// Errors: a prefix that is not the account's, a site that is no URL.
func New(c Config) (*Bucket, error) {
	if c.Prefix != uploadkey.Prefix(c.Account) || !segment.MatchString(c.Account) {
		return nil, fmt.Errorf("opening uploads of account %q: prefix %q is not its own", c.Account, c.Prefix)
	}
	site, err := url.Parse(c.Site)
	if err != nil || site.Scheme == "" || site.Host == "" {
		return nil, fmt.Errorf("opening uploads of account %q: the site %q is no absolute URL", c.Account, c.Site)
	}
	presign := s3.NewPresignClient(c.Client, func(o *s3.PresignOptions) {
		o.Expires = Validity
		o.Presigner = signer{
			now: c.Now,
			// S3 signs the path as it is sent (AWS Signature Version 4, "Create a canonical request").
			inner: v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }),
		}
	})
	return &Bucket{client: c.Client, presign: presign, name: c.Bucket, prefix: c.Prefix, site: site, now: c.Now}, nil
}

// Key is the key of the file id of an owner, such as a kitten, in a folder of the
// contract's x-uploads: <prefix><folder>/<owner>/<id>. Errors: ErrKey.
func (b *Bucket) Key(folder, owner, id string) (string, error) {
	key := b.prefix + folder + "/" + owner + "/" + id
	_, _, _, err := b.Parse(key)
	return key, err
}

// Parse is the reverse of Key. It refuses every other key: the signer would sign .. and
// other accounts' prefixes without complaint. Errors: ErrKey.
func (b *Bucket) Parse(key string) (folder, owner, id string, err error) {
	rest, ok := strings.CutPrefix(key, b.prefix)
	parts := strings.Split(rest, "/")
	if !ok || len(parts) != 3 || !segment.MatchString(parts[0]) || !segment.MatchString(parts[1]) || !segment.MatchString(parts[2]) {
		return "", "", "", fmt.Errorf("checking key %q: %w", key, ErrKey)
	}
	return parts[0], parts[1], parts[2], nil
}

// SignPut signs the upload of one object. Errors: ErrKey, a size or digest that cannot be.
func (b *Bucket) SignPut(ctx context.Context, object Object) (Request, error) {
	if _, _, _, err := b.Parse(object.Key); err != nil {
		return Request{}, err
	}
	if object.Size < 1 || len(object.SHA256) != 32 || object.ContentType == "" {
		return Request{}, fmt.Errorf("signing upload of %d bytes of type %q with a digest of %d bytes: there is no such file",
			object.Size, object.ContentType, len(object.SHA256))
	}
	signed, err := b.presign.PresignPutObject(ctx, &s3.PutObjectInput{
		Bucket:         &b.name,
		Key:            &object.Key,
		ContentLength:  &object.Size,
		ContentType:    &object.ContentType,
		ChecksumSHA256: aws.String(base64.StdEncoding.EncodeToString(object.SHA256)),
		IfNoneMatch:    aws.String("*"),
	})
	if err != nil {
		return Request{}, fmt.Errorf("signing upload: %w", err)
	}
	return b.request(signed), nil
}

// SignGet signs the download of one object through the tenant's site. S3 answers with the
// given media type and disposition (RFC 6266: inline, or attachment with a file name),
// whatever was uploaded. Errors: ErrKey.
func (b *Bucket) SignGet(ctx context.Context, key, contentType, disposition string) (Request, error) {
	if _, _, _, err := b.Parse(key); err != nil {
		return Request{}, err
	}
	signed, err := b.presign.PresignGetObject(ctx, &s3.GetObjectInput{
		Bucket:                     &b.name,
		Key:                        &key,
		ResponseContentType:        &contentType,
		ResponseContentDisposition: &disposition,
		ResponseCacheControl:       aws.String("private, no-store"),
	})
	if err != nil {
		return Request{}, fmt.Errorf("signing download: %w", err)
	}
	// The site calls the bucket by the host that was signed, with path and query as they come.
	query, err := url.Parse(signed.URL)
	if err != nil {
		return Request{}, fmt.Errorf("signing download: %w", err)
	}
	signed.URL = b.site.JoinPath(key).String() + "?" + query.RawQuery
	return b.request(signed), nil
}

// request is what the caller needs of a signed request.
func (b *Bucket) request(signed *v4.PresignedHTTPRequest) Request {
	headers := map[string]string{}
	for name, values := range signed.SignedHeader {
		switch {
		case name == "Host": // is in the URL
			continue
		case strings.HasPrefix(name, "X-Amz-"):
			name = strings.ToLower(name) // as S3's documentation writes it
		}
		headers[name] = strings.Join(values, ",")
	}
	return Request{
		URL:       signed.URL,
		Method:    signed.Method,
		Headers:   headers,
		ExpiresAt: b.now().UTC().Truncate(time.Second).Add(Validity),
	}
}

// signer signs at the time of the injected clock.
type signer struct {
	now   func() time.Time
	inner *v4.Signer
}

// PresignHTTP implements s3.HTTPPresignerV4.
func (s signer) PresignHTTP(ctx context.Context, credentials aws.Credentials, r *http.Request, payloadHash, service, region string,
	_ time.Time, options ...func(*v4.SignerOptions)) (string, http.Header, error) {
	return s.inner.PresignHTTP(ctx, credentials, r, payloadHash, service, region, s.now().UTC(), options...)
}
