package facts

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Host is a host name that a resource takes: a record, an alias of a distribution, or the
// domain name of an API. CloudFront and API Gateway find whom a request is for by the name,
// whatever the records say (Amazon CloudFront Developer Guide, "Use custom URLs by adding
// alternate domain names").
type Host struct {
	Place Place
	// Name in lower case, without a dot at the end.
	Name string
	// Zone of a record; records of different zones do not meet.
	Zone string
}

// host notes that a resource of the stack takes a name. Names of hosts have no case, and may
// end with a dot.
func (t *reader) host(name, zone string, place Place) {
	if name = strings.TrimSuffix(lower(name), "."); name != "" {
		t.Hosts = append(t.Hosts, Host{Place: place, Name: name, Zone: zone})
	}
}

func (t *reader) record(id string, properties map[string]any) { t.recordSet(id, properties) }

func (t *reader) recordGroup(id string, properties map[string]any) {
	for _, item := range items(properties["RecordSets"]) {
		set := object(item)
		if set["HostedZoneId"] == nil && set["HostedZoneName"] == nil {
			set["HostedZoneId"], set["HostedZoneName"] = properties["HostedZoneId"], properties["HostedZoneName"]
		}
		t.recordSet(id, set)
	}
}

func (t *reader) recordSet(id string, set map[string]any) {
	t.host(
		text(set["Name"]),
		cmp.Or(text(set["HostedZoneId"]), text(set["HostedZoneName"])),
		t.place(id, "Properties.Name"),
	)
}

// domainName is that of an API: the resource that takes it, or a name that somebody else made for the API.
func (w *walk) domainName(value any) {
	if name := scalarText(value); only(name) != nil {
		w.refer("id", name, false, false)
	} else {
		w.host(name, "", w.place())
	}
}

// telling are the types of records that tell something of a name, and send nobody to a server (Amazon Route 53
// Developer Guide, "Supported DNS record types").
var telling = []string{"TXT", "SPF", "CAA", "DS", "SSHFP", "TLSA", "PTR"}

// records are where those who ask for a name are sent to.
func (w *walk) records(value any) {
	w.mention(value)
	kind := strings.ToUpper(text(w.parent["Type"]))
	if slices.Contains(telling, kind) {
		return
	}
	for i, item := range items(value) {
		host := scalarText(item)
		if fields := strings.Fields(host); len(fields) > 1 && (kind == "MX" || kind == "SRV") {
			host = fields[len(fields)-1]
		}
		host = strings.TrimSuffix(host, ".")
		if kind == "CNAME" && strings.HasSuffix(host, validations) {
			continue
		}
		w.below("["+strconv.Itoa(i)+"]", func() { w.refer("host", host, false, false) })
	}
}

// validations end the names by which AWS Certificate Manager sees who has a domain; no server answers there (AWS
// Certificate Manager User Guide, "DNS validation").
const validations = ".acm-validations.aws"

// signInDomain is that of a user pool: a host, or the beginning of one of Amazon Cognito's.
func (t *reader) signInDomain(id string, properties map[string]any) {
	if domain := text(properties["Domain"]); strings.Contains(domain, ".") {
		t.host(domain, "", t.place(id, "Properties.Domain"))
	} else {
		t.Mentions = append(t.Mentions, Mention{Place: t.place(id, "Properties.Domain"), Text: domain})
	}
}
