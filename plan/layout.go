package plan

import (
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

// storedLayout is what a function compares with the layout that is stored in a table: <digest>:<access>.
func (b *tenantBuilder) storedLayout(table string, access api.Access) string {
	return b.where.TableDigest(table) + ":" + string(access)
}
