package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tenantstack/tenantstack/iam"

	"github.com/tenantstack/tenantstack/internal/prove/facts"
)

const hostile = `</script><img src=x onerror="alert(1)"><style>'{{.}}` + "\u2028`${1}"

// htmlReport is a report of n tenants with nothing found.
func htmlReport(n int) *Report {
	r := &Report{
		Proved: true, Platform: "tenantstack", Stacks: n + 1, Principals: 9 * n, Statements: 31 * n, Assets: 7 * n, Actions: 412,
		Methods: 12 * n, Needs: 40 * n, Decided: 63 * uint64(n) * uint64(n) * 412, Elapsed: 1234567 * time.Microsecond,
		Assumptions: []Assumption{
			{
				ID:         "A3",
				Text:       "a session's tags are those that the authorizer passes",
				Statements: 2 * n,
				Example:    facts.Place{Stack: "tenant-0000", LogicalID: "ApiRole"},
			},
		},
		Notes: []string{"resources of type AWS::Logs::LogGroup are no part of the proof, as in tenant-0000/Logs"},
	}
	for i := range n {
		r.Tenants = append(r.Tenants, fmt.Sprintf("tenant-%04d", i))
	}
	return r
}

// reaches adds a finding of a tenant's code that reaches others' data.
func (r *Report) reaches(owner string, victims ...string) {
	r.Proved = false
	principal := "arn:aws:iam::111122223333:role/" + owner + "-orders"
	table := "arn:aws:dynamodb:eu-central-1:111122223333:table/" + owner + "-orders"
	r.Findings = append(r.Findings, Finding{
		Rule: CrossTenant, Principal: principal, Owner: owner, Victims: victims,
		Place: facts.Place{
			Stack:     owner,
			File:      owner + ".template.json",
			LogicalID: "OrdersRole",
			Path:      "Policies[0].PolicyDocument.Statement[2]",
			Sid:       "ReadOrders",
		},
		Actions: []string{"dynamodb:GetItem", "dynamodb:Query"},
		Asset:   &facts.Asset{Kind: "table", Arn: table, Place: facts.Place{Stack: owner}},
		Request: &iam.Request{Principal: principal, Action: "dynamodb:GetItem", Resource: table}, Confirmed: true,
		Message: "dynamodb:GetItem and dynamodb:Query on rows of other tenants", Fix: "limit dynamodb:LeadingKeys to the tenant", More: 3,
	})
}

func renderHTML(t *testing.T, r *Report) string {
	t.Helper()
	var page bytes.Buffer
	if err := r.WriteHTML(&page); err != nil {
		t.Fatal(err)
	}
	wellFormed(t, page.String())
	return page.String()
}

var rawText = regexp.MustCompile(`(?s)<(style|script)[^>]*>.*?</(style|script)>`)

// wellFormed checks the page as XML, which the template keeps to so that elements cannot be
// left open by mistake.
func wellFormed(t *testing.T, page string) {
	t.Helper()
	if n := len(rawText.FindAllString(page, -1)); n != 3 {
		t.Fatalf("the page has %d styles and scripts, want 3", n)
	}
	d := xml.NewDecoder(strings.NewReader(rawText.ReplaceAllString(page, "")))
	ids := map[string]bool{}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("the page is not well-formed: %v", err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if name := start.Name.Local; name == "img" || name == "link" || name == "iframe" {
			t.Errorf("the page has an element %s", name)
		}
		for _, a := range start.Attr {
			if a.Name.Local == "src" || strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "style" {
				t.Errorf("%s has the attribute %s", start.Name.Local, a.Name.Local)
			}
			if a.Name.Local == "id" && ids[a.Value] {
				t.Errorf("id %q is there twice", a.Value)
			}
			ids[a.Value] = ids[a.Value] || a.Name.Local == "id"
		}
	}
}

func dataOf(t *testing.T, page string) htmlData {
	t.Helper()
	_, rest, _ := strings.Cut(page, `<script type="application/json" id="data">`)
	content, _, _ := strings.Cut(rest, "</script>")
	var data htmlData
	if err := json.Unmarshal([]byte(content), &data); err != nil {
		t.Fatalf("read the page's data: %v", err)
	}
	return data
}

func TestHTMLProved(t *testing.T) {
	page := renderHTML(t, htmlReport(5))
	for _, want := range []string{"<strong>PROVED</strong>", "tenants of tenantstack", "<dd>1.235s</dd>", "<strong>648,900</strong>", "AWS::Logs::LogGroup", "<strong>A3</strong>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for text, want := range map[string]int{`<td class="ok">`: 31, `<td class="own">`: 5, `<td class="bad">`: 0, `scope="row"`: 6, `scope="col"`: 6, "NOT PROVED": 0, "Counterexamples</h2>": 0} {
		if n := strings.Count(page, text); n != want {
			t.Errorf("the page has %s %d times, want %d", text, n, want)
		}
	}
	if renderHTML(t, htmlReport(5)) != page {
		t.Error("the same report gives another page")
	}
	renderHTML(t, &Report{})
}

