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

// add records a change of the tenant.
func (t *tenantComparison) add(f finding) {
	f.tenant = t.id
	t.found = append(t.found, f)
}

// has reports whether a change of that name was found already.
func (t *tenantComparison) has(name string) bool {
	for _, f := range t.found {
		if f.tenant == t.id && f.name == name {
			return true
		}
	}
	return false
}

// account compares the billing accounts.
func (t *tenantComparison) account() bool {
	was, now := t.was.BillingAccount, t.now.BillingAccount
	if was == now {
		return false
	}
	t.add(finding{
		name:    "billingAccount",
		message: fmt.Sprintf("billingAccount would change from %s to %s", was, now),
		loss: fmt.Sprintf("rows under %s, the index %s and files below %s become invisible: the tenant starts empty",
			was, was, t.was.Uploads.Prefix),
		back: fmt.Sprintf("put back billingAccount: %q", was), way: wayMove,
	})
	return true
}

// place compares the AWS account and the region.
func (t *tenantComparison) place() bool {
	from, to := t.was.AWSAccount+" "+t.was.Region, t.now.AWSAccount+" "+t.now.Region
	if from == to {
		return false
	}
	f := finding{way: wayMove, loss: fmt.Sprintf(
		"the tenant gets an empty stack in AWS account %s; its rows, index and files stay behind in %s", to, from)}
	switch {
	case t.was.Cell != t.now.Cell:
		f.name, f.back = "cell", "put back cell: "+t.was.Cell
		f.message = fmt.Sprintf("cell would change from %s (%s) to %s (%s)", t.was.Cell, from, t.now.Cell, to)
	case t.was.AWSAccount != t.now.AWSAccount:
		f.name, f.back = "awsAccount", fmt.Sprintf("put back awsAccount: %q", t.was.AWSAccount)
		f.message = fmt.Sprintf("awsAccount of cell %s would change from %s to %s",
			t.now.Cell, t.was.AWSAccount, t.now.AWSAccount)
	default:
		f.name, f.back = "region", "put back region: "+t.was.Region
		f.message = fmt.Sprintf("region of cell %s would change from %s to %s", t.now.Cell, t.was.Region, t.now.Region)
	}
	t.add(f)
	return true
}

// cell adds a move to another cell of the same AWS account and region.
func (t *tenantComparison) cell(loss string) {
	t.add(finding{
		name:    "cell",
		message: fmt.Sprintf("cell would change from %s to %s", t.was.Cell, t.now.Cell),
		loss:    loss,
		back:    "put back cell: " + t.was.Cell, way: wayMove,
	})
}

// data reports whether the tables are others as a whole.
func (t *tenantComparison) data() bool {
	if t.was.Data != t.now.Data {
		t.add(finding{
			name:    "data",
			message: fmt.Sprintf("data would change from %s to %s", t.was.Data, t.now.Data),
			loss: fmt.Sprintf("the tenant gets other tables, which are empty; its rows stay behind in the %s ones",
				t.was.Data),
			back: "put back data: " + t.was.Data, way: wayMove,
		})
		return true
	}
	if t.was.Cell == t.now.Cell || t.sameTables() {
		return false
	}
	t.cell(fmt.Sprintf("the tenant gets the tables of cell %s, which have none of its rows; those stay behind in "+
		"the tables of %s", t.now.Cell, t.was.Cell))
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

// index compares where documents are.
func (t *tenantComparison) index() {
	was, now := t.was.Index, t.now.Index
	if t.was.Search == "" || t.now.Search == "" || was == now && t.was.Search == t.now.Search {
		return // without an index there is nothing to lose, and losing it is told with its tables
	}
	if t.was.Search != t.now.Search {
		t.add(finding{
			name:    "search",
			message: fmt.Sprintf("search would change from %s to %s", t.was.Search, t.now.Search),
			loss: fmt.Sprintf("the tenant gets an empty index in another domain, and searches find nothing until "+
				"it is filled; the old one stays in domain %s", was.Domain),
			back: "put back search: " + t.was.Search, way: wayMove,
		})
		return
	}
	if t.was.Cell != t.now.Cell {
		if !t.has("cell") {
			t.cell(fmt.Sprintf("the tenant gets an empty index in the domain of cell %s, and searches find nothing "+
				"until it is filled", t.now.Cell))
		}
		return
	}
	t.add(finding{
		name: "name:index",
		message: fmt.Sprintf("the index would be %s of domain %s, not %s of %s",
			now.Name, now.Domain, was.Name, was.Domain),
		loss: "the index is a new one, which is empty",
		back: "keep the name", way: wayMove,
	})
}

// uploads compares where files are and how long they are kept.
func (t *tenantComparison) uploads() {
	was, now := t.was.Uploads, t.now.Uploads
	if was.Bucket != now.Bucket || was.Prefix != now.Prefix {
		t.add(finding{
			name: "name:uploads",
			message: fmt.Sprintf("uploads would be in %s below %s, not in %s below %s",
				now.Bucket, now.Prefix, was.Bucket, was.Prefix),
			loss: "files become invisible: they stay where they are",
			back: "keep the names", way: wayMove,
		})
	}
	for _, folder := range sortedKeys(was.Folders) {
		before := was.Folders[folder]
		after, ok := now.Folders[folder]
		switch {
		case !ok:
			t.add(finding{
				name:    "folder:" + folder,
				message: fmt.Sprintf("folder %s would be gone from x-uploads", folder),
				loss:    fmt.Sprintf("files below %s/ are out of reach of every function", folder),
				back:    "put the folder back into x-uploads", way: wayLock,
			})
		case after != 0 && (before == 0 || after < before):
			t.add(finding{
				name:    "expireDays:" + folder,
				message: fmt.Sprintf("expireDays of folder %s would change from %s to %d", folder, days(before), after),
				loss: fmt.Sprintf("S3 deletes every file below %s/ that is older than %d days, for good",
					folder, after),
				back: "put back " + expireDays(before), way: wayLock,
			})
		}
	}
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
