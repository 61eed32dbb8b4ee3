package s3

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

func TestCORS(t *testing.T) {
	c := newCloud(t)
	c.bucket("pages", map[string]any{
		"CorsConfiguration": map[string]any{"CorsRules": []any{
			map[string]any{"AllowedOrigins": []any{"https://tenant.example.com"}, "AllowedMethods": []any{"GET", "PUT"}, "AllowedHeaders": []any{"content-type", "x-amz-*"}, "ExposedHeaders": []any{"ETag"}, "MaxAge": 600},
			map[string]any{"AllowedOrigins": []any{"https://*.public.example"}, "AllowedMethods": []any{"GET"}},
		}},
	})
	preflight := func(origin, method, headers string) *http.Response {
		response, _ := do(t, request(t, "OPTIONS", c.server.URL+"/pages/k", "", "Origin", origin, "Access-Control-Request-Method", method, "Access-Control-Request-Headers", headers))
		return response
	}
	for _, test := range []struct {
		origin, method, headers string
		want                    int
	}{
		{"https://tenant.example.com", "PUT", "Content-Type, x-amz-checksum-sha256", 200},
		{"http://tenant.localhost:4566", "PUT", "content-type", 200},
		{"http://other.localhost:4566", "PUT", "", 403},
		{"https://tenant.example.com", "DELETE", "", 403},
		{"https://tenant.example.com", "PUT", "authorization", 403},
		{"https://tenant.example.com.evil.example", "PUT", "", 403},
		{"https://a.public.example", "GET", "", 200},
		{"https://public.example", "GET", "", 403},
		{"null", "GET", "", 403},
		{"", "GET", "", 400},
		{"https://tenant.example.com", "", "", 400},
	} {
		response := preflight(test.origin, test.method, test.headers)
		if response.StatusCode != test.want {
			t.Errorf("%+v: %d", test, response.StatusCode)
		}
		allowed := response.Header.Get("Access-Control-Allow-Origin")
		if test.want == 200 && allowed != test.origin || test.want != 200 && allowed != "" {
			t.Errorf("%+v: origin %q is allowed", test, allowed)
		}
	}
	if h := preflight("https://tenant.example.com", "PUT", "content-type").Header; h.Get("Access-Control-Max-Age") != "600" || h.Get("Access-Control-Allow-Headers") != "content-type" || h.Get("Access-Control-Expose-Headers") != "ETag" {
		t.Errorf("headers %v", h)
	}
	response, _ := do(t, request(t, "GET", c.server.URL+"/pages/k", "", "Origin", "http://tenant.localhost:4566"))
	if response.StatusCode != 403 || response.Header.Get("Access-Control-Allow-Origin") != "http://tenant.localhost:4566" || !strings.Contains(response.Header.Get("Vary"), "Origin") {
		t.Errorf("an error is not for the page to read: %d %v", response.StatusCode, response.Header)
	}
}

