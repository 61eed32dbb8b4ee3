package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/internal/prove/facts"
	"github.com/tenantstack/tenantstack/internal/prove/owners"
	"github.com/tenantstack/tenantstack/internal/prove/pattern"
	"github.com/tenantstack/tenantstack/internal/prove/report"
)

// references proves T6: outside of policies, where AWS acts with rights of its own or of whoever deploys, a
// tenant's resource names nothing but the tenant's own, and the platform's resources name no tenant's. A
// declaration says where what is the platform's, or nobody's, may be named too.
func (c *Case) references() {
	for i := range c.References {
		c.reference(&c.References[i])
	}
	for i := range c.Lookups {
		c.lookup(&c.Lookups[i])
	}
}

func (c *Case) reference(r *facts.Reference) {
	owner := c.own.Of(r.Place)
	if owner == "" && r.Watch {
		return // the platform may look at what tenants have
	}
	if !c.marksKnown(r, owner) {
		return
	}
	if len(r.Marks) == 1 && r.Marks[0].Text == r.Text {
		c.value(r, owner)
		return
	}
	if r.Arn == "" {
		if owner != "" && (len(r.Marks) == 0 || r.Kind == "id" || r.Kind == "host" && !isAWSHost(r.Text)) {
			c.literal(r, owner)
		}
		return
	}
	if owner != "" && facts.AccountOf(r.Arn) == "aws" {
		return // AWS's own, such as a managed policy or layer
	}
	p := pattern.Compile(strings.TrimSuffix(r.Arn, ":*"), false)
	if owner != "" && c.own.Owns(owner, p) || c.own.IsTrusted(p) {
		return
	}
	tenants, platform := c.named(owner, p)
	switch {
	case tenants != nil:
		c.find(report.Finding{
			Rule: report.CrossTenant, Owner: owner, Place: r.Place, Asset: tenants, Victims: []string{tenants.Owner},
			Message: fmt.Sprintf(
				"%s of %s names %s of tenant %s, so data can pass between them",
				r.Place.LogicalID,
				owners.NameOf(owner),
				r.Arn,
				tenants.Owner,
			),
			Fix: "name resources of the same owner",
		})
	case owner == "":
		c.checkCopy(r)
	case !c.permitted(r, platform != nil):
		c.notOwn(r, owner, platform)
	}
}

// marksKnown finds values that the templates do not tell, where a name is expected, and what is
// another tenant's.
func (c *Case) marksKnown(r *facts.Reference, owner string) bool {
	for i := range r.Marks {
		m := &r.Marks[i]
		of, isStack := c.own.OfMark(m)
		switch {
		case owner == "":
		case m.Stack != "" && isStack && (of == "" || of == owner):
		case m.Stack != "" && isStack:
			c.find(report.Finding{
				Rule: report.CrossTenant, Owner: owner, Place: r.Place, Asset: &facts.Asset{Kind: "value", Owner: of, Arn: m.Text}, Victims: []string{of},
				Message: fmt.Sprintf(
					"%s of %s uses %s of tenant %s, so data can pass between them",
					r.Place.LogicalID,
					owners.NameOf(owner),
					pattern.Readable(m.Text),
					of,
				),
				Fix: "name resources of the same owner",
			})
			return false
		case r.Undeclared, r.Platform && m.Lookup:
			// What no template tells may be named here, or what the platform's parameter says.
		default:
			c.find(report.Finding{
				Rule: report.NotUnderstood, Owner: owner, Place: r.Place,
				Message: fmt.Sprintf(
					"%s names %s, and what that is, no template tells",
					r.Place.LogicalID,
					pattern.Readable(m.Text),
				),
				Fix: "name a resource of the stack",
			})
			return false
		}
	}
	return true
}

// value is a reference that is nothing but a value that only AWS knows: of the own stack, or of the platform's
// where that may be named. marksKnown has found the others.
func (c *Case) value(r *facts.Reference, owner string) {
	m := &r.Marks[0]
	if of, _ := c.own.OfMark(m); owner == "" || m.Stack == "" || of == owner || r.Platform {
		return
	}
	c.find(report.Finding{
		Rule: report.CrossTenant, Owner: owner, Place: r.Place, Asset: &facts.Asset{Kind: "value", Arn: m.Text},
		Message: fmt.Sprintf(
			"%s of %s names %s of the platform, which serves every tenant",
			r.Place.LogicalID,
			owners.NameOf(owner),
			pattern.Readable(m.Text),
		),
		Fix: "name a resource of the stack",
	})
}

// literal finds a text where only a resource of the stack tells what is named.
func (c *Case) literal(r *facts.Reference, owner string) {
	if r.Undeclared || c.own.IsTrusted(pattern.Exactly(r.Text, false)) || r.Kind == "api-name" && c.apiNamed(r, owner) {
		return
	}
	c.find(report.Finding{
		Rule: report.NotUnderstood, Owner: owner, Place: r.Place, Asset: &facts.Asset{Kind: r.Kind, Arn: r.Text},
		Message: fmt.Sprintf("%s names %s, and nothing in the templates tells whose that is", r.Place.LogicalID, r.Text),
		Fix:     "name a resource of the stack by Ref or Fn::GetAtt, or list this one under trusted in the file of owners",
	})
}

