package cfn

import (
	"strconv"
	"strings"
)

// path is where a value stands in JSON, kept as steps so that only a problem costs a text.
type path []step

// step is a key of an object, or an index of an array if key is empty and index is not
// negative.
type step struct {
	key   string
	index int
}

func key(k string) step { return step{key: k, index: -1} }

func index(i int) step { return step{index: i} }

// String is the path such as Properties.Tags[0].Value; a key that would be ambiguous is
// quoted, as in Condition["dynamodb.x"].
func (p path) String() string {
	var b strings.Builder
	for i, s := range p {
		switch {
		case s.index >= 0:
			b.WriteString("[" + strconv.Itoa(s.index) + "]")
		case i > 0 && (s.key == "" || strings.ContainsAny(s.key, ".[]\" \n")):
			b.WriteString("[" + strconv.Quote(s.key) + "]")
		default:
			if i > 0 {
				b.WriteByte('.')
			}
			b.WriteString(s.key)
		}
	}
	return b.String()
}
