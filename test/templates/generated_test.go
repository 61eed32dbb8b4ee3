package templates

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/api"
	"github.com/tenantstack/tenantstack/internal/cfn"
	"github.com/tenantstack/tenantstack/internal/localcloud/apigateway"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
	localtemplate "github.com/tenantstack/tenantstack/internal/localcloud/template"
	"github.com/tenantstack/tenantstack/internal/prove"
	"github.com/tenantstack/tenantstack/internal/prove/owners"
	"github.com/tenantstack/tenantstack/plan"
	"github.com/tenantstack/tenantstack/tenant"
)

// contractMaker writes contracts that look right, with names, paths and sizes that people do
// not often think of. odd is how often, in a hundred, a value is one of these.
type contractMaker struct {
	*rand.Rand
	odd                           int
	tables, roles, folders, paths []string
	ids                           int
}

// or is one of the plain values, or now and then one of the odd ones.
func (m *contractMaker) or(plain []string, odd ...string) string {
	if m.IntN(100) < m.odd {
		return oneOf(m.Rand, odd...)
	}
	return oneOf(m.Rand, plain...)
}

// few is how many of something there are.
func (m *contractMaker) few(most int) int { return m.IntN(most + 1) }

func (m *contractMaker) names(plain []string, odd ...string) []string {
	seen, out := map[string]bool{}, []string{}
	for range 1 + m.few(3) {
		if name := m.or(plain, odd...); !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
	}
	return out
}

func (m *contractMaker) contract() string {
	var b strings.Builder
	version := m.or([]string{"1.0.0"}, "é", "1", "2026-01-01", "${x}", "{{resolve:ssm:/x}}", strings.Repeat("1", 300))
	fmt.Fprintf(&b, "openapi: 3.0.3\ninfo: {title: Generated, version: %q}\n", version)
	m.tables = m.names([]string{"things", "breeds", "a-b", "t"}, "access", strings.Repeat("t", 48), "a--b", "ab", "Things")
	m.roles = m.names([]string{"reader", "writer", "keeper"}, "api-gateway", "authorizer", "indexer", "index-writer", "op-1-fn", "op1-fn", strings.Repeat("r", 48), "reader-")
	m.folders = m.names([]string{"incoming", "photos"}, strings.Repeat("f", 48), "in-coming", "x--y")
	b.WriteString("x-tables:\n")
	for _, t := range m.tables {
		fmt.Fprintf(&b, "  %s: {sortKey: id, sharded: %t, search: %t%s}\n", t, m.few(1) == 0, m.few(1) == 0, m.or([]string{"", ", ttl: expiresAt"}, ", ttl: id"))
	}
	b.WriteString("x-uploads:\n")
	for _, f := range m.folders {
		fmt.Fprintf(&b, "  %s: {%s}\n", f, m.or([]string{"", "expireDays: 1"}, "expireDays: 0"))
	}
	b.WriteString("x-roles:\n")
	for _, r := range m.roles {
		fmt.Fprintf(&b, "  %s: {%s}\n", r, m.grants())
	}
	if m.few(2) == 0 {
		fmt.Fprintf(&b, "x-events:\n  %s: {objectCreated: %s, package: %s, role: %s}\n", m.or([]string{"photoUploaded"}, "authorizer", "op1", "access"), m.folders[0], m.pkg(), m.roles[0])
	}
	fmt.Fprintf(&b, "x-cors: {allowOrigin: %q, maxAge: %s}\n", m.or([]string{"*", "https://app.example.com"}, "https://app.example.com/", "null", "https://é.example"), m.or([]string{"0", "600"}, "86401"))
	if m.few(2) == 0 {
		fmt.Fprintf(&b, "x-binary-media-types: [%q]\n", m.or([]string{"image/png", "image/*"}, "*/*", "application/json"))
	}
	b.WriteString("paths:\n")
	for range 1 + m.few(3) {
		m.path(&b)
	}
	m.components(&b)
	return b.String()
}

