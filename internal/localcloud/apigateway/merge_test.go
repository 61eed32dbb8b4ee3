package apigateway

import (
	"strings"
	"testing"
)

// before and after share GET /both, in which they differ; each has a path, a method, a gateway response, a
// binary media type and an authorizer of its own. Only before has a policy and compresses answers.
var (
	before = apiOf(`"/both":{"get":`+operation(`"operationId":"old"`)+`,"post":`+operation(secured)+`},"/gone/{id}":{"get":`+operation("")+`}`,
		authorizerOf(requestAuthorizer)+`,
		"x-amazon-apigateway-binary-media-types":["image/png","image/gif"],
		"x-amazon-apigateway-minimum-compression-size":1,
		"x-amazon-apigateway-policy":{"Version":"2012-10-17","Statement":[
			{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"execute-api:/*"},
			{"Effect":"Deny","Principal":"*","Action":"execute-api:Invoke","Resource":"execute-api:/*/GET/new"}]},
		"x-amazon-apigateway-gateway-responses":{"MISSING_AUTHENTICATION_TOKEN":{"statusCode":404}}`)
	after = apiOf(`"/both":{"get":`+operation(`"operationId":"new"`)+`},"/new":{"get":`+operation("")+`}`,
		`"x-amazon-apigateway-binary-media-types":["image/gif","image/webp"]`)
)

// updated is what an API is after an update.
type updated struct {
	gone, post, missing, fresh int // statuses
	png, webp, compressed      bool
	operation                  string // of GET /both
}

func (h *harness) updated(t *testing.T) updated {
	t.Helper()
	binary := func(mediaType string) bool {
		h.send("GET", "/test/both", "x", "Content-Type", mediaType)
		return h.fn.lastEvent(t, handlerFn)["isBase64Encoded"] == true
	}
	u := updated{
		gone: h.send("GET", "/test/gone/1", "").status, post: h.send("POST", "/test/both", "").status,
		missing: h.send("GET", "/test/nothing", "").status, fresh: h.send("GET", "/test/new", "").status,
		png: binary("image/png"), webp: binary("image/webp"),
	}
	u.compressed = h.send("GET", "/test/both", "", "Accept-Encoding", "gzip").header.Get("Content-Encoding") == "gzip"
	u.operation = h.lastRecord().OperationID
	return u
}

// What a changed document leaves of the one before is said by Mode.
func TestMode(t *testing.T) {
	first := updated{gone: 200, post: 401, missing: 404, fresh: 404, png: true, compressed: true, operation: "old"}
	merged := updated{gone: 200, post: 401, missing: 404, fresh: 403, png: true, webp: true, compressed: true, operation: "new"}
	withDefault := merged
	withDefault.fresh, withDefault.compressed = 200, false // the policy and the compression are single values
	tests := []struct {
		name       string
		properties map[string]any
		want       updated
	}{
		{"overwrite", map[string]any{"Mode": "overwrite"}, updated{gone: 403, post: 403, missing: 403, fresh: 200, webp: true, operation: "new"}},
		{"merge", map[string]any{"Mode": "merge"}, merged},
		{"none", nil, withDefault},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHarness(t)
			h.deploy(before, tt.properties, nil)
			if got := h.updated(t); got != first {
				t.Fatalf("at first:\n have %+v\n want %+v", got, first)
			}
			for range 2 { // the second time changes nothing
				if err := h.putAPI(after, tt.properties); err != nil {
					t.Fatal(err)
				}
			}
			if got := h.updated(t); got != first {
				t.Errorf("without a deployment:\n have %+v\n want %+v", got, first)
			}
			if err := h.putStage("dep002", nil); err != nil {
				t.Fatal(err)
			}
			if got := h.updated(t); got != tt.want {
				t.Errorf("after the update:\n have %+v\n want %+v", got, tt.want)
			}
			if err := h.putStage("dep001", nil); err != nil { // the deployment of before is as it was
				t.Fatal(err)
			}
			if got := h.updated(t); got != first {
				t.Errorf("the deployment of before:\n have %+v\n want %+v", got, first)
			}
		})
	}
}

// A method that is kept asks the authorizer that has the name now.
func TestMergedMethodHasTheNewAuthorizer(t *testing.T) {
	h := newHarness(t)
	h.fn.handlers[authorizeFn] = answerWith(allow("*"))
	properties := map[string]any{"Mode": "merge"}
	kept := `"/kept":{"get":` + operation(secured) + `}`
	h.deploy(apiOf(kept, authorizerOf(`"type":"request","identitySource":"method.request.header.Old"`)), properties, nil)
	if err := h.putAPI(apiOf(`"/a":{"get":`+operation("")+`}`, authorizerOf(`"type":"request","identitySource":"method.request.header.New"`)), properties); err != nil {
		t.Fatal(err)
	}
	if err := h.putStage("dep002", nil); err != nil {
		t.Fatal(err)
	}
	if with, without := h.send("GET", "/test/kept", "", "New", "a").status, h.send("GET", "/test/kept", "", "Old", "a").status; with != 200 || without != 401 {
		t.Errorf("with the new header %d, with the old one %d", with, without)
	}
}

func TestModeProblems(t *testing.T) {
	h := newHarness(t)
	if err := h.putAPI(catsAPI(), map[string]any{"Mode": "replace"}); err == nil || !strings.Contains(err.Error(), `Mode: "replace" is none of overwrite and merge`) {
		t.Errorf("Mode replace: %v", err)
	}
	sibling := apiOf(`"/cats/{name}":{"get":`+operation("")+`}`, "")
	h.deploy(catsAPI(), nil, nil)
	if err := h.putAPI(sibling, nil); err == nil || !strings.Contains(err.Error(), "only one variable is allowed") {
		t.Errorf("another variable beside the one of before: %v", err)
	}
	if got := h.send("GET", "/test/cats/1", "").status; got != 200 {
		t.Errorf("after an error the API answers %d", got)
	}
	if err := h.putAPI(sibling, map[string]any{"Mode": "overwrite"}); err != nil {
		t.Errorf("another variable instead of the one of before: %v", err)
	}
}
