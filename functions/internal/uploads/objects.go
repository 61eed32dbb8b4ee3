package uploads

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// ErrTooLarge says that an object has more bytes than the caller takes.
var ErrTooLarge = errors.New("object is too large")

// Get reads an object of at most limit bytes. Errors: ErrKey, ErrTooLarge, those of S3.
// Without permission to list the bucket, S3 answers 403 for an object that does not exist.
func (b *Bucket) Get(ctx context.Context, key string, limit int64) ([]byte, error) {
	if _, _, _, err := b.Parse(key); err != nil {
		return nil, err
	}
	out, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.name, Key: &key})
	if err != nil {
		return nil, fmt.Errorf("reading object: %w", err)
	}
	defer func() { _ = out.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(out.Body, limit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading object: %w", err)
	case int64(len(data)) > limit:
		return nil, fmt.Errorf("reading object: more than %d bytes: %w", limit, ErrTooLarge)
	}
	return data, nil
}

// Put writes an object. Errors: ErrKey, those of S3.
func (b *Bucket) Put(ctx context.Context, key, contentType string, data []byte) error {
	if _, _, _, err := b.Parse(key); err != nil {
		return err
	}
	_, err := b.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &b.name, Key: &key, ContentType: &contentType, Body: bytes.NewReader(data)})
	if err != nil {
		return fmt.Errorf("writing object: %w", err)
	}
	return nil
}

// Delete removes objects; those that do not exist are removed already. All are tried.
// Errors: ErrKey, those of S3.
func (b *Bucket) Delete(ctx context.Context, keys ...string) error {
	var problems []error
	for _, key := range keys {
		if _, _, _, err := b.Parse(key); err != nil {
			problems = append(problems, err)
			continue
		}
		if _, err := b.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.name, Key: &key}); err != nil {
			problems = append(problems, fmt.Errorf("removing object: %w", err))
		}
	}
	return errors.Join(problems...)
}
