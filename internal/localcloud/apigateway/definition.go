package apigateway

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// definition is a document as it is served. It never changes.
type definition struct {
	id, account, region, partition string
	rootID                         string
	disabled                       bool // DisableExecuteApiEndpoint

	root           *node
	authorizers    map[string]*authorizer
	responses      map[responseType]*gatewayResponse
	binary         mediaTypes
	minCompression int // bytes; negative if answers are never compressed
	policy         []iam.Document

	// mode and source are how the template puts it, source all properties.
	mode   updateMode
	source map[string]any
}

// method is an operation of the document.
type method struct {
	resourcePath, resourceID string
	httpMethod               string // as declared: GET, or ANY
	operationID              string
	auth                     authType
	authorizer               *authorizer
	apiKeyRequired           bool
	validation               validation
	integration              *integration
}

// compiler turns a document into a definition.
type compiler struct {
	*document
	d       *definition
	schemas *schemas
	log     func(string)

	validators map[string]validator
	validator  string // at the root of the document
	auth       any    // x-amazon-apigateway-auth at the root
	security   any    // at the root
	named      map[string]bool
}

// apiProperties are those of AWS::ApiGateway::RestApi beside the document.
type apiProperties struct {
	Body                      any
	Policy                    any
	BinaryMediaTypes          []string
	MinimumCompressionSize    *int
	DisableExecuteApiEndpoint bool
	Parameters                map[string]string
	Mode                      updateMode
}

// compile reads everything that a request could need, so that a request finds no error that
// could have been found here. The error lists all problems.
func compile(r resource.Resource, log func(string)) (*definition, error) {
	var p apiProperties
	if err := r.Decode(&p); err != nil {
		return nil, err
	}
	found := &problems{}
	doc, ok := readDocument(r.Properties["Body"], found)
	if !ok {
		return nil, found.err()
	}
	d := &definition{
		id: r.Name, account: r.Account, region: r.Region, partition: partitionOf(r.Region), rootID: r.Attributes["RootResourceId"],
		disabled: p.DisableExecuteApiEndpoint, root: &node{}, minCompression: -1, source: r.Properties,
		binary: mediaTypes(p.BinaryMediaTypes), mode: p.Mode,
	}
	if err := p.Mode.check(); err != nil {
		found.add("Mode", "%v", err)
	}
	if p.MinimumCompressionSize != nil {
		d.minCompression = *p.MinimumCompressionSize
	}
	c := &compiler{document: doc, d: d, log: log, named: map[string]bool{}}
	if base := p.Parameters["basepath"]; base != "" && base != "ignore" {
		found.add("Parameters", "basepath is %q; paths are served as they are written, which is ignore", base)
	}
	c.schemas = newSchemas(doc)
	c.readSettings(r.Properties["Policy"])
	c.readAuthorizers()
	c.readGatewayResponses()
	c.readPaths()
	return d, found.err()
}

// readSettings reads the extensions at the root of the document.
func (c *compiler) readSettings(policy any) {
	for i, t := range list(c.root["x-amazon-apigateway-binary-media-types"]) {
		if text(t) == "" {
			c.problems.add(fmt.Sprintf("x-amazon-apigateway-binary-media-types[%d]", i), "want a media type, have %v", t)
		}
		c.d.binary = append(c.d.binary, text(t))
	}
	if size, ok := c.root["x-amazon-apigateway-minimum-compression-size"]; ok {
		n, err := json.Number(text(size)).Int64()
		if err != nil || n < 0 || n > maxPayload {
			c.problems.add("x-amazon-apigateway-minimum-compression-size", "want 0 to %d bytes, have %v", maxPayload, size)
		}
		c.d.minCompression = int(n)
	}
	c.auth, c.security = c.root["x-amazon-apigateway-auth"], c.root["security"]
	c.validator = text(c.root["x-amazon-apigateway-request-validator"])
	c.validators = map[string]validator{}
	for name, v := range mapping(c.root["x-amazon-apigateway-request-validators"]) {
		m := mapping(v)
		c.validators[name] = validator{body: boolean(m["validateRequestBody"]), parameters: boolean(m["validateRequestParameters"])}
	}
	// The policy in the document is replaced by the property (CloudFormation User Guide, "AWS::ApiGateway::RestApi").
	if policy == nil {
		policy = c.root["x-amazon-apigateway-policy"]
	}
	if policy == nil {
		return
	}
	document, err := c.readPolicy(policy)
	if err != nil {
		c.problems.add("Policy", "%v", err)
		return
	}
	c.d.policy = []iam.Document{document}
}

