package apigateway

import (
	"strings"
	"testing"
)

func validationAPI(validator string) string {
	return apiOf(`"/cats/{id}":{"parameters":[{"$ref":"#/components/parameters/Trace"},{"in":"query","name":"q","required":true}],
		"post":`+operation(`"x-amazon-apigateway-request-validator":"`+validator+`","parameters":[{"in":"path","name":"id","required":true},{"in":"query","name":"z","required":true},{"in":"query","name":"q","required":false},{"in":"cookie","name":"c","required":true}],
			"requestBody":{"$ref":"#/components/requestBodies/Cat"}`)+`},
		"/plain":{"post":`+operation(`"requestBody":{"content":{"text/xml":{"schema":{"type":"object","required":["a"]}},"application/vnd.cat+json":{"schema":{"type":"object","properties":{"n":{"$ref":"#/components/schemas/Name"}},"required":["n"]}}}}`)+`}`,
		`"x-amazon-apigateway-request-validators":{"all":{"validateRequestBody":true,"validateRequestParameters":true},"params":{"validateRequestParameters":true,"validateRequestBody":false},"none":{}},
		"x-amazon-apigateway-request-validator":"all",
		"components":{"parameters":{"Trace":{"in":"header","name":"X-Trace","required":true}},
			"requestBodies":{"Cat":{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Cat"}}}}},
			"schemas":{"Name":{"type":"string","minLength":1,"maxLength":5,"pattern":"^\\S+$"},
				"Cat":{"type":"object","additionalProperties":false,"required":["name"],"properties":{"name":{"$ref":"#/components/schemas/Name"},"age":{"type":"integer","minimum":0,"exclusiveMinimum":true,"maximum":30},
					"kind":{"enum":["a","b"]},"tags":{"type":"array","items":{"$ref":"#/components/schemas/Name"},"maxItems":1},"mother":{"$ref":"#/components/schemas/Cat"},"maxItems":{"type":"boolean"},"id":{"type":"string"},"born":{"type":"string","format":"date-time"}}}}}`)
}

func TestValidation(t *testing.T) {
	h := newHarness(t)
	h.deploy(validationAPI("all"), nil, nil)
	const fine = "/test/cats/7?z=1"
	trace := []string{"X-Trace", "t"}
	const invalid = `{"message":"Invalid request body"}`
	for name, tt := range map[string]struct {
		path, body string
		headers    []string
		status     int
		want       string
	}{
		"valid":                 {fine, `{"name":"Mia"}`, trace, 200, "ok"},
		"no parameters":         {"/test/cats/7", `{"name":"Mia"}`, nil, 400, `{"message":"Missing required request parameters: [X-Trace, z]"}`},
		"blank":                 {"/test/cats/7?z=%20", `{"name":"Mia"}`, trace, 400, `{"message":"Missing required request parameters: [z]"}`},
		"empty":                 {"/test/cats/7?z=", `{"name":"Mia"}`, trace, 400, `{"message":"Missing required request parameters: [z]"}`},
		"parameters first":      {"/test/cats/7", `x`, trace, 400, `{"message":"Missing required request parameters: [z]"}`},
		"no body":               {fine, ``, trace, 400, invalid},
		"space":                 {fine, ` `, trace, 400, invalid},
		"no JSON":               {fine, `{`, trace, 400, invalid},
		"two values":            {fine, `{"name":"a"}{}`, trace, 400, invalid},
		"missing":               {fine, `{}`, trace, 400, invalid},
		"wrong type":            {fine, `{"name":7}`, trace, 400, invalid},
		"null":                  {fine, `null`, trace, 400, invalid},
		"list":                  {fine, `[{"name":"a"}]`, trace, 400, invalid},
		"additional":            {fine, `{"name":"a","x":1}`, trace, 400, invalid},
		"too long":              {fine, `{"name":"abcdef"}`, trace, 400, invalid},
		"pattern":               {fine, `{"name":"a b"}`, trace, 400, invalid},
		"enumeration":           {fine, `{"name":"a","kind":"c"}`, trace, 400, invalid},
		"integer":               {fine, `{"name":"a","age":1.5}`, trace, 400, invalid},
		"large":                 {fine, `{"name":"a","age":1e400}`, trace, 400, invalid},
		"maximum":               {fine, `{"name":"a","age":31}`, trace, 400, invalid},
		"nested":                {fine, `{"name":"a","mother":{"name":"b","mother":{}}}`, trace, 400, invalid},
		"items":                 {fine, `{"name":"a","tags":["b",1]}`, trace, 400, invalid},
		"format":                {fine, `{"name":"a","born":"today"}`, trace, 400, invalid},
		"maxItems not imported": {fine, `{"name":"a","tags":["b","c"]}`, trace, 200, "ok"},
		"exclusive not either":  {fine, `{"name":"a","age":0}`, trace, 200, "ok"},
		"property maxItems":     {fine, `{"name":"a","maxItems":1}`, trace, 400, invalid},
		"property id":           {fine, `{"name":"a","id":1}`, trace, 400, invalid},
		"charset":               {fine, `{}`, append([]string{"Content-Type", "Application/JSON; charset=utf-8"}, trace...), 400, invalid},
		"other content type":    {fine, `{}`, append([]string{"Content-Type", "text/plain"}, trace...), 200, "ok"},
		"type without a model":  {"/test/plain", `{}`, nil, 200, "ok"},
		"inline":                {"/test/plain", `{"n":"a"}`, []string{"Content-Type", "application/vnd.cat+json"}, 200, "ok"},
		"inline reference":      {"/test/plain", `{"n":""}`, []string{"Content-Type", "application/vnd.cat+json"}, 400, invalid},
	} {
		t.Run(name, func(t *testing.T) {
			if got := h.send("POST", tt.path, tt.body, tt.headers...); got.status != tt.status || got.body != tt.want {
				t.Errorf("got %d %s", got.status, got.body)
			}
		})
	}
}

func TestValidators(t *testing.T) {
	for validator, want := range map[string][2]int{"all": {400, 400}, "params": {200, 400}, "none": {200, 200}} {
		h := newHarness(t)
		h.deploy(validationAPI(validator), nil, nil)
		body := h.send("POST", "/test/cats/7?z=1", `{}`, "X-Trace", "t").status
		parameters := h.send("POST", "/test/cats/7", `{"name":"a"}`, "X-Trace", "t").status
		if body != want[0] || parameters != want[1] {
			t.Errorf("%s: body %d, parameters %d", validator, body, parameters)
		}
	}
}

func TestValidationErrorString(t *testing.T) {
	h := newHarness(t)
	h.deploy(strings.Replace(validationAPI("all"), `"components"`, `"x-amazon-apigateway-gateway-responses":{"BAD_REQUEST_BODY":{"responseTemplates":{"text/plain":"$context.error.validationErrorString"}}},"components"`, 1), nil, nil)
	if got := h.send("POST", "/test/cats/7?z=1", `{"name":7,"age":"x"}`, "X-Trace", "t"); !strings.Contains(got.body, "/name: got number, want string") || !strings.Contains(got.body, "/age: ") {
		t.Errorf("got %s", got.body)
	}
}
