package rules

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/tenantstack/tenantstack/internal/prove/facts"
	"github.com/tenantstack/tenantstack/internal/prove/owners"
	"github.com/tenantstack/tenantstack/internal/prove/pattern"
	"github.com/tenantstack/tenantstack/internal/prove/report"
)

// mentions proves T13: a text of a tenant's resource that AWS acts on and that cannot be resolved, such as what a schedule
// sends, has nothing in it that is certainly another tenant's:
//
//   - a value of another tenant's stack;
//   - an ARN that stands for what another tenant has;
//   - the full name of something that another tenant has, or one in the names that only another tenant may give. A name
//     that could be a word of its own counts only within an ARN;
//   - where the text is a value that can tell whose something is, such as that of a dimension, an id or a billing account
//     of another tenant, alone or between slashes.
//
// A word in a text that happens to be the id of another tenant, such as api, is no mention.
func (c *Case) mentions() {
	var taken *takenNames
	for i := range c.Mentions {
		m := &c.Mentions[i]
		owner := c.own.Of(m.Place)
		if owner == "" || c.plannedVariable(m.Place) {
			continue
		}
		if taken == nil {
			taken = c.takenNames()
		}
		if other, word, found := c.mentioned(taken, m, owner); found {
			c.find(report.Finding{
				Rule: report.CrossTenant, Owner: owner, Place: m.Place, Asset: &facts.Asset{Kind: "name", Owner: other, Arn: word}, Victims: victimsOf(other),
				Message: fmt.Sprintf(
					"%s of %s mentions %s of %s",
					m.Place.LogicalID,
					owners.NameOf(owner),
					pattern.Readable(word),
					owners.NameOf(other),
				),
				Fix: "name what is the tenant's own",
			})
		}
	}
}

// mentioned is what a text certainly names of another tenant's.
func (c *Case) mentioned(taken *takenNames, m *facts.Mention, owner string) (other, word string, found bool) {
	for _, mark := range m.Marks {
		if of, known := c.own.OfMark(&mark); mark.Stack != "" && known && of != "" && of != owner {
			return of, mark.Text, true
		}
	}
	if strings.Contains(m.Text, "arn:") {
		for _, arn := range arnInText.FindAllString(m.Text, -1) {
			p := pattern.Compile(strings.TrimSuffix(strings.TrimRight(arn, ".:"), ":*"), false)
			if c.own.Owns(owner, p) || strings.HasPrefix(p.Prefix, "arn:*") {
				continue
			}
			if tenants, _ := c.named(owner, p); tenants != nil {
				return tenants.Owner, arn, true
			}
		}
	}
	for _, word := range wordsOf(m.Text) {
		if of, is := taken.name(word, owner); is {
			return of, word, true
		}
	}
	if m.Value {
		for _, word := range append([]string{m.Text}, strings.FieldsFunc(m.Text, func(r rune) bool { return strings.ContainsRune("/:$", r) })...) {
			if of, is := taken.values.of(word, owner); is {
				return of, word, true
			}
		}
	}
	return "", "", false
}

// arnInText is an ARN as far as it goes.
var arnInText = regexp.MustCompile("arn:[a-z-]+:[a-z0-9-]+:[^\\s\"'`,;()\\[\\]<>|&\\\\]*")

// wordsOf a text: what stands between characters that no name has, and the parts of addresses.
func wordsOf(text string) []string {
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\n\r\"'`,;()[]{}<>=|&\\", r) })
	for _, word := range words {
		if bucket := facts.BucketOf(strings.TrimPrefix(word, "https://")); bucket != "" {
			words = append(words, bucket)
		}
		if strings.ContainsAny(word, ":/") {
			words = append(words, strings.FieldsFunc(word, func(r rune) bool { return r == ':' || r == '/' })...)
		}
	}
	return words
}

// words with those whose they are.
type words map[string]map[string]bool

func (w words) add(word, owner string) {
	if w[word] == nil {
		w[word] = map[string]bool{}
	}
	w[word][owner] = true
}

// of is somebody else whose a word is, if it is not the owner's too.
func (w words) of(word, owner string) (string, bool) {
	of := w[word]
	if len(of) == 0 || of[owner] {
		return "", false
	}
	return sortedKeys(of)[0], true
}

// takenNames are the words that stand for tenants: the full names of what they have, the beginnings of the names that
// each alone may give, and the values that tell them apart.
type takenNames struct {
	names, beginnings, values words
	// lengths of the beginnings.
	lengths map[int]bool
}

func (c *Case) takenNames() *takenNames {
	t := &takenNames{names: words{}, beginnings: words{}, values: words{}, lengths: map[int]bool{}}
	for i := range c.own.Tenants {
		tenant := &c.own.Tenants[i]
		for _, word := range tenant.Distinct() {
			t.values.add(word, tenant.ID)
		}
		for _, stack := range tenant.Stacks {
			t.names.add(stack, tenant.ID)
		}
		for _, p := range c.own.NamesOf(tenant) {
			if beginning := facts.NameIn(p.Prefix); len(beginning) >= shortestName &&
				strings.ContainsAny(beginning[len(beginning)-1:], "_-/.:") {
				t.beginnings.add(beginning, tenant.ID)
				t.lengths[len(beginning)] = true
			}
		}
	}
	for _, a := range c.own.Declared {
		if !a.Pattern.Exact() || a.Pattern.HasUnknown() {
			continue
		}
		name := facts.NameIn(a.Arn)
		for _, word := range []string{name, facts.LastName(name)} {
			if len(word) >= shortestName && strings.ContainsAny(word, "-_./0123456789") {
				t.names.add(word, a.Owner)
			}
		}
	}
	return t
}

// shortestName is how many characters a name has at least that is taken for no word of its own.
const shortestName = 6

// name says whose a word is as a name.
func (t *takenNames) name(word, owner string) (string, bool) {
	if of, is := t.names.of(word, owner); is && of != "" {
		return of, true
	}
	for n := range t.lengths {
		if n < len(word) {
			if of, is := t.beginnings.of(word[:n], owner); is {
				return of, true
			}
		}
	}
	return "", false
}