func TestHTMLMatrix(t *testing.T) {
	r := htmlReport(4)
	a, b, d := r.Tenants[0], r.Tenants[1], r.Tenants[3]
	r.reaches(a, b)
	r.reaches(a, d, b, b)
	r.reaches(b)
	r.reaches("stranger", "unborn", a)
	r.Findings = append(r.Findings,
		Finding{Rule: OpenMethod, Principal: "*", Owner: b, Message: "open"},
		Finding{Rule: PublicBucket, Owner: d, Message: "public"},
		Finding{Rule: CannotWork, Owner: d, Message: "denied"},
		Finding{Rule: Unresolved, Message: "unresolved"})
	page := renderHTML(t, r)
	data := dataOf(t, page)
	want := [][4]int{{0, 1, 1, 2}, {0, 3, 3, 1}, {1, 4, 4, 1}, {3, 3, 3, 1}, {4, 0, 1, 1}, {4, 3, 3, 1}, {4, 4, 4, 2}}
	if !slices.Equal(data.Runs, want) {
		t.Errorf("the cells are %v, want %v", data.Runs, want)
	}
	if got := data.Findings[3].Victims; !slices.Equal(got, []string{"unborn"}) {
		t.Errorf("victims who are no tenants are %v, want [unborn]", got)
	}
	for _, cell := range []string{
		`data-row="0" data-column="1" aria-pressed="false" aria-label="2 counterexamples: code of tenant-0000, data of tenant-0001">2<`,
		`data-row="1" data-column="4" aria-pressed="false" aria-label="1 counterexample: code of tenant-0001, data of platform / any tenant">1<`,
		`aria-label="2 counterexamples: code of platform / outside, data of platform / any tenant">2<`,
		`aria-label="1 counterexample: code of tenant-0003, data of tenant-0003">1<`,
		"8 counterexamples</a>", "<strong>NOT PROVED</strong>",
	} {
		if !strings.Contains(page, cell) {
			t.Errorf("the page lacks %s", cell)
		}
	}
	if n := strings.Count(page, `<td class="bad">`); n != 8 {
		t.Errorf("%d cells are red, want 8", n)
	}
}

func TestHTMLHostileText(t *testing.T) {
	r := htmlReport(2)
	r.Tenants[1], r.Platform = "t"+hostile, hostile
	r.reaches(r.Tenants[1], r.Tenants[0])
	f := &r.Findings[0]
	f.Rule, f.Message, f.Fix, f.Place.Sid, f.Request.Resource = hostile, hostile, hostile, hostile, hostile
	r.Notes, r.Assumptions[0] = []string{
		hostile,
	}, Assumption{
		ID:         hostile,
		Text:       hostile,
		Statements: 1,
		Example:    facts.Place{Stack: hostile},
	}
	page := renderHTML(t, r)
	for _, raw := range []string{"<img", "</script><img", "<style>'", `onerror="`} {
		if strings.Contains(page, raw) {
			t.Errorf("the page has %q", raw)
		}
	}
	data := dataOf(t, page)
	if data.Findings[0].Message != hostile || data.Tenants[1] != r.Tenants[1] {
		t.Errorf("the data has the message %q of %q", data.Findings[0].Message, data.Tenants[1])
	}
}

// TestHTMLPolicy: browsers run the style and the script only if their hashes are right.
func TestHTMLPolicy(t *testing.T) {
	page := renderHTML(t, htmlReport(1))
	for _, element := range []string{"style", "script"} {
		_, content, _ := strings.Cut(page, "<"+element+">")
		content, _, _ = strings.Cut(content, "</"+element+">")
		sum := sha256.Sum256([]byte(content))
		if want := fmt.Sprintf("%s-src 'sha256-%s'", element, base64.StdEncoding.EncodeToString(sum[:])); !strings.Contains(
			page,
			want,
		) {
			t.Errorf("the policy lacks %s", want)
		}
	}
	for _, outside := range []string{"http://", "https://", "url(", "@import", "innerHTML"} {
		if strings.Contains(page, outside) {
			t.Errorf("the page has %s", outside)
		}
	}
}

func TestHTMLThousandTenants(t *testing.T) {
	proved := htmlReport(1000)
	few := htmlReport(1000)
	for i := range 20 {
		few.reaches(few.Tenants[i*37], few.Tenants[i*41+5])
	}
	// The same mistake in each stack: every tenant reaches every other one.
	all := htmlReport(1000)
	for i, id := range all.Tenants {
		all.reaches(id, slices.Concat(all.Tenants[:i], all.Tenants[i+1:])...)
		all.reaches(id)
	}
	for _, c := range []struct {
		name                  string
		report                *Report
		canvas, columns, runs int
	}{{"proved", proved, 1, 0, 0}, {"few", few, 1, 40, 20}, {"all", all, 1, 41, 1999}} {
		t.Run(c.name, func(t *testing.T) {
			page := renderHTML(t, c.report)
			if len(page) >= 1<<20 {
				t.Errorf("the page has %d bytes, want less than 1 MB", len(page))
			}
			if n := strings.Count(page, "<canvas"); n != c.canvas {
				t.Errorf("the page has %d canvases, want %d", n, c.canvas)
			}
			if n := strings.Count(page, `scope="col"`); n != c.columns {
				t.Errorf("the table has %d columns, want %d", n, c.columns)
			}
			data := dataOf(t, page)
			if len(data.Runs) != c.runs || data.Total != len(c.report.Findings) {
				t.Errorf(
					"the data has %d runs and %d findings in all, want %d and %d",
					len(data.Runs),
					data.Total,
					c.runs,
					len(c.report.Findings),
				)
			}
			if c.name == "few" && len(data.Findings) != 20 ||
				c.name == "all" && (len(data.Findings) < 500 || !strings.Contains(page, "have room in this page")) {
				t.Errorf("the page lists %d findings", len(data.Findings))
			}
		})
	}
}
