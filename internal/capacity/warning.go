package capacity

import (
	"fmt"
	"slices"
	"strings"
)

// nearPercent of a quota is where warnings begin, so that there is time to ask AWS for more.
const nearPercent = 80

// Warning says that the stacks of a tenants.yaml come near a default quota of an account, or pass it.
type Warning struct {
	// Account, and Region for a quota that each region has.
	Account string `json:"account"`
	Region  string `json:"region,omitempty"`
	// Quota by its ID.
	Quota string `json:"quota"`
	// Counted are the things that are counted, and Service is what has them.
	Counted string `json:"counted"`
	Service string `json:"service"`
	// Count of things in the stacks, and the default Limit. Of resources that each have the quota it is the fullest's.
	Count int `json:"count"`
	Limit int `json:"limit"`
	// Passed says that Count is more than Limit.
	Passed bool `json:"passed"`
	// Resources that come near the quota, for a quota that each has.
	Resources []ResourceCount `json:"resources,omitempty"`
	// Adjustable says that AWS raises the quota on request.
	Adjustable bool `json:"adjustable"`
	// Source is the page that has the default, and URL where it is.
	Source string `json:"source"`
	URL    string `json:"url"`
	// Message is all of this for people, in one line.
	Message string `json:"message"`
}

// ResourceCount is how much of a quota one resource takes.
type ResourceCount struct {
	Resource string `json:"resource"`
	Count    int    `json:"count"`
}

// Warnings about the uses of some accounts, one for each quota and account, and region where these have it.
func Warnings(uses []Use, account func(id string) bool) []Warning {
	var out []Warning
	for _, u := range uses {
		if u.Count*100 < u.Quota.Default*nearPercent || !account(u.Place.Account) {
			continue
		}
		i := slices.IndexFunc(out, func(w Warning) bool {
			return w.Quota == u.Quota.ID && w.Account == u.Place.Account && w.Region == u.Place.Region
		})
		if i < 0 {
			i = len(out)
			out = append(out, Warning{
				Account: u.Place.Account, Region: u.Place.Region, Quota: u.Quota.ID, Counted: u.Quota.Counted, Service: u.Quota.Service,
				Limit: u.Quota.Default, Adjustable: u.Quota.Adjustable, Source: u.Quota.Source, URL: u.Quota.URL,
			})
		}
		w := &out[i]
		w.Count = max(w.Count, u.Count)
		w.Passed = w.Count > w.Limit
		if u.Place.Resource != "" {
			w.Resources = append(w.Resources, ResourceCount{u.Place.Resource, u.Count})
		}
		w.Message = w.message(u.Quota.Advice)
	}
	return out
}

func (w *Warning) message(advice string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "AWS account %s", w.Account)
	if w.Region != "" {
		fmt.Fprintf(&b, " in %s", w.Region)
	}
	fmt.Fprintf(&b, " needs %d %s", w.Count, w.Counted)
	for i, r := range w.Resources {
		b.WriteString(map[bool]string{true: " (", false: ", "}[i == 0])
		fmt.Fprintf(&b, "%s: %d", r.Resource, r.Count)
	}
	if len(w.Resources) > 0 {
		b.WriteString(")")
	}
	verb := "near"
	switch {
	case w.Passed:
		verb = "more than"
	case w.Count == w.Limit:
		verb = "all of"
	}
	fmt.Fprintf(&b, ", %s the default quota of %d: ", verb, w.Limit)
	if w.Adjustable {
		b.WriteString("ask AWS to raise it (Service Quotas)")
		if advice != "" {
			b.WriteString(", or ")
		}
	} else if advice == "" {
		advice = "AWS does not raise it"
	} else {
		advice += ", since AWS does not raise it"
	}
	fmt.Fprintf(&b, "%s; source: %s, %s", advice, w.Source, w.URL)
	return b.String()
}
