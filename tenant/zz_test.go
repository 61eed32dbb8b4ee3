package tenant

import (
	"fmt"
	"math/rand"
	"os"
	"strings"
	"testing"
	"time"
)

func TestDiff(t *testing.T) {
	shipped, _ := os.ReadFile("../tenants.yaml")
	r := rand.New(rand.NewSource(time.Now().UnixNano()))
	schema := compileSchema(t)
	seeds := []string{base, string(shipped), flowList, unusual, mustJSON(mustParse(t, base)), strings.ReplaceAll(base, "\n", "\r\n"), strings.ReplaceAll(unusual, "\n", "\r\n")}
	n, acc, fails := 0, 0, 0
	end := time.Now().Add(540 * time.Second)
	for time.Now().Before(end) && fails < 8 {
		n++
		s := seeds[r.Intn(len(seeds))]
		for range 1 + r.Intn(3) {
			s = mutate(r, s)
		}
		t0 := time.Now()
		f, err := Parse("tenants.yaml", []byte(s))
		if d := time.Since(t0); d > 500*time.Millisecond {
			fmt.Println("SLOW", d, len(s))
		}
		ok := t.Run("", func(t *testing.T) {
			if err != nil {
				checkPlaces(t, []byte(s), err)
				return
			}
			acc++
			checkInvariants(t, schema, f)
			checkOtherReader(t, []byte(s), f)
			checkEdits(t, []byte(s), f)
		})
		if !ok {
			fails++
			os.WriteFile(fmt.Sprintf("/tmp/fail%d.yaml", fails), []byte(s), 0o644)
		}
	}
	fmt.Println("runs", n, "accepted", acc)
}