func TestBucketSettings(t *testing.T) {
	c := newCloud(t)
	client, ctx, name := c.operator(), context.Background(), aws.String("made")
	if _, err := client.CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: name, CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: region}}); err != nil {
		t.Fatal(err)
	}
	_, err := client.CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: name})
	wantCode(t, err, "BucketAlreadyOwnedByYou")
	location, err := client.GetBucketLocation(ctx, &awss3.GetBucketLocationInput{Bucket: name})
	if err != nil || location.LocationConstraint != region {
		t.Errorf("GetBucketLocation: %+v, %v", location, err)
	}
	_, err = client.GetBucketPolicy(ctx, &awss3.GetBucketPolicyInput{Bucket: name})
	wantCode(t, err, "NoSuchBucketPolicy")
	public := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::made/*"}]}`
	for policy, want := range map[string]string{
		public: "AccessDenied", "{": "MalformedPolicy", strings.ReplaceAll(public, "made", "other"): "MalformedPolicy", strings.ReplaceAll(public, "GetObject", "NoSuchAction"): "MalformedPolicy",
		strings.ReplaceAll(public, `"*"`, `{"AWS":"arn:aws:iam::222222222222:root"}`): "",
	} {
		_, err := client.PutBucketPolicy(ctx, &awss3.PutBucketPolicyInput{Bucket: name, Policy: &policy})
		if code(err) != want {
			t.Errorf("the policy %s: %v, want %q", policy, err, want)
		}
	}
	if _, err := client.PutPublicAccessBlock(ctx, &awss3.PutPublicAccessBlockInput{Bucket: name, PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{}}); err != nil {
		t.Error(err)
	}
	if _, err := client.PutBucketPolicy(ctx, &awss3.PutBucketPolicyInput{Bucket: name, Policy: &public}); err != nil {
		t.Error(err)
	}
	if _, err := client.PutBucketTagging(ctx, &awss3.PutBucketTaggingInput{Bucket: name, Tagging: &types.Tagging{TagSet: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}}}); err != nil {
		t.Error(err)
	}
	tags, err := client.GetBucketTagging(ctx, &awss3.GetBucketTaggingInput{Bucket: name})
	if err != nil || len(tags.TagSet) != 1 {
		t.Errorf("GetBucketTagging: %+v, %v", tags, err)
	}
	rules := &types.CORSConfiguration{CORSRules: []types.CORSRule{{AllowedMethods: []string{"GET"}, AllowedOrigins: []string{"*"}}}}
	if _, err := client.PutBucketCors(ctx, &awss3.PutBucketCorsInput{Bucket: name, CORSConfiguration: rules}); err != nil {
		t.Error(err)
	}
	cors, err := client.GetBucketCors(ctx, &awss3.GetBucketCorsInput{Bucket: name})
	if err != nil || len(cors.CORSRules) != 1 || cors.CORSRules[0].AllowedOrigins[0] != "*" {
		t.Errorf("GetBucketCors: %+v, %v", cors, err)
	}
	if _, err := client.PutBucketVersioning(ctx, &awss3.PutBucketVersioningInput{Bucket: name, VersioningConfiguration: &types.VersioningConfiguration{Status: "Enabled"}}); err != nil {
		t.Error(err)
	}
	versioning, err := client.GetBucketVersioning(ctx, &awss3.GetBucketVersioningInput{Bucket: name})
	if err != nil || versioning.Status != "Enabled" || put(t, client, "made", "k", "x").VersionId == nil {
		t.Errorf("GetBucketVersioning: %+v, %v", versioning, err)
	}
	_, err = client.DeleteBucket(ctx, &awss3.DeleteBucketInput{Bucket: name})
	wantCode(t, err, "BucketNotEmpty")
	encryption, err := client.GetBucketEncryption(ctx, &awss3.GetBucketEncryptionInput{Bucket: name})
	if err != nil || encryption.ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm != "AES256" {
		t.Errorf("GetBucketEncryption: %+v, %v", encryption, err)
	}
	acl, err := client.GetBucketAcl(ctx, &awss3.GetBucketAclInput{Bucket: name})
	if err != nil || len(acl.Grants) != 1 || acl.Grants[0].Permission != "FULL_CONTROL" {
		t.Errorf("GetBucketAcl: %+v, %v", acl, err)
	}
	if _, err := client.CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: aws.String("empty"), CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: region}}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.DeleteBucket(ctx, &awss3.DeleteBucketInput{Bucket: aws.String("empty")}); err != nil {
		t.Error(err)
	}
	// Nobody else may change the settings.
	reader := c.client(c.role(account, "reader", allow([]string{"s3:Get*", "s3:List*"}, "*")))
	_, err = reader.PutBucketPolicy(ctx, &awss3.PutBucketPolicyInput{Bucket: name, Policy: &public})
	wantCode(t, err, "AccessDenied")
	_, err = reader.PutPublicAccessBlock(ctx, &awss3.PutPublicAccessBlockInput{Bucket: name, PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{}})
	wantCode(t, err, "AccessDenied")
}

func TestRestart(t *testing.T) {
	dir := t.TempDir()
	c := newCloudIn(t, dir)
	properties := map[string]any{"VersioningConfiguration": map[string]any{"Status": "Enabled"}}
	c.bucket("kept", properties)
	put(t, c.operator(), "kept", "k", "content")
	policy := map[string]any{"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::kept/secret"}
	c.policy("kept", policy)
	c.close()
	c = newCloudIn(t, dir)
	if body, err := get(c.operator(), "kept", "k"); err != nil || body != "content" {
		t.Errorf("after a restart the object is %q, %v", body, err)
	}
	put(t, c.operator(), "kept", "secret", "x")
	_, err := get(c.operator(), "kept", "secret")
	wantCode(t, err, "AccessDenied")
	before, err := os.ReadFile(dir + "/buckets.json")
	if err != nil {
		t.Fatal(err)
	}
	c.bucket("kept", properties)
	c.policy("kept", policy)
	if after, err := os.ReadFile(dir + "/buckets.json"); err != nil || string(after) != string(before) {
		t.Errorf("putting the same changed something: %v", err)
	}
	// The engine is started again when it ends.
	c.service.engine.mu.Lock()
	p := c.service.engine.process
	c.service.engine.mu.Unlock()
	if err := p.command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-p.ended
	deadline := time.Now().Add(20 * time.Second)
	for {
		body, err := get(c.operator(), "kept", "k")
		if err == nil && body == "content" {
			break
		}
		if got := code(err); got != "ServiceUnavailable" || time.Now().After(deadline) {
			t.Fatalf("after the engine ended: %q, %v", body, err)
		}
	}
}

func TestLifecycle(t *testing.T) {
	c := newCloud(t)
	ctx := context.Background()
	c.bucket("plain", map[string]any{"LifecycleConfiguration": map[string]any{"Rules": []any{
		map[string]any{"Id": "logs", "Status": "Enabled", "Prefix": "logs/", "ExpirationInDays": "90"},
		map[string]any{"Id": "uploads", "Status": "Enabled", "AbortIncompleteMultipartUpload": map[string]any{"DaysAfterInitiation": 1}},
		map[string]any{"Id": "off", "Status": "Disabled", "ExpirationInDays": 1},
	}}})
	c.bucket("history", map[string]any{"VersioningConfiguration": map[string]any{"Status": "Enabled"}, "LifecycleConfiguration": map[string]any{"Rules": []any{
		map[string]any{"Id": "replaced", "Status": "Enabled", "NoncurrentVersionExpiration": map[string]any{"NoncurrentDays": 30, "NewerNoncurrentVersions": 1}},
		map[string]any{"Id": "markers", "Status": "Enabled", "ExpiredObjectDeleteMarker": true},
	}}})
	client := c.operator()
	put(t, client, "plain", "logs/a", "x")
	put(t, client, "plain", "data/a", "x")
	if _, err := client.CreateMultipartUpload(ctx, &awss3.CreateMultipartUploadInput{Bucket: aws.String("plain"), Key: aws.String("big")}); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		put(t, client, "history", "k", fmt.Sprint(i))
	}
	deleted := put(t, client, "history", "gone", "x")
	for _, version := range []*string{nil, deleted.VersionId} {
		if _, err := client.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: aws.String("history"), Key: aws.String("gone"), VersionId: version}); err != nil {
			t.Fatal(err)
		}
	}
	state := func() []string {
		var out []string
		for _, bucket := range []string{"plain", "history"} {
			problem := c.service.eachVersion(ctx, bucket, versionStart{}, func(v versionItem) bool {
				key, err := keyOf(v.Key)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, key)
				return true
			})
			if problem != nil {
				t.Fatal(problem)
			}
		}
		uploads, err := client.ListMultipartUploads(ctx, &awss3.ListMultipartUploadsInput{Bucket: aws.String("plain")})
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range uploads.Uploads {
			out = append(out, "upload of "+*u.Key)
		}
		return out
	}
	for _, step := range []struct {
		move time.Duration
		want []string
	}{
		{0, []string{"data/a", "logs/a", "k", "k", "k", "k", "upload of big"}},
		{3 * 24 * time.Hour, []string{"data/a", "logs/a", "k", "k", "k", "k"}},
		{29 * 24 * time.Hour, []string{"data/a", "logs/a", "k", "k"}},
		{60 * 24 * time.Hour, []string{"data/a", "k", "k"}},
	} {
		c.clock.move(step.move)
		c.service.expire(ctx)
		// The signatures of the client have to be of now.
		now := c.clock.plus
		c.clock.move(-now)
		if got := state(); !slices.Equal(got, step.want) {
			t.Errorf("after %s: %q, want %q", now, got, step.want)
		}
		c.clock.move(now)
	}
}

// Of what was removed nothing stays when the days of replaced versions are over, not even the marker that says so.
func TestLifecycleOfMarkers(t *testing.T) {
	c := newCloud(t)
	ctx := context.Background()
	c.bucket("history", map[string]any{"VersioningConfiguration": map[string]any{"Status": "Enabled"}, "LifecycleConfiguration": map[string]any{"Rules": []any{
		map[string]any{"Id": "incoming", "Status": "Enabled", "Prefix": "incoming/", "ExpirationInDays": 1, "NoncurrentVersionExpiration": map[string]any{"NoncurrentDays": 1}},
		map[string]any{"Id": "replaced", "Status": "Enabled", "NoncurrentVersionExpiration": map[string]any{"NoncurrentDays": 30}, "ExpiredObjectDeleteMarker": true},
	}}})
	client := c.operator()
	for _, key := range []string{"photos/kept", "photos/removed", "incoming/done"} {
		put(t, client, "history", key, "x")
	}
	// An object that never was gets a marker too.
	for _, key := range []string{"photos/removed", "incoming/done", "photos/never"} {
		if _, err := client.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: aws.String("history"), Key: aws.String(key)}); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		move time.Duration
		want []string
	}{
		{0, []string{"incoming/done", "incoming/done", "photos/kept", "photos/removed", "photos/removed"}},
		{3 * 24 * time.Hour, []string{"photos/kept", "photos/removed", "photos/removed"}},
		{32 * 24 * time.Hour, []string{"photos/kept"}},
	} {
		c.clock.move(step.move)
		c.service.expire(ctx)
		c.service.expire(ctx) // a marker goes once its versions are gone
		c.clock.move(-step.move)
		var got []string
		if problem := c.service.eachVersion(ctx, "history", versionStart{}, func(v versionItem) bool {
			key, err := keyOf(v.Key)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, key)
			return true
		}); problem != nil {
			t.Fatal(problem)
		}
		if !slices.Equal(got, step.want) {
			t.Errorf("after %s: %q, want %q", step.move, got, step.want)
		}
	}
}

func TestNotifications(t *testing.T) {
	c := newCloud(t)
	const function = "arn:aws:lambda:eu-central-1:111111111111:function:thumbnails"
	c.bucket("events", map[string]any{"NotificationConfiguration": map[string]any{"LambdaConfigurations": []any{
		map[string]any{"Event": "s3:ObjectCreated:*", "Function": function, "Filter": map[string]any{"S3Key": map[string]any{"Rules": []any{map[string]any{"Name": "prefix", "Value": "in/"}, map[string]any{"Name": "suffix", "Value": ".png"}}}}},
		map[string]any{"Event": "s3:ObjectRemoved:Delete", "Function": function + "2"},
	}}})
	client := c.operator()
	put(t, client, "events", "in/a.png", "xyz")
	put(t, client, "events", "in/a.txt", "x")
	if _, err := client.DeleteObject(context.Background(), &awss3.DeleteObjectInput{Bucket: aws.String("events"), Key: aws.String("in/a.txt")}); err != nil {
		t.Fatal(err)
	}
	want := [][]string{{function}, nil, {function + "2"}}
	if len(c.events) != len(want) {
		t.Fatalf("%d events", len(c.events))
	}
	for i, e := range c.events {
		if !slices.Equal(e.Functions, want[i]) || e.Bucket != "events" || e.Account != account {
			t.Errorf("event %+v, want the functions %q", e, want[i])
		}
	}
	if e := c.events[0]; e.Size != 3 || e.ETag == "" || e.Principal == "" {
		t.Errorf("event %+v", e)
	}
}

func TestTemplatesThatAreRefused(t *testing.T) {
	c := newCloud(t)
	for name, properties := range map[string]map[string]any{
		"Upper-Case": nil, "ab": nil, "a..b": nil, "127.0.0.1": nil,
		"cors":       {"CorsConfiguration": map[string]any{"CorsRules": []any{map[string]any{"AllowedOrigins": []any{"*"}, "AllowedMethods": []any{"PATCH"}}}}},
		"wildcards":  {"CorsConfiguration": map[string]any{"CorsRules": []any{map[string]any{"AllowedOrigins": []any{"*.*"}, "AllowedMethods": []any{"GET"}}}}},
		"versioning": {"VersioningConfiguration": map[string]any{"Status": "On"}},
		"lifecycle":  {"LifecycleConfiguration": map[string]any{"Rules": []any{map[string]any{"Status": "On"}}}},
	} {
		r := resource.Resource{Stack: "s", LogicalID: "B", Type: bucketType, Account: account, Region: region, Name: name, Properties: properties}
		if err := c.service.Put(context.Background(), r); err == nil || !strings.Contains(err.Error(), "creating bucket") {
			t.Errorf("bucket %s: %v", name, err)
		}
		if c.service.buckets.get(name) != nil {
			t.Errorf("bucket %s exists", name)
		}
	}
}

// TestLongDirectory has data where a Unix socket's path would be too long.
func TestLongDirectory(t *testing.T) {
	c := newCloudIn(t, filepath.Join(t.TempDir(), strings.Repeat("d", 120)))
	c.bucket("deep", nil)
	put(t, c.operator(), "deep", "k", "content")
	if body, err := get(c.operator(), "deep", "k"); err != nil || body != "content" {
		t.Errorf("the object is %q, %v", body, err)
	}
	socket := c.service.engine.config.Socket
	c.close()
	if _, err := os.Stat(filepath.Dir(socket)); !os.IsNotExist(err) {
		t.Errorf("the socket's directory is left: %v", err)
	}
}
