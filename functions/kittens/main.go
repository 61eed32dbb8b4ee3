// Kittens serves the operations of the resource /kittens. There is a file for each of them.
package main

import "github.com/tenantstack/tenantstack/functions/internal/rest"

func main() { rest.Main() }
