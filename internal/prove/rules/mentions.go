package rules

import (
	"fmt"
	"strings"

	"github.com/tenantstack/tenantstack/internal/prove/facts"
	"github.com/tenantstack/tenantstack/internal/prove/owners"
	"github.com/tenantstack/tenantstack/internal/prove/report"
)

// mentions proves T13: a text of a tenant's resource that AWS acts on and that cannot be resolved, such as a query, has no
// name of another tenant's in it: no ARN or name of what is another's, and no value that tells another
// tenant apart.
func (c *Case) mentions() {
	if len(c.Mentions) == 0 {
		return
	}
	said := map[string]bool{}
	words := make([][]string, len(c.Mentions))
	for i := range c.Mentions {
		words[i] = wordsOf(c.Mentions[i].Text)
		for _, word := range words[i] {
			said[word] = true
		}
	}
	taken := c.takenNames(said)
	for i := range c.Mentions {
		m := &c.Mentions[i]
		owner := c.own.Of(m.Place)
		if owner == "" {
			continue
		}
		for _, word := range words[i] {
			of := taken[word]
			if len(of) == 0 || of[owner] {
				continue
			}
			other := sortedKeys(of)[0]
			c.find(report.Finding{
				Rule: report.CrossTenant, Owner: owner, Place: m.Place, Asset: &facts.Asset{Kind: "name", Owner: other, Arn: word}, Victims: []string{other},
				Message: fmt.Sprintf("%s of %s mentions %s of tenant %s", m.Place.LogicalID, owners.NameOf(owner), word, other),
				Fix:     "name what is the tenant's own",
			})
			break
		}
	}
}

// takenNames are those of the words that are said which stand for tenants, with those whose they are: the values of
// the variables that tell them apart, and the names of what they have.
func (c *Case) takenNames(said map[string]bool) map[string]map[string]bool {
	taken := map[string]map[string]bool{}
	add := func(word, owner string) {
		if !said[word] {
			return
		}
		if taken[word] == nil {
			taken[word] = map[string]bool{}
		}
		taken[word][owner] = true
	}
	for i := range c.own.Tenants {
		t := &c.own.Tenants[i]
		for _, word := range t.Distinct() {
			add(word, t.ID)
		}
	}
	for _, a := range c.own.Declared {
		if a.Owner == "" || !a.Pattern.Exact() {
			continue
		}
		add(a.Arn, a.Owner)
		if i := strings.LastIndexAny(a.Arn, ":/"); i >= 0 {
			add(a.Arn[i+1:], a.Owner)
		}
	}
	return taken
}

// wordsOf a text: what stands between characters that no name has, and between those that only some have.
func wordsOf(text string) []string {
	var out []string
	for _, separators := range []string{" \t\n\"'`,;()[]{}<>=|&", " \t\n\"'`,;()[]{}<>=|&:/.#", " \t\n\"'`,;()[]{}<>=|&:/.#_"} {
		out = append(out, strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(separators, r) })...)
	}
	return out
}
