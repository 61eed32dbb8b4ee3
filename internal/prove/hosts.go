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

// meets says whether two uses can be for the same requests.
func (u *hostUse) meets(v *hostUse) bool {
	if u.zone != "" && v.zone != "" && u.zone != v.zone {
		return false
	}
	return u.name == v.name || coversHost(u.name, v.name) || coversHost(v.name, u.name)
}

// coversHost says whether a wildcard covers a name, or a wildcard below it.
func coversHost(wildcard, name string) bool {
	domain, is := strings.CutPrefix(wildcard, "*")
	return is && strings.HasPrefix(domain, ".") && strings.HasSuffix(name, domain) && name != domain[1:]
}

// checkHosts finds names that two owners take, and names that are not their taker's.
func (m *model) checkHosts() {
	byName := map[string][]*hostUse{}
	var wildcards []*hostUse
	for _, t := range m.ownership.Tenants {
		for _, name := range t.Hosts {
			m.hosts = append(m.hosts, hostUse{name: strings.ToLower(name), owner: t.ID, place: Place{}})
		}
	}
	for i := range m.hosts {
		u := &m.hosts[i]
		byName[u.name] = append(byName[u.name], u)
		// The platform's wildcards stand for what nobody else takes.
		if strings.HasPrefix(u.name, "*") && u.owner != "" {
			wildcards = append(wildcards, u)
		}
	}
	for i := range m.hosts {
		u := &m.hosts[i]
		if u.place.Stack == "" || m.hostNotOwn(u) {
			continue
		}
		if other := m.otherUse(u, slices.Concat(byName[u.name], wildcards)); other != nil {
			m.hostTwice(u, other)
		}
	}
}

// otherUse is that of another owner which can be for the same requests.
func (m *model) otherUse(u *hostUse, uses []*hostUse) *hostUse {
	for _, v := range uses {
		if v.owner != u.owner && u.meets(v) {
			return v
		}
	}
	return nil
}

// hostNotOwn finds a name outside of those that the tenant is known to have.
func (m *model) hostNotOwn(u *hostUse) bool {
	own, told := m.hostsOf[u.owner]
	if u.owner == "" || !told {
		return false
	}
	for _, name := range own {
		if u.name == name || strings.HasSuffix(u.name, "."+name) {
			return false
		}
	}
	m.find(Finding{
		Rule: Ambiguous, Owner: u.owner, Place: u.place,
		Message: fmt.Sprintf("%s takes requests for %s, which is not among the addresses of tenant %s: %s", u.place.LogicalID, u.name, u.owner, strings.Join(own, ", ")),
		Fix:     "take the tenant's own address alone",
	})
	return true
}

func (m *model) hostTwice(u, other *hostUse) {
	where := "as the file of owners says"
	if other.place.Stack != "" {
		where = fmt.Sprintf("at %s", other.place)
	}
	m.find(Finding{
		Rule: Ambiguous, Owner: u.owner, Place: u.place, Victims: victimsOf(other.owner),
		Message: fmt.Sprintf("%s takes requests for %s, which %s of %s takes, %s", u.place.LogicalID, u.name, other.name, m.nameOf(other.owner), where),
		Fix:     "give each tenant an address of its own",
	})
}
