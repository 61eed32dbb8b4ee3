// Package api reads the contract, one OpenAPI 3.0 document, as Go values:
// operations, the scopes they need, the tables they use and the functions that run them.
package api

// Contract is what the platform takes from an OpenAPI document.
type Contract struct {
	// Title and Version of info.
	Title, Version string
	// SecurityScheme is the name of the one OAuth 2.0 or OpenID Connect scheme that
	// operations require. Empty only without operations.
	SecurityScheme string
	// CORS is x-cors.
	CORS CORS
	// BinaryMediaTypes of requests and responses that are not text (x-binary-media-types),
	// in lower case and the order of the file.
	BinaryMediaTypes []string
	// Tables of x-tables, sorted by name.
	Tables []Table
	// Uploads are the folders of x-uploads, sorted by name.
	Uploads []Folder
	// Events of x-events, sorted by id.
	Events []Event
	// Roles of x-roles, sorted by name.
	Roles []Role
	// Operations sorted by path, then method. OPTIONS is not among them.
	Operations []Operation
	// Document is the whole document as plain JSON values (map[string]any, []any,
	// string, float64, bool, nil), with references kept as they are and YAML aliases
	// expanded. An integer that float64 does not hold exactly is a json.Number.
	Document map[string]any
}

// CORS of callers on other origins (x-cors).
type CORS struct {
	// AllowOrigin is "*" or one origin. Default "*": tokens travel in a header, not in cookies.
	AllowOrigin string
	// MaxAge of a preflight answer in seconds. Default 600.
	MaxAge int
}

// Access to a table, an index or an upload prefix.
type Access string

const (
	// None is the absence of access.
	None Access = ""
	// Read allows reading.
	Read Access = "read"
	// Write allows writing without reading. Not for tables.
	Write Access = "write"
	// ReadDelete allows reading and removing. For folders of uploads only.
	ReadDelete Access = "readDelete"
	// ReadWrite allows reading, writing and removing.
	ReadWrite Access = "readWrite"
)

// Reads says whether reading is allowed.
func (a Access) Reads() bool { return a == Read || a == ReadDelete || a == ReadWrite }

// Writes says whether writing is allowed.
func (a Access) Writes() bool { return a == Write || a == ReadWrite }

// Deletes says whether removing is allowed.
func (a Access) Deletes() bool { return a == ReadDelete || a == ReadWrite }

// AllUploads stands for the whole of the tenant's prefix in Grants.Uploads. It is no name of a folder.
const AllUploads = "*"

// Table is an entry of x-tables. Its partition key is always the billing account.
type Table struct {
	// Name is the key in x-tables.
	Name string
	// SortKey is the attribute that identifies an entity, of type string.
	SortKey string
	// Sharded says that rows spread over the tenant's key shards.
	Sharded bool
	// Search says that rows are indexed for full-text search, through the table's stream.
	Search bool
	// TTL is the attribute with the expiry time in epoch seconds, or empty.
	TTL string
}

// Folder is an entry of x-uploads: what lies below <folder>/ of a tenant's own prefix of
// the uploads bucket.
type Folder struct {
	// Name is the key in x-uploads.
	Name string
	// ExpireDays after which its objects are removed, or 0 to keep them.
	ExpireDays int
}

// Event is an entry of x-events: something that happens at AWS and that a function works on.
type Event struct {
	// ID is the key in x-events, such as photoUploaded.
	ID string
	// ObjectCreated is the folder of x-uploads in which an object was created.
	ObjectCreated string
	// Function that works on it.
	Function Function
}

// Role is an entry of x-roles.
type Role struct {
	// Name is the key in x-roles.
	Name string
	// Grants of the role.
	Grants Grants
}

// Grants are what a function may do with its own tenant's data.
type Grants struct {
	// Tables by name.
	Tables map[string]Access
	// Search is access to the tenant's own index.
	Search Access
	// Uploads is access to the tenant's own prefix of the uploads bucket, by folder of
	// x-uploads; AllUploads stands for the whole of it.
	Uploads map[string]Access
	// InvokeSelf lets the function invoke itself asynchronously, for work longer than a request.
	InvokeSelf bool
}

// Operation is one method of one path.
type Operation struct {
	// ID is the operationId, such as kittensGet.
	ID string
	// Method in upper case.
	Method string
	// Path as in the document, such as /kittens/{kittenId}.
	Path string
	// Scopes that allow the operation: any one list of which a token has all.
	// Never empty, and no list is empty.
	Scopes [][]string
	// Function that runs it (x-function).
	Function Function
}

// Function is x-function.
type Function struct {
	// Package is a folder of functions/.
	Package string
	// Role is a name of x-roles.
	Role string
	// Extra grants beyond the role's: with any, the operation gets a role of its own.
	Extra Grants
	// Timeout in seconds, 1 to 900. Default 10. API Gateway waits 29 seconds at most.
	Timeout int
	// Memory in MB, 128 to 10240. Default 256.
	Memory int
}

// FunctionID is the logical name of an operation's function: kittensGet runs in KittensGetFn.
func (o Operation) FunctionID() string { return functionID(o.ID) }

// FunctionID is the logical name of an event's function: photoUploaded runs in PhotoUploadedFn.
func (e Event) FunctionID() string { return functionID(e.ID) }

func functionID(id string) string {
	if id != "" && id[0] >= 'a' && id[0] <= 'z' {
		id = string(id[0]-'a'+'A') + id[1:]
	}
	return id + "Fn"
}
