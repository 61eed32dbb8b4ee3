package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/internal/prove/facts"
	"github.com/tenantstack/tenantstack/internal/prove/owners"
	"github.com/tenantstack/tenantstack/internal/prove/report"
)

// hostUse is a name that a resource takes, or that a tenant is known to have.
type hostUse struct {
	name, zone, owner string
	place             facts.Place
}

// takes says whether a use can be for what another one is for too.
func (u *hostUse) takes(v *hostUse) bool {
	if u.owner == v.owner || u.zone != "" && v.zone != "" && u.zone != v.zone {
		return false
	}
	// The platform's wildcards stand for what nobody else takes.
	return u.name == v.name || u.owner != "" && coversHost(u.name, v.name)
}

// coversHost says whether a wildcard covers a name, or a wildcard below it.
func coversHost(wildcard, name string) bool {
	domain, is := strings.CutPrefix(wildcard, "*")
	return is && strings.HasPrefix(domain, ".") && strings.HasSuffix(name, domain) && name != domain[1:]
}

// hosts proves T9: no two owners take the same host name, and no tenant takes one that is not its own.
func (c *Case) hosts() {
	h := &hostUses{Case: c, of: map[string][]string{}}
	for _, host := range c.Hosts {
		h.all = append(h.all, hostUse{name: host.Name, zone: host.Zone, owner: c.own.Of(host.Place), place: host.Place})
	}
	for _, t := range c.own.Tenants {
		if t.Hosts != nil {
			h.of[t.ID] = t.Hosts
		}
		for _, name := range t.Hosts {
			h.all = append(h.all, hostUse{name: strings.ToLower(name), owner: t.ID})
		}
	}
	h.check()
	for _, r := range c.Redirects {
		if use := (hostUse{name: r.Name, owner: c.own.Of(r.Place), place: r.Place}); use.owner != "" && h.isForeign(&use) {
			c.find(report.Finding{
				Rule: report.OpenMethod, Owner: use.owner, Place: r.Place,
				Message: fmt.Sprintf(
					"people are sent to %s with what lets them in, and it is not among the addresses of tenant %s: %s",
					r.Name,
					use.owner,
					strings.Join(h.of[use.owner], ", "),
				),
				Fix: "send them to the tenant's own address alone",
			})
		}
	}
}

// hostUses are all names that are taken, and those of the tenants for whom they are known.
type hostUses struct {
	*Case
	all []hostUse
	of  map[string][]string
}

func (h *hostUses) check() {
	byName := map[string][]*hostUse{}
	for i := range h.all {
		u := &h.all[i]
		byName[u.name] = append(byName[u.name], u)
	}
	for i := range h.all {
		u := &h.all[i]
		if u.place.Stack == "" {
			continue
		}
		taken := h.taken(u, byName)
		switch first := slices.IndexFunc(taken, func(v *hostUse) bool { return !h.isForeign(v) }); {
		case h.isForeign(u):
			h.foreign(u, taken)
		case first >= 0:
			h.twice(u, taken[first], taken)
		}
	}
}

// taken are the uses of others that a use takes requests from. Of two that take each other's, the
// later one in the templates does.
func (h *hostUses) taken(u *hostUse, byName map[string][]*hostUse) []*hostUse {
	var out []*hostUse
	earlier := true
	for _, v := range byName[u.name] {
		earlier = earlier && v != u
		if (earlier || v.place.Stack == "") && u.takes(v) {
			out = append(out, v)
		}
	}
	if strings.HasPrefix(u.name, "*") {
		for i := range h.all {
			if v := &h.all[i]; v.name != u.name && u.takes(v) {
				out = append(out, v)
			}
		}
	}
	return out
}

// isForeign says whether a name is outside of those that the tenant is known to have.
func (h *hostUses) isForeign(u *hostUse) bool {
	own, told := h.of[u.owner]
	return told &&
		!slices.ContainsFunc(own, func(name string) bool { return u.name == name || strings.HasSuffix(u.name, "."+name) })
}

func (h *hostUses) foreign(u *hostUse, taken []*hostUse) {
	h.find(report.Finding{
		Rule: report.Ambiguous, Owner: u.owner, Place: u.place, Victims: ownersOf(taken),
		Message: fmt.Sprintf(
			"%s takes requests for %s, which is not among the addresses of tenant %s: %s",
			u.place.LogicalID,
			u.name,
			u.owner,
			strings.Join(h.of[u.owner], ", "),
		),
		Fix: "take the tenant's own address alone",
	})
}

func (h *hostUses) twice(u, other *hostUse, taken []*hostUse) {
	where := "as the file of owners says"
	if other.place.Stack != "" {
		where = fmt.Sprintf("at %s", other.place)
	}
	h.find(report.Finding{
		Rule: report.Ambiguous, Owner: u.owner, Place: u.place, Victims: ownersOf(taken),
		Message: fmt.Sprintf(
			"%s takes requests for %s, and so does %s of %s, %s",
			u.place.LogicalID,
			u.name,
			other.name,
			owners.NameOf(other.owner),
			where,
		),
		Fix: "give each tenant an address of its own",
	})
}

// ownersOf are the tenants among those who take names.
func ownersOf(uses []*hostUse) []string {
	var out []string
	for _, v := range uses {
		if v.owner != "" && !slices.Contains(out, v.owner) {
			out = append(out, v.owner)
		}
	}
	return out
}
