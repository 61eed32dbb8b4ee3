package tenant

import (
	"math/rand"
	"os"
	"strings"
	"testing"
)

// unusual is a right file in a layout that few people write.
const unusual = `tenants:
# one
- id: acme # x
  billingAccount: 'a1'
  name:
    A B
  cell:
    eu-1
  tier: standard

  # end
- # here
  id: b2
  billingAccount: "b2"
  "name" : 'x # y'
  tier: standard
  cell: eu-1
  throttle:
    rate: 1
version: 1
` + basePlatform + baseCells + baseTiers

// flowList is a right file with its tenants in brackets.
const flowList = "version: 1\n" + basePlatform + baseCells + baseTiers + `tenants: [
  {id: acme, billingAccount: "12345", cell: eu-1, tier: standard}, # x
  # y
  {id: bmce, billingAccount: b-7,
   cell: eu-1, name: "A: B", tier: standard},
]
`

// TestMutations makes small mistakes in right files, and checks what FuzzParse checks.
func TestMutations(t *testing.T) {
	shipped, err := os.ReadFile("../tenants.yaml")
	if err != nil {
		t.Fatal(err)
	}
	seeds := []string{base, string(shipped), flowList, unusual, acceptList, mustJSON(mustParse(t, base)), mustJSON(mustParse(t, acceptList)), strings.ReplaceAll(base, "\n", "\r\n")}
	for _, text := range seeds {
		mustParse(t, text)
	}
	schema := compileSchema(t)
	r := rand.New(rand.NewSource(1))
	taken := 0
	for range 3000 {
		text := seeds[r.Intn(len(seeds))]
		for range 1 + r.Intn(3) {
			text = mutate(r, text)
		}
		f, err := Parse("tenants.yaml", []byte(text))
		if err != nil {
			checkPlaces(t, []byte(text), err)
			continue
		}
		taken++
		checkInvariants(t, schema, f)
		checkOtherReader(t, []byte(text), f)
		checkEdits(t, []byte(text), f)
	}
	if taken < 100 {
		t.Errorf("only %d mutations were taken", taken)
	}
}

var fragments = []string{": ", " #", "- ", ", ", "{}", "[]", `""`, "''", "|\n", ">-\n", "? ", "---\n", "...\n", "\n\n", "  ", "name: ", "wave: x", "path: x",
	"\r\n", `\n`, "é", "{a: b}", ":", ",", "{", "}", "[", "]", "#", `"`, "'", "\n", "&", "*", "!", "%", "@", "~", "\t", `\`, "<", "=", "0", "a", "."}

// mutate inserts, deletes, copies or moves something.
func mutate(r *rand.Rand, text string) string {
	if len(text) < 3 {
		return text
	}
	i := r.Intn(len(text))
	switch r.Intn(8) {
	case 0, 1, 2:
		return text[:i] + fragments[r.Intn(len(fragments))] + text[i:]
	case 3:
		return text[:i] + text[i+1:]
	case 4:
		return text[:i] + fragments[r.Intn(len(fragments))] + text[i+1:]
	case 5:
		j, k := min(i+r.Intn(6), len(text)), r.Intn(len(text))
		return text[:k] + text[i:j] + text[k:]
	}
	lines := strings.Split(text, "\n")
	a, b := r.Intn(len(lines)), r.Intn(len(lines))
	switch r.Intn(6) {
	case 0:
		lines[a], lines[b] = lines[b], lines[a]
	case 1:
		lines[a] = " " + lines[a]
	case 2:
		lines[a] = strings.TrimPrefix(lines[a], " ")
	case 3:
		lines[a] += " # c"
	case 4:
		lines[a] += "\n" + strings.Repeat(" ", r.Intn(8)) + "# c"
	case 5:
		lines[a] += "\n" + strings.Repeat(" ", r.Intn(3))
	}
	return strings.Join(lines, "\n")
}
