package api

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// base is a contract without gaps; the tests of gaps each change a piece of it.
const base = `openapi: 3.0.3
info: {title: Base, version: "1"}
x-cors: {allowOrigin: "*"}
x-tables:
  cats: {sortKey: catId}
  tasks: {sortKey: taskId, ttl: expiresAt}
x-roles:
  reader: {tables: {cats: read}}
paths:
  /cats:
    get:
      operationId: catsGet
      security: [{oauth2: ["cats:read"]}]
      x-function: {package: cats, role: reader}
      responses: {"200": {description: Good}}
  /cats/{catId}:
    parameters:
      - {name: catId, in: path, required: true, schema: {type: string}}
    get:
      operationId: catGet
      security: [{oauth2: ["cats:read"]}]
      x-function: {package: cats, role: reader, timeout: 5, memory: 512}
      responses: {"200": {description: Good, content: {application/json: {schema: {$ref: "#/components/schemas/Cat"}}}}}
components:
  securitySchemes:
    oauth2: {type: oauth2, flows: {clientCredentials: {tokenUrl: https://id.example.com/t, scopes: {"cats:read": See cats, "cats:write": Change cats}}}}
    oidc: {type: openIdConnect, openIdConnectUrl: https://id.example.com/.well-known/openid-configuration}
    key: {type: apiKey, in: header, name: X-Key}
  schemas:
    Cat: {type: object, properties: {name: {type: string, maxLength: 5}}}
`

// edit replaces old, which must be there once at least, by new.
type edit struct{ old, new string }

func edited(t testing.TB, edits ...edit) []byte {
	t.Helper()
	text := base
	for _, e := range edits {
		if !strings.Contains(text, e.old) {
			t.Fatalf("the base contract has no %q", e.old)
		}
		text = strings.Replace(text, e.old, e.new, 1)
	}
	return []byte(text)
}

// shown are the problems of err as "place: message".
func shown(t testing.TB, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var problems Problems
	if !errors.As(err, &problems) {
		t.Fatalf("the error is no Problems: %v", err)
	}
	var list []string
	for _, p := range problems {
		if p.Fix == "" {
			t.Errorf("%v has no fix", p)
		}
		if strings.HasSuffix(p.Message, ".") || strings.Contains(p.Message, "\n") {
			t.Errorf("%q ends with a period or has lines", p.Message)
		}
		list = append(list, strings.TrimPrefix(p.where()+": "+p.Message, ": "))
	}
	return list
}

const (
	security  = `security: [{oauth2: ["cats:read"]}]`
	function  = `x-function: {package: cats, role: reader}`
	responses = `responses: {"200": {description: Good}}`
	catName   = `{type: string, maxLength: 5}`
)

