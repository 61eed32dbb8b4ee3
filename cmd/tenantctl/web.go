package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/tenantstack/tenantstack/internal/release"
	"github.com/tenantstack/tenantstack/plan"
)

func newWeb(p *project) *cobra.Command {
	c := &cobra.Command{
		Use:   "web",
		Short: "Release the web application to tenants, take it back, show who has what",
		Args:  cobra.NoArgs,
	}
	c.AddCommand(newWebRelease(p), newWebStatus(p))
	return c
}

// webTenants are the flags that say which tenants are meant, and where they are.
type webTenants struct {
	selection plan.Selection
	waves     []string
	parallel  int
	role      string
	local     bool
	loopback  bool
	data      string
}

func (o *webTenants) flags(c *cobra.Command) {
	selectionFlags(c, &o.selection)
	c.Flags().StringSliceVar(&o.waves, "wave", nil, "only tenants of these waves, by `name`")
	c.Flags().IntVar(&o.parallel, "parallel", 8, "how `many` tenants at a time")
	c.Flags().StringVar(&o.role, "assume-role", "", "assume the role of this `name` in the AWS account of each tenant")
	c.Flags().BoolVar(&o.local, "local", false, "the tenants of the local cloud, not those on AWS")
	c.Flags().BoolVar(&o.loopback, loopbackFlag, false, "take an endpoint of this machine (AWS_ENDPOINT_URL) that is not the local cloud's for AWS, "+
		"such as an emulator or a tunnel; tenants get the issuer of tenants.yaml")
	dataFlag(c, &o.data)
	c.MarkFlagsMutuallyExclusive("local", "assume-role")
	c.MarkFlagsMutuallyExclusive("local", loopbackFlag)
}

// loopbackFlag permits an endpoint of this machine.
const loopbackFlag = "allow-loopback-endpoint"

// sites are those of the selected tenants. With waves, it is the tenants of the selection that are in one of them.
func (o *webTenants) sites(p *project) ([]release.Site, error) {
	if o.parallel < 1 {
		return nil, fmt.Errorf("select tenants: --parallel is %d, want 1 or more", o.parallel)
	}
	planned, err := p.plan(o.selection)
	if err != nil {
		return nil, err
	}
	sites := release.Sites(planned)
	if len(o.waves) > 0 {
		if sites, err = ofWaves(planned, sites, o.waves); err != nil {
			return nil, err
		}
	}
	if len(sites) == 0 {
		return nil, errors.New("select tenants: there is none")
	}
	return sites, nil
}

func ofWaves(planned *plan.Plan, sites []release.Site, waves []string) ([]release.Site, error) {
	known, wave := map[string]bool{}, map[string]string{}
	for _, t := range planned.Tenants {
		known[t.Wave], wave[t.ID] = true, t.Wave
	}
	var problems []error
	for _, w := range waves {
		if !known[w] {
			problems = append(problems, fmt.Errorf("select tenants: none of them is in the wave %q: there are %s", w, strings.Join(slices.Sorted(maps.Keys(known)), ", ")))
		}
	}
	return slices.DeleteFunc(sites, func(s release.Site) bool { return !slices.Contains(waves, wave[s.Tenant]) }), errors.Join(problems...)
}

// connect finds where the sites are: in the local cloud or on AWS. It leaves out the sites that the local
// cloud does not run.
func (o *webTenants) connect(ctx context.Context, progress io.Writer, sites []release.Site) ([]release.Site, release.Connect, error) {
	var base aws.Config
	var err error
	if !o.local {
		if base, err = loadAWS(ctx, progress); err != nil {
			return nil, nil, err
		}
	}
	endpoint := ""
	if !o.local {
		endpoint = endpointOf(base)
	}
	local, err := o.localCloud(ctx, endpoint)
	if err != nil {
		return nil, nil, err
	}
	if local == nil && isLoopback(endpoint) && !o.loopback {
		// Another local cloud's tenants would get the issuer of production.
		return nil, nil, errors.Join(
			fmt.Errorf("the endpoint of S3 is %s, and no local cloud with the data folder %s runs there: name its folder with --data, or, if AWS is meant, unset AWS_ENDPOINT_URL", endpoint, o.data),
			fmt.Errorf("if what is at %s stands for AWS, as an emulator or a tunnel does, say so with --%s", endpoint, loopbackFlag))
	}
	if local == nil {
		return sites, release.NewAccounts(base, o.role).Connect, nil
	}
	sites, left := local.sites(sites)
	if len(left) > 0 {
		fmt.Fprintln(progress, "left out, since the local cloud does not run them:", strings.Join(left, ", "))
	}
	if len(sites) == 0 {
		return nil, nil, errors.New("select tenants: the local cloud runs none of them")
	}
	return sites, local.connect, nil
}

