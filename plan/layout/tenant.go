package layout

import "fmt"

// tenant compares the layouts of one tenant and reports whether nothing would be lost. What follows from a
// change that was found already is not reported again.
func (c *comparison) tenant(id string, was, now Layout) bool {
	before := len(c.found)
	t := tenantComparison{c, id, was, now}
	if !t.account() && !t.place() {
		moved := t.data()
		t.tables(moved)
		t.index()
		t.uploads()
	}
	return len(c.found) == before
}

// tenantComparison is the comparison of one tenant.
type tenantComparison struct {
	*comparison
	id       string
	was, now Layout
}

func (t *tenantComparison) account() bool {
	if t.was.BillingAccount == t.now.BillingAccount {
		return false
	}
	t.add(t.id, "billingAccount", fmt.Sprintf("billingAccount would change from %s to %s", t.was.BillingAccount, t.now.BillingAccount),
		fmt.Sprintf("rows under %s, the index %s and files below %s become invisible: the tenant starts empty",
			t.was.BillingAccount, t.was.BillingAccount, t.was.Uploads.Prefix),
		fmt.Sprintf("put back billingAccount: %q", t.was.BillingAccount), wayMove)
	return true
}

// place compares the AWS account and the region.
func (t *tenantComparison) place() bool {
	from, to := t.was.AWSAccount+" "+t.was.Region, t.now.AWSAccount+" "+t.now.Region
	if from == to {
		return false
	}
	loss := fmt.Sprintf("the tenant gets an empty stack in AWS account %s; its rows, index and files stay behind in %s", to, from)
	switch {
	case t.was.Cell != t.now.Cell:
		t.add(t.id, "cell", fmt.Sprintf("cell would change from %s (%s) to %s (%s)", t.was.Cell, from, t.now.Cell, to),
			loss, "put back cell: "+t.was.Cell, wayMove)
	case t.was.AWSAccount != t.now.AWSAccount:
		t.add(t.id, "awsAccount", fmt.Sprintf("awsAccount of cell %s would change from %s to %s", t.now.Cell, t.was.AWSAccount, t.now.AWSAccount),
			loss, fmt.Sprintf("put back awsAccount: %q", t.was.AWSAccount), wayMove)
	default:
		t.add(t.id, "region", fmt.Sprintf("region of cell %s would change from %s to %s", t.now.Cell, t.was.Region, t.now.Region),
			loss, "put back region: "+t.was.Region, wayMove)
	}
	return true
}

// data reports whether the tables are others as a whole.
func (t *tenantComparison) data() bool {
	if t.was.Data != t.now.Data {
		t.add(t.id, "data", fmt.Sprintf("data would change from %s to %s", t.was.Data, t.now.Data),
			fmt.Sprintf("the tenant gets other tables, which are empty; its rows stay behind in the %s ones", t.was.Data),
			fmt.Sprintf("put back data: %s", t.was.Data), wayMove)
		return true
	}
	if t.was.Cell == t.now.Cell || t.sameTables() {
		return false
	}
	t.add(t.id, "cell", fmt.Sprintf("cell would change from %s to %s", t.was.Cell, t.now.Cell),
		fmt.Sprintf("the tenant gets the tables of cell %s, which have none of its rows; those stay behind in the tables of %s", t.now.Cell, t.was.Cell),
		"put back cell: "+t.was.Cell, wayMove)
	return true
}

// sameTables reports whether every table that is in both layouts has the same name.
func (t *tenantComparison) sameTables() bool {
	for name, was := range t.was.Tables {
		if now, ok := t.now.Tables[name]; ok && now.Name != was.Name {
			return false
		}
	}
	return true
}

// tables compares them one by one. If they moved as a whole, the names are not reported again.
func (t *tenantComparison) tables(moved bool) {
	for _, name := range sortedKeys(t.was.Tables) {
		was := t.was.Tables[name]
		now, ok := t.now.Tables[name]
		if !ok {
			t.add(t.id, "table:"+name, fmt.Sprintf("table %s would be gone from x-tables", name),
				"its rows are out of reach of every function, and the table stays in AWS, where nothing manages it any more",
				"put the table back into x-tables", wayMove)
			continue
		}
		if !moved && was.Name != now.Name {
			t.add(t.id, "name:"+name, fmt.Sprintf("table %s would be %s, not %s", name, now.Name, was.Name),
				"the table is a new one, which is empty; its rows stay behind", "keep the name", wayMove)
		}
		if was.SortKey != now.SortKey {
			t.add(t.id, "sortKey:"+name, fmt.Sprintf("the sort key of table %s would change from %s to %s", name, was.SortKey, now.SortKey),
				"CloudFormation would replace the table: the new one is empty, and a shared table is that of every tenant of the cell",
				fmt.Sprintf("put back sortKey: %s, or declare a table of another name", was.SortKey), wayMove)
		}
		t.shards(name)
		t.indexed(name, was, now)
		if now.TTL != was.TTL && now.TTL != "" {
			t.add(t.id, "ttl:"+name, fmt.Sprintf("ttl of table %s would change from %s to %s", name, orNone(was.TTL), now.TTL),
				fmt.Sprintf("DynamoDB deletes every row whose %s is in the past", now.TTL), "put it back", wayLock)
		}
	}
}

