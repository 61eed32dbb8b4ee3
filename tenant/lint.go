package tenant

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// lint checks what more than one field has a part in.
func (d *decoder) lint(f *File) {
	for _, name := range sortedKeys(f.Cells) {
		d.lintCell(name, f.Cells[name])
	}
	d.lintUnique(f, "id", func(t Tenant) string { return t.ID })
	d.lintUnique(f, "billingAccount", func(t Tenant) string { return t.BillingAccount })
	for i, t := range f.Tenants {
		path := entryPath("tenants", i)
		if d.sure("cells") {
			lintName(d, path+".cell", "cell", t.Cell, f.Cells)
		}
		if d.sure("tiers") {
			lintName(d, path+".tier", "tier", t.Tier, f.Tiers)
		}
	}
	d.lintHosts(f)
	d.lintAccept(f)
	if slices.Contains(f.Platform.AccountSources, AccountFromHost) {
		d.lintAccountHosts(f)
	}
}

// lintCell compares the account and region in a cell's ARNs with the cell's own.
func (d *decoder) lintCell(name string, c Cell) {
	path := child("cells", name)
	account, region := path+".awsAccount", path+".region"
	if p := partitionOf(c.Region); p != "aws" && d.sure(region) {
		// Getting Started with AWS services in China, "Amazon CloudFront": CloudFront there takes no
		// certificate of ACM; the other partitions have no CloudFront for the stacks to use.
		d.wrong(region, fmt.Sprintf("region %s is in partition %s, where tenants' distributions cannot be deployed", c.Region, p),
			"use a region of partition aws, such as eu-central-1")
	}
	if at := path + ".certificateArn"; d.sure(at) && d.sure(account) {
		if got := strings.Split(c.CertificateArn, ":")[4]; got != c.AWSAccount {
			d.wrong(at, fmt.Sprintf("certificateArn is of account %s, but the cell is account %s", got, c.AWSAccount),
				"use a certificate of the cell's account, or correct awsAccount")
		}
	}
	at := path + ".alarmTopicArn"
	if !d.sure(at) {
		return
	}
	parts := strings.Split(c.AlarmTopicArn, ":")
	switch {
	case d.sure(region) && parts[3] != c.Region:
		d.wrong(at, fmt.Sprintf("alarmTopicArn is in region %s, but the cell is in %s", parts[3], c.Region),
			"use a topic in the cell's region: alarms notify no other")
	case d.sure(account) && parts[4] != c.AWSAccount:
		d.wrong(at, fmt.Sprintf("alarmTopicArn is of account %s, but the cell is account %s", parts[4], c.AWSAccount),
			"use a topic of the cell's account, or correct awsAccount")
	case d.sure(region) && parts[1] != partitionOf(c.Region):
		d.wrong(at, fmt.Sprintf("alarmTopicArn is in partition %s, but region %s is in %s", parts[1], c.Region, partitionOf(c.Region)),
			"begin it with arn:"+partitionOf(c.Region))
	}
}

// partitionOf names the partition of a region (IAM User Guide, "Amazon Resource Names").
func partitionOf(region string) string {
	for _, p := range []struct{ prefix, partition string }{
		{"cn-", "aws-cn"}, {"us-gov-", "aws-us-gov"}, {"us-isob-", "aws-iso-b"}, {"us-isof-", "aws-iso-f"},
		{"eu-isoe-", "aws-iso-e"}, {"us-iso-", "aws-iso"}, {"eusc-", "aws-eusc"},
	} {
		if strings.HasPrefix(region, p.prefix) {
			return p.partition
		}
	}
	return "aws"
}

// lintUnique reports a value that two tenants share.
func (d *decoder) lintUnique(f *File, name string, value func(Tenant) string) {
	first := map[string]int{}
	for i, t := range f.Tenants {
		v, path := value(t), entryPath("tenants", i)+"."+name
		if v == "" || d.at[path].line == 0 {
			continue
		}
		j, taken := first[v]
		if !taken {
			first[v] = i
			continue
		}
		owner := entryPath("tenants", j)
		d.wrong(path, fmt.Sprintf("%s %s is taken by %s in line %d", name, quoted(v), owner, d.at[owner+"."+name].line),
			"choose another, or remove one of the two tenants")
	}
}