// webRelease are the flags of web release.
type webRelease struct {
	webTenants
	web, dist             string
	rollback              bool
	back                  release.Back
	dryRun, quiet, asJSON bool
}

func newWebRelease(p *project) *cobra.Command {
	var o webRelease
	c := &cobra.Command{
		Use:   "release",
		Short: "Put a build of the web application in place at tenants, or take it back",
		Long: `release builds the web application once and puts it in place at every selected tenant: files with
a hash in their name first, index.html last, so that a page is whole at every moment. The current release and
the two before it are kept; what only older ones need is deleted. Nothing is uploaded twice: a release that
was interrupted, or failed for some tenants, goes on when it is run again.

With --rollback it puts the release before the current one in place again, or that of --to. A tenant that was
rolled back already stays as it is. If the selected tenants do not all have the same release, nothing is done
without --from, which says which one to take back where it is in place, or --to.

Credentials, region and endpoint are those of the AWS CLI (AWS_PROFILE, AWS_ENDPOINT_URL, …). With --local, or where
AWS_ENDPOINT_URL is that of the local cloud, the local cloud's own are used. Any other endpoint of this machine is refused
unless --allow-loopback-endpoint says that it stands for AWS.`,
		Example: `  tenantctl web release --wave canary --assume-role web-release
  tenantctl web release --tenant acme,tabby-cafe --dist web/dist --dry-run
  tenantctl web release --rollback
  tenantctl web release --rollback --from 3f2a9c01bd77
  tenantctl web release --local`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return o.run(c.Context(), p, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	o.flags(c)
	c.Flags().StringVar(&o.web, "web", "web", "the `folder` of the application, where npm run build writes dist")
	c.Flags().StringVar(&o.dist, "dist", "", "release the build in this `folder`, without building")
	c.Flags().BoolVar(&o.rollback, "rollback", false, "go back to the release before the current one")
	c.Flags().StringVar(&o.back.From, "from", "", "with --rollback, go back at the tenants that have the release with this `id`; the others stay as they are")
	c.Flags().StringVar(&o.back.To, "to", "", "with --rollback, go back to the release with this `id`")
	c.Flags().BoolVar(&o.dryRun, "dry-run", false, "show what would be done, and do nothing; what is built for it is not kept")
	c.Flags().BoolVar(&o.quiet, "quiet", false, "show the summary alone")
	c.Flags().BoolVar(&o.asJSON, "json", false, "print what became of each tenant as JSON")
	c.MarkFlagsMutuallyExclusive("rollback", "dist")
	c.MarkFlagsMutuallyExclusive("rollback", "web")
	return c
}

// releaseID is how web status and web release name a release.
var releaseID = regexp.MustCompile(`^[0-9a-f]{12}$`)

func (o *webRelease) run(ctx context.Context, p *project, out, progress io.Writer) error {
	for _, named := range []struct{ flag, id string }{{"from", o.back.From}, {"to", o.back.To}} {
		switch {
		case named.id != "" && !o.rollback:
			return fmt.Errorf("release: --%s names the release of a rollback: add --rollback", named.flag)
		case named.id != "" && !releaseID.MatchString(named.id):
			return fmt.Errorf("roll back: --%s is %q, want the 12 hexadecimal digits that tenantctl web status shows", named.flag, named.id)
		}
	}
	sites, err := o.sites(p)
	if err != nil {
		return err
	}
	sites, connect, err := o.connect(ctx, progress, sites)
	if err != nil {
		return err
	}
	if err := o.begin(ctx, out, connect, sites); err != nil {
		return err
	}
	var build *release.Build
	if !o.rollback {
		if build, err = o.build(ctx, progress); err != nil {
			return err
		}
	}
	r := newWebReport(o, out, progress, sites)
	releaser := release.New(release.Options{Connect: connect, Parallel: o.parallel, DryRun: o.dryRun, Progress: r.line})
	if o.rollback {
		results, err := releaser.Rollback(ctx, o.back, sites)
		if err != nil {
			return err
		}
		return r.end(results)
	}
	return r.end(releaser.Release(ctx, build, sites))
}

// build reads the build, after building it unless there is a folder with one.
func (o *webRelease) build(ctx context.Context, progress io.Writer) (*release.Build, error) {
	if o.dist != "" {
		return release.Load(o.dist)
	}
	if !o.dryRun {
		return buildAndLoad(ctx, progress, o.web)
	}
	var build *release.Build
	err := keepDist(o.web, func() (err error) {
		build, err = buildAndLoad(ctx, progress, o.web)
		return err
	})
	return build, err
}

func buildAndLoad(ctx context.Context, progress io.Writer, dir string) (*release.Build, error) {
	dist, err := buildWeb(ctx, progress, dir)
	if err != nil {
		return nil, err
	}
	return release.Load(dist)
}
