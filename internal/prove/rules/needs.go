package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/prove/facts"
	"github.com/tenantstack/tenantstack/internal/prove/owners"
	"github.com/tenantstack/tenantstack/internal/prove/report"
)

// needs proves T17: each tenant can work. The evaluator is asked whether each need is met by the policies of
// the templates.
func (c *Case) needs() {
	byPlace := map[string]*facts.Principal{}
	stacks, missing := map[string]bool{}, map[string]bool{}
	for _, p := range c.Principals {
		if !p.Planned {
			byPlace[p.Place.Resource()] = p
			stacks[p.Place.Stack] = true
		}
	}
	unmet := map[string]*report.Finding{}
	met := map[asked]bool{}
	for i := range c.own.Needs {
		n := &c.own.Needs[i]
		if !stacks[n.Stack] {
			continue
		}
		if other := c.own.Principal(n.Request.Resource); other != nil && other.Planned {
			continue // whom a role lets in that is not among the templates is not known
		}
		c.report.Needs++
		if n.Notification != nil {
			c.notified(n)
			continue
		}
		place := facts.Place{Stack: n.Stack, LogicalID: n.LogicalID}
		p := byPlace[place.Resource()]
		if f := c.Functions[place.Resource()]; f != nil {
			p = c.own.Principal(f.Role)
		}
		if p == nil {
			if !missing[place.Resource()] {
				missing[place.Resource()] = true
				c.find(report.Finding{
					Rule: report.CannotWork, Place: place, Fix: "synthesize again",
					Message: fmt.Sprintf("%s needs %s, which has no role that can be read among the templates", n.What, n.LogicalID),
				})
			}
			continue
		}
		place.File = p.Place.File
		// Functions that share a role ask for the same.
		if a := askedBy(p, n); !met[a] {
			met[a] = c.need(n, p, place, unmet)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(unmet)) {
		c.find(*unmet[id])
	}
}

// asked is a need without what it is for.
type asked struct {
	principal                          *facts.Principal
	service, action, resource, context string
}

func askedBy(p *facts.Principal, n *owners.Need) asked {
	a := asked{principal: p, service: n.Service, action: n.Request.Action, resource: n.Request.Resource}
	for _, key := range sortedKeys(n.Request.Context) {
		a.context += key + "=" + strings.Join(n.Request.Context[key], ",") + ";"
	}
	return a
}

// need says whether a need is met.
func (c *Case) need(n *owners.Need, p *facts.Principal, place facts.Place, unmet map[string]*report.Finding) bool {
	request, policies := n.Request, iam.Policies{Identity: p.Documents()}
	request.Principal = p.Arn
	if n.Service != "" {
		request.Principal, policies.Identity = n.Service, nil
		if request.Action == "" {
			request.Action, request.Resource = "sts:AssumeRole", p.Arn
		}
	}
	policies.Resource = c.policiesFor(request.Resource)
	context := iam.Context{"aws:SecureTransport": {"true"}}
	if parts := strings.SplitN(request.Resource, ":", 5); len(parts) == 5 && parts[3] != "" {
		context["aws:RequestedRegion"] = []string{parts[3]}
	}
	maps.Copy(context, n.Request.Context)
	request.Context = context
	d := iam.Evaluate(policies, request)
	if d.Result == iam.Allowed {
		return true
	}
	id := fmt.Sprint(p.Arn, request.Resource, n.Service)
	if f := unmet[id]; f != nil {
		if !slices.Contains(f.Actions, request.Action) {
			f.Actions = append(f.Actions, request.Action)
		}
		return false
	}
	f := &report.Finding{
		Rule: report.CannotWork, Principal: p.Arn, Owner: c.own.Of(p.Place), Place: p.Place, Actions: []string{request.Action}, Request: &request,
		Message: fmt.Sprintf(
			"%s (%s) needs %s on %s, and it is %s",
			n.What,
			place.LogicalID,
			request.Action,
			request.Resource,
			denied(d),
		),
		Fix: "give the role what the contract promises, or change x-roles in the OpenAPI document",
	}
	if n.Service != "" && n.Request.Action != "" {
		f.Principal, f.Place, f.Fix = n.Service, place, "let "+n.Service+" invoke the function for what is the tenant's own"
	}
	unmet[id] = f
	return false
}

func denied(d iam.Decision) string {
	for _, r := range d.Reasons {
		if r.Matched && r.Effect == iam.Deny {
			return fmt.Sprintf("denied by statement %d (%s) of a policy of kind %s", r.Statement, r.Sid, r.Policy)
		}
	}
	return "allowed by no statement"
}

// notified checks that a bucket tells a function of every object that is created below a
// prefix (Amazon S3 User Guide, "Configuring event notifications using object key name
// filtering").
func (c *Case) notified(n *owners.Need) {
	place := facts.Place{Stack: n.Stack, LogicalID: n.LogicalID, Path: "Properties.NotificationConfiguration"}
	for _, x := range c.Notifications[place.Resource()] {
		reachesAll := !x.Filtered &&
			!slices.ContainsFunc(x.Prefixes, func(p string) bool { return !strings.HasPrefix(n.Notification.Prefix, p) })
		if x.Event == "s3:ObjectCreated:*" && x.Function == n.Notification.FunctionArn && reachesAll {
			return
		}
	}
	c.find(report.Finding{
		Rule: report.CannotWork, Place: place, Asset: &facts.Asset{Kind: "function", Arn: n.Notification.FunctionArn},
		Message: fmt.Sprintf(
			"%s has to tell %s of objects created in %s, and %s does not say so",
			n.What,
			n.Notification.FunctionArn,
			n.Notification.Prefix,
			n.LogicalID,
		),
		Fix: "synthesize again",
	})
}
