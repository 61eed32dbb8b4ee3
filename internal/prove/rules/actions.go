package rules

import (
	"regexp"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/prove/facts"
	"github.com/tenantstack/tenantstack/internal/prove/pattern"
)

// actionTables remember what was asked of the Service Authorization Reference.
type actionTables struct {
	expansions map[string]*actionSet
	applicable map[applicability]bool
	matches    map[*iam.ResourceType][]pattern.Pattern
}

func newActionTables() actionTables {
	return actionTables{
		expansions: map[string]*actionSet{}, applicable: map[applicability]bool{}, matches: map[*iam.ResourceType][]pattern.Pattern{},
	}
}

// actionSet is what a statement's Action or NotAction covers.
type actionSet struct {
	actions []*iam.ActionSpec
	// accountWide actions name no resource: they are granted by * alone.
	accountWide []*iam.ActionSpec
	// unknown are patterns that cover nothing in the Service Authorization Reference.
	unknown []string
}

// of a statement; NotAction covers everything but what it names.
func (t *actionTables) of(s *iam.Statement) *actionSet {
	not := len(s.NotAction) > 0
	patterns := s.Action
	if not {
		patterns = s.NotAction
	}
	id := strings.Join(patterns, "\n")
	if not {
		id = "!" + id
	}
	if known := t.expansions[id]; known != nil {
		return known
	}
	set := &actionSet{}
	if not {
		patterns = []string{"*"}
	}
	for _, pattern := range patterns {
		found := iam.ExpandAction(pattern)
		if len(found) == 0 {
			set.unknown = append(set.unknown, pattern)
		}
		for _, a := range found {
			excluded := slices.ContainsFunc(s.NotAction, func(p string) bool { return iam.MatchAction(p, a.String()) })
			switch {
			case excluded:
			case len(a.Resources) == 0:
				set.accountWide = append(set.accountWide, a)
			default:
				set.actions = append(set.actions, a)
			}
		}
	}
	if not || slices.Contains(patterns, "*") {
		set.unknown = nil
	}
	t.expansions[id] = set
	return set
}

// escalates says whether an action lets its caller give itself other rights, on whatever
// resource: changing a role or a policy, one's own included, or a stack, which acts with the
// rights of whoever deploys (IAM User Guide, "Policies and permissions in IAM"; CloudFormation
// User Guide, "AWS CloudFormation service role"). To pass a role is judged by the role.
func escalates(a *iam.ActionSpec) bool {
	if a.Level == iam.LevelRead || a.Level == iam.LevelList || a.Level == iam.LevelTagging && a.Service != "iam" {
		return false
	}
	return a.Service == "iam" && a.Name != "PassRole" || a.Service == "cloudformation"
}

// harmless are account-wide actions that read nothing of anybody and change nothing but
// measurements (Service Authorization Reference, "AWS X-Ray", "Amazon CloudWatch", "AWS STS",
// "AWS KMS"). The rest of what names no resource concerns everything in the account.
var harmless = []string{
	"xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets",
	"xray:GetSamplingStatisticSummaries", "cloudwatch:PutMetricData", "sts:GetCallerIdentity", "kms:GenerateRandom", "ecr:GetAuthorizationToken", "dynamodb:DescribeEndpoints",
}

func isHarmless(a *iam.ActionSpec) bool {
	return slices.ContainsFunc(harmless, func(h string) bool { return strings.EqualFold(h, a.String()) })
}

// applicability is an action and a kind of asset.
type applicability struct {
	action *iam.ActionSpec
	kind   string
}

// partsOfTable are kinds of assets that are named as the types of DynamoDB's resources are.
var partsOfTable = []string{"table", "index", "stream", "backup", "export", "import"}

// concerns says whether an action can act on an asset: one of the ARNs of its resource types
// has a string in common with the asset's.
func (t *actionTables) concerns(a *iam.ActionSpec, x *facts.Asset) bool {
	id := applicability{a, x.Kind + x.Service}
	if known, ok := t.applicable[id]; ok {
		return known
	}
	concerns := false
	for _, use := range a.Resources {
		if x.Service == "dynamodb" && slices.Contains(partsOfTable, x.Kind) {
			// The placeholders of its types reach over no slash: a table is no stream.
			concerns = concerns || use.Type.Name == x.Kind
			continue
		}
		for _, form := range t.forms(use.Type) {
			if _, ok := pattern.Intersect(form, x.Pattern); ok {
				concerns = true
			}
		}
	}
	t.applicable[id] = concerns
	return concerns
}

// forms are the ARNs of a resource type with an asterisk for each placeholder.
func (t *actionTables) forms(kind *iam.ResourceType) []pattern.Pattern {
	if known, ok := t.matches[kind]; ok {
		return known
	}
	var out []pattern.Pattern
	for _, arn := range kind.Arns {
		out = append(out, pattern.Compile(placeholder.ReplaceAllString(arn, "*"), false))
	}
	t.matches[kind] = out
	return out
}

var placeholder = regexp.MustCompile(`\$\{[^}]*\}`)