// lintName reports a name that is no key of the mapping it refers to.
func lintName[V any](d *decoder, path, kind, name string, known map[string]V) {
	if _, ok := known[name]; ok || !d.sure(path) {
		return
	}
	names := sortedKeys(known)
	if slices.ContainsFunc(names, func(n string) bool { return !nameRule.allows(n) && nameRule.better(n) == name }) {
		return // the name itself is reported, with this fix
	}
	for i, n := range names {
		names[i] = yamlText(shorten(n))
	}
	fix := fmt.Sprintf("write one of %s, or add %s to %ss", list(names, "or"), quoted(name), kind)
	if len(names) == 0 {
		fix = fmt.Sprintf("add it to %ss", kind)
	} else if near := nearest(name, sortedKeys(known)); near != "" {
		fix = fmt.Sprintf("write %s: %s; known are %s", kind, yamlText(near), list(names, "and"))
	}
	d.wrong(path, fmt.Sprintf("there is no %s %s", kind, quoted(name)), fix)
}

// lintHosts reports tenants whose host name is the identity provider's.
func (d *decoder) lintHosts(f *File) {
	p := f.Platform
	if !d.sure("platform.domain") {
		return
	}
	taken := d.providerHosts(p)
	for i, t := range f.Tenants {
		path := entryPath("tenants", i) + ".id"
		if field, ok := taken[t.ID+"."+p.Domain]; ok && d.sure(path) {
			d.wrong(path, fmt.Sprintf("id %s gives the tenant the host name of the %s, %s.%s", quoted(t.ID), field, t.ID, p.Domain), "choose another id")
		}
	}
}

// providerHosts are the host names of the identity provider, with the field that names each.
func (d *decoder) providerHosts(p Platform) map[string]string {
	hosts := map[string]string{}
	urls := [][2]string{{"jwksUri", p.IdentityProvider.JWKSURI}, {"issuer", p.IdentityProvider.Issuer}}
	for i, origin := range p.IdentityProvider.Origins {
		urls = append(urls, [2]string{entryPath("origins", i), origin})
	}
	for _, u := range urls {
		parsed, err := url.Parse(u[1])
		if err == nil && d.sure("platform.identityProvider."+u[0]) {
			hosts[strings.ToLower(parsed.Hostname())] = u[0]
		}
	}
	return hosts
}

// lintAccountHosts checks billing accounts as host names: with account source host,
// https://<billingAccount>.<domain> is an address of the tenant's.
func (d *decoder) lintAccountHosts(f *File) {
	ids := map[string]int{}
	for i, t := range f.Tenants {
		if _, taken := ids[t.ID]; !taken {
			ids[t.ID] = i
		}
	}
	hosts := d.providerHosts(f.Platform)
	const because = "with account source host, billing accounts are host names"
	for i, t := range f.Tenants {
		path := entryPath("tenants", i) + ".billingAccount"
		if !d.sure(path) {
			continue
		}
		other, taken := ids[t.BillingAccount]
		host := t.BillingAccount + "." + f.Platform.Domain
		switch {
		case taken && other != i:
			d.wrong(path, fmt.Sprintf("billingAccount %s is the id of %s; %s", quoted(t.BillingAccount), entryPath("tenants", other), because), "choose another, or remove host from accountSources")
		case slices.Contains(reservedSubdomains, t.BillingAccount):
			d.wrong(path, fmt.Sprintf("billingAccount %s is a reserved subdomain; %s", quoted(t.BillingAccount), because), "choose another, or remove host from accountSources")
		case hosts[host] != "":
			d.wrong(path, fmt.Sprintf("billingAccount %s gives the host name of the %s, %s; %s", quoted(t.BillingAccount), hosts[host], host, because), "choose another, or remove host from accountSources")
		case strings.HasSuffix(t.BillingAccount, "-"):
			d.wrong(path, fmt.Sprintf("billingAccount %s ends with a hyphen; %s", quoted(t.BillingAccount), because), "choose another, or remove host from accountSources")
		}
	}
}
