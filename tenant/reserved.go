package tenant

import "slices"

// reservedSubdomains are no tenant ids: under the platform's domain these names belong
// to the platform, to mail and name service, or are looked up by programs on their own.
var reservedSubdomains = []string{
	"account", "accounts", "admin", "api", "app", "assets", "auth", "autoconfig", "autodiscover",
	"cdn", "console", "dashboard", "docs", "ftp", "help", "id", "imap", "internal", "isatap",
	"localhost", "login", "logout", "mail", "media", "mta-sts", "mx", "ns", "ns1", "ns2", "oauth",
	"oidc", "openpgpkey", "pop", "pop3", "security", "signin", "signup", "smtp", "sso", "static",
	"status", "support", "uploads", "webmail", "wpad", "www",
}

// ReservedSubdomains returns the names that no tenant may have, sorted.
func ReservedSubdomains() []string { return slices.Clone(reservedSubdomains) }
