package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/tenantstack/tenantstack/plan"
)

// doctorOptions are the flags of doctor.
type doctorOptions struct {
	selection plan.Selection
	profiles  []string
	timeout   time.Duration
	asJSON    bool
}

// typingTime is how long a person may take to type an MFA code.
const typingTime = 2 * time.Minute

func newDoctor(p *project) *cobra.Command {
	var o doctorOptions
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Check, before a deployment, which AWS accounts it needs and which credentials answer for each",
		Long: `doctor lists the AWS accounts and regions of the selected stacks, and asks AWS, for each, whether there are
credentials that cdk deploy can use there: credentials of the account itself, or those of another account that may become
the deploy role which cdk bootstrap --trust makes. Nothing is changed. It fails when one account does not answer.

Credentials are found as the AWS CLI finds them (AWS_PROFILE, …). Where a cell is deployed with a profile of its own, in
a run of cdk deploy --profile NAME -c cell=CELL for itself, name it with --profile CELL=NAME.`,
		Example: `  tenantctl doctor
  tenantctl doctor --tenant acme
  tenantctl doctor --profile eu-1=platform,acme-1=acme-admin`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return o.run(c.Context(), p, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	selectionFlags(c, &o.selection)
	c.Flags().StringSliceVar(&o.profiles, "profile", nil, "use a profile of the AWS configuration for a cell, as `CELL=PROFILE`")
	c.Flags().DurationVar(&o.timeout, "timeout", 15*time.Second, "how `long` to wait for an account")
	c.Flags().BoolVar(&o.asJSON, "json", false, "print {\"accounts\": […]} for scripts; the exit code stays 1 when one does not answer")
	return c
}

func (o *doctorOptions) run(ctx context.Context, p *project, out, progress io.Writer) error {
	if o.timeout <= 0 {
		return fmt.Errorf("check accounts: --timeout is %s, want more than 0", o.timeout)
	}
	planned, err := p.plan(o.selection)
	if err != nil {
		return err
	}
	profiles, err := o.profilesByCell(planned)
	if err != nil {
		return err
	}
	qualifier, err := bootstrapQualifier()
	if err != nil {
		return err
	}
	check := &accountCheck{load: tellEndpoint(progress, loadProfile(progress)), qualifier: qualifier, timeout: o.timeout, credentialsTimeout: o.timeout}
	if isatty.IsTerminal(os.Stdin.Fd()) {
		check.credentialsTimeout = max(o.timeout, typingTime)
	}
	answers := check.ask(ctx, neededAccounts(planned, profiles))
	if o.asJSON {
		return printAnswersJSON(out, answers)
	}
	return printAnswers(out, answers)
}

// profilesByCell reads --profile. Every mistake is reported.
func (o *doctorOptions) profilesByCell(planned *plan.Plan) (map[string]string, error) {
	known := map[string]bool{}
	for _, c := range planned.Cells {
		known[c.Name] = true
	}
	for _, t := range planned.Tenants {
		known[t.Cell] = true
	}
	profiles := map[string]string{}
	var problems []error
	for _, text := range o.profiles {
		cell, profile, ok := strings.Cut(text, "=")
		switch {
		case !ok || cell == "" || profile == "":
			problems = append(problems, fmt.Errorf("check accounts: --profile is %q, want CELL=PROFILE", text))
		case !known[cell]:
			problems = append(problems, fmt.Errorf("check accounts: --profile names the cell %q, which has no selected stack: there are %s", cell, strings.Join(slices.Sorted(maps.Keys(known)), ", ")))
		case profiles[cell] != "":
			problems = append(problems, fmt.Errorf("check accounts: --profile names two profiles for the cell %s, %s and %s: leave out one", cell, profiles[cell], profile))
		default:
			profiles[cell] = profile
		}
	}
	return profiles, errors.Join(problems...)
}

// tellEndpoint says that it is not AWS which is asked, as with AWS_ENDPOINT_URL.
func tellEndpoint(progress io.Writer, load func(context.Context, string) (aws.Config, error)) func(context.Context, string) (aws.Config, error) {
	return func(ctx context.Context, profile string) (aws.Config, error) {
		c, err := load(ctx, profile)
		if err != nil {
			return c, err
		}
		if endpoint := aws.ToString(sts.NewFromConfig(c).Options().BaseEndpoint); endpoint != "" {
			fmt.Fprintf(progress, "tenantctl: warning: %s is asked, and not AWS (AWS_ENDPOINT_URL)\n", endpoint)
		}
		return c, nil
	}
}

func printAnswers(out io.Writer, answers []accountAnswer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ACCOUNT\tREGION\tCELLS\tSTACKS\tPROFILE\tANSWERS")
	failed := 0
	for _, a := range answers {
		text := a.caller
		switch {
		case a.err != nil:
			text, failed = "NO, see below", failed+1
		case a.role != "":
			text += " as " + a.role[strings.LastIndex(a.role, "/")+1:]
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\n", a.env.Account, a.env.Region, strings.Join(a.cells, ","), len(a.stacks), cmp.Or(a.profile, "-"), text)
	}
	problems := append([]error{w.Flush()}, unanswered(answers)...)
	if failed > 0 {
		problems = append(problems, fmt.Errorf("%d of %s would stop a deployment: see \"Several AWS accounts\" in docs/guide.md", failed, count(len(answers), "AWS environment")))
	}
	return errors.Join(problems...)
}

// unanswered are the reasons why accounts do not answer, each once with all accounts that it is the reason of.
func unanswered(answers []accountAnswer) []error {
	var reasons []error
	accounts := map[string][]string{}
	for _, a := range answers {
		if a.err == nil {
			continue
		}
		text := a.err.Error()
		if accounts[text] == nil {
			reasons = append(reasons, a.err)
		}
		accounts[text] = append(accounts[text], fmt.Sprintf("AWS account %s in %s (cell %s)", a.env.Account, a.env.Region, strings.Join(a.cells, ", ")))
	}
	var out []error
	for _, reason := range reasons {
		out = append(out, fmt.Errorf("no credentials answer for %s: %w", strings.Join(accounts[reason.Error()], ", "), reason))
	}
	return out
}

// answerJSON is what doctor --json prints of an account and region.
type answerJSON struct {
	Account string   `json:"account"`
	Region  string   `json:"region"`
	Cells   []string `json:"cells"`
	Stacks  []string `json:"stacks"`
	Profile string   `json:"profile,omitempty"`
	Answers bool     `json:"answers"`
	Caller  string   `json:"caller,omitempty"`
	Role    string   `json:"role,omitempty"`
	Error   string   `json:"error,omitempty"`
}

func printAnswersJSON(out io.Writer, answers []accountAnswer) error {
	all, failed := []answerJSON{}, false
	for _, a := range answers {
		j := answerJSON{Account: a.env.Account, Region: a.env.Region, Cells: a.cells, Stacks: a.stacks, Profile: a.profile,
			Answers: a.err == nil, Caller: a.caller, Role: a.role}
		if a.err != nil {
			j.Error, failed = a.err.Error(), true
		}
		all = append(all, j)
	}
	if err := printJSON(out, map[string]any{"accounts": all}); err != nil || !failed {
		return err
	}
	return errReported
}
