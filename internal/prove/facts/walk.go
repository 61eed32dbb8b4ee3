package facts

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/prove/declared"
)

// walk goes through the properties of a resource beside their declarations.
type walk struct {
	*reader
	id, kind string
	// properties of the resource.
	properties map[string]any
	// path of names, and of indices in brackets.
	path []string
	// parent is the object whose properties are being visited.
	parent map[string]any
}

func (w *walk) place() Place {
	var out strings.Builder
	for i, step := range w.path {
		if i > 0 && step[0] != '[' {
			out.WriteByte('.')
		}
		out.WriteString(step)
	}
	return w.reader.place(w.id, out.String())
}

func (w *walk) below(step string, visit func()) {
	w.path = append(w.path, step)
	visit()
	w.path = w.path[:len(w.path)-1]
}

// object visits the properties of an object.
func (w *walk) object(n *declared.Node, properties map[string]any) {
	defer func(parent map[string]any) { w.parent = parent }(w.parent)
	for _, name := range sortedKeys(properties) {
		w.below(stepOf(name), func() {
			w.parent = properties
			child := n.Child(name)
			if child == nil {
				w.notUnderstood("is not among the properties that the proof understands", "remove it, or accept it with a reason")
				return
			}
			w.value(child, properties[name])
		})
	}
	if n.HasMust() {
		w.missing(n, properties)
	}
}

// missing are the settings that an object has to have and does not. Of an object that is not there at all
// they are one.
func (w *walk) missing(n *declared.Node, properties map[string]any) {
	for _, name := range sortedKeys(n.Children) {
		child := n.Children[name]
		if !child.HasMust() || properties[name] != nil {
			continue
		}
		w.below(name, func() {
			at := child
			for at.Judgement != declared.Must {
				for _, name := range sortedKeys(at.Children) {
					if at.Children[name].HasMust() {
						at = at.Children[name]
						break
					}
				}
			}
			w.Settings = append(
				w.Settings,
				Setting{Place: w.place(), Rule: at.Args[0], Want: wanted(child), Reason: at.Reason, Absent: true},
			)
		})
	}
}

// wanted are the values of a setting, or the settings that an object has to have.
func wanted(n *declared.Node) []string {
	if n.Judgement == declared.Must {
		return n.Args[1:]
	}
	var out []string
	for _, name := range sortedKeys(n.Children) {
		if child := n.Children[name]; child.HasMust() {
			out = append(out, name+" "+strings.Join(wanted(child), " or "))
		}
	}
	return []string{strings.Join(out, ", ")}
}

// stepOf is a name in a path, in quotes if it could be taken for something else.
func stepOf(name string) string {
	if name == "" || strings.ContainsAny(name, ".[]\" ") {
		return "[" + strconv.Quote(name) + "]"
	}
	return name
}

func (w *walk) notUnderstood(what, fix string) {
	place := w.place()
	w.unknown(w.kind, place, fmt.Sprintf("%s of %s %s, so what it may reach is not known", place.Path, w.kind, what), fix)
}

// value visits the value of a property.
func (w *walk) value(n *declared.Node, value any) {
	switch {
	case value == nil:
		return
	case n.Judgement == declared.Read:
		w.read(n.Args[0], value)
		return
	case n.Judgement == declared.Policy:
		w.policy(n, value)
		return
	case n.Judgement == declared.Refused:
		w.notUnderstood("is not understood: "+n.Reason, "remove it, or accept it with a reason")
		return
	case n.Judgement == declared.Mention:
		w.mention(value)
		return
	case n.Judgement.TakesAny():
		return
	}
	switch v := value.(type) {
	case []any:
		for i, item := range v {
			w.below("["+strconv.Itoa(i)+"]", func() { w.value(n, item) })
		}
	case map[string]any:
		if n.Judgement != "" && n.Judgement != declared.JSON || n.Children == nil && n.Any == nil {
			w.notUnderstood("is an object, which the proof does not expect there", "give it in the form that the CloudFormation Template Reference shows, or accept it with a reason")
			return
		}
		w.object(n, v)
	default:
		w.scalar(n, value)
	}
}

// read leaves a value to a reader.
func (w *walk) read(name string, value any) {
	if read := readers[name]; read != nil {
		read(w, value)
		return
	}
	w.notUnderstood("is left to the reader "+name+", which there is not", "report this as a fault of tenantctl")
}