// apiNamed says whether an API of the owner has a name. If somebody else's has the same, or another tenant's stack,
// whose API is named so, the metrics of both are one, which is a finding.
func (c *Case) apiNamed(r *facts.Reference, owner string) bool {
	own, others, place := false, "", ""
	for i := range c.APINames {
		n := &c.APINames[i]
		switch of := c.own.Of(n.Place); {
		case n.Name != r.Text:
		case of == owner:
			own = true
		default:
			others, place = of, n.Place.String()
		}
	}
	of, isStack := c.own.OfStack(r.Text)
	if isStack && of != "" && of != owner {
		others, place = of, "the stack "+r.Text
	} else if !own {
		return false
	}
	if place != "" {
		c.find(report.Finding{
			Rule: report.CrossTenant, Owner: owner, Place: r.Place, Victims: victimsOf(others),
			Asset: &facts.Asset{Kind: "API", Owner: others, Arn: r.Text},
			Message: fmt.Sprintf(
				"%s of %s is about the API %s, and %s of %s has that name",
				r.Place.LogicalID,
				owners.NameOf(owner),
				r.Text,
				place,
				owners.NameOf(others),
			),
			Fix: "name the API by its id, or give it a name of its own",
		})
	}
	return true
}

// awsHosts end the names of hosts that AWS alone gives (AWS General Reference, "AWS service endpoints").
var awsHosts = []string{".amazonaws.com", ".amazonaws.com.cn", ".on.aws", ".cloudfront.net", ".amazoncognito.com"}

// isAWSHost says whether a host with a value of a stack in it is AWS's.
func isAWSHost(host string) bool {
	host, _, _ = strings.Cut(host, ":")
	return slices.ContainsFunc(awsHosts, func(end string) bool { return strings.HasSuffix(strings.ToLower(host), end) })
}

// named is another tenant's asset that a pattern meets, and one of the platform's.
func (c *Case) named(owner string, p pattern.Pattern) (tenants, platform *facts.Asset) {
	for x := range c.own.Assets.Meeting(p) {
		if x.Namespace || x.Owner != "" && x.Owner == owner {
			continue
		}
		if _, meets := pattern.Intersect(p, x.Pattern); !meets {
			continue
		}
		if owner == "" && x.Pattern.HasUnknown() && !p.HasUnknown() {
			continue // A name that AWS chose is none that the platform gave.
		}
		if x.Owner != "" {
			return x, platform
		}
		platform = x
	}
	return nil, platform
}

// permitted says whether a tenant's resource may name what is not the tenant's own, and no
// other tenant's.
func (c *Case) permitted(r *facts.Reference, platform bool) bool {
	account := facts.AccountOf(r.Arn)
	switch {
	case facts.IsAccount(account) && !c.Accounts[account]:
		return false
	case r.Kind == "code-bucket":
		return bootstrap(r.Arn, r.Account)
	case platform:
		return r.Platform
	default:
		return r.Undeclared
	}
}

// bootstrapName is that of the bucket from which the CDK deploys an account's code (AWS CDK
// Developer Guide, "Customize AWS CDK bootstrapping").
var bootstrapName = regexp.MustCompile(`^arn:[^:]+:s3:::cdk-[a-z0-9]+-assets-([0-9]{12})-[a-z0-9-]+$`)

func bootstrap(arn, account string) bool {
	match := bootstrapName.FindStringSubmatch(arn)
	return match != nil && match[1] == account
}

// checkCopy finds what the platform's resources name outside of the accounts of the templates.
func (c *Case) checkCopy(r *facts.Reference) {
	account := facts.AccountOf(r.Arn)
	if account == "aws" || !facts.IsAccount(account) || c.Accounts[account] {
		return
	}
	c.find(report.Finding{
		Rule: report.NotUnderstood, Place: r.Place, Asset: &facts.Asset{Kind: "destination", Arn: r.Arn},
		Message: fmt.Sprintf(
			"%s names %s of account %s, which is not among the templates, so data can leave",
			r.Place.LogicalID,
			r.Arn,
			account,
		),
		Fix: "name a resource of the templates, or list this one under trusted in the file of owners",
	})
}

// notOwn reports what a tenant's resource names of the platform's, or of nobody's.
func (c *Case) notOwn(r *facts.Reference, owner string, platform *facts.Asset) {
	f := report.Finding{
		Rule: report.NotUnderstood, Owner: owner, Place: r.Place, Asset: &facts.Asset{Kind: "reference", Arn: r.Arn},
		Fix: "name a resource of the stack, or list this one under trusted in the file of owners",
	}
	account := facts.AccountOf(r.Arn)
	switch {
	case platform != nil:
		f.Rule, f.Asset = report.CrossTenant, platform
		f.Message = fmt.Sprintf(
			"%s of %s names %s of the platform, which serves every tenant",
			r.Place.LogicalID,
			owners.NameOf(owner),
			r.Arn,
		)
	case facts.IsAccount(account) && !c.Accounts[account]:
		f.Message = fmt.Sprintf(
			"%s names %s of account %s, which is not among the templates, so data can leave",
			r.Place.LogicalID,
			r.Arn,
			account,
		)
	default:
		f.Message = fmt.Sprintf(
			"%s names %s, which no template declares, so whose it is is not known",
			r.Place.LogicalID,
			r.Arn,
		)
	}
	c.find(f)
}

// lookup finds values that CloudFormation would look up in what is not the tenant's own. Parameters that are
// no tenant's, and no secrets, may be read.
func (c *Case) lookup(l *facts.Lookup) {
	owner := c.own.Of(l.Place)
	if owner == "" {
		return
	}
	r := facts.Reference{
		Place:      l.Place,
		Kind:       "parameter",
		Text:       l.Arn,
		Arn:        l.Arn,
		Account:    l.Account,
		Platform:   l.Service == "ssm",
		Undeclared: l.Service == "ssm",
	}
	c.reference(&r)
}
