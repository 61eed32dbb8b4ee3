package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

const group3 = "S3"

// send sends a request as it is.
func send(c *clients, req *http.Request) error {
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode/100 == 2 {
		return err
	}
	return refusal{fmt.Sprint(resp.StatusCode), string(answer)}
}

// prefix begins the keys that a writer may store.
func prefix(t Target) string { return "uploads/" + t.BillingAccount + "/incoming/" }

var s3Attempts = []attempt{
	{"GetObject", group3, false, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.Bucket, Key: &b.ObjectKey})
		return reached(err, "NoSuchKey")
	}},
	{"HeadObject", group3, false, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.s3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.Bucket, Key: &b.ObjectKey})
		return reached(err, "NotFound")
	}},
	{"PutObject", group3, true, func(ctx context.Context, c *clients, _, b Target) error {
		// With the header that the role asks for; whoever is told that the object is there was not refused.
		_, err := c.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: &b.Bucket, Key: aws.String(prefix(b) + "hostile"), Body: strings.NewReader("x"), IfNoneMatch: aws.String("*")})
		return reached(err, "PreconditionFailed")
	}},
	{"PutObject outside of the own prefix of the own bucket", group3, false, func(ctx context.Context, c *clients, a, b Target) error {
		_, err := c.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: &a.Bucket, Key: aws.String("elsewhere/" + b.BillingAccount), Body: strings.NewReader("x")})
		return err
	}},
	{"PutObject with dots in the key", group3, false, func(ctx context.Context, c *clients, a, b Target) error {
		_, err := c.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: &b.Bucket, Key: aws.String("elsewhere/../" + prefix(b) + "x"), Body: strings.NewReader("x")})
		return err
	}},
	{"ListObjectsV2", group3, false, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.s3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &b.Bucket})
		return err
	}},
	{"ListObjectsV2 of a prefix", group3, false, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.s3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &b.Bucket, Prefix: aws.String(prefix(b))})
		return err
	}},
	{"ListObjectVersions", group3, false, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.s3.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: &b.Bucket})
		return err
	}},
	{"ListBuckets", group3, false, func(ctx context.Context, c *clients, _, _ Target) error {
		_, err := c.s3.ListBuckets(ctx, &s3.ListBucketsInput{})
		return err
	}},
	{"CopyObject into the own bucket", group3, false, func(ctx context.Context, c *clients, a, b Target) error {
		_, err := c.s3.CopyObject(ctx, &s3.CopyObjectInput{Bucket: &a.Bucket, Key: aws.String(prefix(a) + "copy"), CopySource: aws.String(b.Bucket + "/" + b.ObjectKey)})
		return reached(err, "NoSuchKey")
	}},
	{"CopyObject with an encoded source", group3, false, func(ctx context.Context, c *clients, a, b Target) error {
		_, err := c.s3.CopyObject(ctx, &s3.CopyObjectInput{Bucket: &a.Bucket, Key: aws.String(prefix(a) + "copy"),
			CopySource: aws.String("/" + b.Bucket + "/" + strings.ReplaceAll(b.ObjectKey, "/", "%2F"))})
		return reached(err, "NoSuchKey")
	}},
	{"UploadPartCopy", group3, false, func(ctx context.Context, c *clients, a, b Target) error {
		upload, err := c.s3.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: &a.Bucket, Key: aws.String(prefix(a) + "parts")})
		if err != nil {
			return err
		}
		_, err = c.s3.UploadPartCopy(ctx, &s3.UploadPartCopyInput{Bucket: &a.Bucket, Key: aws.String(prefix(a) + "parts"), PartNumber: aws.Int32(1),
			UploadId: upload.UploadId, CopySource: aws.String(b.Bucket + "/" + b.ObjectKey)})
		return reached(err, "NoSuchKey")
	}},
	{"DeleteObject", group3, false, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.s3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.Bucket, Key: aws.String(prefix(b) + "nothing")})
		return err
	}},
	{"DeleteObjects", group3, false, func(ctx context.Context, c *clients, _, b Target) error {
		out, err := c.s3.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: &b.Bucket, Delete: &types.Delete{Objects: []types.ObjectIdentifier{{Key: aws.String(prefix(b) + "nothing")}}}})
		if err == nil && len(out.Errors) > 0 {
			return refusal{aws.ToString(out.Errors[0].Code), aws.ToString(out.Errors[0].Message)}
		}
		return err
	}},
	{"PutBucketPolicy", group3, false, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.s3.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: &b.Bucket, Policy: aws.String(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::` + b.Bucket + `/*"}]}`)})
		return err
	}},
	{"PutObjectAcl", group3, false, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.s3.PutObjectAcl(ctx, &s3.PutObjectAclInput{Bucket: &b.Bucket, Key: &b.ObjectKey, ACL: types.ObjectCannedACLPublicRead})
		return err
	}},
	{"GetObject from the site's bucket", group3, false, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.WebBucket, Key: aws.String("index.html")})
		return reached(err, "NoSuchKey")
	}},
	{"GetObject presigned", group3, false, func(ctx context.Context, c *clients, _, b Target) error {
		signed, err := s3.NewPresignClient(c.s3).PresignGetObject(ctx, &s3.GetObjectInput{Bucket: &b.Bucket, Key: &b.ObjectKey})
		if err != nil {
			return err
		}
		req, err := http.NewRequestWithContext(ctx, signed.Method, signed.URL, nil)
		if err != nil {
			return err
		}
		return send(c, req)
	}},
	{"PutObject presigned for the own key, sent to another", group3, true, func(ctx context.Context, c *clients, a, b Target) error {
		own, other := prefix(a)+"presigned", prefix(b)+"presigned"
		signed, err := s3.NewPresignClient(c.s3).PresignPutObject(ctx, &s3.PutObjectInput{Bucket: &a.Bucket, Key: &own, IfNoneMatch: aws.String("*")})
		if err != nil {
			return err
		}
		url := strings.Replace(strings.Replace(signed.URL, own, other, 1), a.Bucket, b.Bucket, 1)
		req, err := http.NewRequestWithContext(ctx, signed.Method, url, strings.NewReader("x"))
		if err != nil {
			return err
		}
		req.Header.Set("If-None-Match", "*") // is signed
		return reached(send(c, req), "412")
	}},
	{"GetObject without a signature", group3, false, func(ctx context.Context, c *clients, _, b Target) error {
		signed, err := s3.NewPresignClient(c.s3).PresignGetObject(ctx, &s3.GetObjectInput{Bucket: &b.Bucket, Key: &b.ObjectKey})
		if err != nil {
			return err
		}
		url, _, _ := strings.Cut(signed.URL, "?")
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		return send(c, req)
	}},
}
