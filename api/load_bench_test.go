package api

import (
	"fmt"
	"strings"
	"testing"
)

// generated is a contract of 4 operations for each of n resources, with schemas and
// problem responses as a real one has.
func generated(n int) []byte {
	var b strings.Builder
	b.WriteString(`openapi: 3.0.3
info: {title: Generated, version: 1.0.0}
x-tables: {things: {sortKey: thingId}}
x-roles: {reader: {tables: {things: read}}, writer: {tables: {things: readWrite}}}
paths:
`)
	for i := range n {
		fmt.Fprintf(&b, "  /things%d:\n", i)
		writeOperation(&b, i, "get", "List", "reader", "")
		writeOperation(&b, i, "post", "Add", "writer", body(i))
		fmt.Fprintf(&b, "  /things%d/{thingId}:\n    parameters:\n      - $ref: '#/components/parameters/ThingId'\n", i)
		writeOperation(&b, i, "get", "Read", "reader", "")
		writeOperation(&b, i, "put", "Replace", "writer", body(i))
	}
	b.WriteString(`components:
  securitySchemes:
    oauth2:
      type: oauth2
      flows:
        authorizationCode: {authorizationUrl: https://id.example.com/a, tokenUrl: https://id.example.com/t, scopes: {"things:read": Read, "things:write": Write}}
  parameters:
    ThingId: {name: thingId, in: path, required: true, schema: {type: string, pattern: "^[a-z0-9]+$"}, example: a1}
  responses:
`)
	for _, code := range []int{400, 401, 403, 404, 409, 429, 500} {
		fmt.Fprintf(&b, "    E%d:\n      description: Error\n      content:\n        application/problem+json:\n          schema: {$ref: '#/components/schemas/Problem'}\n          example: {type: about:blank, title: Error, status: %d}\n", code, code)
	}
	b.WriteString("  schemas:\n    Problem: {type: object, required: [type, title, status], properties: {type: {type: string}, title: {type: string}, status: {type: integer}}}\n    Name: {type: string, minLength: 1, maxLength: 80}\n")
	for i := range n {
		fmt.Fprintf(&b, "    Thing%d:\n      type: object\n      additionalProperties: false\n      required: [name]\n      properties:\n        name: {$ref: '#/components/schemas/Name'}\n", i)
		for j := range 8 {
			fmt.Fprintf(&b, "        field%d: {type: string, description: Field %d of thing %d., maxLength: 100}\n", j, j, i)
		}
		if i > 0 {
			fmt.Fprintf(&b, "        parent: {$ref: '#/components/schemas/Thing%d'}\n", i-1)
		}
	}
	return []byte(b.String())
}

func body(i int) string {
	return fmt.Sprintf("      requestBody:\n        required: true\n        content:\n          application/json:\n            schema: {$ref: '#/components/schemas/Thing%d'}\n            example: {name: A thing}\n", i)
}

func writeOperation(b *strings.Builder, i int, method, verb, role, body string) {
	scope := map[string]string{"reader": "things:read", "writer": "things:write"}[role]
	fmt.Fprintf(b, `    %s:
      operationId: %sThing%d
      summary: %s things of kind %d
      security: [{oauth2: [%q]}]
      x-function: {package: things, role: %s, timeout: 10, memory: 256}
%s      responses:
        "200":
          description: Good
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Thing%d'}
              example: {name: A thing}
`, method, strings.ToLower(verb), i, verb, i, scope, role, body, i)
	for _, code := range []int{400, 401, 403, 404, 409, 429, 500} {
		fmt.Fprintf(b, "        \"%d\": {$ref: '#/components/responses/E%d'}\n", code, code)
	}
}

// BenchmarkParse400 loads a contract of 400 operations.
func BenchmarkParse400(b *testing.B) {
	data := generated(100)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		contract, err := Parse("generated.yaml", data)
		if err != nil || len(contract.Operations) != 400 {
			b.Fatal(err)
		}
	}
}
