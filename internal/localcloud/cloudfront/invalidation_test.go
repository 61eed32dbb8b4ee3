package cloudfront

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// api calls the CloudFront API with credentials.
func api(t *testing.T, url string, k gate.Credentials, method, path, body string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, url+"/2020-05-31/distribution/"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(body))
	creds := aws.Credentials{AccessKeyID: k.AccessKeyID, SecretAccessKey: k.SecretAccessKey, SessionToken: k.SessionToken}
	if err := v4.NewSigner().SignHTTP(context.Background(), creds, r, hex.EncodeToString(sum[:]), "cloudfront", "us-east-1", time.Now()); err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(data)
}

func TestInvalidationAPI(t *testing.T) {
	w := newWorld(t)
	w.distribution(optimized, "")
	w.buckets.set("/a", object{body: "one"})
	g, err := gate.New(gate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	document := func(kind iam.Kind, text string) iam.Document {
		d, err := iam.Parse([]byte(text), kind)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	const roleARN = "arn:aws:iam::111111111111:role/Release"
	g.PutRole(gate.Role{ARN: roleARN, Name: "Release", Account: account,
		Trust:    document(iam.Trust, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
		Identity: []iam.Document{document(iam.Identity, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"cloudfront:CreateInvalidation","Resource":"arn:aws:cloudfront::111111111111:distribution/`+distID+`"}]}`)}})
	release, _, err := g.ServiceSession("lambda.amazonaws.com", roleARN, "s", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	front := gate.NewFront(g)
	front.Handle("cloudfront", w.Service)
	server := httptest.NewServer(front)
	defer server.Close()

	const batch = `<InvalidationBatch xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Paths><Quantity>1</Quantity><Items><Path>/*</Path></Items></Paths><CallerReference>r1</CallerReference></InvalidationBatch>`
	w.get("/a")
	w.buckets.set("/a", object{body: "two"})
	if _, body := w.get("/a"); body != "one" {
		t.Errorf("before the invalidation: %q", body)
	}
	resp, body := api(t, server.URL, release, "POST", distID+"/invalidation", batch)
	var made invalidation
	if err := xml.Unmarshal([]byte(body), &made); err != nil || resp.StatusCode != 201 || made.Status != "Completed" || made.InvalidationBatch.Paths.Items[0] != "/*" || !strings.HasSuffix(resp.Header.Get("Location"), made.Id) {
		t.Fatalf("got %d %s (%v)", resp.StatusCode, body, err)
	}
	if _, body := w.get("/a"); body != "two" {
		t.Errorf("after the invalidation: %q", body)
	}
	operator := g.Operator(account)
	for _, test := range []struct {
		name         string
		who          gate.Credentials
		method, path string
		body         string
		status       int
		want         string
	}{
		{"again", release, "POST", distID + "/invalidation", batch, 201, made.Id},
		{"same reference for other paths", release, "POST", distID + "/invalidation", strings.Replace(batch, "/*", "/x", 1), 400, "InvalidArgument"},
		{"other distribution", release, "POST", "EOTHER/invalidation", batch, 403, "AccessDenied"},
		{"other action", release, "GET", distID + "/invalidation", "", 403, "AccessDenied"},
		{"other account", g.Operator("222222222222"), "POST", distID + "/invalidation", batch, 404, "NoSuchDistribution"},
		{"unknown distribution", operator, "POST", "EOTHER/invalidation", batch, 404, "NoSuchDistribution"},
		{"no body", operator, "POST", distID + "/invalidation", "", 400, "MissingBody"},
		{"no XML", operator, "POST", distID + "/invalidation", "{}", 400, "MalformedInput"},
		{"quantity", operator, "POST", distID + "/invalidation", strings.Replace(batch, "<Quantity>1", "<Quantity>2", 1), 400, "InconsistentQuantities"},
		{"path", operator, "POST", distID + "/invalidation", strings.Replace(batch, "/*", "/*/x", 1), 400, "InvalidArgument"},
		{"get", operator, "GET", distID + "/invalidation/" + made.Id, "", 200, "Completed"},
		{"get unknown", operator, "GET", distID + "/invalidation/INONE", "", 404, "NoSuchInvalidation"},
		{"list", operator, "GET", distID + "/invalidation?MaxItems=1", "", 200, "<Quantity>1</Quantity>"},
		{"other operation", operator, "DELETE", distID, "", 404, "InvalidAction"},
		{"escaped path", operator, "GET", distID + "%2Finvalidation", "", 404, "InvalidAction"},
	} {
		resp, body := api(t, server.URL, test.who, test.method, test.path, test.body)
		if resp.StatusCode != test.status || !strings.Contains(body, test.want) {
			t.Errorf("%s: got %d %s, want %d %s", test.name, resp.StatusCode, body, test.status, test.want)
		}
	}
}

func TestMatchesInvalidation(t *testing.T) {
	for _, test := range []struct {
		pattern, path string
		want          bool
	}{
		{"/*", "/a/b?c", true}, {"/a", "/a", true}, {"/a", "/a?x=1", true}, {"/a?x=1", "/a?x=1", true}, {"/a?x=2", "/a?x=1", false}, {"/a*", "/ab", true}, {"/a", "/ab", false}, {"a", "/a", true}, {"/A", "/a", false},
	} {
		if got := matchesInvalidation(test.pattern, test.path); got != test.want {
			t.Errorf("%s on %s is %v, want %v", test.pattern, test.path, got, test.want)
		}
	}
}

// serviceBuckets also knows service principals.
type serviceBuckets struct {
	*buckets
	principal, source, account string
}

// ServeService notes who asks.
func (b *serviceBuckets) ServeService(w http.ResponseWriter, _ *http.Request, _, principal, sourceARN, sourceAccount string) {
	b.principal, b.source, b.account = principal, sourceARN, sourceAccount
	_, _ = io.WriteString(w, "object")
}

func TestOriginAccessControl(t *testing.T) {
	w := newWorld(t)
	controlled := strings.Replace(distributionJSON(optimized, ""), `"S3OriginConfig":{"OriginAccessIdentity":"origin-access-identity/cloudfront/EOAI"}`, `"S3OriginConfig":{"OriginAccessIdentity":""},"OriginAccessControlId":"OAC"`, 1)
	w.put("AWS::CloudFront::Distribution", distID, map[string]string{"DomainName": domain}, controlled)
	if resp, _ := w.get("/a"); resp.StatusCode != 502 || w.buckets.count() != 0 {
		t.Errorf("an unknown control: got %d", resp.StatusCode)
	}
	w.put("AWS::CloudFront::OriginAccessControl", "OAC", nil, `{"OriginAccessControlConfig":{"OriginAccessControlOriginType":"s3","SigningBehavior":"always","SigningProtocol":"sigv4"}}`)
	b := &serviceBuckets{buckets: w.buckets}
	w.o.Buckets = b
	if resp, body := w.get("/b"); resp.StatusCode != 200 || body != "object" || b.principal != "cloudfront.amazonaws.com" || b.source != "arn:aws:cloudfront::111111111111:distribution/"+distID || b.account != account {
		t.Errorf("got %d %s as %s from %s of %s", resp.StatusCode, body, b.principal, b.source, b.account)
	}
	if err := w.tryPut("AWS::CloudFront::OriginAccessControl", "X", nil, `{"OriginAccessControlConfig":{"OriginAccessControlOriginType":"s3","SigningBehavior":"no-override"}}`); err == nil {
		t.Error("no-override was accepted")
	}
}
