package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tenantctl": main})
}

// Each script of testdata runs in a folder of its own with the shipped tenants.yaml, its lock and the
// contract in it.
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
			return nil
		},
	})
}
