package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/tenantstack/tenantstack/internal/cfn"
	"github.com/tenantstack/tenantstack/internal/prove"
	"github.com/tenantstack/tenantstack/internal/prove/declared"
	"github.com/tenantstack/tenantstack/internal/prove/owners"
	"github.com/tenantstack/tenantstack/internal/prove/report"
	"github.com/tenantstack/tenantstack/plan"
)

// proveOptions are the flags of prove.
type proveOptions struct {
	owners string
	json   bool
	sarif  string
	html   string
}

func newProve(p *project) *cobra.Command {
	var o proveOptions
	c := &cobra.Command{
		Use:   "prove [cdk.out | template.json ...]",
		Short: "Prove from the synthesized templates that no tenant can reach another's data",
		Long: `prove reads the templates that cdk synth wrote and decides, for every principal of every
tenant and everything that is not that tenant's own, that AWS would allow no request; that
every method of every API is behind the authorizer; that no bucket is public and no policy
lets in everyone; and that every role suffices for its operations. A counterexample names
the statement, a request, and the fix, and makes the exit status 1.

Stacks whose templates are not there are known by the names that they will have, and the
report says what was not checked of them.

Who owns what comes from tenants.yaml and the contract, or, for templates that this platform
did not make, from a file (--owners; see docs/proof.md).`,
		Example: `  tenantctl prove
  tenantctl prove --html proof.html --sarif proof.sarif
  tenantctl prove --owners owners.yaml shop-blue.template.json shop-red.template.json`,
		Args:        cobra.ArbitraryArgs,
		Annotations: map[string]string{takesFiles: "templates"},
		RunE: func(c *cobra.Command, args []string) error {
			r, err := p.prove(o.owners, args)
			if err != nil {
				return err
			}
			return o.write(c.OutOrStdout(), r)
		},
	}
	c.Flags().StringVar(&o.owners, "owners", "", "the `file` that says which assets belong to whom, instead of tenants.yaml")
	c.Flags().BoolVar(&o.json, "json", false, "print the report as JSON")
	c.Flags().StringVar(&o.sarif, "sarif", "", "also write the findings as SARIF 2.1.0 to this `file`, for code review")
	c.Flags().StringVar(&o.html, "html", "", "also write the matrix of tenants as a page to this `file`")
	c.AddCommand(newProveTypes())
	return c
}

// newProveTypes shows what the proof understands.
func newProveTypes() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "types [TYPE ...]",
		Short: "Show which resource types the proof understands, and how it judges their properties",
		Long: `types lists the resource types that the proof understands. With names of types it shows every
property of each, how it is judged, and why; docs/proof.md explains the judgements. Whatever is
not listed is a finding, not-understood.`,
		Example: `  tenantctl prove types
  tenantctl prove types AWS::SQS::Queue
  tenantctl prove types --json AWS::SQS::Queue`,
		RunE: func(c *cobra.Command, args []string) error { return writeTypes(c.OutOrStdout(), args, asJSON) },
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func writeTypes(w io.Writer, names []string, asJSON bool) error {
	var problems []error
	types := declared.Types()
	if len(names) > 0 {
		types = nil
	}
	for _, name := range names {
		t := declared.Lookup(name)
		if t == nil {
			problems = append(problems, fmt.Errorf("show types: the proof does not understand %s: tenantctl prove types lists those that it does", name))
			continue
		}
		types = append(types, t)
	}
	if err := errors.Join(problems...); err != nil {
		return err
	}
	if asJSON {
		all := map[string][]declared.Property{}
		for _, t := range types {
			all[t.Name] = t.List()
		}
		return printJSON(w, all)
	}
	for _, t := range types {
		line := t.Name + "\n"
		if len(names) > 0 {
			line = t.String()
		}
		if _, err := io.WriteString(w, line); err != nil {
			return err
		}
	}
	return nil
}

// prove reads the templates and says who owns what in them.
func (p *project) prove(ownersFile string, args []string) (*report.Report, error) {
	if ownersFile != "" {
		file, err := owners.LoadOwnership(ownersFile)
		if err != nil {
			return nil, err
		}
		assembly, err := readTemplates(args, file.Environments)
		if err != nil {
			return nil, err
		}
		return prove.Prove(assembly, file.Ownership)
	}
	planned, planErr := p.plan(plan.Selection{})
	var ownership owners.Ownership
	environments := map[string]string{}
	if planErr == nil {
		ownership = owners.FromPlan(planned)
		for _, stack := range ownership.Planned {
			environments[stack.Stack] = stack.Environment
		}
	}
	assembly, err := readTemplates(args, environments)
	if err := errors.Join(planErr, err); err != nil {
		return nil, err
	}
	return prove.Prove(assembly, ownership)
}

// proveSynthesized proves what synth has just written. In a table of stacks the result is
// one more line; beside JSON it is told when it failed.
func (p *project) proveSynthesized(c *cobra.Command, planned *plan.Plan, o synthOptions, assembly *cfn.Assembly) error {
	var err error
	if len(o.selection.Tenants)+len(o.selection.Cells) > 0 {
		// What was not synthesized belongs to somebody all the same, wherever its data is.
		if planned, err = p.planLocked(plan.Selection{}, plan.LockNone); err != nil {
			return err
		}
	}
	r, err := prove.Prove(assembly, owners.FromPlan(planned))
	if err != nil {
		return err
	}
	if !o.json {
		return proveOptions{}.write(c.OutOrStdout(), r)
	}
	if r.Proved {
		return nil
	}
	return proveOptions{}.write(c.ErrOrStderr(), r)
}

// readTemplates reads folders that cdk synth wrote and single templates. A template's stack
// is its file's name up to the first dot.
func readTemplates(args []string, environments map[string]string) (*cfn.Assembly, error) {
	if len(args) == 0 {
		args = []string{"cdk.out"}
	}
	all := &cfn.Assembly{}
	var problems []error
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			problems = append(problems, err)
			continue
		}
		if err == nil && !info.IsDir() {
			name, _, _ := strings.Cut(filepath.Base(arg), ".")
			environment := environments[name]
			if environment == "" {
				environment = "aws://unknown-account/unknown-region"
			}
			stack, err := cfn.ReadTemplate(arg, name, environment)
			problems = append(problems, err)
			all.Stacks = append(all.Stacks, stack)
			continue
		}
		assembly, err := cfn.ReadAssembly(arg)
		problems = append(problems, err)
		if err == nil {
			all.Stacks = append(all.Stacks, assembly.Stacks...)
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return all, nil
}

func (o proveOptions) write(w io.Writer, r *report.Report) error {
	var problems []error
	if o.sarif != "" {
		root, err := os.Getwd()
		problems = append(problems, err, writeFile(o.sarif, func(w io.Writer) error { return r.WriteSARIF(w, root) }))
	}
	if o.html != "" {
		problems = append(problems, writeFile(o.html, r.WriteHTML))
	}
	if o.json {
		problems = append(problems, printJSON(w, r))
	} else {
		problems = append(problems, r.WriteText(w))
	}
	if !r.Proved {
		problems = append(problems, errReported)
	}
	return errors.Join(problems...)
}

// writeFile writes all of a file or leaves what was there.
func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(f.Name())
	if err := errors.Join(write(f), f.Chmod(0o644), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
