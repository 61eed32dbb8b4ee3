package tenant

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Accepted is a finding of the isolation proof that somebody decided to live with. A finding is accepted if everything
// here is so of it.
type Accepted struct {
	// Rule that the finding breaks, such as not-understood. Optional; any rule by default.
	Rule string `yaml:"rule,omitempty" json:"rule,omitempty"`
	// Stack of the finding, with * for any run of characters: of a tenant, <platform>-tenant-<id>, or of a cell,
	// <platform>-cell-<name>. A stack of the file has to be meant.
	Stack string `yaml:"stack" json:"stack"`
	// Resource is the logical id of the finding's resource, with * for any run of characters; * alone is also for what
	// is wrong with the stack as a whole.
	Resource string `yaml:"resource" json:"resource"`
	// Path is where the finding's path within the resource begins, in whole segments: Properties.Tags is the beginning
	// of Properties.Tags[0].Value, and not of Properties.TagsOfParts. Optional; any path by default.
	Path string `yaml:"path,omitempty" json:"path,omitempty"`
	// Reason for people, in three words or more. The proof prints it as an assumption.
	Reason string `yaml:"reason" json:"reason"`
}

// proofRules are the rules of the isolation proof.
var proofRules = []string{
	"ambiguous-ownership", "cannot-work", "configuration", "cross-tenant-access", "data-loss", "invalid-policy",
	"not-understood", "open-method", "public-bucket", "role-of-another-owner", "unknown-principal", "unresolved",
	"wildcard-principal",
}

// ProofRules returns the rules of the isolation proof whose findings can be accepted, sorted. This package cannot see
// the proof, which rests on what is read here, so it has a list of its own; a test of the proof holds both together.
func ProofRules() []string { return slices.Clone(proofRules) }

const (
	// reasonWord is visible characters.
	reasonWord    = `[^\x00-\x20\x7f-\xa0]+`
	exampleReason = `"the vendor's template, reviewed on 2026-11-03"`
)

// Rules of the fields of an entry.
var (
	acceptedRule = rule{example: "{stack: kittens-tenant-acme, resource: Reports, reason: " + exampleReason + "}"}
	// Names of stacks of this platform are of lower-case letters, digits and hyphens. CloudFormation takes 128
	// characters (AWS CloudFormation API Reference, "CreateStack").
	acceptedStackRule = rule{
		what: "the name of a stack, with * for any run of characters: " +
			"lower-case letters, digits and hyphens, at most 128 characters",
		example: "kittens-tenant-acme", pattern: pattern(`([a-z][a-z0-9]*[*-]|\*)[a-z0-9*-]*`), min: 1, max: 128,
		hint: stackName,
	}
	// A logical id is alphanumeric, of at most 255 characters (AWS CloudFormation User Guide, "CloudFormation template
	// Resources syntax" and "Understand CloudFormation quotas").
	acceptedResourceRule = rule{
		what:    "a logical id, with * for any run of characters: letters and digits, at most 255 characters",
		example: "Reports", pattern: pattern(`[A-Za-z0-9*]+`), min: 1, max: 255, hint: resourceName,
	}
	acceptedPathRule = rule{
		what: "the beginning of a path within the resource, in whole segments and without *, " +
			"at most 1024 characters",
		example: "Properties.ReplicationSpec", min: 1, max: 1024, hint: pathBegin,
		pattern: pattern(`[^\x00-\x20\x7f-\xa0*.]([^\x00-\x1f\x7f-\x9f*]*[^\x00-\x20\x7f-\xa0*.\[])?`),
	}
	acceptedReasonRule = rule{
		what: "a reason in three words or more, at most 512 characters: " +
			"who decided it, when, and why it may stay so",
		example: exampleReason, pattern: pattern(reasonWord + `([ \xa0]+` + reasonWord + `){2,}`), min: 1, max: 512,
		hint: strings.TrimSpace,
	}
)

// stackName drops what no stack's name has. A ? was meant as a *.
func stackName(text string) string {
	text = strings.ReplaceAll(strings.ToLower(text), "?", "*")
	return strings.Trim(regexp.MustCompile(`[^a-z0-9*]+`).ReplaceAllString(text, "-"), "-")
}

// resourceName drops what no logical id has.
func resourceName(text string) string {
	return regexp.MustCompile(`[^A-Za-z0-9*]+`).ReplaceAllString(text, "")
}

