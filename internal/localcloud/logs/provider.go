package logs

import (
	"context"
	"fmt"
	"slices"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// Types are the resource types of the provider.
func (s *Service) Types() []string { return []string{"AWS::Logs::LogGroup"} }

// Put declares a log group.
func (s *Service) Put(_ context.Context, r resource.Resource) error {
	var p struct {
		RetentionInDays int
		Tags            []struct{ Key, Value string }
	}
	if err := r.Decode(&p); err != nil {
		return err
	}
	if problem := checkGroupName(r.Name); problem != nil {
		return fmt.Errorf("creating log group %s: %s", r, problem.Message)
	}
	if p.RetentionInDays != 0 && !slices.Contains(retentions, p.RetentionInDays) {
		return fmt.Errorf("creating log group %s: RetentionInDays is %d, want one of %v", r, p.RetentionInDays, retentions)
	}
	tags := map[string]string{}
	for _, t := range p.Tags {
		tags[t.Key] = t.Value
	}
	_, _, err := s.create(groupID{r.Account, r.Region, r.Name}, func(m *meta) { m.Retention, m.Tags = p.RetentionInDays, tags })
	return err
}

// Delete hides a log group that left the templates. Its events wait for it to come back.
func (s *Service) Delete(_ context.Context, r resource.Resource) error {
	g := s.find(groupID{r.Account, r.Region, r.Name})
	if g == nil {
		return nil
	}
	return g.change(func(m *meta) { m.Hidden = true })
}
