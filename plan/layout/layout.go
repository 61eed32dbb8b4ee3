// Package layout says where each tenant's data is, and keeps an edit from moving it silently.
//
// A Layout follows from the plan. The Lock, tenants.lock.yaml, remembers the layout that every tenant was
// deployed with. Compare finds the edits after which rows, documents or files would no longer be where
// functions look for them.
package layout

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Layout is where the data of one tenant is.
type Layout struct {
	// BillingAccount owns the data: partition keys, the index and prefixes are made of it.
	BillingAccount string `yaml:"billingAccount" json:"billingAccount"`
	// Cell is the key in tenants.yaml. It is part of the names of what is shared.
	Cell string `yaml:"cell" json:"cell"`
	// AWSAccount and Region of the cell.
	AWSAccount string `yaml:"awsAccount" json:"awsAccount"`
	Region     string `yaml:"region" json:"region"`
	// Stack is the name of the tenant's CloudFormation stack.
	Stack string `yaml:"stack" json:"stack"`
	// Data says whether tables are shared or dedicated.
	Data string `yaml:"data" json:"data"`
	// KeyShards is the number of partition keys that rows of sharded tables spread over.
	KeyShards int `yaml:"keyShards" json:"keyShards"`
	// Tables by the name in the contract's x-tables.
	Tables map[string]Table `yaml:"tables" json:"tables"`
	// Search says whether the search domain is shared or dedicated; empty if no table is indexed.
	Search string `yaml:"search,omitempty" json:"search,omitempty"`
	// Index of the tenant; empty if no table is indexed.
	Index Index `yaml:"index,omitempty" json:"index,omitzero"`
	// Uploads is where files are.
	Uploads Uploads `yaml:"uploads" json:"uploads"`
	// Site is the bucket of the web application.
	Site string `yaml:"site" json:"site"`
}

// Table is where rows are.
type Table struct {
	// Name of the table in AWS.
	Name string `yaml:"name" json:"name"`
	// SortKey attribute.
	SortKey string `yaml:"sortKey" json:"sortKey"`
	// Sharded tables spread rows over the key shards.
	Sharded bool `yaml:"sharded,omitempty" json:"sharded,omitempty"`
	// Indexed tables have their rows in the search index.
	Indexed bool `yaml:"search,omitempty" json:"search,omitempty"`
	// TTL is the attribute with the time at which a row is deleted, or empty.
	TTL string `yaml:"ttl,omitempty" json:"ttl,omitempty"`
}

// Index is where documents are.
type Index struct {
	// Domain is the name of the OpenSearch domain.
	Domain string `yaml:"domain" json:"domain"`
	// Name of the index.
	Name string `yaml:"name" json:"name"`
}

// Uploads is where files are.
type Uploads struct {
	// Bucket name.
	Bucket string `yaml:"bucket" json:"bucket"`
	// Prefix of all keys.
	Prefix string `yaml:"prefix" json:"prefix"`
	// Folders below the prefix, with the days after which their files are deleted, or 0 to keep them.
	Folders map[string]int `yaml:"folders,omitempty" json:"folders,omitempty"`
}

// keyShards is the number of partition keys of a table.
func (l Layout) keyShards(table string) int {
	if l.Tables[table].Sharded && l.KeyShards > 1 {
		return l.KeyShards
	}
	return 1
}

// TableDigest identifies how the rows of a table are keyed: 12 hexadecimal digits. Functions compare it with
// the one that is stored beside the rows. The table's name is not part of it, so that rows may be copied with it.
func (l Layout) TableDigest(table string) string {
	return digest(fmt.Sprintf("1 %s %s %d", l.BillingAccount, l.Tables[table].SortKey, l.keyShards(table)), 12)
}

// Digest identifies the whole layout: 16 hexadecimal digits.
func (l Layout) Digest() string {
	var b strings.Builder
	l.write(&b, "")
	return digest(b.String(), 16)
}

// digest is the first n hexadecimal digits of the SHA-256 of s.
func digest(s string, n int) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])[:n]
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