var gaps = []struct {
	name  string
	edits []edit
	want  []string
}{
	{"none", nil, nil},

	{"openapi 3.1", []edit{{"openapi: 3.0.3", "openapi: 3.1.0"}}, []string{`openapi: openapi is "3.1.0"; API Gateway imports OpenAPI 3.0.0 to 3.0.4`}},
	{"openapi 3.0.9", []edit{{"openapi: 3.0.3", "openapi: 3.0.9"}}, []string{`openapi: openapi is "3.0.9"; API Gateway imports OpenAPI 3.0.0 to 3.0.4`}},
	{"openapi a number", []edit{{"openapi: 3.0.3", "openapi: 3.0"}}, []string{`openapi: openapi must be a string, not 3.0`}},
	{"openapi absent", []edit{{"openapi: 3.0.3", "x-openapi: 3.0.3"}}, []string{`the document does not name its OpenAPI version`}},
	{"swagger", []edit{{"openapi: 3.0.3", `swagger: "2.0"`}}, []string{`swagger: the document is of Swagger 2.0`}},
	{"info absent", []edit{{`info: {title: Base, version: "1"}`, ""}}, []string{`the field info of the document is missing`}},
	{"version a number", []edit{{`version: "1"`, `version: 1.0`}}, []string{`info/version: version must be a string, not 1.0`}},
	{"title absent", []edit{{`title: Base, `, ``}}, []string{`info: the field title of the info is missing`}},
	{"paths absent", []edit{{"paths:", "x-paths:"}}, []string{`the field paths of the document is missing`}},
	{"responses absent", []edit{{responses, "summary: none"}}, []string{`GET /cats: the field responses of an operation is missing`}},
	{"status code", []edit{{`"200"`, `ok`}}, []string{`GET /cats: "ok" is no status code`}},
	{"unknown field", []edit{{responses, responses + "\n      sumary: Cats"}}, []string{`GET /cats: "sumary" is no field of an operation in OpenAPI 3.0`}},
	{"method in capitals", []edit{{"    get:", "    GET:"}}, []string{`/cats: "GET" is no field of a pathItem in OpenAPI 3.0`}},
	{"schema of 3.1", []edit{{catName, "{const: Minka}"}}, []string{`components/schemas/Cat/properties/name/const: "const" is no field of a schema in OpenAPI 3.0`}},
	{"wrong type of schema", []edit{{catName, "{type: text}"}}, []string{`components/schemas/Cat/properties/name: unsupported 'type' value "text"`}},
	{"pattern", []edit{{catName, `{type: string, pattern: "(?=a)"}`}}, []string{"components/schemas/Cat/properties/name: cannot compile pattern \"(?=a)\": error parsing regexp: invalid or unsupported Perl syntax: `(?=`"}},
	{"negative length", []edit{{"maxLength: 5", "maxLength: -5"}}, []string{`components/schemas/Cat/properties/name/maxLength: maxLength must be a whole number, not -5`}},
	{"example", []edit{{catName, `{type: string, maxLength: 5, example: Mirabella}`}}, []string{`components/schemas/Cat/properties/name/example: example does not fit its schema: maximum string length is 5`}},
	{"default", []edit{{catName, `{type: string, default: 5}`}}, []string{`components/schemas/Cat/properties/name/default: default does not fit its schema: value must be a string`}},

	{"no security", []edit{{security, "deprecated: false"}}, []string{`GET /cats: the operation has no security requirement`}},
	{"security []", []edit{{security, "security: []"}}, []string{`GET /cats: security: [] opens the operation to everyone`}},
	{"the same alternative twice", []edit{{security, `security: [{oauth2: ["cats:read", "cats:write"]}, {oauth2: ["cats:write", "cats:read"]}]`}}, []string{`GET /cats: the alternative cats:write, cats:read is there already`}},
	{"security {}", []edit{{security, `security: [{oauth2: ["cats:read"]}, {}]`}}, []string{`GET /cats: the alternative {} opens the operation to everyone`}},
	{"security null", []edit{{security, `security:`}}, []string{`GET /cats: security must be a list, not null`}},
	{"security of the document empty", []edit{{security, "deprecated: false"}, {"x-cors", "security: []\nx-cors"}}, []string{`GET /cats: security: [] opens the operation to everyone`}},
	{"scheme not declared", []edit{{security, `security: [{oauth: ["cats:read"]}]`}}, []string{`GET /cats: the security scheme "oauth" is not declared`}},
	{"scheme without scopes", []edit{{security, `security: [{key: [a]}]`}}, []string{`GET /cats: the security scheme key is of type "apiKey", which carries no scopes`}},
	{"two schemes at once", []edit{{security, `security: [{oauth2: ["cats:read"], oidc: [a]}]`}}, []string{`GET /cats: a security requirement names 2 schemes; a request carries one token`}},
	{"a second scheme", []edit{{security, `security: [{oauth2: ["cats:read"]}, {oidc: [a]}]`}}, []string{`GET /cats: the security scheme oidc is the second beside oauth2; the authorizer trusts one`}},
	{"no scope", []edit{{security, `security: [{oauth2: []}]`}}, []string{`GET /cats: the security requirement oauth2 has no scope: any valid token would do`}},
	{"scope not declared", []edit{{security, `security: [{oauth2: ["cats:raed"]}]`}}, []string{`GET /cats: the scope "cats:raed" is not declared by the scheme oauth2`}},
	{"scope with a space", []edit{{security, `security: [{oauth2: ["cats:read cats:write"]}]`}}, []string{`GET /cats: the scope "cats:read cats:write" is no scope-token of RFC 6749`}},
	{"scope of the platform", []edit{{security, `security: [{oauth2: ["account:12345"]}]`}}, []string{`GET /cats: the scope "account:12345" is the platform's`}},
	{"scope twice", []edit{{security, `security: [{oauth2: ["cats:read", "cats:read"]}]`}}, []string{`GET /cats: the scope "cats:read" is named twice`}},
	{"scope a number", []edit{{security, `security: [{oauth2: [1]}]`}}, []string{`GET /cats: item 0 of oauth2 must be a string, not 1`}},

	{"scheme of the document not declared", []edit{{"x-cors:", "security: [{oauth: [a]}]\nx-cors:"}}, []string{`security/0/oauth: security requirement /security/0/oauth refers to undefined security scheme "oauth"`}},

	{"no x-function", []edit{{function, "deprecated: false"}}, []string{`GET /cats: the operation has no x-function, so nothing runs it`}},
	{"x-function empty", []edit{{function, "x-function: {}"}}, []string{`GET /cats: x-function has no package`, `GET /cats: x-function has no role`}},
	{"x-function a string", []edit{{function, "x-function: cats"}}, []string{`GET /cats: x-function must be an object, not "cats"`}},
	{"x-function on a path", []edit{{"  /cats:", "  /cats:\n    " + function}}, []string{`GET /cats: x-function belongs to an operation and has no effect here`}},
	{"x-function in a callback", []edit{{responses, responses + "\n      callbacks: {done: {'https://example.com': {post: {" + function + ", " + responses + "}}}}"}}, []string{`GET /cats: x-function belongs to an operation and has no effect here`}},
	{"x-func", []edit{{function, "x-func: {package: cats, role: reader}"}}, []string{`GET /cats: the operation has no x-function, so nothing runs it`, `GET /cats: "x-func" is no extension of the contract`}},
	{"X-Function", []edit{{function, "X-Function: {package: cats, role: reader}"}}, []string{`GET /cats: the operation has no x-function, so nothing runs it`, `GET /cats: "X-Function" is no field of an operation in OpenAPI 3.0`}},
	{"x-rolez", []edit{{"x-cors:", "x-rolez: {}\nx-cors:"}}, []string{`x-rolez: "x-rolez" is no extension of the contract`}},
	{"x-logo of another tool", []edit{{"x-cors:", "x-logo: {}\nx-cors:"}}, nil},
	{"x-roles in info", []edit{{"title: Base", "title: Base, x-roles: {}"}}, []string{`info/x-roles: x-roles belongs to the document and has no effect here`}},
	{"any method", []edit{{"  /cats:", "  /cats:\n    x-amazon-apigateway-any-method: {}"}}, []string{`GET /cats: x-amazon-apigateway-any-method is written by the platform; here it could open what the contract closes`}},
	{"unknown field of x-function", []edit{{"role: reader}", "role: reader, timout: 3}"}}, []string{`GET /cats: "timout" is no field of x-function`}},
	{"unknown role", []edit{{"role: reader}", "role: raeder}"}}, []string{`GET /cats: there is no role "raeder" in x-roles`}},
	{"package", []edit{{"package: cats", "package: Cats"}}, []string{`GET /cats: the package "Cats" is no folder of functions/`}},
	{"package up", []edit{{"package: cats", "package: ../cats"}}, []string{`GET /cats: the package "../cats" is no folder of functions/`}},
	{"package authorizer", []edit{{"package: cats", "package: authorizer"}}, []string{`GET /cats: the package "authorizer" is the platform's`}},
	{"package indexer", []edit{{"package: cats", "package: indexer"}}, []string{`GET /cats: the package "indexer" is the platform's`}},
	{"package internal", []edit{{"package: cats", "package: internal"}}, []string{`GET /cats: the package "internal" is the platform's`}},
	{"timeout 0", []edit{{"timeout: 5", "timeout: 0"}}, []string{`GET /cats/{catId}: timeout must be 1 to 900 seconds, not 0`}},
	{"timeout 901", []edit{{"timeout: 5", "timeout: 901"}}, []string{`GET /cats/{catId}: timeout must be 1 to 900 seconds, not 901`}},
	{"timeout a string", []edit{{"timeout: 5", `timeout: "5"`}}, []string{`GET /cats/{catId}: timeout must be 1 to 900 seconds, not "5"`}},
	{"timeout a fraction", []edit{{"timeout: 5", `timeout: 5.5`}}, []string{`GET /cats/{catId}: timeout must be 1 to 900 seconds, not 5.5`}},
	{"memory 64", []edit{{"memory: 512", "memory: 64"}}, []string{`GET /cats/{catId}: memory must be 128 to 10240 MB, not 64`}},
	{"memory 10241", []edit{{"memory: 512", "memory: 10241"}}, []string{`GET /cats/{catId}: memory must be 128 to 10240 MB, not 10241`}},
	{"grant on an unknown table", []edit{{"role: reader}", "role: reader, tables: {cat: read}}"}}, []string{`GET /cats: there is no table "cat" in x-tables`}},
	{"grant write", []edit{{"role: reader}", "role: reader, tables: {cats: write}}"}}, []string{`GET /cats: the access to cats must be read or readWrite, not "write"`}},
	{"grant on search", []edit{{"role: reader}", "role: reader, search: all}"}}, []string{`GET /cats: the access to search must be read, write or readWrite, not "all"`}},
	{"invokeSelf", []edit{{"role: reader}", "role: reader, invokeSelf: yes}"}}, []string{`GET /cats: invokeSelf must be true or false, not "yes"`}},

	{"unknown field of a role", []edit{{"reader: {", "reader: {table: {}, "}}, []string{`x-roles/reader/table: "table" is no field of reader`}},
	{"unknown table of a role", []edit{{"{tables: {cats: read}}", "{tables: {catz: read}}"}}, []string{`x-roles/reader/tables/catz: there is no table "catz" in x-tables`}},
	{"roles a list", []edit{{"x-roles:\n  reader: {tables: {cats: read}}", "x-roles: [reader]"}}, []string{
		`x-roles: x-roles must be an object, not a list`, `GET /cats: there is no role "reader" in x-roles`, `GET /cats/{catId}: there is no role "reader" in x-roles`}},
	{"name of a role", []edit{{"x-roles:", "x-roles:\n  Admin: {}"}}, []string{`x-roles/Admin: "Admin" is no name of a role`}},
	{"names of roles", []edit{{"x-roles:", "x-roles:\n  a-b: {}\n  ab: {}"}}, []string{`x-roles/ab: the role "ab" makes the same resource as "a-b"`}},
	{"uploads", []edit{{"{tables: {cats: read}}", "{uploads: all}"}}, []string{`x-roles/reader/uploads: the access to uploads must be read, write, readDelete or readWrite, not "all"`}},
	{"uploads of no folder", []edit{{"{tables: {cats: read}}", "{uploads: {photo: read}}"}, {"x-roles:", "x-uploads: {photos: {}}\nx-roles:"}}, []string{`x-roles/reader/uploads/photo: there is no folder "photo" in x-uploads`}},
	{"uploads without folders", []edit{{"{tables: {cats: read}}", "{uploads: {photos: read}}"}}, []string{`x-roles/reader/uploads/photos: there is no folder "photos" in x-uploads`}},
	{"access to a folder", []edit{{"{tables: {cats: read}}", "{uploads: {photos: delete}}"}, {"x-roles:", "x-uploads: {photos: {}}\nx-roles:"}}, []string{`x-roles/reader/uploads/photos: the access to photos must be read, write, readDelete or readWrite, not "delete"`}},
	{"folders a list", []edit{{"x-roles:", "x-uploads: [photos]\nx-roles:"}}, []string{`x-uploads: x-uploads must be an object, not a list`}},
	{"folder", []edit{{"x-roles:", "x-uploads: {Photos: {expireDays: 0, size: 5}}\nx-roles:"}}, []string{
		`x-uploads/Photos: "Photos" is no name of a folder`, `x-uploads/Photos/expireDays: expireDays must be 1 to 3650 days, not 0`, `x-uploads/Photos/size: "size" is no field of Photos`}},
	{"events a list", []edit{{"x-roles:", "x-events: []\nx-roles:"}}, []string{`x-events: x-events must be an object, not a list`}},
	{"event empty", []edit{{"x-roles:", "x-events: {sent: {}}\nx-roles:"}}, []string{
		`x-events/sent: sent has no package`, `x-events/sent: sent has no role`, `x-events/sent: the event sent does not say what happened`}},
	{"event of no folder", []edit{{"x-roles:", "x-uploads: {sent: {}}\nx-events: {come: {objectCreated: snet, package: cats, role: reader}}\nx-roles:"}}, []string{`x-events/come/objectCreated: there is no folder "snet" in x-uploads`}},
	{"events of one folder", []edit{{"{tables: {cats: read}}", "{uploads: read}"}, {"x-roles:", "x-uploads: {sent: {}}\nx-events:\n  a: {objectCreated: sent, package: cats, role: reader}\n  b: {objectCreated: sent, package: cats, role: reader}\nx-roles:"}}, []string{
		`x-events/b/objectCreated: the event a is about the folder "sent" already`}},
	{"event that cannot read its folder", []edit{{"x-roles:", "x-uploads: {sent: {}, kept: {}}\nx-events: {come: {objectCreated: sent, package: cats, role: reader, uploads: {kept: readWrite}}}\nx-roles:"}}, []string{
		`x-events/come/objectCreated: the event "come" cannot read the folder "sent"`}},
	{"event that may only write", []edit{{"{tables: {cats: read}}", "{uploads: {sent: write}}"}, {"x-roles:", "x-uploads: {sent: {}}\nx-events: {come: {objectCreated: sent, package: cats, role: reader}}\nx-roles:"}}, []string{
		`x-events/come/objectCreated: the event "come" cannot read the folder "sent"`, `x-events/come/objectCreated: the event "come" may write to the folder "sent", which would start it again`}},
	{"event that starts itself", []edit{{"{tables: {cats: read}}", "{uploads: readWrite}"}, {"x-roles:", "x-uploads: {sent: {}}\nx-events: {come: {objectCreated: sent, package: cats, role: reader}}\nx-roles:"}}, []string{
		`x-events/come/objectCreated: the event "come" may write to the folder "sent", which would start it again`}},
	{"event that starts itself by a grant of its own", []edit{{"x-roles:", "x-uploads: {sent: {}}\nx-events: {come: {objectCreated: sent, package: cats, role: reader, uploads: {sent: readWrite}}}\nx-roles:"}}, []string{
		`x-events/come/objectCreated: the event "come" may write to the folder "sent", which would start it again`}},
	{"names of events", []edit{{"{tables: {cats: read}}", "{uploads: read}"}, {"x-roles:", "x-uploads: {a: {}, b: {}, c: {}}\nx-events:\n  catsGET: {objectCreated: a, package: cats, role: reader}\n  indexer: {objectCreated: b, package: cats, role: reader}\n  cat-sent: {objectCreated: c, package: cats, role: reader}\nx-roles:"}}, []string{
		`x-events/catsGET: the event "catsGET" makes the same function as "catsGet" of GET /cats`, `x-events/indexer: the event "indexer" would make the function IndexerFn, which is the platform's`,
		`x-events/cat-sent: the event "cat-sent" names no function`}},
	{"unused role", []edit{{"x-roles:", "x-roles:\n  nobody: {}"}}, nil},
	{"unused table", []edit{{"x-tables:", "x-tables:\n  dogs: {sortKey: dogId}"}}, nil},
	{"name of a table", []edit{{"x-tables:", "x-tables:\n  my_cats: {sortKey: catId}"}}, []string{`x-tables/my_cats: "my_cats" is no name of a table`}},
	{"no sort key", []edit{{"cats: {sortKey: catId}", "cats: {}"}}, []string{`x-tables/cats: the table cats has no sortKey`}},
	{"sort key", []edit{{"cats: {sortKey: catId}", "cats: {sortKey: cat-id}"}}, []string{`x-tables/cats/sortKey: sortKey "cat-id" is no name of an attribute`}},
	{"sort key billingAccount", []edit{{"cats: {sortKey: catId}", "cats: {sortKey: billingAccount}"}}, []string{`x-tables/cats/sortKey: billingAccount is the partition key of every table already`}},
	{"ttl the sort key", []edit{{"ttl: expiresAt", "ttl: taskId"}}, []string{`x-tables/tasks/ttl: ttl and sortKey are both "taskId"`}},
	{"unknown field of a table", []edit{{"ttl: expiresAt", "tll: expiresAt"}}, []string{`x-tables/tasks/tll: "tll" is no field of tasks`}},
	{"sharded", []edit{{"ttl: expiresAt", "sharded: 1"}}, []string{`x-tables/tasks/sharded: sharded must be true or false, not 1`}},
	{"origin with a path", []edit{{`allowOrigin: "*"`, `allowOrigin: https://a.example.com/`}}, []string{`x-cors/allowOrigin: allowOrigin "https://a.example.com/" is no origin as browsers send it`}},
	{"origin with its port", []edit{{`allowOrigin: "*"`, `allowOrigin: "https://a.example.com:443"`}}, []string{`x-cors/allowOrigin: allowOrigin "https://a.example.com:443" is no origin as browsers send it`}},
	{"origin null", []edit{{`allowOrigin: "*"`, `allowOrigin: "null"`}}, []string{`x-cors/allowOrigin: allowOrigin "null" is no origin as browsers send it`}},
	{"max age", []edit{{`allowOrigin: "*"`, `maxAge: -1`}}, []string{`x-cors/maxAge: maxAge must be 0 to 86400 seconds, not -1`}},
	{"unknown field of x-cors", []edit{{`allowOrigin: "*"`, `allowOrigins: "*"`}}, []string{`x-cors/allowOrigins: "allowOrigins" is no field of x-cors`}},
	{"binary media types", []edit{{"x-cors:", "x-binary-media-types: [png, \"*/*\", image/png, image/png]\nx-cors:"}}, []string{
		`x-binary-media-types/0: "png" is no media type`,
		`x-binary-media-types/1: "*/*" covers JSON, which API Gateway would then neither validate nor answer preflights with`,
		`x-binary-media-types/3: "image/png" is named twice`}},

	{"no operationId", []edit{{"operationId: catsGet", "deprecated: false"}}, []string{`GET /cats: the operation has no operationId`}},
	{"operationId with a hyphen", []edit{{"operationId: catsGet", "operationId: cats-get"}}, []string{`GET /cats: the operationId "cats-get" names no function`}},
	{"operationId too long", []edit{{"operationId: catsGet", "operationId: " + strings.Repeat("a", 49)}}, []string{fmt.Sprintf(`GET /cats: the operationId %q has 49 characters, more than 48`, strings.Repeat("a", 49))}},
	{"operationId twice", []edit{{"operationId: catsGet", "operationId: catGet"}}, []string{`GET /cats/{catId}: the operationId "catGet" makes the same function as "catGet" of GET /cats`}},
	{"operationId but for the first letter", []edit{{"operationId: catsGet", "operationId: CatGet"}}, []string{`GET /cats/{catId}: the operationId "catGet" makes the same function as "CatGet" of GET /cats`}},
	{"operationId but for the case", []edit{{"operationId: catsGet", "operationId: catget"}}, []string{`GET /cats/{catId}: the operationId "catGet" makes the same function as "catget" of GET /cats`}},
	{"operationId of the platform", []edit{{"operationId: catsGet", "operationId: authorizer"}}, []string{`GET /cats: the operationId "authorizer" would make the function AuthorizerFn, which is the platform's`}},
	{"TRACE", []edit{{"    get:", "    trace:"}}, []string{`TRACE /cats: API Gateway has no TRACE`}},
	{"HEAD", []edit{{"    get:", "    head:"}}, nil},
	{"OPTIONS", []edit{{"  /cats:", "  /cats:\n    options: {" + responses + "}"}}, nil},
	{"OPTIONS with security []", []edit{{"  /cats:", "  /cats:\n    options: {security: [], operationId: catsOptions, " + responses + "}"}}, nil},
	{"OPTIONS with security", []edit{{"  /cats:", "  /cats:\n    options: {" + security + ", " + responses + "}"}}, []string{`OPTIONS /cats: the platform answers OPTIONS to everyone; a browser sends no token with it`}},
	{"OPTIONS with x-function", []edit{{"  /cats:", "  /cats:\n    options: {" + function + ", " + responses + "}"}}, []string{`OPTIONS /cats: the platform answers OPTIONS itself, as a CORS preflight that carries no token`}},

	{"path without slash", []edit{{"  /cats:", "  cats:"}}, []string{`GET cats: a path begins with a slash, not "cats"`}},
	{"path with a slash at its end", []edit{{"  /cats:", "  /cats/:"}}, []string{`GET /cats/: a path must not end with a slash`}},
	{"path of slashes", []edit{{"  /cats:", "  //:"}}, []string{`GET //: a path must not end with a slash`}},
	{"path with an empty segment", []edit{{"  /cats:", "  /cats//all:"}}, []string{`GET /cats//all: a path must not have an empty segment`}},
	{"path with dots", []edit{{"  /cats:", "  /cats/../all:"}}, []string{`GET /cats/../all: clients remove the segment ".." before they send a path`}},
	{"path with a space", []edit{{"  /cats:", "  /all cats:"}}, []string{`GET /all cats: the segment "all cats" has characters that API Gateway does not take`}},
	{"path with percent", []edit{{"  /cats:", "  /c%61ts:"}}, []string{`GET /c%61ts: the segment "c%61ts" has characters that API Gateway does not take`}},
	{"half a variable", []edit{{"  /cats:", "  /cats.{format}:"}}, []string{`GET /cats.{format}: the segment "cats.{format}" is neither a literal nor one variable`}},
	{"two variables in a segment", []edit{{"  /cats:", "  /{a}{b}:"}}, []string{`GET /{a}{b}: the segment "{a}{b}" is neither a literal nor one variable`}},
	{"empty variable", []edit{{"  /cats:", "  /{}:"}}, []string{`GET /{}: the segment "{}" is neither a literal nor one variable`}},
	{"greedy in the middle", []edit{{"/cats/{catId}:", "/cats/{catId+}/x:"}}, []string{`GET /cats/{catId+}/x: the greedy variable {catId+} is not the last segment`}},
	{"a long path", []edit{{"  /cats:", "  /" + strings.Repeat("c", 255) + ":"}}, nil},
	{"path too long", []edit{{"  /cats:", "  /" + strings.Repeat("c", 256) + ":"}}, []string{"GET /" + strings.Repeat("c", 256) + `: the path "/` + strings.Repeat("c", 79) + `…" has 257 characters, more than 256`}},
	{"greedy at the end", []edit{{"/cats/{catId}:", "/cats/{catId+}:"}}, nil},
	{"variable twice", []edit{{"/cats/{catId}:", "/cats/{catId}/{catId}:"}}, []string{`GET /cats/{catId}/{catId}: the path variable {catId} is there twice`}},
	{"variable of the platform", []edit{{"/cats/{catId}:", "/cats/{billingAccount}:"}, {"name: catId", "name: billingAccount"}}, []string{`GET /cats/{billingAccount}: the path variable {billingAccount} is the platform's`}},
	{"variable not declared", []edit{{"/cats/{catId}:", "/cats/{id}:"}}, []string{`GET /cats/{id}: the path parameter "catId" is not in the path`, `GET /cats/{id}: the path variable {id} is not declared`}},
	{"variable not required", []edit{{"required: true", "required: false"}}, []string{`GET /cats/{catId}: path parameter "catId" must be required`}},
	{"sibling variables", []edit{{"components:", otherCats("/cats/{id}/toys") + "components:"}}, []string{`GET /cats/{id}/toys: the variable {id} stands where /cats/{catId} has {catId}; API Gateway takes one variable in a place`}},
	{"the same path", []edit{{"components:", otherCats("/cats/{id}") + "components:"}}, []string{`GET /cats/{id}: the variable {id} stands where /cats/{catId} has {catId}; API Gateway takes one variable in a place`}},
	{"greedy sibling", []edit{{"components:", otherCats("/cats/{catId+}") + "components:"}}, []string{`GET /cats/{catId+}: the variable {catId+} stands where /cats/{catId} has {catId}; API Gateway takes one variable in a place`}},
	{"the same variable below", []edit{{"components:", strings.ReplaceAll(otherCats("/cats/{id}/toys"), "{id}", "{catId}") + "components:"}, {"{name: id,", "{name: catId,"}}, nil},
	{"path a $ref", []edit{{"components:", "  /dogs: {$ref: '#/paths/~1cats'}\ncomponents:"}}, []string{`/dogs: a path must not be a $ref: its operations would not be seen`}},
	{"parameter with brackets", []edit{{"name: catId, in: path, required: true, schema: {type: string}}", "name: catId, in: path, required: true, schema: {type: string}}\n      - {name: 'filter[a]', in: query, schema: {type: string}}"}}, []string{`GET /cats/{catId}: API Gateway does not take the parameter name "filter[a]"`}},
	{"name of a schema", []edit{{"  schemas:", "  schemas:\n    cat_name: {type: string}"}}, []string{`components/schemas/cat_name: API Gateway makes a model of each schema and does not take the name "cat_name"`}},

	{"$ref to a file", []edit{{"#/components/schemas/Cat", "cat.yaml"}}, []string{`GET /cats/{catId}: the $ref "cat.yaml" leaves the document`}},
	{"$ref to an absolute file", []edit{{"#/components/schemas/Cat", "file:///etc/passwd"}}, []string{`GET /cats/{catId}: the $ref "file:///etc/passwd" leaves the document`}},
	{"$ref to the network", []edit{{"#/components/schemas/Cat", "http://169.254.169.254/latest#/a"}}, []string{`GET /cats/{catId}: the $ref "http://169.254.169.254/latest#/a" leaves the document`}},
	{"$ref to nothing", []edit{{"#/components/schemas/Cat", "#/components/schemas/Cta"}}, []string{`GET /cats/{catId}: the $ref "#/components/schemas/Cta" leads nowhere`}},
	{"$ref to another kind", []edit{{"#/components/schemas/Cat", "#/components/securitySchemes/oidc"}}, []string{`GET /cats/{catId}: the $ref "#/components/securitySchemes/oidc" leads to a securityScheme where a schema stands`}},
	{"$ref to an extension", []edit{{"#/components/schemas/Cat", "#/x-cors"}}, []string{`GET /cats/{catId}: the $ref "#/x-cors" leads to no schema`}},
	{"$ref in a circle", []edit{{"Cat: {type: object, properties: {name: {type: string, maxLength: 5}}}", "Cat: {$ref: '#/components/schemas/Dog'}\n    Dog: {$ref: '#/components/schemas/Cat'}"}}, []string{
		`GET /cats/{catId}: the $ref "#/components/schemas/Cat" leads from reference to reference without end`,
		`components/schemas/Cat/$ref: the $ref "#/components/schemas/Dog" leads from reference to reference without end`,
		`components/schemas/Dog/$ref: the $ref "#/components/schemas/Cat" leads from reference to reference without end`}},
	{"schema within itself", []edit{{catName, "{$ref: '#/components/schemas/Cat'}"}}, nil},
	{"schema applies itself", []edit{{"Cat: {type: object,", "Cat: {allOf: [{$ref: '#/components/schemas/Cat'}], example: {name: a}, type: object,"}}, []string{`components/schemas/Cat/allOf/0: the schema applies itself through allOf, anyOf, oneOf, not or $ref`}},
}

// otherCats is a path with the variable {id}.
func otherCats(path string) string {
	return "  " + path + ":\n" + `    parameters: [{name: ` + strings.Trim(strings.Split(path, "/")[2], "{+}") + `, in: path, required: true, schema: {type: string}}]
    get:
      operationId: otherGet
      ` + security + `
      ` + function + `
      ` + responses + "\n"
}

// TestGaps has each gap alone, and variations that are none.
func TestGaps(t *testing.T) {
	for _, test := range gaps {
		t.Run(test.name, func(t *testing.T) {
			contract, err := Parse("contract.yaml", edited(t, test.edits...))
			got := shown(t, err)
			if strings.Join(got, "\n") != strings.Join(test.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
			if (contract == nil) != (err != nil) {
				t.Errorf("a contract and an error are returned together, or neither")
			}
		})
	}
}
