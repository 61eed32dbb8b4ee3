package api

import (
	"strings"
	"sync"
)

// shape is what a place of the document holds.
type shape struct {
	// kind is a name of grammar, or string, boolean, number, integer, any, schemaOrBoolean.
	kind string
	// list or dictionary of kind instead of one.
	list, dictionary bool
}

// object is an entry of grammar.
type object struct {
	fields map[string]shape
	// required fields, in the order of the text.
	required []string
	// rest is the shape of members that are not in fields, when names are free.
	rest *shape
	// reference says that a Reference Object may stand in its place.
	reference bool
	// extensible says that x- members are extensions.
	extensible bool
}

// grammar names the fields of every object of OpenAPI 3.0.3, section 4.7, as
// "field:kind": [kind] is a list, {kind} a map, ! after the name says that the field is
// required, * takes any other name, ? after an object's name says that a reference may
// stand in its place.
var grammar = sync.OnceValue(func() map[string]*object {
	const text = `
document        openapi!:string info!:info servers:[server] paths!:paths components:components security:[requirement] tags:[tag] externalDocs:externalDocs
info            title!:string description:string termsOfService:string contact:contact license:license version!:string
contact         name:string url:string email:string
license         name!:string url:string
server          url!:string description:string variables:{serverVariable}
serverVariable  enum:[string] default!:string description:string
components      schemas:{schema} responses:{response} parameters:{parameter} examples:{example} requestBodies:{requestBody} headers:{header} securitySchemes:{securityScheme} links:{link} callbacks:{callback}
paths           *:pathItem
pathItem        summary:string description:string get:operation put:operation post:operation delete:operation options:operation head:operation patch:operation trace:operation servers:[server] parameters:[parameter]
operation       tags:[string] summary:string description:string externalDocs:externalDocs operationId:string parameters:[parameter] requestBody:requestBody responses!:responses callbacks:{callback} deprecated:boolean security:[requirement] servers:[server]
externalDocs    description:string url!:string
parameter?      name!:string in!:string description:string required:boolean deprecated:boolean allowEmptyValue:boolean style:string explode:boolean allowReserved:boolean schema:schema example:any examples:{example} content:{mediaType}
header?         description:string required:boolean deprecated:boolean allowEmptyValue:boolean style:string explode:boolean allowReserved:boolean schema:schema example:any examples:{example} content:{mediaType}
requestBody?    description:string content!:{mediaType} required:boolean
mediaType       schema:schema example:any examples:{example} encoding:{encoding}
encoding        contentType:string headers:{header} style:string explode:boolean allowReserved:boolean
responses       *:response
response?       description!:string headers:{header} content:{mediaType} links:{link}
callback?       *:pathItem
example?        summary:string description:string value:any externalValue:string
link?           operationRef:string operationId:string parameters:{any} requestBody:any description:string server:server
tag             name!:string description:string externalDocs:externalDocs
schema?         title:string multipleOf:number maximum:number exclusiveMaximum:boolean minimum:number exclusiveMinimum:boolean maxLength:integer minLength:integer pattern:string maxItems:integer minItems:integer uniqueItems:boolean maxProperties:integer minProperties:integer required:[string] enum:[any] type:string allOf:[schema] oneOf:[schema] anyOf:[schema] not:schema items:schema properties:{schema} additionalProperties:schemaOrBoolean description:string format:string default:any nullable:boolean discriminator:discriminator readOnly:boolean writeOnly:boolean xml:xml externalDocs:externalDocs example:any deprecated:boolean
discriminator   propertyName!:string mapping:{string}
xml             name:string namespace:string prefix:string attribute:boolean wrapped:boolean
securityScheme? type!:string description:string name:string in:string scheme:string bearerFormat:string flows:flows openIdConnectUrl:string
flows           implicit:flow password:flow clientCredentials:flow authorizationCode:flow
flow            authorizationUrl:string tokenUrl:string refreshUrl:string scopes!:{string}
requirement     *:scopes`
	objects := make(map[string]*object)
	for line := range strings.Lines(strings.TrimSpace(text)) {
		words := strings.Fields(line)
		name, reference := strings.CutSuffix(words[0], "?")
		o := &object{fields: make(map[string]shape, len(words)), reference: reference, extensible: name != "requirement"}
		for _, word := range words[1:] {
			field, notation, _ := strings.Cut(word, ":")
			s := parseShape(notation)
			if field == "*" {
				o.rest = &s
				continue
			}
			field, required := strings.CutSuffix(field, "!")
			if required {
				o.required = append(o.required, field)
			}
			o.fields[field] = s
		}
		objects[name] = o
	}
	return objects
})

func parseShape(notation string) shape {
	switch inner := strings.Trim(notation, "[]{}"); {
	case notation == "scopes":
		return shape{kind: "string", list: true}
	case strings.HasPrefix(notation, "["):
		return shape{kind: inner, list: true}
	case strings.HasPrefix(notation, "{"):
		return shape{kind: inner, dictionary: true}
	default:
		return shape{kind: notation}
	}
}

// methods of a Path Item Object, in lower case as OpenAPI writes them.
var methods = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}
