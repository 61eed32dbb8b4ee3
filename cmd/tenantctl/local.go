//go:build unix

package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tenantstack/tenantstack/internal/localcloud/control"
)

// localCommands are those of the local cloud.
func localCommands() []*cobra.Command {
	return []*cobra.Command{newUp(), newDown(), newStatus(), newLogs(), newToken(), newCredentials()}
}

func newStatus() *cobra.Command {
	var data string
	var asJSON bool
	c := &cobra.Command{
		Use:   "status",
		Short: "Show the tenants, engines, streams and queues of the local cloud",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			client, err := control.NewClient(data)
			if err != nil {
				return err
			}
			s, err := client.Status(c.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), s)
			}
			printStatus(c.OutOrStdout(), s)
			return nil
		},
	}
	dataFlag(c, &data)
	c.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	return c
}

func printStatus(w io.Writer, s control.Status) {
	fmt.Fprintf(w, "%s since %s, process %d, %.0f MB in all, %s, %s\n", s.State, s.Started.Local().Format(time.DateTime), s.PID,
		float64(s.MemoryBytes)/(1<<20), count(int(s.Requests), "request"), count(int(s.Denials), "denial"))
	fmt.Fprintf(w, "console %s, endpoint %s, issuer %s\n\n", s.URL, s.Endpoint, s.Issuer)
	for _, t := range s.Tenants {
		fmt.Fprintf(w, "%-8s %-28s %s %s\n", t.State, t.ID, t.URL, t.Problem)
	}
	if len(s.Engines) > 0 {
		fmt.Fprintln(w)
	}
	for _, e := range s.Engines {
		fmt.Fprintf(w, "%-8s %-28s process %d, %.0f MB, restarts %d\n", e.State, e.Name, e.PID, float64(e.MemoryBytes)/(1<<20), e.Restarts)
	}
	for _, m := range s.Streams {
		fmt.Fprintf(w, "%-8s %s -> %s, behind by %s (%d ms) %s\n", m.State, m.Source, m.Function, count(m.LagRecords, "record"), m.LagMillis, m.Problem)
	}
	for _, q := range s.Queues {
		if q.Visible+q.InFlight > 0 {
			fmt.Fprintf(w, "queue    %s: %d visible, %d in flight\n", q.Name, q.Visible, q.InFlight)
		}
	}
	for _, line := range s.NotRun {
		fmt.Fprintln(w, "not run ", line)
	}
}

func newLogs() *cobra.Command {
	var data string
	var since time.Duration
	q := control.LogQuery{}
	c := &cobra.Command{
		Use:   "logs [text]",
		Short: "Show what the functions and APIs of the local cloud logged",
		Long:  `logs shows the latest lines of the local cloud's log groups, those that hold the text if one is given.`,
		Example: `  tenantctl logs --tenant acme --follow
  tenantctl logs --function KittensPostFn --since 10m '"level":"ERROR"'`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			client, err := control.NewClient(data)
			if err != nil {
				return err
			}
			if len(args) == 1 {
				q.Text = args[0]
			}
			if since > 0 {
				q.Since = time.Now().Add(-since)
			}
			return client.Logs(c.Context(), q, func(l control.LogLine) error {
				_, err := fmt.Fprintf(c.OutOrStdout(), "%s %s %s\n", l.Time.Local().Format("15:04:05.000"), l.Group, strings.TrimRight(l.Text, "\n"))
				return err
			})
		},
	}
	dataFlag(c, &data)
	c.Flags().StringVar(&q.Tenant, "tenant", "", "only log groups of this tenant, by `id`")
	c.Flags().StringVar(&q.Function, "function", "", "only log groups or streams of functions with this `name` in theirs")
	c.Flags().DurationVar(&since, "since", 0, "only lines of this last `time`, such as 10m")
	c.Flags().IntVar(&q.Limit, "limit", 200, "at most this `number` of lines, the latest")
	c.Flags().BoolVarP(&q.Follow, "follow", "f", false, "go on with what is logged from now on")
	return c
}

