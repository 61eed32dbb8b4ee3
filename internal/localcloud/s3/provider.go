package s3

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// The resource types of the provider.
const (
	bucketType = "AWS::S3::Bucket"
	policyType = "AWS::S3::BucketPolicy"
)

// Types are the resource types that it creates.
func (s *Service) Types() []string { return []string{bucketType, policyType} }

// bucketProperties are the properties of AWS::S3::Bucket that have an effect here
// (CloudFormation Template Reference, "AWS::S3::Bucket").
type bucketProperties struct {
	VersioningConfiguration        struct{ Status string }
	PublicAccessBlockConfiguration *publicAccess
	OwnershipControls              struct {
		Rules []struct{ ObjectOwnership string }
	}
	CorsConfiguration         struct{ CorsRules []corsProperties }
	LifecycleConfiguration    struct{ Rules []lifecycleProperties }
	NotificationConfiguration struct{ LambdaConfigurations []notificationProperties }
	BucketEncryption          struct {
		ServerSideEncryptionConfiguration []struct {
			ServerSideEncryptionByDefault struct{ SSEAlgorithm, KMSMasterKeyID string }
		}
	}
	ObjectLockEnabled bool
	Tags              []struct{ Key, Value string }
}

// Put creates a bucket or a bucket policy, or brings it up to date.
func (s *Service) Put(ctx context.Context, r resource.Resource) error {
	if r.Type == policyType {
		return s.putPolicy(r)
	}
	var p bucketProperties
	if err := r.Decode(&p); err != nil {
		return err
	}
	if !validBucket(r.Name) {
		return fmt.Errorf("creating bucket %s: %q is no name of a bucket", r, r.Name)
	}
	err := s.buckets.change(r.Name, func(b *bucket) (*bucket, error) {
		if b == nil {
			b = &bucket{Name: r.Name, Account: r.Account, Created: s.now().UTC()}
		}
		if b.Account != r.Account {
			return nil, fmt.Errorf("account %s has it, and names of buckets are of all accounts", b.Account)
		}
		b.Region, b.Retired = r.Region, false
		if err := p.apply(b); err != nil {
			return nil, err
		}
		return b, s.realize(ctx, b)
	})
	if err != nil {
		return fmt.Errorf("creating bucket %s (%s): %w", r.Name, r, err)
	}
	return nil
}

// apply sets the bucket to the properties.
func (p *bucketProperties) apply(b *bucket) error {
	b.PublicAccess = allBlocked
	if p.PublicAccessBlockConfiguration != nil {
		b.PublicAccess = *p.PublicAccessBlockConfiguration
	}
	b.Ownership = "BucketOwnerEnforced"
	if rules := p.OwnershipControls.Rules; len(rules) > 0 {
		b.Ownership = rules[0].ObjectOwnership
	}
	b.Encryption = encryption{Algorithm: "AES256"}
	if rules := p.BucketEncryption.ServerSideEncryptionConfiguration; len(rules) > 0 && rules[0].ServerSideEncryptionByDefault.SSEAlgorithm != "" {
		d := rules[0].ServerSideEncryptionByDefault
		b.Encryption = encryption{d.SSEAlgorithm, d.KMSMasterKeyID}
	}
	b.CORS, b.Lifecycle, b.Notifications, b.Tags = nil, nil, nil, nil
	for _, rule := range p.CorsConfiguration.CorsRules {
		r := rule.rule()
		if err := r.check(); err != nil {
			return err
		}
		b.CORS = append(b.CORS, r)
	}
	for _, rule := range p.LifecycleConfiguration.Rules {
		r, err := rule.rule()
		if err != nil {
			return err
		}
		b.Lifecycle = append(b.Lifecycle, r)
	}
	for _, configuration := range p.NotificationConfiguration.LambdaConfigurations {
		b.Notifications = append(b.Notifications, configuration.notification())
	}
	for _, tag := range p.Tags {
		if b.Tags == nil {
			b.Tags = map[string]string{}
		}
		b.Tags[tag.Key] = tag.Value
	}
	b.ObjectLock = b.ObjectLock || p.ObjectLockEnabled
	switch status := p.VersioningConfiguration.Status; {
	case status != "" && status != "Enabled" && status != "Suspended":
		return fmt.Errorf("the versioning status is %q, want Enabled or Suspended", status)
	case status == "" && b.Versioning == "Enabled":
		// A bucket with versions never returns to none (S3 User Guide, "Retaining multiple versions of objects").
		b.Versioning = "Suspended"
	case status != "":
		b.Versioning = status
	}
	return nil
}

