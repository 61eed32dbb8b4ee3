package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantstack/tenantstack/internal/release"
	"github.com/tenantstack/tenantstack/plan"
)

// fakeSTS answers as STS does: it tells access keys' accounts, and lets some of them assume some roles.
type fakeSTS struct {
	*httptest.Server
	// accounts by access key, and roles that may be assumed, by access key.
	accounts map[string]string
	roles    map[string][]string
	// stuck answers nothing until the test ends.
	stuck chan struct{}

	mu    sync.Mutex
	asked []string
}

func newFakeSTS(t *testing.T) *fakeSTS {
	t.Helper()
	s := &fakeSTS{accounts: map[string]string{}, roles: map[string][]string{}}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(func() {
		if s.stuck != nil {
			close(s.stuck)
		}
		s.Close()
	})
	dir := t.TempDir()
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": s.URL, "AWS_ACCESS_KEY_ID": "PLATFORM", "AWS_SECRET_ACCESS_KEY": "x", "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "",
		"AWS_EC2_METADATA_DISABLED": "true", "HOME": dir, "AWS_SHARED_CREDENTIALS_FILE": filepath.Join(dir, "credentials"), "AWS_CONFIG_FILE": filepath.Join(dir, "config"),
	} {
		t.Setenv(name, value)
	}
	const profiles = "[acme]\naws_access_key_id = ACME\naws_secret_access_key = x\n[broken]\nregion = eu-west-1\n"
	if err := os.WriteFile(filepath.Join(dir, "credentials"), []byte(profiles), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *fakeSTS) serve(w http.ResponseWriter, r *http.Request) {
	if s.stuck != nil {
		<-s.stuck
	}
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	_ = r.ParseForm()
	_, key, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	key, scope, _ := strings.Cut(key, "/")
	region := strings.Split(scope+"///", "/")[1]
	action, role := r.PostForm.Get("Action"), r.PostForm.Get("RoleArn")
	s.mu.Lock()
	s.asked = append(s.asked, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", key, region, action, role)))
	s.mu.Unlock()
	account, known := s.accounts[key]
	switch {
	case !known:
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code><Message>The security token included in the request is invalid.</Message></Error></ErrorResponse>`)
	case action == "GetCallerIdentity":
		fmt.Fprintf(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::%[1]s:user/%[2]s</Arn><UserId>AIDA</UserId><Account>%[1]s</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`, account, strings.ToLower(key))
	case contains(s.roles[key], role):
		fmt.Fprintf(w, `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>B</SecretAccessKey><SessionToken>C</SessionToken><Expiration>%s</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
			time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	default:
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: arn:aws:iam::%s:user/%s is not authorized to perform: sts:AssumeRole on resource: %s</Message></Error></ErrorResponse>`, account, strings.ToLower(key), role)
	}
}

func contains(all []string, one string) bool {
	for _, s := range all {
		if s == one {
			return true
		}
	}
	return false
}

// doctorJSON runs doctor --json in the repository's folder.
func doctorJSON(t *testing.T, o doctorOptions) ([]answerJSON, error) {
	t.Helper()
	p := &project{tenants: filepath.Join("..", "..", "tenants.yaml"), contract: filepath.Join("..", "..", "api", "openapi.yaml")}
	var out bytes.Buffer
	o.asJSON = true
	if o.timeout == 0 {
		o.timeout = 30 * time.Second
	}
	err := o.run(t.Context(), p, &out, io.Discard)
	var printed struct{ Accounts []answerJSON }
	if out.Len() > 0 {
		if err := json.Unmarshal(out.Bytes(), &printed); err != nil {
			t.Fatal(err)
		}
	}
	return printed.Accounts, err
}

const (
	platformUser = "arn:aws:iam::111111111111:user/platform"
	acmeRole     = "arn:aws:iam::222222222222:role/cdk-hnb659fds-deploy-role-222222222222-eu-west-1"
)

