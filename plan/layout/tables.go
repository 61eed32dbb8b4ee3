package layout

import "fmt"

// tables compares them one by one. If they moved as a whole, the names are not reported again.
func (t *tenantComparison) tables(moved bool) {
	for _, name := range sortedKeys(t.was.Tables) {
		was := t.was.Tables[name]
		now, ok := t.now.Tables[name]
		if !ok {
			t.add(finding{
				name:    "table:" + name,
				message: fmt.Sprintf("table %s would be gone from x-tables", name),
				loss: "its rows are out of reach of every function, and the table stays in AWS, where nothing " +
					"manages it any more",
				back: "put the table back into x-tables", way: wayMove,
			})
			continue
		}
		if !moved && was.Name != now.Name {
			t.add(finding{
				name:    "name:" + name,
				message: fmt.Sprintf("table %s would be %s, not %s", name, now.Name, was.Name),
				loss:    "the table is a new one, which is empty; its rows stay behind",
				back:    "keep the name", way: wayMove,
			})
		}
		t.table(name, was, now)
	}
}

// table compares how a table is keyed, indexed and emptied.
func (t *tenantComparison) table(name string, was, now Table) {
	if was.SortKey != now.SortKey {
		t.add(finding{
			name:    "sortKey:" + name,
			message: fmt.Sprintf("the sort key of table %s would change from %s to %s", name, was.SortKey, now.SortKey),
			loss: "CloudFormation would replace the table: the new one is empty, and a shared table is that of " +
				"every tenant of the cell",
			back: fmt.Sprintf("put back sortKey: %s, or declare a table of another name", was.SortKey), way: wayMove,
		})
	}
	t.shards(name)
	t.indexed(name, was.Indexed, now.Indexed)
	if now.TTL != was.TTL && now.TTL != "" {
		t.add(finding{
			name:    "ttl:" + name,
			message: fmt.Sprintf("ttl of table %s would change from %s to %s", name, orNone(was.TTL), now.TTL),
			loss:    fmt.Sprintf("DynamoDB deletes every row whose %s is in the past", now.TTL),
			back:    "put it back", way: wayLock,
		})
	}
}

// shards compares the partition keys of a table.
func (t *tenantComparison) shards(table string) {
	if t.was.keyShards(table) == t.now.keyShards(table) {
		return
	}
	f := finding{way: wayKeyShards, loss: "functions look rows up by other partition keys and do not find those " +
		"that are stored: lists are empty"}
	if t.was.KeyShards == t.now.KeyShards {
		was, now := t.was.Tables[table].Sharded, t.now.Tables[table].Sharded
		f.name, f.back = "sharded:"+table, fmt.Sprintf("put back sharded: %t", was)
		f.message = fmt.Sprintf("sharded of table %s would change from %t to %t", table, was, now)
		t.add(f)
		return
	}
	if t.has("keyShards") {
		return // told with the first table
	}
	f.name, f.back = "keyShards", fmt.Sprintf("put back keyShards: %d", t.was.KeyShards)
	f.message = fmt.Sprintf("keyShards would change from %d to %d", t.was.KeyShards, t.now.KeyShards)
	t.add(f)
}

// indexed compares whether rows are in the search index.
func (t *tenantComparison) indexed(table string, was, now bool) {
	if was == now {
		return
	}
	loss := "its documents stay in the index as they are and follow no row any more"
	if now {
		loss = "rows that were written before are not found until they are indexed"
	}
	t.add(finding{
		name:    "indexed:" + table,
		message: fmt.Sprintf("search of table %s would change from %t to %t", table, was, now),
		loss:    loss,
		back:    fmt.Sprintf("put back search: %t", was), way: wayReindex,
	})
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