// readPolicy reads a resource policy. Its resources may be short, execute-api:/stage/GET/path,
// which stands for the ARN of this API (API Gateway Developer Guide, "API Gateway resource policy
// examples").
func (c *compiler) readPolicy(policy any) (iam.Document, error) {
	raw, err := resource.Document(policy)
	if err != nil {
		return iam.Document{}, err
	}
	document, err := iam.Parse(raw, iam.Resource)
	if err != nil {
		return iam.Document{}, err
	}
	expand := func(patterns []string) []string {
		patterns = slices.Clone(patterns)
		for i, pattern := range patterns {
			if rest, ok := strings.CutPrefix(pattern, "execute-api:/"); ok {
				patterns[i] = c.d.arn() + "/" + rest
			}
		}
		return patterns
	}
	for i := range document.Statement {
		st := &document.Statement[i]
		st.Resource, st.NotResource = expand(st.Resource), expand(st.NotResource)
	}
	return document, nil
}

// arn of the API as it is invoked.
func (d *definition) arn() string {
	return "arn:" + d.partition + ":execute-api:" + d.region + ":" + d.account + ":" + d.id
}

// host is the name of the API's own endpoint.
func (d *definition) host() string {
	suffix := ".amazonaws.com"
	if d.partition == "aws-cn" {
		suffix += ".cn"
	}
	return d.id + ".execute-api." + d.region + suffix
}

func partitionOf(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

func (c *compiler) readPaths() {
	paths := mapping(c.root["paths"])
	for _, path := range sortedKeys(paths) {
		if strings.HasPrefix(path, "x-") {
			continue
		}
		place := "paths" + pointer(path)
		item := c.object(paths[path], place)
		if item == nil {
			continue
		}
		if !strings.HasPrefix(path, "/") {
			c.problems.add(place, "a path begins with /")
			continue
		}
		full := path
		if full != "/" {
			full = strings.TrimSuffix(full, "/")
		}
		res := &apiResource{path: full, id: c.d.resourceID(full), methods: map[string]*method{}}
		c.readMethods(res, item, place)
		if len(res.methods) == 0 {
			continue
		}
		if err := c.d.root.insert(res); err != nil {
			c.problems.add(place, "%v", err)
		}
	}
}

// pathItem are the members of a path that are no operations.
var pathItem = []string{"summary", "description", "servers", "parameters", "$ref"}

func (c *compiler) readMethods(res *apiResource, item map[string]any, place string) {
	for _, name := range sortedKeys(item) {
		httpMethod := strings.ToUpper(name)
		switch {
		case name == "x-amazon-apigateway-any-method":
			httpMethod = anyMethod
		case slices.Contains(pathItem, name), strings.HasPrefix(name, "x-"):
			continue
		case name != strings.ToLower(name) || !isMethod(httpMethod):
			c.problems.add(place, "%q is no method of a REST API; want one of %v", name, methods)
			continue
		}
		at := place + "/" + name
		operation := c.object(item[name], at)
		if operation == nil {
			continue
		}
		m := &method{resourcePath: res.path, resourceID: res.id, httpMethod: httpMethod, operationID: text(operation["operationId"])}
		c.readAuth(m, operation, at)
		c.readValidation(m, operation, item, at)
		c.readIntegration(m, operation, at)
		res.methods[httpMethod] = m
	}
}

// resourceID makes an id of six characters, as AWS's are, that stays the same.
func (d *definition) resourceID(path string) string {
	if path == "/" && d.rootID != "" {
		return d.rootID
	}
	return shortID(d.id+" "+path, 6)
}

// shortID is a stable id of lower-case letters and digits.
func shortID(seed string, n int) string {
	const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
	sum := sha256.Sum256([]byte(seed))
	id := make([]byte, n)
	for i := range id {
		id[i] = alphabet[int(sum[i])%len(alphabet)]
	}
	return string(id)
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}