func TestDoctor(t *testing.T) {
	eu := answerJSON{Account: "111111111111", Region: "eu-central-1", Cells: []string{"eu-1"}, Answers: true, Caller: platformUser,
		Stacks: []string{"kittens-cell-eu-1", "kittens-tenant-purrfect-bank", "kittens-tenant-super-awesome-customer", "kittens-tenant-tabby-cafe", "kittens-tenant-whisker-world"}}
	acme := answerJSON{Account: "222222222222", Region: "eu-west-1", Cells: []string{"acme-1"}, Stacks: []string{"kittens-cell-acme-1", "kittens-tenant-acme"}, Caller: platformUser}
	change := func(a answerJSON, f func(*answerJSON)) answerJSON {
		f(&a)
		return a
	}
	const untrusted = "the credentials are of AWS account 111111111111 (" + platformUser + ") and cannot become " + acmeRole + ": AccessDenied: User: " + platformUser +
		" is not authorized to perform: sts:AssumeRole on resource: " + acmeRole + ": with credentials of account 222222222222 run npx cdk bootstrap aws://222222222222/eu-west-1" +
		" --trust 111111111111 --cloudformation-execution-policies POLICY_ARN; or use its own, with --profile acme-1=NAME here and one run of cdk deploy for each"
	for _, c := range []struct {
		name  string
		o     doctorOptions
		roles []string
		want  []answerJSON
	}{
		{"another account without trust", doctorOptions{}, nil, []answerJSON{eu, change(acme, func(a *answerJSON) { a.Error = untrusted })}},
		{"another account with trust", doctorOptions{}, []string{acmeRole}, []answerJSON{eu, change(acme, func(a *answerJSON) { a.Answers, a.Role = true, acmeRole })}},
		{"trust in another region", doctorOptions{}, []string{strings.ReplaceAll(acmeRole, "eu-west-1", "eu-central-1")}, []answerJSON{eu, change(acme, func(a *answerJSON) { a.Error = untrusted })}},
		{"a profile for the cell", doctorOptions{profiles: []string{"acme-1=acme"}}, nil, []answerJSON{eu, change(acme, func(a *answerJSON) {
			a.Answers, a.Profile, a.Caller = true, "acme", "arn:aws:iam::222222222222:user/acme"
		})}},
		{"the own account alone", doctorOptions{selection: plan.Selection{Cells: []string{"eu-1"}}}, nil, []answerJSON{eu}},
		{"one tenant", doctorOptions{selection: plan.Selection{Tenants: []string{"acme"}}}, []string{acmeRole}, []answerJSON{change(acme, func(a *answerJSON) {
			a.Answers, a.Role, a.Stacks = true, acmeRole, []string{"kittens-tenant-acme"}
		})}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newFakeSTS(t)
			s.accounts = map[string]string{"PLATFORM": "111111111111", "ACME": "222222222222"}
			s.roles = map[string][]string{"PLATFORM": c.roles}
			got, err := doctorJSON(t, c.o)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("accounts (-want +got):\n%s", diff)
			}
			failed := false
			for _, a := range c.want {
				failed = failed || !a.Answers
			}
			if failed != errors.Is(err, errReported) {
				t.Errorf("error %v", err)
			}
			// STS of the account's own region is asked.
			for _, asked := range s.asked {
				if strings.Contains(asked, "222222222222") && !strings.Contains(asked, " eu-west-1 AssumeRole") {
					t.Errorf("asked %s", asked)
				}
			}
		})
	}
}

// What does not answer at all ends in time, and is told once for all accounts.
func TestDoctorEnds(t *testing.T) {
	s := newFakeSTS(t)
	s.stuck = make(chan struct{})
	start := time.Now()
	got, err := doctorJSON(t, doctorOptions{timeout: 300 * time.Millisecond})
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %s", took)
	}
	if !errors.Is(err, errReported) || len(got) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, a := range got {
		if a.Answers || a.Error != "asking AWS whose credentials these are: no answer within 300ms: is there a way to AWS from here? --timeout waits longer" {
			t.Errorf("%+v", a)
		}
	}
}