// grants of a role or a function, as the fields of an object.
func (m *contractMaker) grants() string {
	var out []string
	if m.few(2) > 0 {
		out = append(out, fmt.Sprintf("tables: {%s: %s}", oneOf(m.Rand, m.tables...), m.or([]string{"read", "readWrite"}, "write")))
	}
	if m.few(2) == 0 {
		out = append(out, "search: "+oneOf(m.Rand, "read", "write", "readWrite"))
	}
	if m.few(1) == 0 {
		out = append(out, m.or([]string{"uploads: read", "uploads: readWrite", fmt.Sprintf("uploads: {%s: readDelete}", m.folders[0])}, "uploads: all"))
	}
	if m.few(4) == 0 {
		out = append(out, "invokeSelf: true")
	}
	return strings.Join(out, ", ")
}

func (m *contractMaker) pkg() string {
	return m.or([]string{"things", "breeds", "searcherror"}, "access", "indexer", strings.Repeat("p", 48), "p-q")
}

// segments of paths, of which one in a place is a variable.
var (
	plainSegments = []string{"things", "v1", "{id}", "photos"}
	oddSegments   = []string{"{path+}", "~x", "a b", "a@b", "v1:run", "a.b,c", "{a-b.c_d}", "{billingAccount}", "{other}", "..", "x{y}", "%41", "é", strings.Repeat("x", 255), strings.Repeat("y", 120)}
)

func (m *contractMaker) path(b *strings.Builder) {
	path := ""
	for range m.few(4) {
		path += "/" + m.or(plainSegments, oddSegments...)
	}
	path += m.or([]string{""}, "/", "/{path+}")
	if path == "" {
		path = "/"
	}
	for _, other := range m.paths {
		if path == other {
			return
		}
	}
	m.paths = append(m.paths, path)
	fmt.Fprintf(b, "  %q:\n", path)
	if m.IntN(100) >= m.odd/2 {
		b.WriteString("    parameters:\n")
		for segment := range strings.SplitSeq(path[1:], "/") {
			if name, ok := strings.CutPrefix(segment, "{"); ok {
				fmt.Fprintf(b, "      - {name: %q, in: path, required: true, schema: {type: string}}\n", strings.TrimRight(name, "+}"))
			}
		}
		fmt.Fprintf(b, "      - {name: %q, in: %s, schema: {type: string}}\n", m.or([]string{"q", "limit"}, "$filter", "a[b]", "x y"), m.or([]string{"query", "header"}, "cookie"))
	}
	for _, method := range []string{"get", "put", "post", "delete", "head", "patch"}[:1+m.few(5)] {
		m.operation(b, method)
	}
	if m.IntN(100) < m.odd {
		m.operation(b, oneOf(m.Rand, "options", "trace"))
	}
}

func (m *contractMaker) operation(b *strings.Builder, method string) {
	m.ids++
	id := m.or([]string{fmt.Sprintf("op%d", m.ids)}, "OP1", "authorizer", "op.1", strings.Repeat("o", 47)+fmt.Sprint(m.ids%10), "access")
	scopes := m.or([]string{`[{oauth2: ["s:read"]}]`, `[{oauth2: ["s:read", "s:write"]}]`, `[{oauth2: ["s:read"]}, {oauth2: ["s:write"]}]`},
		`[{oauth2: ["s:read", "s:write"]}, {oauth2: ["s:write", "s:read"]}]`, `[{oauth2: ["s:read"]}, {oauth2: ["s:read"]}]`, `[]`, `[{oauth2: ["account:1"]}]`, `[{oauth2: ["nobody"]}]`)
	extra := ""
	if m.few(5) == 0 {
		if g := m.grants(); g != "" {
			extra = ", " + g
		}
	}
	fmt.Fprintf(b, "    %s:\n      operationId: %q\n      security: %s\n      x-function: {package: %s, role: %s, timeout: %s%s}\n",
		method, id, scopes, m.pkg(), oneOf(m.Rand, m.roles...), m.or([]string{"1", "29"}, "30", "901"), extra)
	if method == "put" || method == "post" || method == "patch" {
		fmt.Fprintf(b, "      requestBody: {required: true, content: {%q: {schema: {$ref: '#/components/schemas/Thing'}}}}\n", m.or([]string{"application/json"}, "application/merge-patch+json", "*/*"))
	}
	fmt.Fprintf(b, "      responses: {\"200\": {description: %q}}\n", m.or([]string{"Good."}, "{{resolve:ssm:/x}}", "${AWS::Region}", "${Token[TOKEN.7]}", strings.Repeat("long ", 500), ""))
}

