package rules

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/prove/facts"
	"github.com/tenantstack/tenantstack/internal/prove/owners"
	"github.com/tenantstack/tenantstack/internal/prove/pattern"
)

// The pools that random policies are made of.
var (
	soundActions = []string{
		"dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:BatchGetItem", "dynamodb:Scan", "dynamodb:*", "dynamodb:*Item", "dynamodb:Batch*",
		"dynamodb:GetRecords", "dynamodb:DescribeTable", "dynamodb:PartiQLSelect", "s3:GetObject", "s3:*", "s3:Get*", "s3:ListBucket", "es:ESHttpGet", "es:ESHttp*",
		"es:ESHttpPost", "lambda:InvokeFunction", "lambda:Invoke*", "logs:PutLogEvents", "logs:*", "sqs:*", "ssm:GetParameter", "sts:AssumeRole", "iam:PassRole",
		"execute-api:Invoke", "xray:PutTraceSegments", "cloudwatch:*", "secretsmanager:GetSecretValue", "*",
	}
	soundResources = []string{
		kittens, kittens + "*", kittens + "/*", kittens + "/index/*", kittens + "/stream/*", "arn:aws:dynamodb:*:*:table/kittens_tenant_super-awesome-customer_*",
		"arn:aws:dynamodb:eu-central-1:111111111111:table/kittens_*", "arn:aws:dynamodb:eu-central-1:111111111111:table/kittens_tenant_*_x",
		domain + "/12345/_search", domain + "/12345/*", domain + "/12345*", domain + "/1234?/_search", domain + "/*/_search", domain + "/20417/_doc/1",
		"arn:aws:s3:::kittens-super-awesom-ed99ed58-uploads-111111111111-eu-central-1/*", "arn:aws:s3:::kittens-*-uploads-*", "arn:aws:s3:::kittens-tabby-cafe-web-111111111111-eu-central-1",
		"arn:aws:lambda:eu-central-1:111111111111:function:kittens_tenant_super-awesome-customer_*", "arn:aws:lambda:eu-central-1:111111111111:function:kittens_tenant_super-awesome-custome?_*",
		"arn:aws:lambda:eu-central-1:111111111111:function:kittens_tenant_*_KittensGetFn", "arn:aws:lambda:*:*:function:*Fn",
		"arn:aws:logs:eu-central-1:111111111111:log-group:/kittens/tenant/super-awesome-customer/*", "arn:aws:logs:eu-central-1:111111111111:log-group:/kittens/tenant/super*",
		"arn:aws:sqs:eu-central-1:111111111111:kittens_*", "arn:aws:iam::111111111111:role/kittens/tenant/super-awesome-customer/*", "arn:aws:iam::111111111111:role/kittens/*",
		"arn:aws:ssm:eu-central-1:111111111111:parameter/kittens/*", "arn:aws:execute-api:eu-central-1:111111111111:*/api/*", "arn:aws:xray:*", "*",
	}
	soundConditions = []iam.Condition{
		nil,
		nil,
		{
			"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": {"12345"}},
			"Null":                      {"dynamodb:LeadingKeys": {"false"}},
			"ForAnyValue:StringLike":    {"dynamodb:LeadingKeys": {"*"}},
		},
		{
			"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": {"12345"}},
			"Null":                      {"dynamodb:LeadingKeys": {"false"}},
			"ForAnyValue:StringLike":    {"dynamodb:LeadingKeys": {"*"}},
		},
		{
			"ForAllValues:StringLike":  {"dynamodb:LeadingKeys": {"12345"}},
			"ForAnyValue:StringEquals": {"dynamodb:LeadingKeys": {"12345", "20417"}},
		},
		{"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": {"12345"}}},
		{"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": {"12345"}}, "Null": {"dynamodb:LeadingKeys": {"false"}}},
		{
			"ForAllValues:StringLike": {"dynamodb:LeadingKeys": {"123*"}},
			"ForAnyValue:StringLike":  {"dynamodb:LeadingKeys": {"*"}},
		},
		{
			"ForAllValues:StringLike": {"dynamodb:LeadingKeys": {"1234?"}},
			"ForAnyValue:StringLike":  {"dynamodb:LeadingKeys": {"*"}},
		},
		{
			"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": {"${aws:PrincipalTag/account}"}},
			"ForAnyValue:StringLike":    {"dynamodb:LeadingKeys": {"*"}},
		},
		{"ForAnyValue:StringEquals": {"dynamodb:LeadingKeys": {"12345"}}},
		{"StringEquals": {"dynamodb:LeadingKeys": {"12345"}}},
		{"StringNotEquals": {"dynamodb:LeadingKeys": {"20417"}}},
		{"StringEqualsIfExists": {"dynamodb:LeadingKeys": {"12345"}}},
		{"Bool": {"aws:SecureTransport": {"true"}}},
		{"StringEquals": {"aws:PrincipalAccount": {"111111111111"}}},
	}
)

