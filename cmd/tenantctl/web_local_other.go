//go:build !unix

package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/tenantstack/tenantstack/internal/release"
	"github.com/tenantstack/tenantstack/plan"
)

// localSites are none: the engines of the local cloud need a Unix.
type localSites struct{}

func (*localSites) sites([]release.Site) (kept []release.Site, left []string) { return nil, nil }

func (*localSites) connect(context.Context, plan.Environment) (release.Clients, error) {
	return release.Clients{}, errors.ErrUnsupported
}

func (o *webTenants) localCloud(context.Context, string) (*localSites, error) {
	if o.local {
		return nil, errors.New("the local cloud needs a Unix: --local is of no use here")
	}
	return nil, nil
}

func dataFlag(c *cobra.Command, data *string) {
	c.Flags().StringVar(data, "data", ".local", "the `folder` that keeps the data")
}
