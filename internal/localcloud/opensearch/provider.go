package opensearch

import (
	"context"
	"fmt"
	"time"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// settings are what a template says of a domain.
type settings struct {
	policies []iam.Document
	// policyText is the access policy as JSON; empty if there is none.
	policyText    string
	engineVersion string
	advanced      map[string]string
	cluster, ebs  map[string]any
	created       time.Time
}

// Types implements [resource.Provider].
func (s *Service) Types() []string {
	return []string{"AWS::OpenSearchService::Domain", "AWS::Elasticsearch::Domain"}
}

// allowExplicitIndex is the advanced option that lets bodies of _bulk, _mget and _msearch name
// indices. The node has it off for all domains.
const allowExplicitIndex = "rest.action.multi.allow_explicit_index"

// Put implements [resource.Provider]. An access policy that AWS would not take is an error.
func (s *Service) Put(_ context.Context, r resource.Resource) error {
	var p struct {
		AccessPolicies                            any
		AdvancedOptions                           map[string]string
		EngineVersion, ElasticsearchVersion       string
		ClusterConfig, ElasticsearchClusterConfig map[string]any
		EBSOptions                                map[string]any
	}
	fail := func(err error) error { return fmt.Errorf("creating domain %s (%s): %w", r.Name, r, err) }
	if err := r.Decode(&p); err != nil {
		return fail(err)
	}
	next := &settings{engineVersion: p.EngineVersion, advanced: p.AdvancedOptions, cluster: p.ClusterConfig, ebs: p.EBSOptions, created: s.now()}
	if r.Type == "AWS::Elasticsearch::Domain" {
		next.engineVersion, next.cluster = p.ElasticsearchVersion, p.ElasticsearchClusterConfig
	}
	if p.AccessPolicies != nil {
		text, err := resource.Document(p.AccessPolicies)
		if err != nil {
			return fail(err)
		}
		document, err := iam.Parse(text, iam.Resource)
		if err != nil {
			return fail(fmt.Errorf("AccessPolicies: %w", err))
		}
		next.policies, next.policyText = []iam.Document{document}, string(text)
	}
	d, err := s.reserve(r.ARN)
	if err != nil {
		return fail(err)
	}
	if old := d.settings.Load(); old != nil {
		next.created = old.created
	}
	if next.advanced[allowExplicitIndex] != "false" {
		s.log(fmt.Sprintf("domain %s: %s is not \"false\", but locally the bodies of _bulk, _mget and _msearch may not name an index", r.Name, allowExplicitIndex))
	}
	d.settings.Store(next)
	return nil
}

// Delete implements [resource.Provider]: the endpoint answers 503, the indices stay on the node.
func (s *Service) Delete(_ context.Context, r resource.Resource) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := s.domains[r.ARN]; d != nil {
		d.settings.Store(nil)
	}
	return nil
}
