package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tenantctl": main})
}

// Each script of testdata runs in a folder of its own with the shipped tenants.yaml, its lock and the
// contract in it, and with full.yaml, which has more tenants in an AWS account than its quotas allow.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			for _, name := range []string{"tenants.yaml", "tenants.lock.yaml", "api/openapi.yaml"} {
				data, err := os.ReadFile(filepath.Join("..", "..", name))
				if err != nil {
					return err
				}
				target := filepath.Join(env.WorkDir, name)
				if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
					return err
				}
				if err := os.WriteFile(target, data, 0o644); err != nil {
					return err
				}
			}
			return writeFull(filepath.Join(env.WorkDir, "full.yaml"))
		},
	})
}

// writeFull writes a file with 101 tenants in the cell eu-1 and one in acme-1.
func writeFull(path string) error {
	data, err := os.ReadFile(filepath.Join("..", "..", "tenants.yaml"))
	if err != nil {
		return err
	}
	head, _, _ := strings.Cut(string(data), "\ntenants:\n")
	var b strings.Builder
	b.WriteString(head + "\ntenants:\n  - {id: acme, billingAccount: acme-2024, cell: acme-1, tier: premium}\n")
	for i := range 101 {
		fmt.Fprintf(&b, "  - {id: t%d, billingAccount: b-%d, cell: eu-1, tier: standard}\n", i, i)
	}
	return os.WriteFile(path, []byte(b.String()), 0o644)
}