// shards compares the partition keys of a table.
func (t *tenantComparison) shards(table string) {
	was, now := t.was.keyShards(table), t.now.keyShards(table)
	if was == now {
		return
	}
	const loss = "functions look rows up by other partition keys and do not find those that are stored: lists are empty"
	if t.was.KeyShards == t.now.KeyShards {
		t.add(t.id, "sharded:"+table, fmt.Sprintf("sharded of table %s would change from %t to %t", table, t.was.Tables[table].Sharded, t.now.Tables[table].Sharded),
			loss, fmt.Sprintf("put back sharded: %t", t.was.Tables[table].Sharded), wayKeyShards)
		return
	}
	for _, f := range t.found {
		if f.tenant == t.id && f.Name == "keyShards" {
			return // told with the first table
		}
	}
	t.add(t.id, "keyShards", fmt.Sprintf("keyShards would change from %d to %d", t.was.KeyShards, t.now.KeyShards),
		loss, fmt.Sprintf("put back keyShards: %d", t.was.KeyShards), wayKeyShards)
}

func (t *tenantComparison) indexed(table string, was, now Table) {
	switch {
	case was.Indexed && !now.Indexed:
		t.add(t.id, "indexed:"+table, fmt.Sprintf("search of table %s would change from true to false", table),
			"its documents stay in the index as they are and follow no row any more", "put back search: true", wayReindex)
	case !was.Indexed && now.Indexed:
		t.add(t.id, "indexed:"+table, fmt.Sprintf("search of table %s would change from false to true", table),
			"rows that were written before are not found until they are indexed", "put back search: false", wayReindex)
	}
}

// index compares where documents are.
func (t *tenantComparison) index() {
	if t.was.Search == "" || t.now.Search == "" || t.was.Index == t.now.Index && t.was.Search == t.now.Search {
		return // without an index there is nothing to lose, and losing it is told with its tables
	}
	if t.was.Search != t.now.Search {
		t.add(t.id, "search", fmt.Sprintf("search would change from %s to %s", t.was.Search, t.now.Search),
			fmt.Sprintf("the tenant gets an empty index in another domain, and searches find nothing until it is filled; the old one stays in domain %s", t.was.Index.Domain),
			"put back search: "+t.was.Search, wayMove)
		return
	}
	if t.was.Cell != t.now.Cell {
		for _, f := range t.found {
			if f.tenant == t.id && f.Name == "cell" {
				return
			}
		}
		t.add(t.id, "cell", fmt.Sprintf("cell would change from %s to %s", t.was.Cell, t.now.Cell),
			fmt.Sprintf("the tenant gets an empty index in the domain of cell %s, and searches find nothing until it is filled", t.now.Cell),
			"put back cell: "+t.was.Cell, wayMove)
		return
	}
	t.add(t.id, "name:index", fmt.Sprintf("the index would be %s of domain %s, not %s of %s", t.now.Index.Name, t.now.Index.Domain, t.was.Index.Name, t.was.Index.Domain),
		"the index is a new one, which is empty", "keep the name", wayMove)
}

// uploads compares where files are and how long they are kept.
func (t *tenantComparison) uploads() {
	was, now := t.was.Uploads, t.now.Uploads
	if was.Bucket != now.Bucket || was.Prefix != now.Prefix {
		t.add(t.id, "name:uploads", fmt.Sprintf("uploads would be in %s below %s, not in %s below %s", now.Bucket, now.Prefix, was.Bucket, was.Prefix),
			"files become invisible: they stay where they are", "keep the names", wayMove)
	}
	for _, folder := range sortedKeys(was.Folders) {
		before := was.Folders[folder]
		after, ok := now.Folders[folder]
		switch {
		case !ok:
			t.add(t.id, "folder:"+folder, fmt.Sprintf("folder %s would be gone from x-uploads", folder),
				fmt.Sprintf("files below %s/ are out of reach of every function", folder), "put the folder back into x-uploads", wayLock)
		case after != 0 && (before == 0 || after < before):
			t.add(t.id, "expireDays:"+folder, fmt.Sprintf("expireDays of folder %s would change from %s to %d", folder, days(before), after),
				fmt.Sprintf("S3 deletes every file below %s/ that is older than %d days, for good", folder, after),
				fmt.Sprintf("put back %s", expireDays(before)), wayLock)
		}
	}
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// days is a number of days for people.
func days(n int) string {
	if n == 0 {
		return "never"
	}
	return fmt.Sprint(n)
}

// expireDays is the member of a folder in x-uploads.
func expireDays(n int) string {
	if n == 0 {
		return "the folder without expireDays"
	}
	return fmt.Sprintf("expireDays: %d", n)
}
