package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/tenantstack/tenantstack/internal/capacity"
	"github.com/tenantstack/tenantstack/internal/cfn"
	"github.com/tenantstack/tenantstack/plan"
)

// synthOptions are the flags of synth.
type synthOptions struct {
	selection plan.Selection
	out       string
	json      bool
	// locked and noLock are the lock's modes.
	locked, noLock bool
}

func newSynth(p *project) *cobra.Command {
	var o synthOptions
	c := &cobra.Command{
		Use:   "synth",
		Short: "Synthesize the stacks, show what they use of CloudFormation's quotas, and prove isolation",
		Long: `synth checks tenants.yaml and the contract, runs cdk synth, and shows each stack with its
resources (of 500) and its template's size (of 1 MB). Then it proves from the templates that
no tenant can reach another's data, as tenantctl prove does. A stack over a quota and a
counterexample are errors. When all tenants of an AWS account together come near one of the account's
default quotas, or pass it, that is a warning.

Where each tenant's data is stands in tenants.lock.yaml. synth adds new tenants to it and refuses
edits that would move, hide or delete what a tenant has; tenantctl lock says more.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			// Before the CDK, which takes seconds to start, does the same.
			planned, err := p.planLocked(o.selection, o.lockMode())
			if err != nil {
				return err
			}
			if p.tenants != defaultTenants || p.contract != defaultContract {
				return fmt.Errorf("synthesize: the CDK app reads %s and %s, not %s and %s: use validate or plan for other files", defaultTenants, defaultContract, p.tenants, p.contract)
			}
			start := time.Now()
			if err := runCDK(c.Context(), c.ErrOrStderr(), o); err != nil {
				return err
			}
			assembly, err := cfn.ReadAssembly(o.out)
			if err != nil {
				return err
			}
			took := time.Since(start)
			quotas := warnOfQuotas(c.ErrOrStderr(), planned)
			stacks := printStacks(c.OutOrStdout(), assembly, took, quotas, o.json)
			return errors.Join(stacks, p.proveSynthesized(c, planned, o, assembly))
		},
	}
	selectionFlags(c, &o.selection)
	c.Flags().StringVarP(&o.out, "output", "o", "cdk.out", "the `folder` to write the cloud assembly to")
	c.Flags().BoolVar(&o.json, "json", false, "print {\"stacks\": […], \"quotas\": […]}")
	c.Flags().BoolVar(&o.locked, "locked", false, "refuse whatever tenants.lock.yaml does not have yet, as CI should")
	c.Flags().BoolVar(&o.noLock, "no-lock", false, "do without tenants.lock.yaml: edits may then hide or delete data without a word")
	c.MarkFlagsMutuallyExclusive("locked", "no-lock")
	return c
}

func (o synthOptions) lockMode() plan.LockMode {
	switch {
	case o.locked:
		return plan.LockLocked
	case o.noLock:
		return plan.LockNone
	}
	return plan.LockAdd
}

// runCDK runs the CDK CLI of the project, or of the machine.
func runCDK(ctx context.Context, progress io.Writer, o synthOptions) error {
	cli := filepath.Join("node_modules", ".bin", "cdk")
	if _, err := os.Stat(cli); errors.Is(err, fs.ErrNotExist) {
		if cli, err = exec.LookPath("cdk"); err != nil {
			return fmt.Errorf("synthesize: there is no CDK CLI: run make setup, or npm ci, in this folder")
		}
	}
	args := []string{"synth", "--quiet", "--output", o.out}
	if len(o.selection.Tenants) > 0 {
		args = append(args, "-c", "tenant="+strings.Join(o.selection.Tenants, ","))
	}
	if len(o.selection.Cells) > 0 {
		args = append(args, "-c", "cell="+strings.Join(o.selection.Cells, ","))
	}
	if mode := o.lockMode(); mode != plan.LockAdd {
		args = append(args, "-c", "lock="+string(mode))
	}
	cmd := exec.CommandContext(ctx, cli, args...)
	// With CI set, the CLI writes what it did to its standard output and errors to the
	// other; what it did is of interest only when it failed.
	var did bytes.Buffer
	cmd.Stdout, cmd.Stderr = &did, progress
	cmd.Env = append(os.Environ(), "CI=true")
	fmt.Fprintln(progress, "building the functions and synthesizing the stacks (the first time takes some minutes)")
	if err := cmd.Run(); err != nil {
		return errors.Join(fmt.Errorf("synthesize: cdk synth: %w", err), errors.New(strings.TrimSpace(did.String())))
	}
	return nil
}

// stackReport is one row of the table.
type stackReport struct {
	Stack         string `json:"stack"`
	Environment   string `json:"environment"`
	Template      string `json:"template"`
	Resources     int    `json:"resources"`
	TemplateBytes int    `json:"templateBytes"`
	Functions     int    `json:"functions"`
	Roles         int    `json:"roles"`
}

// synthJSON is what synth --json prints.
type synthJSON struct {
	Stacks []stackReport      `json:"stacks"`
	Quotas []capacity.Warning `json:"quotas"`
}

func printStacks(w io.Writer, a *cfn.Assembly, took time.Duration, quotas []capacity.Warning, asJSON bool) error {
	var rows []stackReport
	var problems []error
	for _, s := range a.Stacks {
		row := stackReport{
			Stack: s.Name, Environment: s.Environment, Template: s.File,
			Resources: len(s.Template.Resources), TemplateBytes: s.Size,
			Functions: s.Template.Count("AWS::Lambda::Function"), Roles: s.Template.Count("AWS::IAM::Role"),
		}
		rows = append(rows, row)
		if row.Resources > cfn.MaxResources {
			problems = append(problems, fmt.Errorf("stack %s has %d resources; CloudFormation takes %d: split the API, or use fewer operations", row.Stack, row.Resources, cfn.MaxResources))
		}
		if row.TemplateBytes > cfn.MaxTemplateBytes {
			problems = append(problems, fmt.Errorf("the template of stack %s has %d bytes; CloudFormation takes %d: split the API, or shorten its schemas", row.Stack, row.TemplateBytes, cfn.MaxTemplateBytes))
		}
	}
	if asJSON {
		out := synthJSON{Stacks: append([]stackReport{}, rows...), Quotas: append([]capacity.Warning{}, quotas...)}
		return errors.Join(append(problems, printJSON(w, out))...)
	}
	width := len("STACK")
	for _, r := range rows {
		width = max(width, len(r.Stack))
	}
	fmt.Fprintf(w, "%-*s  RESOURCES  OF %d  TEMPLATE  OF 1 MB  FUNCTIONS  ROLES\n", width, "STACK", cfn.MaxResources)
	for _, r := range rows {
		fmt.Fprintf(w, "%-*s  %9d  %5d%%  %5.0f KB  %6d%%  %9d  %5d\n", width, r.Stack, r.Resources, percent(r.Resources, cfn.MaxResources),
			float64(r.TemplateBytes)/1024, percent(r.TemplateBytes, cfn.MaxTemplateBytes), r.Functions, r.Roles)
	}
	fmt.Fprintf(w, "%s in %s, in %.1f s\n", count(len(rows), "stack"), a.Dir, took.Seconds())
	return errors.Join(problems...)
}

// percent rounds up, so that only nothing is 0%.
func percent(n, of int) int { return (n*100 + of - 1) / of }