// TestProofIsSound tries out what the proof calls unreachable: for random policies of one
// role, requests for what is not the tenant's own are all to be denied.
func TestProofIsSound(t *testing.T) {
	const policies, requests = 300, 10_000
	assembly, ownership := shipped(t)
	f := facts.Read(assembly, nil)
	c := newCase(f, owners.New(ownership, f))
	// Policies are the same however many assets there are to draw requests from.
	forPolicies, random := rand.New(rand.NewPCG(1, 2)), rand.New(rand.NewPCG(3, 4))
	unreachable, foreign := 0, 0
	for range policies {
		p := randomPrincipal(forPolicies)
		c.report.Findings = nil
		for i := range p.Policies[0].Document.Statement {
			c.statement(p, "super-awesome-customer", &p.Policies[0], i)
		}
		if len(c.report.Findings) > 0 {
			continue
		}
		unreachable++
		documents := p.Documents()
		for range requests {
			r := c.randomRequest(random, p)
			allowed := iam.Evaluate(iam.Policies{Identity: documents}, r).Result == iam.Allowed
			if !allowed && random.IntN(100) > 0 {
				continue
			}
			if !c.isForeign(r) {
				continue
			}
			foreign += 100
			if allowed {
				t.Fatalf("the proof calls it unreachable, and the evaluator allows %+v under %+v", r, p.Policies[0].Document)
			}
		}
	}
	t.Logf(
		"%d of %d policies unreachable, about %d requests for what is not the tenant's own",
		unreachable,
		policies,
		foreign,
	)
	if unreachable < policies/5 || foreign < requests*10 {
		t.Errorf("too few cases: %d unreachable policies, %d foreign requests", unreachable, foreign)
	}
}

func pick[T any](random *rand.Rand, pool []T) T { return pool[random.IntN(len(pool))] }

func randomPrincipal(random *rand.Rand) *facts.Principal {
	d := iam.Document{Version: iam.Version}
	for range 1 + random.IntN(2) {
		s := iam.Statement{Effect: iam.Allow, Condition: pick(random, soundConditions)}
		for range 1 + random.IntN(2) {
			action, resource := pick(random, soundActions), pick(random, soundResources)
			// Most statements are about one service; a third of them are as they should be.
			for random.IntN(5) > 0 && !strings.HasPrefix(action, facts.ServiceOf(resource)+":") {
				action, resource = pick(random, soundActions), pick(random, soundResources)
			}
			if random.IntN(3) == 0 {
				action, resource = pick(random, soundActions[:4]), kittens
				s.Condition = soundConditions[2]
			}
			s.Action = append(s.Action, action)
			s.Resource = append(s.Resource, resource)
		}
		d.Statement = append(d.Statement, s)
	}
	return &facts.Principal{Arn: reader, Account: account, Policies: []facts.Policy{{Document: d}}}
}

// randomRequest is about an asset, or about what a pattern of the policy covers.
func (c *Case) randomRequest(random *rand.Rand, p *facts.Principal) iam.Request {
	s := pick(random, p.Policies[0].Document.Statement)
	r := iam.Request{Principal: p.Arn, Context: iam.Context{"aws:SecureTransport": {"true"}}}
	if actions := iam.ExpandAction(pick(random, s.Action)); len(actions) > 0 {
		r.Action = pick(random, actions).String()
	}
	source := pick(random, s.Resource)
	if random.IntN(2) == 0 {
		source = pick(random, c.own.Assets.All).Arn
	}
	r.Resource = concrete(random, source)
	values := []string{"12345", "20417", "12345", "123456", "1234", "ww-7#0", "", "12345*", "${aws:PrincipalTag/account}"}
	if random.IntN(4) > 0 {
		list := make([]string, random.IntN(4))
		for i := range list {
			list[i] = pick(random, values)
		}
		r.Context["dynamodb:LeadingKeys"] = list
	}
	if random.IntN(4) == 0 {
		r.Context["aws:PrincipalTag/account"] = []string{pick(random, values)}
	}
	return r
}

// concrete fills in what an ARN leaves open.
func concrete(random *rand.Rand, arn string) string {
	fill := []string{
		"",
		"x",
		"12345",
		"20417",
		"tabby-cafe",
		"super-awesome-customer",
		"_search",
		"/",
		":",
		"kittens",
		"_",
		"/stream/1",
		"index/i",
		"6/_search",
		"r_KittensGetFn",
	}
	return pattern.Compile(arn, false).Concrete(
		func() string { return pick(random, []string{"5", "x", "6", "r"}) },
		func() string { return pick(random, fill) + pick(random, fill) })
}

// isForeign says, without any of the proof's patterns of policies, whether a request asks
// for what is not the tenant's own: an asset of somebody else that the action can act on,
// and of a shared table rows that are not all its own.
func (c *Case) isForeign(r iam.Request) bool {
	a, known := iam.LookupAction(r.Action)
	if !known || len(a.Resources) == 0 || isHarmless(a) {
		return false
	}
	own := c.own.Own("super-awesome-customer")
	resource := pattern.Compile(r.Resource, false)
	if own.Covers(resource) {
		return false
	}
	keys, present := r.Context["dynamodb:LeadingKeys"]
	ownRows := a.Carries("dynamodb:LeadingKeys") && present && len(keys) > 0 &&
		!slices.ContainsFunc(keys, func(k string) bool { return k != "12345" })
	return slices.ContainsFunc(c.own.Assets.All, func(x *facts.Asset) bool {
		if x.Owner == "super-awesome-customer" || x.Namespace || !iam.MatchResource(x.Arn, r.Resource) ||
			!c.actions.concerns(a, x) {
			return false
		}
		if x.Owner == "" && x.Kind == "parameter" && (a.Level == iam.LevelRead || a.Level == iam.LevelList) {
			return false
		}
		return !(x.Split && ownRows)
	})
}