func (m *contractMaker) components(b *strings.Builder) {
	name := m.or([]string{"name"}, "Ref", "Fn::Sub", "Condition", "$ref", "a/b", "${Token[TOKEN.3]}", "{{resolve:secretsmanager:x}}", "é")
	value := m.or([]string{"{type: string, maxLength: 80}", "{type: integer, minimum: 0}"},
		"{type: integer, maximum: 9223372036854775807}", `{type: string, enum: ["a", "${b}", "{{resolve:ssm:/x}}"]}`, "{type: string, nullable: true, enum: [a, null]}",
		`{type: string, pattern: "^[a-z]{{2}}$"}`, `{type: object, properties: {Ref: {type: string}}}`, `{enum: [{Ref: x}]}`, "{type: array, items: {$ref: '#/components/schemas/Thing'}}", "{type: number, multipleOf: 1e-7}")
	fmt.Fprintf(b, `components:
  securitySchemes:
    oauth2:
      type: oauth2
      flows: {authorizationCode: {authorizationUrl: https://id.example.com/a, tokenUrl: https://id.example.com/t, scopes: {"s:read": r, "s:write": w, "account:1": x}}}
  schemas:
    Thing: {type: object, properties: {%q: %s}}
    %s: {type: string}
`, name, value, m.or([]string{"Other"}, "Other-1", "Ref"))
}

