// Package authz decides whether an access token allows an operation of the contract.
package authz

// Table is what the authorizer knows of the contract: which operation needs which scopes.
// It is compiled when the functions are bundled and shipped beside the binary.
type Table struct {
	// Operations in any order; method and path together are unique.
	Operations []Operation `json:"operations"`
}

// Operation is one row of a Table.
type Operation struct {
	// ID is the operationId, for logs.
	ID string `json:"id"`
	// Method in upper case.
	Method string `json:"method"`
	// Path is the resource path of the contract, such as /kittens/{kittenId}.
	Path string `json:"path"`
	// Scopes that allow the operation: any one list of which the token has all.
	Scopes [][]string `json:"scopes"`
}

// TableFile is the name of the encoded table inside the authorizer's zip.
const TableFile = "operations.json"
