// Admin serves the operations of the resource /admin: work on the account as a whole.
package main

import "github.com/tenantstack/tenantstack/functions/internal/rest"

func main() { rest.Main() }