// scalar visits a text, a number or a switch.
func (w *walk) scalar(n *declared.Node, value any) {
	text := fmt.Sprint(value)
	switch n.Judgement {
	case declared.JSON:
		w.document(n, text)
	case declared.Names:
		w.names(n, text)
	case declared.Role:
		w.Roles = append(w.Roles, RoleUse{Place: w.place(), Account: w.stack.Account, Role: text})
	case declared.Host:
		w.host(text, "", w.place())
	case declared.Must, declared.Only:
		w.Settings = append(
			w.Settings,
			Setting{Place: w.place(), Rule: n.Args[0], Want: n.Args[1:], Reason: n.Reason, Got: text},
		)
	case "":
		w.notUnderstood(
			fmt.Sprintf("is %q, where the proof expects an object", text),
			"give it in the form that the CloudFormation Template Reference shows, or accept it with a reason",
		)
	}
}

// document visits JSON that is given as text.
func (w *walk) document(n *declared.Node, text string) {
	var value any
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil || decoder.More() {
		w.notUnderstood("is a text that is no JSON document", "give it as an object")
		return
	}
	if _, isText := value.(string); isText {
		w.notUnderstood("is a JSON text within a text", "give it as an object")
		return
	}
	w.value(n, value)
}

func (w *walk) names(n *declared.Node, text string) {
	w.refer(n.Args[0], text, slices.Contains(n.Args, "platform"), slices.Contains(n.Args, "account"))
}

// refer adds a reference to what a text of a kind names.
func (w *walk) refer(kind, text string, platform, undeclared bool) {
	if text == "" || kind == "target" && isUniversalTarget(text) || kind == "subscriber" && isEmail(text) {
		return
	}
	if kind == "host" {
		text = hostOf(text)
	}
	r := Reference{
		Place: w.place(), Kind: kind, Text: text, Arn: w.namedArn(kind, text), Account: w.stack.Account, Marks: marks(text),
		Platform: platform, Undeclared: undeclared, Watch: watches(w.kind) && kind != "alarm-action",
	}
	if kind == "alarm-action" && ServiceOf(r.Arn) != "sns" {
		// Only a topic tells people and does nothing else.
		r.Platform, r.Undeclared = false, false
	}
	w.References = append(w.References, r)
}

// watches says whether a type of resource looks at what it names, and neither changes it nor sends what it holds
// anywhere else: alarms, dashboards and saved queries.
func watches(kind string) bool {
	return strings.HasPrefix(kind, "AWS::CloudWatch::") || kind == "AWS::Logs::QueryDefinition"
}

// mention collects the texts of a value.
func (w *walk) mention(value any) {
	switch v := value.(type) {
	case map[string]any:
		for _, name := range sortedKeys(v) {
			w.below(stepOf(name), func() {
				w.mentionText(name)
				w.mention(v[name])
			})
		}
	case []any:
		for i, item := range v {
			w.below("["+strconv.Itoa(i)+"]", func() { w.mention(item) })
		}
	case nil:
	default:
		text := fmt.Sprint(v)
		w.mentionText(text)
		w.escaped(text, w.mention)
	}
}

// escaped visits what a JSON document says whose text has escapes, which hide the characters that they stand for.
func (w *walk) escaped(text string, visit func(value any)) {
	var document any
	if strings.Contains(text, `\`) && json.Unmarshal([]byte(text), &document) == nil {
		visit(document)
	}
}

func (w *walk) mentionText(text string) {
	w.Mentions = append(w.Mentions, Mention{Place: w.place(), Text: text, Marks: marks(text)})
}

// mentionValue is a text that can be a value which tells whose something is.
func (w *walk) mentionValue(text string) {
	w.Mentions = append(w.Mentions, Mention{Place: w.place(), Text: text, Value: true, Marks: marks(text)})
}

// policy reads the policy of the resource, or of others that a property names. Those of roles and users
// are read with these.
func (w *walk) policy(n *declared.Node, value any) {
	if n.Args[0] != "resource" || len(n.Args) < 2 {
		return
	}
	place := w.place()
	targets := []string{""}
	if len(n.Args) > 2 {
		targets = texts(w.properties[n.Args[2]])
		if len(targets) == 0 {
			targets = []string{""}
		}
	}
	p := w.readPolicy(value, iam.Resource, place)
	for _, target := range targets {
		arn := w.targetArn(w.id, n.Args[1], target)
		if n.Args[1] == "stream" {
			arn += "/stream/*"
		}
		w.Policies = append(w.Policies, &ResourcePolicy{
			Policy: p, Kind: iam.Resource, Arn: arn, Account: w.stack.Account, AssetKind: n.Args[1],
			Itself: len(n.Args) == 2 && n.Args[1] != AccountPolicy,
		})
	}
}
