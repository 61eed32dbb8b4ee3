package breach

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tenantstack/tenantstack/internal/localcloud"
	"github.com/tenantstack/tenantstack/test/breach/target"
	"github.com/tenantstack/tenantstack/test/localtest"
)

const attacker = "tabby-cafe"

// victims share tables and a domain with the attacker, have their own in the same AWS account, or
// live in another one.
var victims = []string{"super-awesome-customer", "whisker-world", "purrfect-bank", "acme"}

// denials are the codes with which services refuse who is not allowed or not known.
var denials = map[string]bool{
	"AccessDeniedException": true, "AccessDenied": true, "403": true, "Forbidden": true, "401": true,
	"MissingAuthenticationTokenException": true, "UnrecognizedClientException": true, "InvalidSignatureException": true,
	"SignatureDoesNotMatch": true, "InvalidAccessKeyId": true,
	// An iterator that was made up is no iterator.
	"ValidationException": true, "ExpiredIteratorException": true, "TrimmedDataAccessException": true,
	// Paths that OpenSearch could read in two ways, and bodies that name another index.
	"400": true,
}

// TestBreach attacks every kind of other tenant with every role of the attacker. With -v it prints
// what became of every attempt.
func TestBreach(t *testing.T) {
	assembly := localtest.Copy(t, localtest.Assembly(t))
	module, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	const stack = "kittens-tenant-" + attacker
	if err := Plant(context.Background(), module, assembly, stack); err != nil {
		t.Fatal(err)
	}
	c := localtest.Start(t, localcloud.Options{Assembly: assembly})
	own := prepare(t, c, attacker)
	operator := c.AWS(c.Tenant(attacker).Account, "", c.Tenant(attacker).Region)
	var table bytes.Buffer
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	for _, id := range victims {
		victim := prepare(t, c, id)
		for _, role := range Roles {
			t.Run(id+"/"+role, func(t *testing.T) {
				before := c.Status().Denials
				outcomes, err := Run(context.Background(), operator, stack, role, own, victim)
				if err != nil {
					t.Fatal(err)
				}
				if len(outcomes) < 60 {
					t.Errorf("%d attempts, want 60", len(outcomes))
				}
				for _, o := range outcomes {
					check(t, role, o)
					if role == Roles[0] && id == victims[0] {
						fmt.Fprintf(w, "%s\t%s\t%s\n", o.Group, o.Name, brief(o.Victim))
					}
				}
				if after := c.Status().Denials; after-before < 40 {
					t.Errorf("the gate counts %d denials, want those of the attempts", after-before)
				}
			})
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(t.Output(), table.String())
	shown(t, c)
	untouched(t, c)
}

// shown holds that the console tells who was denied what, and why.
func shown(t *testing.T, c *localtest.Cloud) {
	a := c.Do(localtest.Request{Method: "GET", URL: c.Status().URL + "/api/denials"})
	var denials []struct {
		Principal, Action, Resource, Message string
		Statements                           []struct{ Failures []string }
	}
	if err := json.Unmarshal(a.Body, &denials); err != nil {
		t.Fatalf("%v: %s", err, a.Body)
	}
	actions := map[string]bool{}
	for _, d := range denials {
		actions[d.Action] = true
		if !strings.Contains(d.Principal, attacker) && d.Principal != "*" || !strings.Contains(d.Message, d.Action) {
			t.Errorf("denial %+v", d)
		}
		if d.Action == "dynamodb:GetItem" && strings.Contains(d.Resource, "kittens_cell") && (len(d.Statements) == 0 || len(d.Statements[0].Failures) == 0) {
			t.Errorf("denial without the reason: %+v", d)
		}
	}
	for _, action := range []string{"dynamodb:GetItem", "dynamodb:Scan", "es:ESHttpPost", "s3:GetObject", "sts:AssumeRole", "lambda:InvokeFunction", "logs:FilterLogEvents"} {
		if !actions[action] {
			t.Errorf("the console shows no denial of %s", action)
		}
	}
}

var caller = regexp.MustCompile(`User: \S+ is `)

// brief is an error without who got it.
func brief(text string) string {
	text = caller.ReplaceAllString(strings.ReplaceAll(text, "\n", " "), "")
	if len(text) > 180 {
		text = text[:180] + "…"
	}
	return text
}

// check holds an outcome against what it has to be: denied by AWS's own words, and allowed
// for the own data where the role is the writer's and the operation its own.
func check(t *testing.T, role string, o target.Outcome) {
	t.Helper()
	if !denials[o.VictimCode] {
		t.Errorf("%s %s: %s", o.Group, o.Name, o.Victim)
	}
	own := o.OwnAllowed && (role == "WriterRole" && o.Group != "OpenSearch" || role == "ReaderRole" && o.Group == "OpenSearch")
	if own && o.OwnCode != "" {
		t.Errorf("%s %s is refused for the own data: %s", o.Group, o.Name, o.Own)
	}
	if o.VictimCode == "AccessDeniedException" && !strings.Contains(o.Victim, "is not authorized to perform: ") {
		t.Errorf("%s %s is refused in other words than AWS's: %s", o.Group, o.Name, o.Victim)
	}
}

// prepare gives a tenant a kitten that is found by a search, and a file.
func prepare(t *testing.T, c *localtest.Cloud, id string) target.Target {
	t.Helper()
	tenant, token := c.Tenant(id), c.Token(id, "admin")
	a := c.Do(localtest.Request{Method: "POST", URL: tenant.API + "/kittens", Token: token,
		Body: map[string]any{"name": "Secret", "breed": "maine-coon", "birthDate": "2024-01-01", "description": "the secret of " + id}})
	if a.Status != http.StatusCreated {
		t.Fatalf("POST /kittens at %s: %d %s", id, a.Status, a.Body)
	}
	localtest.Eventually(t, "the kitten of "+id+" is found", func() bool {
		a := c.Do(localtest.Request{Method: "GET", URL: tenant.API + "/kittens?q=secret", Token: token})
		return a.Status == 200 && strings.Contains(string(a.Body), "kittenId") && strings.Contains(string(a.Body), `"available":true`)
	})
	has, err := TargetOf(c.Resources(), tenant.Stack)
	if err != nil {
		t.Fatal(err)
	}
	operator := c.AWS(tenant.Account, "", tenant.Region)
	if err := FindRow(context.Background(), &has, operator); err != nil {
		t.Fatal(err)
	}
	has.ObjectKey = "uploads/" + has.BillingAccount + "/photos/secret/photo"
	if _, err := s3.NewFromConfig(operator).PutObject(context.Background(), &s3.PutObjectInput{
		Bucket: &has.Bucket, Key: aws.String(has.ObjectKey), Body: strings.NewReader("secret")}); err != nil {
		t.Fatal(err)
	}
	return has
}

// untouched holds that the victims still have what they had and no more.
func untouched(t *testing.T, c *localtest.Cloud) {
	for _, id := range victims {
		tenant, token := c.Tenant(id), c.Token(id, "admin")
		a := c.Do(localtest.Request{Method: "GET", URL: tenant.API + "/kittens", Token: token})
		items, _ := a.JSON(t)["items"].([]any)
		if a.Status != 200 || len(items) != 1 || strings.Contains(string(a.Body), "hostile") {
			t.Errorf("%s afterwards: %d %s", id, a.Status, a.Body)
		}
		has, err := TargetOf(c.Resources(), tenant.Stack)
		if err != nil {
			t.Fatal(err)
		}
		list, err := s3.NewFromConfig(c.AWS(tenant.Account, "", tenant.Region)).ListObjectsV2(context.Background(), &s3.ListObjectsV2Input{Bucket: &has.Bucket})
		if err != nil || len(list.Contents) != 1 {
			t.Errorf("files of %s afterwards: %v, %v", id, list, err)
		}
	}
}
