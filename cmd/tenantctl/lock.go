package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/tenantstack/tenantstack/plan"
	"github.com/tenantstack/tenantstack/plan/layout"
)

func newLock(p *project) *cobra.Command {
	c := &cobra.Command{
		Use:   "lock",
		Short: "Check and change tenants.lock.yaml, which says where each tenant's data is",
		Long: `The lock records where each tenant's data is: AWS account and region, tables with their keys,
the search index, and files. Synthesis adds new tenants to it, and refuses edits of tenants.yaml
and of the contract that would move, hide or delete what a tenant has. Commit the file.

Once the data is where the edit looks for it (docs/guide.md tells the ways), accept takes the
change over.`,
	}
	c.AddCommand(newLockCheck(p), newLockAccept(p), newLockForget(p))
	return c
}

func newLockCheck(p *project) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "check",
		Short: "Fail if tenants.yaml or the contract would move data, or if the lock lacks a tenant",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			planned, err := p.planLocked(plan.Selection{}, plan.LockLocked)
			if asJSON {
				return reportJSON(c, err)
			}
			if err == nil {
				fmt.Fprintf(c.OutOrStdout(), "%s: %s, nothing moves\n", p.lockFile(), count(len(planned.Tenants), "tenant"))
			}
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print {\"problems\": […]} for scripts; the exit code stays 1 when there are any")
	return c
}

func newLockAccept(p *project) *cobra.Command {
	var tenants []string
	c := &cobra.Command{
		Use:   "accept CHANGE",
		Short: "Take a change of the layout over, after the data was moved",
		Example: `  tenantctl lock accept keyShards --tenant whisker-world
  tenantctl lock accept expireDays:photos`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var accepted []string
			err := p.editLock(func(l *layout.Lock, w layout.Wanted) (next *layout.Lock, err error) {
				next, accepted, err = l.Accept(w, args[0], tenants)
				return next, err
			})
			if err == nil {
				fmt.Fprintf(c.OutOrStdout(), "accepted %s of %s in %s; commit the file\n", args[0], strings.Join(accepted, ", "), p.lockFile())
			}
			return err
		},
	}
	c.Flags().StringSliceVar(&tenants, "tenant", nil, "only for these tenants, by `id`; by default for all that have the change")
	return c
}

func newLockForget(p *project) *cobra.Command {
	return &cobra.Command{
		Use:   "forget ID",
		Short: "Take the tombstone of a removed tenant away, once everything of it is deleted",
		Long: `forget gives the id and the billing account of a removed tenant free. Whoever gets them next finds
what was not deleted: rows and documents under the billing account, tables and buckets with the id.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			err := p.editLock(func(l *layout.Lock, _ layout.Wanted) (*layout.Lock, error) { return l, l.Forget(args[0]) })
			if err == nil {
				fmt.Fprintf(c.OutOrStdout(), "forgot %s in %s; commit the file\n", args[0], p.lockFile())
			}
			return err
		},
	}
}

// editLock changes the lock by what edit makes of it, whole or not at all.
func (p *project) editLock(edit func(*layout.Lock, layout.Wanted) (*layout.Lock, error)) error {
	planned, err := plan.Load(p.tenants, p.contract, plan.Selection{})
	if err != nil {
		return err
	}
	return planned.EditLock(p.lockFile(), edit)
}

// readLock is the lock, without tenants where there is none yet.
func (p *project) readLock() (*layout.Lock, error) {
	l, err := layout.Read(p.lockFile())
	if errors.Is(err, fs.ErrNotExist) {
		return layout.New(), nil
	}
	return l, err
}

// printWhatStays tells what is left of a tenant that was taken out of tenants.yaml.
func printWhatStays(w io.Writer, l layout.Layout) {
	fmt.Fprintf(w, "its stack stays until you delete it: %s in AWS account %s, %s\n", l.Stack, l.AWSAccount, l.Region)
	fmt.Fprintf(w, "  first  export its log groups and delete its rows in shared tables, if you have to: docs/guide.md#remove-a-tenant\n")
	fmt.Fprintf(w, "  then   aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name %s --region %s\n", l.Stack, l.Region)
	fmt.Fprintf(w, "         aws cloudformation delete-stack --stack-name %s --region %s\n", l.Stack, l.Region)
	fmt.Fprintln(w, "what holds data stays even then:")
	var tables []string
	for _, t := range l.Tables {
		tables = append(tables, t.Name)
	}
	slices.Sort(tables)
	if l.Data == "dedicated" {
		fmt.Fprintf(w, "  tables   %s\n", strings.Join(tables, ", "))
	} else {
		fmt.Fprintf(w, "  rows     billing account %s in %s\n", l.BillingAccount, strings.Join(tables, ", "))
	}
	if l.Search != "" {
		fmt.Fprintf(w, "  index    %s in domain %s (%s)\n", l.Index.Name, l.Index.Domain, l.Search)
	}
	fmt.Fprintf(w, "  buckets  %s, %s\n", l.Uploads.Bucket, l.Site)
}
