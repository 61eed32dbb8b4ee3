// Package iamdiff compares the evaluator of package iam with another one, that of the npm
// package @cloud-copilot/iam-simulate, which runs as a process of its own.
package iamdiff

import (
	"bufio"
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/iam"
)

// theirs asks the other evaluator, which runs in the folder that has node_modules.
func theirs(t *testing.T, samples []sample) []string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "node_modules/@cloud-copilot/iam-simulate")); err != nil {
		if os.Getenv("TENANTSTACK_CDK_OUT") != "" {
			t.Fatal("make test installs the other evaluator, and it is not there: ", err)
		}
		t.Skip("the other evaluator is not installed: run make setup: ", err)
	}
	var in bytes.Buffer
	encoder := json.NewEncoder(&in)
	for _, s := range samples {
		if err := encoder.Encode(s); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("node", "testdata/simulate.mjs")
	cmd.Stdin = &in
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("run the other evaluator: %v\n%s", err, stderr.Bytes())
	}
	var results []string
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var result string
		if err := json.Unmarshal(lines.Bytes(), &result); err != nil {
			t.Fatalf("%s: %v", lines.Bytes(), err)
		}
		results = append(results, result)
	}
	if len(results) != len(samples) {
		t.Fatalf("%d results of %d", len(results), len(samples))
	}
	return results
}

func ours(s sample) iam.Decision {
	context := iam.Context{}
	for key, value := range s.Request.Context {
		switch v := value.(type) {
		case string:
			context[key] = []string{v}
		case []string:
			context[key] = v
		}
	}
	return iam.Evaluate(iam.Policies(s.Policies), iam.Request{
		Principal: s.Request.Principal, Action: s.Request.Action, Resource: s.Request.Resource, ResourceAccount: s.Request.ResourceAccount, Context: context,
	})
}

// TestAgainstAnotherEvaluator decides generated requests with both evaluators; they agree but
// for classes in which AWS's documentation decides.
func TestAgainstAnotherEvaluator(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 2))
	samples := operatorSamples()
	samples = append(samples, patternSamples(random, 1500)...)
	samples = append(samples, variableSamples(random, 700)...)
	samples = append(samples, logicSamples(random, 3000)...)
	if len(samples) < 5000 {
		t.Fatalf("%d samples", len(samples))
	}
	results := theirs(t, samples)
	reached := map[string]map[iam.Result]int{}
	explained := map[string]int{}
	outcomes := map[iam.Result]int{}
	unexplained := 0
	for i, s := range samples {
		d := ours(s)
		outcomes[d.Result]++
		if operator, ok := strings.CutPrefix(s.Name, "operator "); ok {
			operator, _, _ = strings.Cut(operator, " ")
			if reached[operator] == nil {
				reached[operator] = map[iam.Result]int{}
			}
			reached[operator][d.Result]++
		}
		if string(d.Result) == results[i] {
			continue
		}
		if class := classify(s, d, results[i]); class != "" {
			explained[class]++
			continue
		}
		if unexplained++; unexplained <= 25 {
			text, _ := json.Marshal(s)
			t.Errorf("%s: ours %s, theirs %s\n  %s", s.Name, d.Result, results[i], strings.ReplaceAll(string(text), "arn:aws:", "…:"))
		}
	}
	t.Logf("%d samples, outcomes %v, explained %v, unexplained %d", len(samples), outcomes, explained, unexplained)
	// 26 operators with each quantifier, with and without IfExists, and Null.
	if len(reached) != 26*3*2+1 {
		t.Errorf("%d operators reached", len(reached))
	}
	for operator, results := range reached {
		if results[iam.Allowed] == 0 || results[iam.ImplicitlyDenied] == 0 {
			t.Errorf("%s has outcomes %v", operator, results)
		}
	}
	for _, c := range classes {
		if explained[c.name] == 0 {
			t.Errorf("class %q explains nothing any more", c.name)
		}
	}
}
