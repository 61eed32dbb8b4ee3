package prove

import (
	"fmt"
	"slices"
	"strings"
)

// hostUse is a host name that a resource takes: a record, an alias of a distribution, or the
// domain name of an API. CloudFront and API Gateway find whom a request is for by the name,
// whatever the records say (Amazon CloudFront Developer Guide, "Use custom URLs by adding
// alternate domain names").
type hostUse struct {
	name string
	// zone of a record; records of different zones do not meet.
	zone  string
	owner string
	place Place
}

// host notes that a resource of the stack takes a name. Names of hosts have no case, and may
// end with a dot.
func (t *stackReader) host(use hostUse, place Place) {
	use.name = strings.TrimSuffix(lower(use.name), ".")
	use.owner, use.place = t.owner, place
	if use.name != "" {
		t.hosts = append(t.hosts, use)
	}
}

func (t *stackReader) record(id, kind string, properties map[string]any) {
	sets := []any{properties}
	if kind == "AWS::Route53::RecordSetGroup" {
		sets = items(properties["RecordSets"])
	}
	for _, item := range sets {
		set := object(item)
		t.host(hostUse{name: text(set["Name"]), zone: or(text(set["HostedZoneId"]), text(set["HostedZoneName"]))}, t.place(id, "Properties.Name"))
	}
}

// domainName is that of an API, or where one is mapped to it.
func (t *stackReader) domainName(id string, properties map[string]any) {
	t.host(hostUse{name: text(properties["DomainName"])}, t.place(id, "Properties.DomainName"))
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

// checkHosts finds names that two owners take, and names that are not their taker's.
func (m *model) checkHosts() {
	for _, t := range m.ownership.Tenants {
		for _, name := range t.Hosts {
			m.hosts = append(m.hosts, hostUse{name: strings.ToLower(name), owner: t.ID})
		}
	}
	byName := map[string][]*hostUse{}
	for i := range m.hosts {
		u := &m.hosts[i]
		byName[u.name] = append(byName[u.name], u)
	}
	for i := range m.hosts {
		u := &m.hosts[i]
		if u.place.Stack == "" {
			continue
		}
		taken := m.taken(u, byName)
		switch first := slices.IndexFunc(taken, func(v *hostUse) bool { return !m.hostIsForeign(v) }); {
		case m.hostIsForeign(u):
			m.foreignHost(u, taken)
		case first >= 0:
			m.hostTwice(u, taken[first], taken)
		}
	}
}

// taken are the uses of others that a use takes requests from. Of two that take each other's, the
// later one in the templates does.
func (m *model) taken(u *hostUse, byName map[string][]*hostUse) []*hostUse {
	var out []*hostUse
	earlier := true
	for _, v := range byName[u.name] {
		earlier = earlier && v != u
		if (earlier || v.place.Stack == "") && u.takes(v) {
			out = append(out, v)
		}
	}
	if strings.HasPrefix(u.name, "*") {
		for i := range m.hosts {
			if v := &m.hosts[i]; v.name != u.name && u.takes(v) {
				out = append(out, v)
			}
		}
	}
	return out
}

// hostIsForeign says whether a name is outside of those that the tenant is known to have.
func (m *model) hostIsForeign(u *hostUse) bool {
	own, told := m.hostsOf[u.owner]
	return told && !slices.ContainsFunc(own, func(name string) bool { return u.name == name || strings.HasSuffix(u.name, "."+name) })
}

func (m *model) foreignHost(u *hostUse, taken []*hostUse) {
	m.find(Finding{
		Rule: Ambiguous, Owner: u.owner, Place: u.place, Victims: ownersOf(taken),
		Message: fmt.Sprintf("%s takes requests for %s, which is not among the addresses of tenant %s: %s", u.place.LogicalID, u.name, u.owner, strings.Join(m.hostsOf[u.owner], ", ")),
		Fix:     "take the tenant's own address alone",
	})
}

func (m *model) hostTwice(u, other *hostUse, taken []*hostUse) {
	where := "as the file of owners says"
	if other.place.Stack != "" {
		where = fmt.Sprintf("at %s", other.place)
	}
	m.find(Finding{
		Rule: Ambiguous, Owner: u.owner, Place: u.place, Victims: ownersOf(taken),
		Message: fmt.Sprintf("%s takes requests for %s, and so does %s of %s, %s", u.place.LogicalID, u.name, other.name, m.nameOf(other.owner), where),
		Fix:     "give each tenant an address of its own",
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