func TestDoctorText(t *testing.T) {
	s := newFakeSTS(t)
	s.accounts = map[string]string{"PLATFORM": "111111111111"}
	s.roles = map[string][]string{"PLATFORM": {acmeRole}}
	p := &project{tenants: filepath.Join("..", "..", "tenants.yaml"), contract: filepath.Join("..", "..", "api", "openapi.yaml")}
	var out, progress bytes.Buffer
	o := doctorOptions{timeout: 30 * time.Second}
	if err := o.run(t.Context(), p, &out, &progress); err != nil {
		t.Error(err)
	}
	const want = "ACCOUNT       REGION        CELLS   STACKS  PROFILE  ANSWERS\n" +
		"111111111111  eu-central-1  eu-1    5       -        " + platformUser + "\n" +
		"222222222222  eu-west-1     acme-1  2       -        " + platformUser + " as cdk-hnb659fds-deploy-role-222222222222-eu-west-1\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
	}
	if got, want := progress.String(), "tenantctl: warning: "+s.URL+" is asked, and not AWS (AWS_ENDPOINT_URL)\n"; got != want {
		t.Errorf("progress %q, want %q", got, want)
	}
	// Credentials that nobody knows are the same reason for both.
	s.accounts = nil
	out.Reset()
	err := o.run(t.Context(), p, &out, &progress)
	const reason = "no credentials answer for AWS account 111111111111 in eu-central-1 (cell eu-1), AWS account 222222222222 in eu-west-1 (cell acme-1): " +
		"asking AWS whose credentials these are: InvalidClientTokenId: The security token included in the request is invalid.: log in again, or use other credentials (AWS_PROFILE, --profile)\n" +
		"2 of 2 AWS environments would stop a deployment: see \"Several AWS accounts\" in docs/guide.md"
	if err == nil || err.Error() != reason {
		t.Errorf("error %v", err)
	}
	if strings.Count(out.String(), "NO, see below") != 2 {
		t.Errorf("output:\n%s", out.String())
	}
	// A profile without credentials, and one that is not there.
	for profile, want := range map[string]string{"broken": `finding credentials of the profile "broken": `, "none": `finding credentials of the profile "none": `} {
		o.profiles = []string{"acme-1=" + profile}
		if err := o.run(t.Context(), p, &out, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("profile %s: %v", profile, err)
		}
	}
}

func TestNeededAccounts(t *testing.T) {
	at := func(account, region string) plan.Environment {
		return plan.Environment{Partition: "aws", Account: account, Region: region}
	}
	planned := &plan.Plan{
		Cells:   []plan.Cell{{Name: "a", Stack: "cell-a", Environment: at("2", "x")}, {Name: "b", Stack: "cell-b", Environment: at("2", "x")}, {Name: "c", Stack: "cell-c", Environment: at("2", "y")}},
		Tenants: []plan.Tenant{{Cell: "b", Stack: "t1", Environment: at("2", "x")}, {Cell: "d", Stack: "t2", Environment: at("1", "x")}},
	}
	render := func(profiles map[string]string) []string {
		var out []string
		for _, n := range neededAccounts(planned, profiles) {
			out = append(out, fmt.Sprintf("%s %s %s %v %v", n.env.Account, n.env.Region, n.profile, n.cells, n.stacks))
		}
		return out
	}
	if diff := cmp.Diff([]string{"1 x  [d] [t2]", "2 x  [a b] [cell-a cell-b t1]", "2 y  [c] [cell-c]"}, render(nil)); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"1 x  [d] [t2]", "2 x  [a] [cell-a]", "2 x p [b] [cell-b t1]", "2 y  [c] [cell-c]"}, render(map[string]string{"b": "p"})); diff != "" {
		t.Errorf("accounts with a profile (-want +got):\n%s", diff)
	}
}

