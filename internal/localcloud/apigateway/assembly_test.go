package apigateway

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
	templates "github.com/tenantstack/tenantstack/internal/localcloud/template"
)

// recorder takes every function and lets everyone invoke it.
type recorder struct{ functions }

func (r *recorder) Invoke(ctx context.Context, in Input) (Output, error) {
	r.mu.Lock()
	r.calls[in.FunctionARN] = append(r.calls[in.FunctionARN], in)
	r.mu.Unlock()
	if strings.Contains(in.FunctionARN, "Authorizer") {
		var event struct{ MethodArn string }
		if err := json.Unmarshal(in.Payload, &event); err != nil {
			return Output{}, err
		}
		return Output{Payload: []byte(allow(event.MethodArn))}, nil
	}
	return Output{Payload: []byte(`{"statusCode":200,"body":"{}"}`)}, nil
}

func (r *recorder) InvokeAccess(arn string) gate.Access {
	return gate.Access{Action: "lambda:InvokeFunction", Resource: arn}
}

// Every operation of every synthesized template is served, and none without its authorizer.
func TestSynthesizedTemplates(t *testing.T) {
	dir := assembly(t)
	if _, err := os.Stat(filepath.Join(dir, "manifest.json")); err != nil {
		t.Skip(err)
	}
	loaded, err := templates.Load(dir, templates.Options{})
	if err != nil {
		t.Fatal(err)
	}
	g, err := gate.New(gate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	f := &recorder{functions{calls: map[string][]Input{}}}
	s := New(Options{Gate: g, Functions: f})
	apis := 0
	for _, kind := range []string{typeAccount, typeRestAPI, typeDeployment, typeStage} {
		for _, r := range loaded.Resources {
			if r.Type != kind {
				continue
			}
			if err := s.Put(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			if kind == typeStage {
				apis++
				checkAPI(t, s, f, g, r)
			}
		}
	}
	if apis == 0 {
		t.Fatal("there is no API")
	}
}

func checkAPI(t *testing.T, s *Service, f *recorder, g *gate.Gate, stage resource.Resource) {
	t.Helper()
	id := text(stage.Properties["RestApiId"])
	allowRole(t, g, s.find(id).latest)
	send := func(method, path string, headers ...string) answer {
		handler, _ := s.Handler(id)
		return sendTo(handler, method, "/"+text(stage.Properties["StageName"])+path, `{}`, headers...)
	}
	paths := mapping(mapping(s.find(id).latest.source["Body"])["paths"])
	for path, item := range paths {
		url := strings.NewReplacer("{", "", "}", "").Replace(path)
		for name := range mapping(item) {
			method := strings.ToUpper(name)
			got := send(method, url)
			if method == "OPTIONS" {
				if got.status != 204 || got.header.Get("Access-Control-Allow-Origin") == "" {
					t.Errorf("%s %s: %d %v", method, path, got.status, got.header)
				}
				continue
			}
			if got.status != 401 || got.header.Get("Content-Type") != "application/problem+json" || !strings.Contains(got.body, `"detail":"Unauthorized"`) {
				t.Errorf("%s %s without a token: %d %s", method, path, got.status, got.body)
			}
			got = send(method, url, "Authorization", "Bearer x")
			if got.status != 200 && got.status != 400 {
				t.Errorf("%s %s: %d %s", method, path, got.status, got.body)
			}
		}
	}
	if got := send("GET", "/none"); got.status != 404 || !json.Valid([]byte(got.body)) {
		t.Errorf("no such path: %d %s", got.status, got.body)
	}
}

// allowRole makes the role that the document names.
func allowRole(t *testing.T, g *gate.Gate, d *definition) {
	t.Helper()
	for _, a := range d.authorizers {
		g.PutRole(gate.Role{ARN: a.credentials, Name: "ApiGateway", Account: d.account, Trust: trustAPIGateway(t), Identity: invokeEverything(t)})
	}
}

func sendTo(handler http.Handler, method, path, body string, headers ...string) answer {
	r := newRequest(method, path, body, headers...)
	w := newRecorder()
	handler.ServeHTTP(w, r)
	return answer{w.Code, w.Header(), w.Body.String()}
}
