package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/tenantstack/tenantstack/plan"
	"github.com/tenantstack/tenantstack/tenant"
)

func newTenant(p *project) *cobra.Command {
	c := &cobra.Command{Use: "tenant", Short: "Add and remove tenants of tenants.yaml"}
	c.AddCommand(newTenantAdd(p), newTenantRemove(p))
	return c
}

func newTenantAdd(p *project) *cobra.Command {
	var t tenant.Tenant
	c := &cobra.Command{
		Use:   "add ID",
		Short: "Add a tenant; comments and layout of the file stay as they are",
		Example: `  tenantctl tenant add acme --billing-account 4711 --cell eu-1 --tier standard
  cdk deploy kittens-tenant-acme`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			t.ID = args[0]
			err := p.edit(func(data []byte) ([]byte, error) {
				added, err := tenant.AddTenant(data, t)
				if err != nil {
					return nil, err
				}
				return added, p.admit(added, t)
			})
			if err == nil {
				fmt.Fprintf(c.OutOrStdout(), "added %s to %s\n", t.ID, p.tenants)
			}
			return err
		},
	}
	c.Flags().StringVar(&t.BillingAccount, "billing-account", "", "the billing account `id` that owns the tenant's data")
	c.Flags().StringVar(&t.Cell, "cell", "", "the `cell` to live in")
	c.Flags().StringVar(&t.Tier, "tier", "", "the `tier` of the tenant")
	c.Flags().StringVar(&t.Wave, "wave", "", "the `wave` of a rollout that includes the tenant")
	c.Flags().StringVar(&t.Name, "name", "", "the `name` shown to people")
	for _, required := range []string{"billing-account", "cell", "tier"} {
		if err := c.MarkFlagRequired(required); err != nil {
			panic(err) // no such flag
		}
	}
	return c
}

func newTenantRemove(p *project) *cobra.Command {
	return &cobra.Command{
		Use:   "remove ID",
		Short: "Remove a tenant from the file; its stack and its data stay until they are deleted",
		Long: `remove takes a tenant out of tenants.yaml and puts a tombstone into tenants.lock.yaml, which keeps its
id and its billing account from being given to anybody else. It deletes nothing: it tells what stays,
where, and what to do about it. Delete the stack before, while cdk destroy still knows it, or after.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return p.remove(c, args[0]) },
	}
}

func (p *project) remove(c *cobra.Command, id string) error {
	lock, err := p.readLock()
	if err != nil {
		return err
	}
	stays, known := lock.Tenants[id]
	if !known {
		if planned, err := plan.Load(p.tenants, p.contract, plan.Selection{Tenants: []string{id}}); err == nil {
			stays.Layout = planned.Tenants[0].Layout
		}
	}
	if err := p.edit(func(data []byte) ([]byte, error) { return tenant.RemoveTenant(data, id) }); err != nil {
		return err
	}
	fmt.Fprintf(c.OutOrStdout(), "removed %s from %s\n", id, p.tenants)
	if lock.Remove(id) {
		if err := lock.Write(p.lockFile()); err != nil {
			return err
		}
		fmt.Fprintf(c.OutOrStdout(), "%s keeps its id and its billing account from being given to anybody else; commit both files\n", p.lockFile())
	}
	if stays.Stack != "" {
		printWhatStays(c.OutOrStdout(), stays.Layout)
	}
	return nil
}

// admit fails if the lock does not let a new tenant in.
func (p *project) admit(data []byte, t tenant.Tenant) error {
	lock, err := p.readLock()
	if err != nil {
		return err
	}
	file, err := tenant.Parse(p.tenants, data)
	if err != nil {
		return err
	}
	accounts := map[string]string{}
	for _, other := range file.Tenants {
		accounts[other.ID] = other.BillingAccount
	}
	return lock.Admit(t.ID, t.BillingAccount, accounts)
}

// edit replaces tenants.yaml by what change makes of it, whole or not at all.
func (p *project) edit(change func([]byte) ([]byte, error)) error {
	data, err := os.ReadFile(p.tenants)
	if err != nil {
		return fmt.Errorf("edit tenants: %w", err)
	}
	changed, err := change(data)
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(p.tenants), ".tenants-*.yaml")
	if err != nil {
		return fmt.Errorf("edit tenants: %w", err)
	}
	defer os.Remove(temp.Name())
	if _, err := temp.Write(changed); err != nil {
		return fmt.Errorf("edit tenants: %w", err)
	}
	if err := temp.Close(); err != nil {
		return fmt.Errorf("edit tenants: %w", err)
	}
	if info, err := os.Stat(p.tenants); err == nil {
		if err := os.Chmod(temp.Name(), info.Mode().Perm()); err != nil {
			return fmt.Errorf("edit tenants: %w", err)
		}
	}
	return os.Rename(temp.Name(), p.tenants)
}

func newSchema() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of tenants.yaml, for editors",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			schema, err := tenant.Schema()
			if err != nil {
				return err
			}
			_, err = c.OutOrStdout().Write(schema)
			return err
		},
	}
}
