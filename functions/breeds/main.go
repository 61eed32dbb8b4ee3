// Breeds serves the operations of the resource /breeds.
package main

import "github.com/tenantstack/tenantstack/functions/internal/rest"

func main() { rest.Main() }
