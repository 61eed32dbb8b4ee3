// Package declared says which properties of which resource types the proof understands, and how each
// is judged. The declarations are data, one file a service in types/, which a reader can hold against the
// schemas of the CloudFormation registry; a test does. What is not declared is not understood.
//
// A file has a block for each type: its name, with flags, and below it a line for each property,
//
//	AWS::SQS::Queue
//	    DelaySeconds                       setting
//	    KmsMasterKeyId                     names key platform account
//	    RedrivePolicy                      json
//	    RedrivePolicy.deadLetterTargetArn  names queue
//	    RedrivePolicy.maxReceiveCount      setting
//
// with the path of the property, its judgement, the judgement's arguments, and after a # the reason. In a
// path, lists are passed through, and * is any name. A # at the beginning of a line is a comment.
package declared

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Judgement says how a property is judged.
type Judgement string

// The judgements. The first four are harmless whatever the value is.
const (
	// Setting changes how the resource itself works, for whoever owns it: a number, a switch, a word out
	// of a few, or a list of them.
	Setting Judgement = "setting"
	// Words are for people, and nothing acts on them.
	Words Judgement = "words"
	// Tags are labels; no condition on a tag counts in the proof, so none gives a right.
	Tags Judgement = "tags"
	// Harmless is a value of any form, for the reason that the line gives.
	Harmless Judgement = "harmless"
	// Name is the name of the resource itself.
	Name Judgement = "name"
	// Names another resource; the arguments are its kind and who else's it may be: platform allows what a
	// template of the platform declares, and account what no template declares in an account of the
	// templates.
	Names Judgement = "names"
	// Role hands a role to a service, by name or by ARN.
	Role Judgement = "role"
	// Policy is a policy document, as an object or as text; the arguments say of which kind it is:
	// identity, trust, or resource with the kind of what it is attached to and the path of the property
	// that names it, if it is another resource.
	Policy Judgement = "policy"
	// Host is a name at which the resource answers.
	Host Judgement = "host"
	// Must is a setting that has to be there with one of the values of the arguments, the first of which is the
	// rule that is broken otherwise.
	Must Judgement = "must"
	// Only is like Must, and may be absent.
	Only Judgement = "only"
	// Mention is a text, or a value with texts, that is acted on and cannot be resolved: no name of another
	// tenant's may be in it.
	Mention Judgement = "mention"
	// JSON is a document as an object or as text, whose properties are declared below it.
	JSON Judgement = "json"
	// Judged is a text, a number, a switch or a list of them that is judged with others of the resource, by the theorem
	// that the line names.
	Judged Judgement = "judged"
	// Read leaves the value to the reader of the argument's name, in package facts.
	Read Judgement = "read"
	// Refused is not understood, for the reason that the line gives.
	Refused Judgement = "refused"
)

// form of a judgement's line.
type form struct {
	least, most int
	reason      bool
}

var forms = map[Judgement]form{
	Setting: {}, Words: {}, Tags: {}, Harmless: {reason: true}, Name: {}, Names: {least: 1, most: 3}, Role: {}, Policy: {least: 1, most: 3},
	Host: {}, Must: {least: 2, most: 20}, Only: {least: 2, most: 20}, Mention: {}, JSON: {}, Judged: {least: 1, most: 1}, Read: {least: 1, most: 1}, Refused: {reason: true},
}

// IsHarmless says whether a value can be anything of the judgement's form.
func (j Judgement) IsHarmless() bool { return j == Setting || j == Words || j == Tags || j == Harmless }

// TakesAny says whether the judgement is of a value of any form; the others are of texts, numbers,
// switches and lists of them.
func (j Judgement) TakesAny() bool {
	return slices.Contains([]Judgement{Tags, Harmless, Policy, Mention, Read, Refused}, j)
}

// Flag of a type.
type Flag string

// The flags.
const (
	// Data holds what a tenant cannot get back once it is deleted.
	Data Flag = "data"
	// AccountWide is a setting of a whole account and region, and not of the resource alone.
	AccountWide Flag = "account-wide"
)

// Type is a declared resource type.
type Type struct {
	// Name such as AWS::SQS::Queue.
	Name string
	// File that declares it.
	File  string
	flags []Flag
	// Properties of it. The node itself has no judgement.
	Properties *Node
}

