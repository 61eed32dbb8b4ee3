package rules

import (
	"fmt"
	"strings"

	"github.com/tenantstack/tenantstack/internal/prove/facts"
	"github.com/tenantstack/tenantstack/internal/prove/report"
)

// settings proves T11: what has to be set is set, such as that a bucket cannot become public (Amazon S3 User
// Guide, "Blocking public access to your Amazon S3 storage").
func (c *Case) settings() {
	for i := range c.Settings {
		s := &c.Settings[i]
		if s.Met() {
			continue
		}
		is := fmt.Sprintf("is %q", s.Got)
		if s.Absent {
			is = "is not set"
		}
		message := fmt.Sprintf("%s %s, and has to be %s", s.Place.Path, is, strings.Join(s.Want, " or "))
		if s.Reason != "" {
			message += ": " + s.Reason
		}
		c.find(report.Finding{
			Rule: report.Rule(
				s.Rule,
			), Owner: c.own.Of(s.Place), Place: s.Place, Message: message, Fix: "set it to " + strings.Join(s.Want, " or "),
		})
	}
	c.domains()
}

// explicitIndex lets the bodies of _bulk, _mget and _msearch name any index of the domain (OpenSearch Service
// Developer Guide, "Advanced cluster settings").
const explicitIndex = "rest.action.multi.allow_explicit_index"

// domains checks what a domain lets a request name, and whom it lets in.
func (c *Case) domains() {
	for i := range c.Domains {
		d := &c.Domains[i]
		owner := c.own.Of(d.Place)
		if d.Anonymous {
			c.find(report.Finding{
				Rule: report.WildcardPrincipal, Owner: owner, Place: d.Place, Principal: "*",
				Message: "anonymous access to the domain is enabled", Fix: "remove AnonymousAuthEnabled",
			})
		}
		if owner == "" && !strings.EqualFold(d.ExplicitIndex, "false") {
			c.find(report.Finding{
				Rule: report.CrossTenant, Place: d.Place, Asset: &facts.Asset{Kind: "domain", Arn: d.Arn + "/*"},
				Message: fmt.Sprintf(
					"%s is not \"false\", so the body of a _bulk, _mget or _msearch can name the index of another tenant",
					explicitIndex,
				),
				Fix: fmt.Sprintf("set AdvancedOptions %s to \"false\"", explicitIndex),
			})
		}
	}
}
