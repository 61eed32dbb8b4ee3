package facts

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestQueries reads which log groups saved queries are over.
func TestQueries(t *testing.T) {
	const unknown = "not understood"
	for _, test := range []struct {
		language, text string
		want           []string
	}{
		// Logs Insights.
		{"", "fields @timestamp, @message | filter @message like /a|b\\/c/ | sort @timestamp desc | limit 20", nil},
		{"CWLI", "# who asked\nfields source, detail | filter source = 'aws.s3' and (source != \"x\") | stats count(*) as n by source", nil},
		{"CWLI", "parse @message /user=(?<user>[^|]*) / | parse @message \"* [*] *\" as a, b, c | dedup user", nil},
		{"", "SOURCE '/own/a' | fields @message", []string{"/own/a"}},
		{"", "source \"/own/a\", `/own/b` START=-3600s END=0s | fields @message", []string{"/own/a", "/own/b"}},
		{"", "SOURCE /own/a | SOURCE /own/b", []string{"/own/a", "/own/b"}},
		{"", "fields a | SOURCE '/own/a'", []string{"/own/a"}},
		{"", "SOURCE logGroups(namePrefix: ['/own/', '/other'], class: ['STANDARD']) | limit 1", []string{"/own/*", "/other*"}},
		{"", "SOURCE logGroups() | limit 1", []string{unknown}},
		{"", "SOURCE logGroups(accountIdentifiers: ['111111111111'], namePrefix: ['/own/'])", []string{unknown}},
		{"", "SOURCE logGroups(namePrefix: [])", []string{unknown}},
		{"", "SOURCE | fields a", []string{unknown}},
		{"", "fields a | join type=left (SOURCE '/other' | fields b) on a = b", []string{unknown}},
		{"", "fields a | lookup people id", []string{unknown}},
		{"", "fields a | filter a in (SOURCE '/other' | fields b)", []string{unknown}},
		{"", "filter a = \"x\\\"\" | SOURCE '/other' | filter b = \"y\"", []string{unknown}},
		{"", "fields a | filter b = \"x", []string{unknown}},
		{"", "filter a like /x/ | SOURCE '/other' | filter b like /y/", []string{"/other"}},
		{"", "fields a / b | SOURCE '/other' | fields c / d", []string{"/other"}},
		// PPL.
		{"PPL", "source = [`/own/a`, lg:`/own/b`] | where a = 1 | head 5", []string{"/own/a", "/own/b"}},
		{"PPL", "SOURCE=/own/a | stats count() by b", []string{"/own/a"}},
		{"PPL", "fields a | left join left=l, right=r on l.id = r.id `/other`", []string{unknown}},
		{"PPL", "where a in [ source = `/other` | fields b ]", []string{unknown}},
		{"PPL", "where (source = `/other` | fields b)", []string{unknown}},
		{"PPL", "fields a // source = x", []string{unknown}},
		// SQL.
		{"SQL", "SELECT `@message` FROM `/own/a` WHERE b = 'FROM x' LIMIT 5", []string{"/own/a"}},
		{"SQL", "SELECT * FROM `/own/a` AS a INNER JOIN `/own/b` b ON a.x = b.x", []string{"/own/a", "/own/b"}},
		{"SQL", "select * from `/own/a` a, `/other` b", []string{"/own/a", unknown}},
		{"SQL", "SELECT * FROM `/own/a` /* c */ , `/other`", []string{"/own/a", unknown}},
		{"SQL", "SELECT * FROM (SELECT * FROM `/own/a`) x, `/other`", []string{"/own/a", unknown}},
		{"SQL", "SELECT * FROM (SELECT * FROM `/own/a`) x JOIN `/own/b` ON x.a = y", []string{"/own/a", "/own/b"}},
		{"SQL", "SELECT * FROM `logGroups(logGroupIdentifier: ['/own/a', '/own/b'])`", []string{"/own/a", "/own/b"}},
		{"SQL", "SELECT * FROM `logGroups(namePrefix: ['/own/'])`", []string{"/own/*"}},
		{"SQL", "SELECT * -- FROM `/other`\nFROM `/own/a`", []string{"/own/a"}},
		{"SQL", "SELECT * FROM", []string{unknown}},
		{"SQL", "SELECT * FROM (SELECT 1", []string{unknown}},
		{"KQL", "fields a", []string{unknown}},
	} {
		t.Run(test.language+" "+test.text, func(t *testing.T) {
			w := &walk{reader: &reader{Facts: newFacts()}, kind: "AWS::Logs::QueryDefinition", parent: map[string]any{"QueryLanguage": test.language}}
			w.query(test.text)
			var got []string
			for _, r := range w.References {
				got = append(got, r.Text)
			}
			if len(w.Unknown) > 0 {
				got = append(got, unknown)
			}
			if slices.Contains(test.want, unknown) && slices.Contains(got, unknown) {
				return // what was named before does not matter
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestMetricMath tells metric math over the metrics beside it from what reads more.
func TestMetricMath(t *testing.T) {
	for text, want := range map[string]bool{
		"m1":                                  true,
		"errors/requests*100":                 true,
		"IF(m1 > 0 AND m2 < 5, m1/m2, 0)":     true,
		"FILL(METRICS(\"errors\"), REPEAT)":   true,
		"ANOMALY_DETECTION_BAND(m1, 2)":       true,
		"100*(m1 - MIN([m2, m3]))":            true,
		"":                                    false,
		"SEARCH('{AWS/Lambda,FunctionName}')": false,
		"SUM(SEARCH('x', 'Sum'))":             false,
		"SELECT AVG(x) FROM \"AWS/Lambda\"":   false,
		"select MAX(requests) from kittens":   false,
		"SELECT MAX(Duration) FROM Lambda":    false,
		"LAMBDA('fn', 'a')":                   false,
		"INSIGHT_RULE_METRIC('r', 'Sum')":     false,
		"max(m1)":                             false,
		"m1 m2":                               false,
		"m1(m2)":                              false,
		"Errors":                              false,
		"m1 + ⟨import:x⟩":                     false,
		"m1; m2":                              false,
	} {
		if got := isMath(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
