package logs

import (
	"maps"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// empty is the answer of operations that answer nothing.
type empty struct{}

type createLogGroupInput struct {
	LogGroupName, KmsKeyId, LogGroupClass string
	Tags                                  map[string]string
}

func (s *Service) createLogGroup(c *gate.Call, in createLogGroupInput) (any, *gate.Error) {
	id, problem := s.resolve(c, in.LogGroupName, "")
	if problem != nil {
		return nil, problem
	}
	if in.KmsKeyId != "" {
		return nil, invalid("The local cloud has no KMS key %s", in.KmsKeyId)
	}
	if in.LogGroupClass != "" && in.LogGroupClass != "STANDARD" {
		return nil, invalid("The local cloud has only log groups of the class STANDARD, not %s", in.LogGroupClass)
	}
	if problem := checkTags(in.Tags); problem != nil {
		return nil, problem
	}
	accesses := []gate.Access{s.access("CreateLogGroup", id, "", tagContext(in.Tags))}
	if len(in.Tags) > 0 {
		accesses = append(accesses, s.access("TagResource", id, "", tagContext(in.Tags)))
	}
	if denied := s.authorize(c, accesses...); denied != nil {
		return nil, denied
	}
	if s.find(id) != nil {
		return nil, alreadyExists("log group")
	}
	_, isNew, err := s.create(id, func(m *meta) {
		if len(in.Tags) > 0 {
			m.Tags = in.Tags
		}
	})
	if err != nil {
		return nil, failed(err)
	}
	if !isNew {
		return nil, alreadyExists("log group")
	}
	return empty{}, nil
}

func alreadyExists(what string) *gate.Error {
	return &gate.Error{Status: 400, Code: "ResourceAlreadyExistsException", Message: "The specified " + what + " already exists"}
}

// tagContext are the condition keys of a request that sets tags.
func tagContext(tags map[string]string) iam.Context {
	if len(tags) == 0 {
		return nil
	}
	c := iam.Context{"aws:TagKeys": slices.Sorted(maps.Keys(tags))}
	for key, value := range tags {
		c["aws:RequestTag/"+key] = []string{value}
	}
	return c
}

func checkTags(tags map[string]string) *gate.Error {
	if len(tags) > 50 {
		return invalid("A log group has at most 50 tags, not %d", len(tags))
	}
	for key, value := range tags {
		if key == "" || len(key) > 128 || len(value) > 256 || strings.HasPrefix(strings.ToLower(key), "aws:") {
			return invalid("The tag %s is not valid", key)
		}
	}
	return nil
}

type groupInput struct{ LogGroupName string }

func (s *Service) deleteLogGroup(c *gate.Call, in groupInput) (any, *gate.Error) {
	g, problem := s.existing(c, "DeleteLogGroup", in.LogGroupName, "", "")
	if problem != nil {
		return nil, problem
	}
	if err := s.remove(g.id); err != nil {
		return nil, failed(err)
	}
	return empty{}, nil
}

type describeLogGroupsInput struct {
	LogGroupNamePrefix, LogGroupNamePattern, LogGroupClass, NextToken string
	Limit                                                             *int
	AccountIdentifiers                                                []string
	IncludeLinkedAccounts                                             bool
	LogGroupIdentifiers                                               []string
}

type describedGroup struct {
	Arn               string `json:"arn"`
	CreationTime      int64  `json:"creationTime"`
	LogGroupArn       string `json:"logGroupArn"`
	LogGroupClass     string `json:"logGroupClass"`
	LogGroupName      string `json:"logGroupName"`
	MetricFilterCount int    `json:"metricFilterCount"`
	RetentionInDays   int    `json:"retentionInDays,omitempty"`
	StoredBytes       int64  `json:"storedBytes"`
}

// describeLogGroups is not about one group: the service is asked for a group without a name, so that only a
// policy for all groups lets it.
func (s *Service) describeLogGroups(c *gate.Call, in describeLogGroupsInput) (any, *gate.Error) {
	switch {
	case in.LogGroupNamePrefix != "" && in.LogGroupNamePattern != "":
		return nil, invalid("LogGroupNamePrefix and LogGroupNamePattern are mutually exclusive parameters.")
	case in.IncludeLinkedAccounts || len(in.AccountIdentifiers) > 0 || len(in.LogGroupIdentifiers) > 0:
		return nil, invalid("The local cloud has no linked accounts and takes no logGroupIdentifiers here")
	}
	if denied := s.authorize(c, s.access("DescribeLogGroups", groupID{c.Caller.Account, c.Region, ""}, "", nil)); denied != nil {
		return nil, denied
	}
	var groups []*group
	for _, g := range s.list(c.Caller.Account, c.Region) {
		if strings.HasPrefix(g.id.Name, in.LogGroupNamePrefix) && strings.Contains(g.id.Name, in.LogGroupNamePattern) && (in.LogGroupClass == "" || in.LogGroupClass == "STANDARD") {
			groups = append(groups, g)
		}
	}
	page, next, problem := paginate(groups, func(g *group) string { return g.id.Name }, in.Limit, 50, in.NextToken)
	if problem != nil {
		return nil, problem
	}
	out := struct {
		LogGroups []describedGroup `json:"logGroups"`
		NextToken string           `json:"nextToken,omitempty"`
	}{[]describedGroup{}, next}
	for _, g := range page {
		m := g.describe()
		out.LogGroups = append(out.LogGroups, describedGroup{
			Arn: g.id.arn() + ":*", CreationTime: m.Created, LogGroupArn: g.id.arn(), LogGroupClass: "STANDARD",
			LogGroupName: g.id.Name, RetentionInDays: m.Retention, StoredBytes: g.storedBytes(),
		})
	}
	return out, nil
}

// retentions are the days that a retention may have (CloudWatch Logs API Reference, "PutRetentionPolicy").
var retentions = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

type putRetentionPolicyInput struct {
	LogGroupName    string
	RetentionInDays int
}

func (s *Service) putRetentionPolicy(c *gate.Call, in putRetentionPolicyInput) (any, *gate.Error) {
	if !slices.Contains(retentions, in.RetentionInDays) {
		return nil, invalid("1 validation error detected: Value '%d' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: %v", in.RetentionInDays, retentions)
	}
	return s.setRetention(c, "PutRetentionPolicy", in.LogGroupName, in.RetentionInDays)
}

func (s *Service) deleteRetentionPolicy(c *gate.Call, in groupInput) (any, *gate.Error) {
	return s.setRetention(c, "DeleteRetentionPolicy", in.LogGroupName, 0)
}

func (s *Service) setRetention(c *gate.Call, action, name string, days int) (any, *gate.Error) {
	g, problem := s.existing(c, action, name, "", "")
	if problem != nil {
		return nil, problem
	}
	if err := g.change(func(m *meta) { m.Retention = days }); err != nil {
		return nil, failed(err)
	}
	return empty{}, nil
}

type tagInput struct {
	ResourceArn string
	Tags        map[string]string
	TagKeys     []string
}

// tagged authorizes an operation on the tags of a group. Its ARN has no asterisk.
func (s *Service) tagged(c *gate.Call, action, arn string, context iam.Context) (*group, *gate.Error) {
	id, problem := s.resolve(c, "", arn)
	if problem != nil || !strings.HasPrefix(arn, "arn:") || strings.HasSuffix(arn, ":*") {
		return nil, invalid("The resourceArn %s is not the ARN of a log group", arn)
	}
	if denied := s.authorize(c, s.access(action, id, "", context)); denied != nil {
		return nil, denied
	}
	g := s.find(id)
	if g == nil {
		return nil, notFound("log group")
	}
	return g, nil
}

func (s *Service) tagResource(c *gate.Call, in tagInput) (any, *gate.Error) {
	if len(in.Tags) == 0 {
		return nil, invalid("There are no tags")
	}
	if problem := checkTags(in.Tags); problem != nil {
		return nil, problem
	}
	g, problem := s.tagged(c, "TagResource", in.ResourceArn, tagContext(in.Tags))
	if problem != nil {
		return nil, problem
	}
	after := g.describe().Tags
	maps.Copy(after, in.Tags)
	if len(after) > 50 {
		return nil, &gate.Error{Status: 400, Code: "TooManyTagsException", Message: "A log group has at most 50 tags"}
	}
	if err := g.change(func(m *meta) { maps.Copy(m.Tags, in.Tags) }); err != nil {
		return nil, failed(err)
	}
	return empty{}, nil
}

func (s *Service) untagResource(c *gate.Call, in tagInput) (any, *gate.Error) {
	g, problem := s.tagged(c, "UntagResource", in.ResourceArn, iam.Context{"aws:TagKeys": in.TagKeys})
	if problem != nil {
		return nil, problem
	}
	err := g.change(func(m *meta) {
		for _, key := range in.TagKeys {
			delete(m.Tags, key)
		}
	})
	if err != nil {
		return nil, failed(err)
	}
	return empty{}, nil
}

func (s *Service) listTagsForResource(c *gate.Call, in tagInput) (any, *gate.Error) {
	g, problem := s.tagged(c, "ListTagsForResource", in.ResourceArn, nil)
	if problem != nil {
		return nil, problem
	}
	return map[string]any{"tags": g.describe().Tags}, nil
}
