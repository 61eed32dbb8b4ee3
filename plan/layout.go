package plan

import (
	"strings"

	"github.com/tenantstack/tenantstack/api"
	"github.com/tenantstack/tenantstack/plan/layout"
)

// layout is where the tenant's data is.
func (b *tenantBuilder) layout() layout.Layout {
	l := layout.Layout{
		BillingAccount: b.tenant.BillingAccount, Cell: b.tenant.Cell,
		AWSAccount: b.cell.AWSAccount, Region: b.cell.Region, Stack: b.scope.stack(),
		Data: string(b.settings.Data), KeyShards: max(b.settings.KeyShards, 1),
		Tables: map[string]layout.Table{},
		Uploads: layout.Uploads{
			Bucket: b.scope.bucketName(uploadsBucket), Prefix: b.uploadsPrefix(), Folders: map[string]int{},
		},
		Site: b.scope.bucketName(webBucket),
	}
	for _, t := range b.contract.Tables {
		l.Tables[t.Name] = layout.Table{
			Name: b.data.tableName(t.Name), SortKey: t.SortKey, Sharded: t.Sharded, Indexed: t.Search, TTL: t.TTL,
		}
	}
	for _, f := range b.contract.Uploads {
		l.Uploads.Folders[f.Name] = f.ExpireDays
	}
	if b.searched() {
		l.Search = string(b.settings.Search)
		l.Index = layout.Index{Domain: b.search.domainName(), Name: b.tenant.BillingAccount}
	}
	return l
}

// layouts is what a function compares with the layouts stored in its tables:
// <table>=<digest>:<access>, separated by commas.
func (b *tenantBuilder) layouts(tables map[string]api.Access) string {
	l := b.layout()
	var out []string
	for _, t := range b.contract.Tables { // sorted by name
		if access, ok := tables[t.Name]; ok {
			out = append(out, t.Name+"="+l.TableDigest(t.Name)+":"+string(access))
		}
	}
	return strings.Join(out, ",")
}
