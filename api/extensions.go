package api

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

const (
	// DefaultAllowOrigin is CORS.AllowOrigin of a contract that does not say.
	DefaultAllowOrigin = "*"
	// DefaultMaxAge is CORS.MaxAge of a contract that does not say, in seconds.
	DefaultMaxAge = 600
	// DefaultTimeout is Function.Timeout of an operation that does not say, in seconds.
	DefaultTimeout = 10
	// DefaultMemory is Function.Memory of an operation that does not say, in MB.
	DefaultMemory = 256

	// maxMaxAge is what the most generous browser keeps of a preflight answer.
	maxMaxAge = 86_400
)

var (
	entryName     = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	attributeName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*$`)
	mediaType     = regexp.MustCompile(`^[A-Za-z0-9!#$&^_.+-]+/([A-Za-z0-9!#$&^_.+-]+|\*)$`)
)

// Fields of the extensions. Those of a role are fields of x-function too.
var (
	corsFields     = []string{"allowOrigin", "maxAge"}
	tableFields    = []string{"sortKey", "sharded", "search", "ttl"}
	grantFields    = []string{"tables", "search", "uploads", "invokeSelf"}
	functionFields = append([]string{"package", "role", "timeout", "memory"}, grantFields...)
)

// partitionKey is the partition key attribute of every table.
const partitionKey = "billingAccount"

// fields checks that n is an object with no other members than known, and returns false
// when it is not an object.
func (r *reader) fields(n *node, known ...string) bool {
	if !n.isObject() {
		r.report(n, "write an object with "+orList(known), "%s must be an object, not %s", label(n), n.describe())
		return false
	}
	for _, member := range n.items {
		if !slices.Contains(known, member.token) {
			r.report(member, choose(member.token, known), "%s is no field of %s", quoted(member.token), label(n))
		}
	}
	return true
}

// flag reads an optional boolean.
func (r *reader) flag(n *node, field string) bool {
	value := n.get(field)
	if value != nil && value.kind != boolKind {
		r.report(value, "write true or false", "%s must be true or false, not %s", field, value.describe())
	}
	return value != nil && value.kind == boolKind && value.text == "true"
}

// number reads an optional whole number.
func (r *reader) number(n *node, field, unit string, least, most, otherwise int) int {
	value := n.get(field)
	if value == nil {
		return otherwise
	}
	i, ok := value.integer()
	if !ok || i < least || i > most {
		r.report(value, fmt.Sprintf("write a whole number from %d to %d", least, most), "%s must be %d to %d %s, not %s", field, least, most, unit, value.describe())
		return otherwise
	}
	return i
}

// text reads a string.
func (r *reader) text(n *node, field string) (string, *node) {
	value := n.get(field)
	if value == nil {
		return "", nil
	}
	if value.kind != stringKind || value.text == "" {
		r.report(value, "write a name", "%s must be a string, not %s", field, value.describe())
		return "", nil
	}
	return value.text, value
}

// readExtensions reads those of the document.
func (r *reader) readExtensions() {
	r.readCORS()
	r.readMediaTypes()
	if tables := r.root.get("x-tables"); tables != nil && r.entries(tables, "table") {
		for _, item := range tables.items {
			r.contract.Tables = append(r.contract.Tables, r.table(item))
		}
		slices.SortFunc(r.contract.Tables, func(a, b Table) int { return cmp.Compare(a.Name, b.Name) })
	}
	if roles := r.root.get("x-roles"); roles != nil && r.entries(roles, "role") {
		for _, item := range roles.items {
			role := Role{Name: item.token}
			if r.fields(item, grantFields...) {
				role.Grants = r.grants(item)
			}
			r.contract.Roles = append(r.contract.Roles, role)
		}
		slices.SortFunc(r.contract.Roles, func(a, b Role) int { return cmp.Compare(a.Name, b.Name) })
	}
	r.readFolders()
	r.readEvents()
}

// entries checks the names of tables, roles or folders.
func (r *reader) entries(n *node, what string) bool {
	if !n.isObject() {
		r.report(n, "write an object with a "+what+" by name", "%s must be an object, not %s", n.token, n.describe())
		return false
	}
	seen := make(map[string]string)
	for _, item := range n.items {
		plain := strings.ReplaceAll(item.token, "-", "")
		switch {
		case !entryName.MatchString(item.token):
			r.report(item, "use a-z, 0-9 and -, beginning with a letter", "%s is no name of a %s", quoted(item.token), what)
		case len(item.token) > maxID:
			r.report(item, "shorten it", "the %s %s has %d characters, more than %d", what, quoted(item.token), len(item.token), maxID)
		case seen[plain] != "":
			r.report(item, "choose names that differ without their hyphens", "the %s %s makes the same resource as %q", what, quoted(item.token), seen[plain])
		}
		seen[plain] = item.token
	}
	return true
}

func (r *reader) table(n *node) Table {
	table := Table{Name: n.token}
	if !r.fields(n, tableFields...) {
		return table
	}
	table.SortKey = r.attribute(n, "sortKey")
	table.TTL = r.attribute(n, "ttl")
	table.Sharded = r.flag(n, "sharded")
	table.Search = r.flag(n, "search")
	switch {
	case n.get("sortKey") == nil:
		r.report(n, "add sortKey: the attribute that identifies an entity", "the table %s has no sortKey", n.token)
	case table.TTL != "" && table.TTL == table.SortKey:
		r.report(n.get("ttl"), "name an attribute of its own", "ttl and sortKey are both %s", quoted(table.TTL))
	}
	return table
}

// attribute reads the name of a DynamoDB attribute.
func (r *reader) attribute(n *node, field string) string {
	name, at := r.text(n, field)
	switch {
	case name == "":
	case name == partitionKey:
		r.report(at, "choose another attribute", "%s is the partition key of every table already", name)
	case !attributeName.MatchString(name) || len(name) > 255:
		r.report(at, "use letters and digits, beginning with a letter", "%s %s is no name of an attribute", field, quoted(name))
	default:
		return name
	}
	return ""
}

// grants reads the grants of a role or a function.
func (r *reader) grants(n *node) Grants {
	grants := Grants{InvokeSelf: r.flag(n, "invokeSelf")}
	if tables := n.get("tables"); tables != nil {
		if !tables.isObject() {
			r.report(tables, "write an object such as {kittens: read}", "tables must be an object, not %s", tables.describe())
		} else if len(tables.items) > 0 {
			grants.Tables = make(map[string]Access, len(tables.items))
			for _, item := range tables.items {
				r.checkTable(item)
				grants.Tables[item.token] = r.access(item, Read, ReadWrite)
			}
		}
	}
	if search := n.get("search"); search != nil {
		grants.Search = r.access(search, Read, Write, ReadWrite)
	}
	if uploads := n.get("uploads"); uploads != nil {
		grants.Uploads = r.uploadGrants(uploads)
	}
	return grants
}

// checkTable reports a grant on a table that x-tables does not have.
func (r *reader) checkTable(item *node) {
	tables := r.root.get("x-tables")
	if tables.get(item.token) != nil {
		return
	}
	r.report(item, cmp.Or(choose(item.token, tokens(tables)), "add it to x-tables"), "there is no table %s in x-tables", quoted(item.token))
}

// access reads one of the accesses that the place takes.
func (r *reader) access(n *node, allowed ...Access) Access {
	if a := Access(n.str()); slices.Contains(allowed, a) {
		return a
	}
	words := make([]string, len(allowed))
	for i, a := range allowed {
		words[i] = string(a)
	}
	r.report(n, "write "+orList(words), "the access to %s must be %s, not %s", label(n), orList(words), n.describe())
	return None
}

func (r *reader) readCORS() {
	r.contract.CORS = CORS{AllowOrigin: DefaultAllowOrigin, MaxAge: DefaultMaxAge}
	cors := r.root.get("x-cors")
	if cors == nil || !r.fields(cors, corsFields...) {
		return
	}
	r.contract.CORS.MaxAge = r.number(cors, "maxAge", "seconds", 0, maxMaxAge, DefaultMaxAge)
	origin, at := r.text(cors, "allowOrigin")
	if origin == "" {
		return
	}
	if origin != "*" && !isOrigin(origin) {
		r.report(at, `write "*" or an origin such as https://app.example.com`, "allowOrigin %s is no origin as browsers send it", quoted(origin))
		return
	}
	r.contract.CORS.AllowOrigin = origin
}

var originHost = regexp.MustCompile(`^([a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])(:[1-9][0-9]{0,4})?$`)

// isOrigin compares with the serialization of RFC 6454 section 6.2: lower case, no path,
// no default port.
func isOrigin(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || !originHost.MatchString(u.Host) {
		return false
	}
	if u.Port() == map[string]string{"https": "443", "http": "80"}[u.Scheme] {
		return false
	}
	return s == u.Scheme+"://"+u.Host
}

func (r *reader) readMediaTypes() {
	list := r.root.get("x-binary-media-types")
	if list == nil {
		return
	}
	if list.kind != arrayKind {
		r.report(list, "write a list such as [image/png]", "x-binary-media-types must be a list, not %s", list.describe())
		return
	}
	for _, item := range list.items {
		t := strings.ToLower(item.str())
		switch {
		case t == "*/*" || t == "application/*" || t == "application/json" || strings.HasSuffix(t, "+json"):
			r.report(item, "name the types that are not text", "%s covers JSON, which API Gateway would then neither validate nor answer preflights with", quoted(t))
		case !mediaType.MatchString(t):
			r.report(item, "write a media type such as image/png", "%s is no media type", item.describe())
		case slices.Contains(r.contract.BinaryMediaTypes, t):
			r.report(item, "name it once", "%s is named twice", quoted(t))
		default:
			r.contract.BinaryMediaTypes = append(r.contract.BinaryMediaTypes, t)
		}
	}
}
