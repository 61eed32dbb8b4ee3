package facts

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRows reads the rows of a dashboard's widget, which repeat what the row above has.
func TestRows(t *testing.T) {
	const unknown = "not understood"
	list := func(items ...any) any { return items }
	for name, test := range map[string]struct {
		rows any
		want []string
	}{
		"written out":        {list(list("AWS/Lambda", "Errors", "FunctionName", "a")), []string{"function a"}},
		"periods":            {list(list("AWS/Lambda", "Errors", "FunctionName", "a"), list(".", ".", ".", "b")), []string{"function a", "function b"}},
		"three periods":      {list(list("AWS/DynamoDB", "Reads", "TableName", "a", "Operation", "Scan"), list("...", "Query")), []string{"table a", "table a"}},
		"all of it":          {list(list("AWS/SQS", "Age", "QueueName", "a"), list("...", map[string]any{"stat": "p99"})), []string{"queue a", "queue a"}},
		"options":            {list(list("AWS/SQS", "Age", "QueueName", "a", map[string]any{"id": "m1", "label": "Age"})), []string{"queue a"}},
		"an expression":      {list(list(map[string]any{"expression": "m1 + m2", "id": "e1"})), nil},
		"a search":           {list(list(map[string]any{"expression": "SEARCH('x', 'Sum')"})), []string{unknown}},
		"another account":    {list(list("shop", "Orders", map[string]any{"accountId": "1"})), []string{unknown}},
		"the whole account":  {list(list("AWS/Lambda", "Errors")), []string{unknown}},
		"nothing above":      {list(list(".", "Errors", "FunctionName", "a")), []string{unknown}},
		"no row above":       {list(list("...", "a")), []string{unknown}},
		"a value alone":      {list(list("AWS/Lambda", "Errors", "FunctionName")), []string{unknown}},
		"no list":            {list("AWS/Lambda"), []string{unknown}},
		"an unknown one":     {list(list("AWS/New", "Errors", "Name", "a")), []string{unknown}},
		"numbers of its own": {list(list("shop", "Orders", "Tenant", "a")), nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := &walk{reader: &reader{Facts: newFacts()}, kind: "AWS::CloudWatch::Dashboard"}
			w.rows(test.rows)
			var got []string
			for _, r := range w.References {
				got = append(got, r.Kind+" "+r.Text)
			}
			for range w.Unknown {
				got = append(got, unknown)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestAlarmRules reads which alarms a rule names.
func TestAlarmRules(t *testing.T) {
	for rule, want := range map[string][]string{
		`ALARM("a") AND NOT OK('b c')`:                       {"a", "b c"},
		`(ALARM(a) OR INSUFFICIENT_DATA(arn:aws:x)) OR TRUE`: {"a", "arn:aws:x"},
		`AT_LEAST(2, ALARM, (a, b, "OK"))`:                   {"a", "b", "OK"},
		`AT_LEAST(50%, OK, (a))`:                             {"a"},
		`FALSE`:                                              nil,
	} {
		w := &walk{reader: &reader{Facts: newFacts()}}
		w.alarmRule(rule)
		var got []string
		for _, r := range w.References {
			got = append(got, r.Text)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", rule, diff)
		}
	}
}
