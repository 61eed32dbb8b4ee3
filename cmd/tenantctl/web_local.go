//go:build unix

package main

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/tenantstack/tenantstack/internal/localcloud/control"
	"github.com/tenantstack/tenantstack/internal/release"
	"github.com/tenantstack/tenantstack/plan"
)

// localSites are the sites of a local cloud.
type localSites struct {
	status control.Status
	// credentials of the operator of an AWS account.
	credentials func(ctx context.Context, account string) (control.Credentials, error)

	mu      sync.Mutex
	clients map[plan.Environment]release.Clients
}

func newLocalSites(s control.Status, credentials func(context.Context, string) (control.Credentials, error)) *localSites {
	return &localSites{status: s, credentials: credentials, clients: map[plan.Environment]release.Clients{}}
}

// sites are those whose tenants the local cloud runs; left are the ids of the others. The local identity provider takes the place
// of the issuer, as in the environment of functions (docs/decisions.md, 29).
func (l *localSites) sites(all []release.Site) (kept []release.Site, left []string) {
	runs := map[string]bool{}
	for _, t := range l.status.Tenants {
		runs[t.ID] = true
	}
	for _, s := range all {
		if !runs[s.Tenant] {
			left = append(left, s.Tenant)
			continue
		}
		s.Config.Issuer = l.status.Issuer
		kept = append(kept, s)
	}
	return kept, left
}

// localConnections is how many connections to the one port of the local cloud are kept open: as many as are used at a time.
const localConnections = 64

// connect is a release.Connect, as the operator of each account.
func (l *localSites) connect(ctx context.Context, env plan.Environment) (release.Clients, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c, ok := l.clients[env]; ok {
		return c, nil
	}
	k, err := l.credentials(ctx, env.Account)
	if err != nil {
		return release.Clients{}, err
	}
	c := release.NewClients(release.Retrying(aws.Config{
		Region: env.Region, BaseEndpoint: aws.String(k.Endpoint),
		Credentials: credentials.NewStaticCredentialsProvider(k.AccessKeyID, k.SecretAccessKey, k.SessionToken),
		HTTPClient: awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConns, t.MaxIdleConnsPerHost = localConnections, localConnections
		}),
	}))
	l.clients[env] = c
	return c, nil
}

// localCloud is the local cloud of the data folder if the flags ask for it, or if the endpoint is its; nil if AWS is meant.
func (o *webTenants) localCloud(ctx context.Context, endpoint string) (*localSites, error) {
	if !o.local && endpoint == "" {
		return nil, nil
	}
	client, err := control.NewClient(o.data)
	if errors.Is(err, control.ErrNotRunning) && !o.local {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s, err := client.Status(ctx)
	if err != nil {
		return nil, err
	}
	if !o.local && !sameEndpoint(endpoint, s.Endpoint) {
		return nil, nil
	}
	return localSitesOf(client, s), nil
}

func localSitesOf(client *control.Client, s control.Status) *localSites {
	return newLocalSites(s, func(ctx context.Context, account string) (control.Credentials, error) {
		return client.Credentials(ctx, account, "")
	})
}

// sameEndpoint says whether two URLs are one port of this machine: the local cloud listens on 127.0.0.1 alone.
func sameEndpoint(a, b string) bool {
	x, errX := url.Parse(a)
	y, errY := url.Parse(b)
	if errX != nil || errY != nil || x.Port() != y.Port() {
		return false
	}
	return x.Hostname() == y.Hostname() || isLoopback(a)
}