func newToken() *cobra.Command {
	var data string
	var asJSON bool
	var ttl time.Duration
	in := control.TokenRequest{}
	c := &cobra.Command{
		Use:   "token --tenant id",
		Short: "Print an access token of the local identity provider",
		Example: `  curl -H "Authorization: Bearer $(tenantctl token --tenant acme)" http://acme.localhost:4566/api/kittens
  tenantctl token --tenant acme --user reader --scope kittens:read`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			client, err := control.NewClient(data)
			if err != nil {
				return err
			}
			in.Seconds = int(ttl / time.Second)
			token, err := client.Token(c.Context(), in)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), token)
			}
			fmt.Fprintln(c.OutOrStdout(), token.AccessToken)
			return nil
		},
	}
	dataFlag(c, &data)
	c.Flags().StringVar(&in.Tenant, "tenant", "", "the tenant that the token is for, by `id`")
	c.Flags().StringVar(&in.User, "user", "admin", "who gets it: reader, editor, admin or machine")
	c.Flags().StringSliceVar(&in.Scopes, "scope", nil, "only these `scopes`; all that the user may have by default")
	c.Flags().DurationVar(&ttl, "ttl", time.Hour, "how `long` it is valid; a negative time makes one that has expired")
	c.Flags().BoolVar(&asJSON, "json", false, "print the whole answer as JSON")
	if err := c.MarkFlagRequired("tenant"); err != nil {
		panic(err) // the flag is there
	}
	c.AddCommand(newRotate())
	return c
}

func newRotate() *cobra.Command {
	var data string
	var forget bool
	c := &cobra.Command{
		Use:   "rotate",
		Short: "Sign tokens with a new key from now on",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			client, err := control.NewClient(data)
			if err != nil {
				return err
			}
			kid, err := client.RotateKeys(c.Context(), forget)
			if err == nil {
				fmt.Fprintln(c.OutOrStdout(), "tokens are signed with key", kid)
			}
			return err
		},
	}
	dataFlag(c, &data)
	c.Flags().BoolVar(&forget, "forget", false, "take the old key away at once, so that its tokens are refused")
	return c
}

func newCredentials() *cobra.Command {
	var data, account, role, tenant string
	var asJSON bool
	c := &cobra.Command{
		Use:   "credentials",
		Short: "Print credentials for the AWS CLI and SDKs against the local cloud",
		Long: `credentials prints shell commands that let the AWS CLI and every SDK work on the local
cloud, as the operator of an account, who may do everything there, or as one of its roles.
With --json it is what credential_process in a profile of ~/.aws/config expects.`,
		Example: `  eval "$(tenantctl credentials --tenant acme)" && aws dynamodb list-tables
  eval "$(tenantctl credentials --role arn:aws:iam::111111111111:role/kittens/tenant/acme/kittens_tenant_acme_Reader_eu-west-1)"`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			client, err := control.NewClient(data)
			if err != nil {
				return err
			}
			if tenant != "" {
				if account, err = accountOf(c.Context(), client, tenant); err != nil {
					return err
				}
			}
			got, err := client.Credentials(c.Context(), account, role)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), got)
			}
			printExports(c.OutOrStdout(), got)
			return nil
		},
	}
	dataFlag(c, &data)
	c.Flags().StringVar(&account, "account", "", "the AWS `account`; the first of the templates by default")
	c.Flags().StringVar(&tenant, "tenant", "", "the AWS account of this tenant, by `id`")
	c.Flags().StringVar(&role, "role", "", "the `ARN` of a role, whose policies then decide")
	c.Flags().BoolVar(&asJSON, "json", false, "print them as JSON, for credential_process")
	c.MarkFlagsMutuallyExclusive("account", "tenant", "role")
	return c
}

// accountOf is the AWS account that a tenant lives in.
func accountOf(ctx context.Context, client *control.Client, tenant string) (string, error) {
	status, err := client.Status(ctx)
	if err != nil {
		return "", err
	}
	var ids []string
	for _, t := range status.Tenants {
		if t.ID == tenant {
			return t.Account, nil
		}
		ids = append(ids, t.ID)
	}
	return "", fmt.Errorf("the local cloud runs no tenant %q: there are %s", tenant, strings.Join(ids, ", "))
}

func printExports(w io.Writer, c control.Credentials) {
	fmt.Fprintf(w, "export AWS_ENDPOINT_URL=%s\nexport AWS_REGION=%s\nexport AWS_DEFAULT_REGION=%s\n", c.Endpoint, c.Region, c.Region)
	fmt.Fprintf(w, "export AWS_ACCESS_KEY_ID=%s\nexport AWS_SECRET_ACCESS_KEY=%s\n", c.AccessKeyID, c.SecretAccessKey)
	if c.SessionToken == "" {
		fmt.Fprintln(w, "unset AWS_SESSION_TOKEN")
		return
	}
	fmt.Fprintf(w, "export AWS_SESSION_TOKEN=%s\n", c.SessionToken)
}
