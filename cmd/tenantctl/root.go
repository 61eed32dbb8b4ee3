package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"
	"github.com/tenantstack/tenantstack/plan"
)

// project is where the files of a project are, as flags of the root command.
type project struct {
	tenants, contract string
}

// The files that the CDK app reads.
const (
	defaultTenants  = "tenants.yaml"
	defaultContract = "api/openapi.yaml"
)

func newRoot() *cobra.Command {
	p := &project{}
	root := &cobra.Command{
		Use:   "tenantctl",
		Short: "One stack for every tenant of tenants.yaml",
		Long: `tenantctl checks tenants.yaml and the contract, shows the plan made of them, and
synthesizes the stacks. It is run in the folder that has cdk.json.`,
		SilenceUsage:      true,
		SilenceErrors:     true,
		PersistentPreRunE: refuseEmptyFlags,
	}
	root.PersistentFlags().StringVar(&p.tenants, "tenants", defaultTenants, "the `file` that lists the tenants")
	root.PersistentFlags().StringVar(&p.contract, "contract", defaultContract, "the OpenAPI `document` of the API")
	root.AddCommand(newValidate(p), newPlan(p), newSynth(p), newProve(p), newIAM(), newTenant(p), newLock(p), newSchema(), newWeb(p), newDoctor(p))
	root.AddCommand(localCommands()...)
	root.InitDefaultCompletionCmd()
	refuseUnknownCommands(root)
	return root
}

// plan is made of the selected stacks. The problems of both files are reported at once, then the edits that
// the lock does not allow. A lock that is not there yet is made by synth.
func (p *project) plan(s plan.Selection) (*plan.Plan, error) {
	mode := plan.LockAdd
	if _, err := os.Stat(p.lockFile()); errors.Is(err, fs.ErrNotExist) {
		mode = plan.LockNone
	}
	return p.planLocked(s, mode)
}

// planLocked is plan with a mode of the lock, whether that is there or not.
func (p *project) planLocked(s plan.Selection, mode plan.LockMode) (*plan.Plan, error) {
	planned, err := plan.Load(p.tenants, p.contract, s)
	if err != nil {
		return nil, err
	}
	if _, err := planned.Lock(p.lockFile(), mode); err != nil {
		return nil, err
	}
	return planned, nil
}

// lockFile is beside tenants.yaml.
func (p *project) lockFile() string { return plan.LockFile(p.tenants) }

// selectionFlags add --tenant and --cell to a command.
func selectionFlags(c *cobra.Command, s *plan.Selection) {
	c.Flags().StringSliceVar(&s.Tenants, "tenant", nil, "only the stacks of these tenants, by `id`")
	c.Flags().StringSliceVar(&s.Cells, "cell", nil, "only these cells and the stacks of all their tenants, by `name`")
}

func printJSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return fmt.Errorf("print JSON: %w", err)
	}
	return nil
}
