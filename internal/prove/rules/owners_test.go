package rules

import (
	"testing"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/prove/owners"
	"github.com/tenantstack/tenantstack/internal/prove/pattern"
)

// TestTraps has ids and accounts that begin each other, or that hold wildcards: own patterns
// cover the tenant's own and nothing of the others.
func TestTraps(t *testing.T) {
	o := owners.Ownership{
		Namespaces: []string{
			"arn:aws:lambda:eu-central-1:111111111111:function:shop_{id}_*",
			"arn:aws:s3:::shop/{account}/*",
		},
		Shared: []owners.Shared{
			{Resource: kittens, ConditionKey: "dynamodb:LeadingKeys", Values: []string{"{account}"}},
		},
	}
	for id, account := range map[string]string{"acme": "123", "acme-eu": "1234", "a*": "12*", "a?me": "12?", "e": "3"} {
		o.Tenants = append(
			o.Tenants,
			owners.Tenant{ID: id, Stacks: []string{id}, Variables: map[string][]string{"account": {account}}},
		)
	}
	if err := o.Check(); err != nil {
		t.Fatal(err)
	}
	c := emptyCase(o)
	c.distinct()
	if len(c.report.Findings) > 0 {
		t.Fatalf("own patterns of two tenants meet: %+v", c.report.Findings)
	}
	covers := []struct {
		tenant, pattern string
		want            bool
	}{
		{"acme", "arn:aws:lambda:eu-central-1:111111111111:function:shop_acme_get", true},
		{"acme", "arn:aws:lambda:eu-central-1:111111111111:function:shop_acme_*", true},
		{"acme", "arn:aws:lambda:eu-central-1:111111111111:function:shop_acme*", false},
		{"acme", "arn:aws:lambda:eu-central-1:111111111111:function:shop_acme-eu_get", false},
		{"acme", "arn:aws:lambda:eu-central-1:111111111111:function:shop_a?me_get", false},
		{"a?me", "arn:aws:lambda:eu-central-1:111111111111:function:shop_a?me_get", false},
		{"a?me", "arn:aws:lambda:eu-central-1:111111111111:function:shop_a${?}me_get", true},
		{"a*", "arn:aws:lambda:eu-central-1:111111111111:function:shop_a*_get", false},
		{"a*", "arn:aws:lambda:eu-central-1:111111111111:function:shop_a${*}_*", true},
		{"e", "arn:aws:s3:::shop/3/*", true},
		{"e", "arn:aws:s3:::shop/*3/*", false},
	}
	for _, test := range covers {
		if got := c.own.Owns(test.tenant, pattern.Compile(test.pattern, true)); got != test.want {
			t.Errorf("%s owns %s: %v", test.tenant, test.pattern, got)
		}
	}
	rows := []struct {
		tenant, operator, value string
		want                    bool
	}{
		{"acme", "StringEquals", "123", true},
		{"acme", "StringLike", "123", true},
		{"acme", "StringLike", "123*", false},
		{"acme", "StringLike", "12?", false},
		{"acme", "StringEquals", "1234", false},
		{"a*", "StringEquals", "12*", true},
		{"a*", "StringLike", "12*", false},
		{"a*", "StringLike", "12${*}", true},
		{"a?me", "StringLike", "12?", false},
		{"e", "StringLike", "*3", false},
	}
	for _, test := range rows {
		condition := iam.Condition{
			"ForAllValues:" + test.operator: {
				"dynamodb:LeadingKeys": {test.value},
			}, "Null": {"dynamodb:LeadingKeys": {"false"}}, "ForAnyValue:StringLike": {"DynamoDB:leadingkeys": {"*"}},
		}
		if got := confines(condition, "dynamodb:LeadingKeys", c.own.Parts[0].Values[test.tenant], true, true); got != test.want {
			t.Errorf("%s confined by %s %s: %v", test.tenant, test.operator, test.value, got)
		}
	}
}