func TestBootstrapQualifier(t *testing.T) {
	t.Chdir(t.TempDir())
	for text, want := range map[string]string{
		"": defaultQualifier, `{}`: defaultQualifier, `{"context": {"@aws-cdk/core:bootstrapQualifier": "kittens1"}}`: "kittens1", `{"context": {"x": 1}}`: defaultQualifier, `{`: "",
	} {
		if text == "" {
			_ = os.Remove("cdk.json")
		} else if err := os.WriteFile("cdk.json", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := bootstrapQualifier(); got != want || (err != nil) != (want == "") {
			t.Errorf("%s: %q, %v", text, got, err)
		}
	}
}

// A release does nothing where the account of some tenants does not answer; it goes on where all do, and where none does.
func TestReleaseBegins(t *testing.T) {
	site := func(tenant, account string) release.Site {
		return release.Site{Tenant: tenant, Environment: plan.Environment{Account: account, Region: "eu-central-1"}}
	}
	sites := []release.Site{site("a", "1"), site("b", "1"), site("c", "2"), site("d", "3")}
	denied := errors.New("denied")
	for _, c := range []struct {
		name string
		fail []string
		want string
	}{
		{"all answer", nil, ""},
		{"none answers", []string{"1", "2", "3"}, ""},
		{"one does not", []string{"1"}, "tenants a, b: denied\nnothing was done: 1 of the 3 AWS environments of these tenants cannot be reached; get credentials for them, or choose the tenants of the others with --tenant or --cell"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var mu sync.Mutex
			asked := map[string]int{}
			connect := func(_ context.Context, env plan.Environment) (release.Clients, error) {
				mu.Lock()
				defer mu.Unlock()
				asked[env.Account]++
				if contains(c.fail, env.Account) {
					return release.Clients{}, denied
				}
				return release.Clients{}, nil
			}
			var out bytes.Buffer
			err := (&webRelease{}).begin(t.Context(), &out, connect, sites)
			if got := fmt.Sprint(err); err != nil && got != c.want || err == nil && c.want != "" || out.Len() > 0 {
				t.Errorf("error %v, output %q; want %q", err, out.String(), c.want)
			}
			if diff := cmp.Diff(map[string]int{"1": 1, "2": 1, "3": 1}, asked); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
			err = (&webRelease{asJSON: true}).begin(t.Context(), &out, connect, sites)
			if c.want == "" {
				if err != nil || out.Len() > 0 {
					t.Errorf("error %v, output %q", err, out.String())
				}
				return
			}
			var printed releaseJSON
			if err := json.Unmarshal(out.Bytes(), &printed); err != nil {
				t.Fatal(err)
			}
			for i, want := range []struct {
				action release.Action
				err    error
			}{{release.Failed, denied}, {release.Failed, denied}, {release.Interrupted, errNotBegun}, {release.Interrupted, errNotBegun}} {
				if got := printed.Tenants[i]; got.Action != want.action || got.Error != want.err.Error() {
					t.Errorf("%+v, want %v", got, want)
				}
			}
			if !errors.Is(err, errReported) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// An account that gives no answer is waited for no longer than that.
func TestUnreachableEnds(t *testing.T) {
	connect := func(ctx context.Context, _ plan.Environment) (release.Clients, error) {
		<-ctx.Done()
		return release.Clients{}, ctx.Err()
	}
	env := plan.Environment{Account: "1", Region: "eu-central-1"}
	failed, n := unreachable(t.Context(), connect, []release.Site{{Environment: env}}, time.Millisecond)
	if n != 1 || failed[env] == nil || !strings.HasPrefix(failed[env].Error(), "AWS account 1 in eu-central-1 gave no answer within 1ms: ") {
		t.Errorf("%v of %d", failed, n)
	}
}
