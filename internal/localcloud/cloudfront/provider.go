package cloudfront

import (
	"context"
	"fmt"
	"maps"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// Put creates a resource or brings it up to date.
func (s *Service) Put(_ context.Context, r resource.Resource) error {
	switch r.Type {
	case "AWS::CloudFront::Distribution":
		d, err := s.readDistribution(r)
		return s.store(err, func() { s.distributions[r.Name] = d; s.resolveHosts() })
	case "AWS::CloudFront::Function":
		f, err := readFunction(r, s.o.Log)
		return s.store(err, func() { s.functions[f.arn] = f })
	case "AWS::CloudFront::CloudFrontOriginAccessIdentity":
		return s.store(nil, func() { s.identities[r.Name] = CanonicalUser(r.Name) })
	case "AWS::CloudFront::OriginAccessControl":
		signs, err := readAccessControl(r)
		return s.store(err, func() { s.controls[r.Name] = signs })
	case "AWS::CloudFront::ResponseHeadersPolicy":
		p, err := readHeadersPolicy(r)
		return s.store(err, func() { s.headers[r.Name] = p })
	case "AWS::CloudFront::CachePolicy":
		p, err := readCachePolicy(r)
		return s.store(err, func() { s.caching[r.Name] = p })
	case "AWS::CloudFront::OriginRequestPolicy":
		p, err := readOriginRequestPolicy(r)
		return s.store(err, func() { s.forwarding[r.Name] = p })
	case "AWS::Route53::RecordSet", "AWS::Route53::RecordSetGroup":
		records, err := readRecords(r)
		return s.store(err, func() { s.records[r.String()] = records; s.resolveHosts() })
	}
	return fmt.Errorf("creating %s: CloudFront has no resources of type %s", r, r.Type)
}

// store makes a change visible, unless reading the resource failed.
func (s *Service) store(err error, change func()) error {
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
	return nil
}

// Delete removes a resource that left the templates.
func (s *Service) Delete(_ context.Context, r resource.Resource) error {
	return s.store(nil, func() {
		switch r.Type {
		case "AWS::CloudFront::Distribution":
			delete(s.distributions, r.Name)
			delete(s.invalidations, r.Name)
			s.cache.invalidate(r.Name, []string{"/*"})
			s.resolveHosts()
		case "AWS::CloudFront::Function":
			delete(s.functions, functionARN(r))
		case "AWS::CloudFront::CloudFrontOriginAccessIdentity":
			delete(s.identities, r.Name)
		case "AWS::CloudFront::OriginAccessControl":
			delete(s.controls, r.Name)
		case "AWS::CloudFront::ResponseHeadersPolicy":
			delete(s.headers, r.Name)
		case "AWS::CloudFront::CachePolicy":
			delete(s.caching, r.Name)
		case "AWS::CloudFront::OriginRequestPolicy":
			delete(s.forwarding, r.Name)
		case "AWS::Route53::RecordSet", "AWS::Route53::RecordSetGroup":
			delete(s.records, r.String())
			s.resolveHosts()
		}
	})
}

// readAccessControl reads whether an origin access control signs requests. With no-override a
// viewer's own Authorization would go to S3 instead, which nothing here can verify.
func readAccessControl(r resource.Resource) (bool, error) {
	var p struct {
		OriginAccessControlConfig struct{ OriginAccessControlOriginType, SigningBehavior string }
	}
	if err := r.Decode(&p); err != nil {
		return false, err
	}
	c := p.OriginAccessControlConfig
	if c.OriginAccessControlOriginType != "s3" {
		return false, fmt.Errorf("creating origin access control %s: OriginAccessControlOriginType is %q, want s3", r, c.OriginAccessControlOriginType)
	}
	switch c.SigningBehavior {
	case "always":
		return true, nil
	case "never":
		return false, nil
	}
	return false, fmt.Errorf("creating origin access control %s: SigningBehavior is %q, want always or never", r, c.SigningBehavior)
}

// record is a Route 53 record that points to a distribution.
type record struct {
	name, target string
}

type recordProperties struct {
	Name, Type  string
	AliasTarget struct{ DNSName string }
	// ResourceRecords of a CNAME.
	ResourceRecords []string
}

// readRecords reads the records of a resource that may point to a distribution.
func readRecords(r resource.Resource) ([]record, error) {
	var p struct {
		recordProperties `mapstructure:",squash"`
		RecordSets       []recordProperties
	}
	if err := r.Decode(&p); err != nil {
		return nil, err
	}
	sets := p.RecordSets
	if r.Type == "AWS::Route53::RecordSet" {
		sets = []recordProperties{p.recordProperties}
	}
	var records []record
	for _, set := range sets {
		target := set.AliasTarget.DNSName
		if set.Type == "CNAME" && len(set.ResourceRecords) == 1 {
			target = set.ResourceRecords[0]
		}
		switch {
		case set.Name == "":
			return nil, fmt.Errorf("creating records of %s: a record has no Name", r)
		case target != "" && (set.Type == "A" || set.Type == "AAAA" || set.Type == "CNAME" || set.Type == "HTTPS"):
			records = append(records, record{canonicalHost(set.Name), canonicalHost(target)})
		}
	}
	return records, nil
}

// resolveHosts finds the distribution of every name: its domain name, and the records that are
// aliases of it. The caller holds the lock.
func (s *Service) resolveHosts() {
	domains := make(map[string]string, len(s.distributions))
	for id, d := range s.distributions {
		domains[d.domain] = id
	}
	hosts := maps.Clone(domains)
	for _, records := range s.records {
		for _, r := range records {
			if id, ok := domains[r.target]; ok {
				hosts[r.name] = id
			}
		}
	}
	s.hosts = hosts
}