// TestWhatIsValidSynthesizes generates contracts and tenants. What validate accepts can be
// synthesized, fits its template and is proved; of what it does not, every problem has a place
// and says what to do.
func TestWhatIsValidSynthesizes(t *testing.T) {
	const most = 24
	accepted, refused, synthesized := 0, 0, 0
	dir := t.TempDir()
	for seed := range uint64(1500) {
		r := rand.New(rand.NewPCG(seed, 19))
		m := &contractMaker{Rand: r, odd: []int{0, 2, 4, 20}[seed%4]}
		text := m.contract()
		tenants, contract := filepath.Join(dir, "tenants.yaml"), filepath.Join(dir, "openapi.yaml")
		for path, content := range map[string]string{tenants: tenantsText(r, m.odd), contract: text} {
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		p, err := plan.Load(tenants, contract, plan.Selection{})
		if err != nil {
			refused++
			checkPlaces(t, seed, err)
			continue
		}
		accepted++
		if _, err := p.Files(); err != nil {
			t.Errorf("seed %d: %v\n%s", seed, err, text)
		}
		if m.odd == 0 || synthesized == most {
			continue
		}
		synthesized++
		checkSynthesis(t, seed, p, text)
	}
	t.Logf("%d accepted, %d refused, %d synthesized", accepted, refused, synthesized)
	if accepted < 300 || refused < 300 || synthesized < most {
		t.Errorf("%d accepted, %d refused, %d synthesized", accepted, refused, synthesized)
	}
}

// checkPlaces wants of every problem a line, a column and what to do.
func checkPlaces(t *testing.T, seed uint64, err error) {
	t.Helper()
	var ofContract api.Problems
	var ofTenants tenant.Problems
	if !errors.As(err, &ofContract) && !errors.As(err, &ofTenants) {
		t.Errorf("seed %d: an error without a place: %v", seed, err)
	}
	for _, p := range ofContract {
		if p.Line == 0 || p.Column == 0 || p.Fix == "" || p.Message == "" {
			t.Errorf("seed %d: %+v", seed, p)
		}
		if strings.HasPrefix(p.Pointer, "/paths/") && p.Path == "" {
			t.Errorf("seed %d: %+v names no path", seed, p)
		}
		if strings.HasPrefix(p.Message, "YAML") {
			t.Fatalf("seed %d: the generator is wrong: %v", seed, p)
		}
	}
	for _, p := range ofTenants {
		if p.Line == 0 || p.Column == 0 || p.Fix == "" || p.Message == "" {
			t.Errorf("seed %d: %+v", seed, p)
		}
	}
}

// checkSynthesis makes the templates of a plan, and proves them.
func checkSynthesis(t *testing.T, seed uint64, p *plan.Plan, text string) {
	t.Helper()
	defer func() {
		if failure := recover(); failure != nil {
			t.Fatalf("seed %d: synthesis fails: %v\n%s", seed, failure, text)
		}
	}()
	assembly := synth(t, p)
	checkResources(t, p, assembly)
	for _, s := range assembly.Stacks {
		if len(s.Template.Resources) > cfn.MaxResources || s.Size > cfn.MaxTemplateBytes {
			t.Errorf("seed %d: stack %s has %d resources and %d bytes", seed, s.Name, len(s.Template.Resources), s.Size)
		}
	}
	servedLocally(t, seed, assembly.Dir)
	proof, err := prove.Prove(assembly, owners.FromPlan(p))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range proof.Findings {
		t.Errorf("seed %d: %s %s: %s", seed, f.Rule, f.Place, f.Message)
	}
	if t.Failed() {
		t.Fatal(text)
	}
}

// servedLocally gives the APIs of an assembly to the local cloud, which reads them as API
// Gateway does.
func servedLocally(t *testing.T, seed uint64, dir string) {
	t.Helper()
	loaded, err := localtemplate.Load(dir, localtemplate.Options{})
	if err != nil {
		t.Errorf("seed %d: the local cloud: %v", seed, err)
		return
	}
	g, err := gate.New(gate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := apigateway.New(apigateway.Options{Gate: g})
	for _, kind := range s.Types() {
		for _, r := range loaded.Resources {
			if r.Type != kind {
				continue
			}
			if err := s.Put(t.Context(), r); err != nil {
				t.Errorf("seed %d: the local cloud: %v", seed, err)
			}
		}
	}
}

// tenantsText is a tenants.yaml of few tenants.
func tenantsText(r *rand.Rand, odd int) string {
	m := &contractMaker{Rand: r, odd: odd}
	var b strings.Builder
	fmt.Fprintf(&b, "version: 1\nplatform:\n  name: %s\n  domain: example.com\n%s", m.or([]string{"shop", "k"}, "a-platform-of-16"), m.or([]string{""}, "  accountSources: [path]\n", "  accountSources: [host, path]\n"))
	fmt.Fprintf(&b, "  identityProvider: {issuer: https://id.example.com/%s, audience: %q, webClientId: web}\n",
		m.or([]string{""}, strings.Repeat("x", 1900)), m.or([]string{"https://api.example.com/"}, "urn:${AWS::Region}", "{{resolve:ssm:/x}}", "${", strings.Repeat("é", 255)))
	b.WriteString("cells:\n  eu-1: {awsAccount: \"111111111111\", region: eu-central-1, hostedZoneId: Z0EXAMPLE, certificateArn: \"arn:aws:acm:us-east-1:111111111111:certificate/0f7d2c1e-58a4-4b0e-9d61-3c5b8e2a7f10\"")
	b.WriteString(m.or([]string{"}\n"}, ", alarmTopicArn: \"arn:aws:sns:eu-central-1:111111111111:alarms\"}\n"))
	fmt.Fprintf(&b, "tiers:\n  t: {data: %s, search: %s, keyShards: %s, throttle: {rate: 50, burst: 100}}\ntenants:\n",
		oneOf(r, "shared", "dedicated"), oneOf(r, "shared", "dedicated"), m.or([]string{"1", "3"}, "64"))
	fmt.Fprintf(&b, "  - {id: %s, billingAccount: %q, cell: eu-1, tier: t}\n", m.or([]string{"acme", "a"}, strings.Repeat("i", 63)), m.or([]string{"123", "b"}, strings.Repeat("b", 32)))
	if m.few(2) == 0 {
		fmt.Fprintf(&b, "  - {id: second, billingAccount: \"2\", cell: eu-1, tier: t, data: %s}\n", oneOf(r, "shared", "dedicated"))
	}
	return b.String()
}
