package main

import "github.com/tenantstack/tenantstack/test/contracttest"

func init() { contracttest.Check("../../api/openapi.yaml") }