// realize makes the engine keep objects of the bucket as it says.
func (s *Service) realize(ctx context.Context, b *bucket) error {
	header := http.Header{}
	if b.ObjectLock {
		header.Set("X-Amz-Bucket-Object-Lock-Enabled", "true")
	}
	response, _, problem := s.engine.read(ctx, engineRequest{method: http.MethodPut, bucket: b.Name, header: header})
	if problem != nil && (response == nil || response.StatusCode != http.StatusConflict) {
		return problem
	}
	if b.Versioning == "" || b.ObjectLock {
		return nil
	}
	return s.setVersioning(ctx, b.Name, b.Versioning)
}

func (s *Service) setVersioning(ctx context.Context, name, status string) error {
	body := xmlBody(versioningConfiguration{Status: status})
	_, _, problem := s.engine.read(ctx, engineRequest{method: http.MethodPut, bucket: name, query: subresource("versioning"), body: body, length: int64(body.Len()), header: md5Header(body.Bytes())})
	if problem != nil {
		return problem
	}
	return nil
}

type policyProperties struct {
	Bucket         string
	PolicyDocument any
}

func (s *Service) putPolicy(r resource.Resource) error {
	var p policyProperties
	if err := r.Decode(&p); err != nil {
		return err
	}
	document, err := resource.Document(p.PolicyDocument)
	if err != nil {
		return fmt.Errorf("creating bucket policy %s: %w", r, err)
	}
	if _, err := iam.Parse(document, iam.Resource); err != nil {
		return fmt.Errorf("creating bucket policy %s: %w", r, err)
	}
	err = s.buckets.change(p.Bucket, func(b *bucket) (*bucket, error) {
		switch {
		case b == nil || b.Retired:
			return nil, fmt.Errorf("there is no bucket %s", p.Bucket)
		case b.Account != r.Account:
			return nil, fmt.Errorf("bucket %s is of account %s, the stack of %s", p.Bucket, b.Account, r.Account)
		}
		b.Policy = document
		return b, b.checkPolicy()
	})
	if err != nil {
		return fmt.Errorf("creating bucket policy %s: %w", r, err)
	}
	return nil
}

// checkPolicy refuses a public policy where the bucket blocks them.
func (b *bucket) checkPolicy() error {
	if err := b.prepare(); err != nil {
		return err
	}
	if b.public && b.PublicAccess.BlockPublicPolicy {
		return fmt.Errorf("the policy of bucket %s is public, and PublicAccessBlockConfiguration has BlockPublicPolicy", b.Name)
	}
	return nil
}

// Delete removes a policy, or takes a bucket out of use and keeps its data.
func (s *Service) Delete(_ context.Context, r resource.Resource) error {
	name := r.Name
	if r.Type == policyType {
		var p policyProperties
		if err := r.Decode(&p); err != nil {
			return err
		}
		name = p.Bucket
	}
	return s.buckets.change(name, func(b *bucket) (*bucket, error) {
		switch {
		case b == nil || b.Account != r.Account:
			return b, nil
		case r.Type == policyType:
			b.Policy = nil
		default:
			b.Retired, b.Policy = true, nil
		}
		return b, nil
	})
}

// names of all buckets of an account that are in use, sorted.
func (s *Service) names(account string) []string {
	all := s.buckets.all()
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(all)), func(name string) bool {
		return all[name].Retired || all[name].Account != account
	})
	return names
}
