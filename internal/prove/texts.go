package prove

import (
	"slices"
	"strconv"
	"strings"
)

// textWalk visits the texts of a resource's properties. Paths are made only where one is
// asked for.
type textWalk struct {
	// steps are keys, and indices of elements in brackets.
	steps []string
	skip  func(key string) bool
	visit func(w *textWalk, text string)
}

// eachText visits the texts of properties; what skip says of a key is left out with all below
// it.
func eachText(properties map[string]any, skip func(key string) bool, visit func(w *textWalk, text string)) {
	w := &textWalk{steps: []string{"Properties"}, skip: skip, visit: visit}
	w.walk(properties)
}

func (w *textWalk) walk(value any) {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range sortedKeys(v) {
			if w.skip == nil || !w.skip(key) {
				w.below(key, v[key])
			}
		}
	case []any:
		for i, item := range v {
			w.below("["+strconv.Itoa(i)+"]", item)
		}
	case string:
		w.visit(w, v)
	}
}

func (w *textWalk) below(step string, value any) {
	w.steps = append(w.steps, step)
	w.walk(value)
	w.steps = w.steps[:len(w.steps)-1]
}

// path of the text, such as Properties.Layers[0].
func (w *textWalk) path() string {
	var out strings.Builder
	for i, step := range w.steps {
		if i > 0 && step[0] != '[' {
			out.WriteByte('.')
		}
		out.WriteString(step)
	}
	return out.String()
}

// property is the last key of the path, without the index of an element.
func (w *textWalk) property() string {
	for i := len(w.steps) - 1; i > 0; i-- {
		if w.steps[i][0] != '[' {
			return w.steps[i]
		}
	}
	return w.steps[0]
}

// isBelow says whether a key is part of the path.
func (w *textWalk) isBelow(key string) bool { return slices.Contains(w.steps, key) }

// roles finds properties that hand a role to a service.
func (t *stackReader) roles(id string, properties map[string]any) {
	eachText(properties, nil, func(w *textWalk, text string) {
		if w.handsRole() {
			t.borrowed = append(t.borrowed, borrowed{owner: t.owner, account: t.account, arn: text, place: t.place(id, w.path())})
		}
	})
}

// handsRole says whether a property names a role to run with, by its last word; the
// environment of a function only names it.
func (w *textWalk) handsRole() bool {
	last := strings.ToLower(w.property())
	if strings.Contains(last, "rolename") {
		return false
	}
	return (strings.Contains(last, "role") || strings.Contains(last, "credentials")) && !w.isBelow("Environment")
}
