// Package uploadkey knows which keys of the bucket of uploads are an account's. It needs nothing of the AWS SDK, so
// that functions without files do not carry the client of S3.
package uploadkey

import "strings"

// Prefix begins the keys of all objects of a billing account.
func Prefix(account string) string { return "uploads/" + account + "/" }

// Owns reports whether an object of that key is the account's.
func Owns(account, key string) bool {
	return account != "" && strings.HasPrefix(key, Prefix(account))
}
