package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/tenantstack/tenantstack/internal/release"
)

func newWebStatus(p *project) *cobra.Command {
	var o webTenants
	var asJSON bool
	c := &cobra.Command{
		Use:   "status",
		Short: "Show which release of the web application each tenant has, since when, and which it can go back to",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return o.status(c.Context(), p, c.OutOrStdout(), c.ErrOrStderr(), asJSON)
		},
	}
	o.flags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	return c
}

func (o *webTenants) status(ctx context.Context, p *project, out, progress io.Writer, asJSON bool) error {
	sites, err := o.sites(p)
	if err != nil {
		return err
	}
	sites, connect, err := o.connect(ctx, progress, sites)
	if err != nil {
		return err
	}
	all := release.New(release.Options{Connect: connect, Parallel: o.parallel}).Status(ctx, sites)
	if asJSON {
		return printStatusesJSON(out, all)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TENANT\tRELEASE\tSINCE\tROLLBACK TO\tOTHERS")
	for _, s := range all {
		fmt.Fprintln(w, strings.Join(statusRow(s), "\t"))
	}
	defer warn(progress, release.StatusWarnings(all))
	return errors.Join(append([]error{w.Flush()}, release.StatusFailures(all)...)...)
}

func statusRow(s release.Status) []string {
	if s.Err != nil {
		return []string{s.Tenant, "FAILED, see below", "-", "-", "-"}
	}
	release, since, back := s.Release, "-", "-"
	switch {
	case s.Foreign:
		release = "not by tenantctl"
	case s.Release == "":
		release = "none"
	}
	if !s.Since.IsZero() {
		since = s.Since.Local().Format(time.DateTime)
	}
	if s.RolledBackFrom != "" {
		since += ", rolled back from " + s.RolledBackFrom
	}
	var others []string
	for _, o := range s.Others {
		text := fmt.Sprintf("%s (%s)", o.Release, o.Released.Local().Format(time.DateTime))
		if o.Before {
			back = text
		} else {
			others = append(others, text)
		}
	}
	if len(others) == 0 {
		others = []string{"-"}
	}
	return []string{s.Tenant, release, since, back, strings.Join(others, ", ")}
}

// statusJSON is what web status --json prints of a tenant.
type statusJSON struct {
	Tenant         string      `json:"tenant"`
	Release        string      `json:"release,omitempty"`
	Foreign        bool        `json:"notByTenantctl,omitempty"`
	Since          *time.Time  `json:"since,omitempty"`
	RolledBackFrom string      `json:"rolledBackFrom,omitempty"`
	Others         []otherJSON `json:"others"`
	Warnings       []string    `json:"warnings,omitempty"`
	Error          string      `json:"error,omitempty"`
}

type otherJSON struct {
	Release  string    `json:"release"`
	Released time.Time `json:"released"`
	Rollback bool      `json:"rollback"`
}

func printStatusesJSON(w io.Writer, all []release.Status) error {
	out, failed := []statusJSON{}, false
	for _, s := range all {
		j := statusJSON{Tenant: s.Tenant, Release: s.Release, Foreign: s.Foreign, RolledBackFrom: s.RolledBackFrom, Others: []otherJSON{}, Warnings: texts(s.Warnings)}
		if !s.Since.IsZero() {
			since := s.Since.UTC()
			j.Since = &since
		}
		for _, o := range s.Others {
			j.Others = append(j.Others, otherJSON{o.Release, o.Released, o.Before})
		}
		if s.Err != nil {
			j.Error, failed = s.Err.Error(), true
		}
		out = append(out, j)
	}
	if err := printJSON(w, out); err != nil || !failed {
		return err
	}
	return errReported
}