// pathBegin drops what follows a *, and dots at the ends.
func pathBegin(text string) string {
	text, _, _ = strings.Cut(text, "*")
	return strings.Trim(strings.TrimSpace(text), ".[")
}

// lintAccept reports entries that are about no stack of the file, and entries that accept the same.
func (d *decoder) lintAccept(f *File) {
	if len(f.Accept) == 0 {
		return
	}
	stacks, known := d.stacks(f)
	first, wrong := map[Accepted]int{}, 0
	for i, a := range f.Accept {
		path := entryPath("accept", i)
		if known && d.sure(path+".stack") && !matchesAny(a.Stack, stacks) {
			d.wrong(path+".stack", "there is no stack "+quoted(a.Stack), f.fixStack(a.Stack, wrong < maxSuggested))
			wrong++
		}
		a.Reason = ""
		if !d.sure(path+".stack") || !d.sure(path+".resource") || d.unsure[path+".rule"] || d.unsure[path+".path"] {
			continue
		}
		if j, taken := first[a]; taken {
			other := entryPath("accept", j)
			d.wrong(path, fmt.Sprintf("%s accepts the same as %s in line %d", path, other, d.at[other].line),
				"remove one of the two")
			continue
		}
		first[a] = i
	}
}

// stacks are the names of all stacks, sorted; ok is false where some of them are not known, for a reason that is
// reported elsewhere.
func (d *decoder) stacks(f *File) (names []string, ok bool) {
	if !d.sure("platform.name") || !d.sure("cells") || !d.sure("tenants") {
		return nil, false
	}
	for i, t := range f.Tenants {
		if _, there := d.at[entryPath("tenants", i)+".id"]; !there || !rules["Tenant.ID"].allows(t.ID) {
			return nil, false
		}
	}
	for name := range f.Cells {
		if !nameRule.allows(name) {
			return nil, false
		}
	}
	return f.stacks(), true
}

// stacks are the names of all stacks, sorted.
func (f *File) stacks() []string {
	var names []string
	for name := range f.Cells {
		names = append(names, f.stackPrefix("cell")+name)
	}
	for _, t := range f.Tenants {
		names = append(names, f.stackPrefix("tenant")+t.ID)
	}
	slices.Sort(names)
	return names
}

// stackPrefix begins the names of the stacks of a kind, tenant or cell.
func (f *File) stackPrefix(kind string) string { return f.Platform.Name + "-" + kind + "-" }

// maxSuggested is of how many wrong stacks the nearest is looked for, which takes a while among thousands.
const maxSuggested = 20

// fixStack says what to do about an entry whose stack there is not.
func (f *File) fixStack(stack string, suggest bool) string {
	if suggest {
		if near := f.nearestStack(stack); near != "" {
			return fmt.Sprintf("write stack: %s, or remove the entry if its stack is gone", yamlText(near))
		}
	}
	return fmt.Sprintf("remove the entry if its stack is gone; stacks are %s<id> of tenants and %s<name> of cells",
		f.stackPrefix("tenant"), f.stackPrefix("cell"))
}

// nearestStack is the stack that was probably meant, or "".
func (f *File) nearestStack(stack string) string {
	if id, ok := strings.CutPrefix(stack, f.stackPrefix("tenant")); ok {
		ids := make([]string, len(f.Tenants))
		for i, t := range f.Tenants {
			ids[i] = t.ID
		}
		if near := nearest(id, ids); near != "" {
			return f.stackPrefix("tenant") + near
		}
		return ""
	}
	return nearest(stack, f.stacks())
}

// matchesAny reports whether a pattern, in which * is any run of characters, matches a name. The names are sorted.
func matchesAny(pattern string, names []string) bool {
	parts := strings.Split(pattern, "*")
	i, found := slices.BinarySearch(names, parts[0])
	if len(parts) == 1 {
		return found
	}
	for ; i < len(names) && strings.HasPrefix(names[i], parts[0]); i++ {
		if matchesRest(names[i][len(parts[0]):], parts[1:]) {
			return true
		}
	}
	return false
}

// matchesRest reports whether a text is the parts, with any run of characters before each.
func matchesRest(text string, parts []string) bool {
	last := len(parts) - 1
	text, ok := strings.CutSuffix(text, parts[last])
	for i := 0; ok && i < last; i++ {
		_, text, ok = strings.Cut(text, parts[i])
	}
	return ok
}