// Has says whether the type has a flag.
func (t *Type) Has(f Flag) bool { return slices.Contains(t.flags, f) }

// Node is a property, or what is below one.
type Node struct {
	// Judgement of the property; empty if only properties below it are declared.
	Judgement Judgement
	// Args of the judgement.
	Args []string
	// Reason that the line gives.
	Reason string
	// Children by name, and Any for all other names.
	Children map[string]*Node
	Any      *Node
	// must says that a setting below has to be there.
	must bool
}

// HasMust says whether the property, or one below it that has a name, has to be there.
func (n *Node) HasMust() bool { return n.must }

// Child is what is declared of a name below the property, nil if nothing is.
func (n *Node) Child(name string) *Node {
	if child := n.Children[name]; child != nil {
		return child
	}
	return n.Any
}

// Lookup finds a type, nil if it is not declared.
func Lookup(name string) *Type { return all()[name] }

// Types are all declared types, sorted by name.
func Types() []*Type {
	out := make([]*Type, 0, len(all()))
	for _, name := range slices.Sorted(maps.Keys(all())) {
		out = append(out, all()[name])
	}
	return out
}

//go:embed types/*.txt
var files embed.FS

var all = sync.OnceValue(func() map[string]*Type {
	types, err := parseAll(files)
	if err != nil {
		panic(err) // a test reads the files that are built in
	}
	return types
})

func parseAll(files fs.FS) (map[string]*Type, error) {
	names, err := fs.Glob(files, "types/*.txt")
	if err != nil {
		return nil, err
	}
	types := map[string]*Type{}
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		if err := parse(name, data, types); err != nil {
			return nil, err
		}
	}
	return types, nil
}

// parse reads one file.
func parse(file string, data []byte, types map[string]*Type) error {
	var t *Type
	number := 0
	for raw := range bytes.Lines(data) {
		number++
		line, reason, _ := strings.Cut(strings.TrimRight(string(raw), "\n"), "#")
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		var err error
		switch {
		case line[0] != ' ':
			t, err = newType(file, fields, types)
		case t == nil:
			err = fmt.Errorf("there is no type above it")
		default:
			err = t.declare(fields, strings.TrimSpace(reason))
		}
		if err != nil {
			return fmt.Errorf("read %s:%d: %q: %w", file, number, strings.TrimSpace(line), err)
		}
	}
	return nil
}

func newType(file string, fields []string, types map[string]*Type) (*Type, error) {
	t := &Type{Name: fields[0], File: file, Properties: &Node{}}
	if types[t.Name] != nil {
		return nil, fmt.Errorf("the type is declared in %s already", types[t.Name].File)
	}
	for _, f := range fields[1:] {
		if flag := Flag(f); flag != Data && flag != AccountWide {
			return nil, fmt.Errorf("unknown flag %s: want %s or %s", f, Data, AccountWide)
		}
		t.flags = append(t.flags, Flag(f))
	}
	types[t.Name] = t
	return t, nil
}

// declare adds the property of one line.
func (t *Type) declare(fields []string, reason string) error {
	if len(fields) < 2 {
		return fmt.Errorf("want a path and a judgement")
	}
	j, args := Judgement(fields[1]), fields[2:]
	f, known := forms[j]
	switch {
	case !known:
		return fmt.Errorf("unknown judgement %s: want one of %v", j, slices.Sorted(maps.Keys(forms)))
	case len(args) < f.least || len(args) > f.most:
		return fmt.Errorf("%s has %d arguments: want %d to %d", j, len(args), f.least, f.most)
	case f.reason && reason == "":
		return fmt.Errorf("%s needs a reason after a #", j)
	}
	n := t.Properties
	n.must = n.must || j == Must
	for _, name := range strings.Split(fields[0], ".") {
		n = n.below(name)
		n.must = n.must || j == Must
	}
	if n.Judgement != "" {
		return fmt.Errorf("the property is declared twice")
	}
	n.Judgement, n.Args, n.Reason = j, args, reason
	return nil
}

// below is the node of a name, made if it is not there yet.
func (n *Node) below(name string) *Node {
	if name == "*" {
		if n.Any == nil {
			n.Any = &Node{}
		}
		return n.Any
	}
	if n.Children == nil {
		n.Children = map[string]*Node{}
	}
	if n.Children[name] == nil {
		n.Children[name] = &Node{}
	}
	return n.Children[name]
}
