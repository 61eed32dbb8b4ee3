package prove

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/iam"
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
		{"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": {"12345"}}, "Null": {"dynamodb:LeadingKeys": {"false"}}, "ForAnyValue:StringLike": {"dynamodb:LeadingKeys": {"*"}}},
		{"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": {"12345"}}, "Null": {"dynamodb:LeadingKeys": {"false"}}, "ForAnyValue:StringLike": {"dynamodb:LeadingKeys": {"*"}}},
		{"ForAllValues:StringLike": {"dynamodb:LeadingKeys": {"12345"}}, "ForAnyValue:StringEquals": {"dynamodb:LeadingKeys": {"12345", "20417"}}},
		{"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": {"12345"}}},
		{"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": {"12345"}}, "Null": {"dynamodb:LeadingKeys": {"false"}}},
		{"ForAllValues:StringLike": {"dynamodb:LeadingKeys": {"123*"}}, "ForAnyValue:StringLike": {"dynamodb:LeadingKeys": {"*"}}},
		{"ForAllValues:StringLike": {"dynamodb:LeadingKeys": {"1234?"}}, "ForAnyValue:StringLike": {"dynamodb:LeadingKeys": {"*"}}},
		{"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": {"${aws:PrincipalTag/account}"}}, "ForAnyValue:StringLike": {"dynamodb:LeadingKeys": {"*"}}},
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
	m := newModel(ownership)
	var all []*asset
	for i := range assembly.Stacks {
		all = append(all, m.extract(&assembly.Stacks[i])...)
	}
	m.attach()
	m.hold(all)
	// Policies are the same however many assets there are to draw requests from.
	forPolicies, random := rand.New(rand.NewPCG(1, 2)), rand.New(rand.NewPCG(3, 4))
	unreachable, foreign := 0, 0
	for range policies {
		p := randomPrincipal(forPolicies)
		m.report.Findings = nil
		for i := range p.policies[0].document.Statement {
			m.statement(p, &p.policies[0], i)
		}
		if len(m.report.Findings) > 0 {
			continue
		}
		unreachable++
		documents := p.documents()
		for range requests {
			r := m.randomRequest(random, p)
			allowed := iam.Evaluate(iam.Policies{Identity: documents}, r).Result == iam.Allowed
			if !allowed && random.IntN(100) > 0 {
				continue
			}
			if !m.isForeign(r) {
				continue
			}
			foreign += 100
			if allowed {
				t.Fatalf("the proof calls it unreachable, and the evaluator allows %+v under %+v", r, p.policies[0].document)
			}
		}
	}
	t.Logf("%d of %d policies unreachable, about %d requests for what is not the tenant's own", unreachable, policies, foreign)
	if unreachable < policies/5 || foreign < requests*10 {
		t.Errorf("too few cases: %d unreachable policies, %d foreign requests", unreachable, foreign)
	}
}

func pick[T any](random *rand.Rand, pool []T) T { return pool[random.IntN(len(pool))] }

func randomPrincipal(random *rand.Rand) *principal {
	d := iam.Document{Version: iam.Version}
	for range 1 + random.IntN(2) {
		s := iam.Statement{Effect: iam.Allow, Condition: pick(random, soundConditions)}
		for range 1 + random.IntN(2) {
			action, resource := pick(random, soundActions), pick(random, soundResources)
			// Most statements are about one service; a third of them are as they should be.
			for random.IntN(5) > 0 && !strings.HasPrefix(action, serviceOf(resource)+":") {
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
	return &principal{owner: "super-awesome-customer", arn: reader, account: account, policies: []attached{{document: d}}}
}

// randomRequest is about an asset, or about what a pattern of the policy covers.
func (m *model) randomRequest(random *rand.Rand, p *principal) iam.Request {
	s := pick(random, p.policies[0].document.Statement)
	r := iam.Request{Principal: p.arn, Context: iam.Context{"aws:SecureTransport": {"true"}}}
	if actions := iam.ExpandAction(pick(random, s.Action)); len(actions) > 0 {
		r.Action = pick(random, actions).String()
	}
	source := pick(random, s.Resource)
	if random.IntN(2) == 0 {
		source = pick(random, m.assets.all).Arn
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
func concrete(random *rand.Rand, pattern string) string {
	fill := []string{"", "x", "12345", "20417", "tabby-cafe", "super-awesome-customer", "_search", "/", ":", "kittens", "_", "/stream/1", "index/i", "6/_search", "r_KittensGetFn"}
	var out strings.Builder
	for _, token := range compile(pattern, false).from(0) {
		switch token.kind {
		case literal:
			out.WriteRune(token.r)
		case anyOne:
			out.WriteString(pick(random, []string{"5", "x", "6", "r"}))
		default:
			out.WriteString(pick(random, fill) + pick(random, fill))
		}
	}
	return out.String()
}

// isForeign says, without any of the proof's patterns of policies, whether a request asks
// for what is not the tenant's own: an asset of somebody else that the action can act on,
// and of a shared table rows that are not all its own.
func (m *model) isForeign(r iam.Request) bool {
	a, known := iam.LookupAction(r.Action)
	if !known || len(a.Resources) == 0 || isHarmless(a) {
		return false
	}
	own := m.own["super-awesome-customer"]
	resource := compile(r.Resource, false)
	if own.covers(resource) {
		return false
	}
	keys, present := r.Context["dynamodb:LeadingKeys"]
	ownRows := a.Carries("dynamodb:LeadingKeys") && present && len(keys) > 0 && !slices.ContainsFunc(keys, func(k string) bool { return k != "12345" })
	return slices.ContainsFunc(m.assets.all, func(x *asset) bool {
		if x.Owner == "super-awesome-customer" || x.namespace || !iam.MatchResource(x.Arn, r.Resource) || !m.concerns(a, x) {
			return false
		}
		if x.Owner == "" && x.Kind == "parameter" && (a.Level == iam.LevelRead || a.Level == iam.LevelList) {
			return false
		}
		return !(x.split && ownRows)
	})
}
