package main

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
)

// inIndex are names and versions of the rows that an account's index has, by sort key.
func inIndex(t *testing.T, account string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for id, row := range documents(t, account) {
		out[id] = fmt.Sprintf("%s %.0f", row["name"], row["version"])
	}
	return out
}

// agree fails the test unless the index has the rows of the table and nothing else.
func (k *kittens) agree(account string) {
	k.t.Helper()
	if rows, docs := k.rows(account), inIndex(k.t, account); !maps.Equal(rows, docs) {
		k.t.Errorf("rows %v, index %v", rows, docs)
	}
}

// of are the records of one row, in their order.
func (k *kittens) of(id string) (shardID string, records []streamtypes.Record) {
	k.t.Helper()
	for _, s := range k.shards() {
		for _, r := range s.records {
			if key, ok := r.Dynamodb.Keys["kittenId"].(*streamtypes.AttributeValueMemberS); ok && key.Value == id {
				shardID, records = s.id, append(records, r)
			}
		}
	}
	return shardID, records
}

// orders calls f with every order of n things in which none comes before what it is after.
func orders(n int, after map[int]int, f func([]int)) {
	var extend func([]int)
	extend = func(order []int) {
		if len(order) == n {
			f(order)
			return
		}
		for i := range n {
			before, bound := after[i]
			if !slices.Contains(order, i) && (!bound || slices.Contains(order, before)) {
				extend(append(slices.Clone(order), i))
			}
		}
	}
	extend(nil)
}

// What can happen to a row that was written twice, in any order, but for a deletion that cannot be indexed before it is made.
const (
	remove = iota
	deletion
	replay
	late
	forget
	happenings
)

var happeningNames = []string{"delete the row", "index the deletion", "replay the write", "try the write again", "restart"}

// TestDeletedRowStaysOut works on the records of a row in every order: the dead letter of the write replayed, the write
// tried again, the deletion, and a restart of the engine, which then knows nothing of the deletion. Rows whose restart comes
// at the same place share it.
func TestDeletedRowStaysOut(t *testing.T) {
	all := map[int][][]int{}
	orders(happenings, map[int]int{deletion: remove}, func(order []int) {
		at := slices.Index(order, forget)
		all[at] = append(all[at], order)
	})
	tried := 0
	for at := range happenings {
		tried += len(all[at])
		t.Run(fmt.Sprintf("restart after %d", at), func(t *testing.T) {
			c := newCloud(t)
			k := c.table()
			account := c.account("12345")
			l := &lateRecords{cloud: c, kittens: k, account: account}
			l.indexer, l.log = c.shared(map[string]string{"TABLES": k.name + "=kittens"})
			k.put(account, "stays", 1, "stays")
			_, records := k.of("stays")
			invoke(t, l.indexer, k.payload(records))
			for i, order := range all[at] {
				for _, step := range order[:at] {
					l.happen(t, i, step)
				}
			}
			restart(t, account)
			for i, order := range all[at] {
				for _, step := range order[at+1:] {
					l.happen(t, i, step)
				}
			}
			rows, docs := k.rows(account), inIndex(t, account)
			for i, order := range all[at] {
				id := fmt.Sprint("row-", i)
				if docs[id] != rows[id] {
					var said []string
					for _, step := range order {
						said = append(said, happeningNames[step])
					}
					t.Errorf("%s: row %q, index %q", strings.Join(said, ", "), rows[id], docs[id])
				}
			}
			k.agree(account)
		})
	}
	if tried != 60 {
		t.Errorf("%d orders were tried, want half of 5!", tried)
	}
}

// lateRecords are records of rows whose writes failed at first.
type lateRecords struct {
	cloud   *cloud
	kittens *kittens
	account string
	indexer *indexer
	log     *bytes.Buffer
	letters map[int]shard
}

// happen does one thing to row i.
func (l *lateRecords) happen(t *testing.T, i, step int) {
	t.Helper()
	c, k, id := l.cloud, l.kittens, fmt.Sprint("row-", i)
	if l.letters == nil {
		l.letters = map[int]shard{}
	}
	if _, written := l.letters[i]; !written {
		k.put(l.account, id, 1, "first")
		k.put(l.account, id, 2, "second")
		shardID, writes := k.of(id)
		l.letters[i] = shard{shardID, writes}
	}
	writes, failed := l.letters[i], ""
	switch step {
	case remove:
		k.remove(l.account, id)
	case deletion:
		_, all := k.of(id)
		failed = invoke(t, l.indexer, k.payload(all[2:]))
	case replay:
		c.deadLetter(k, writes.id, writes.records)
		if sum := replayed(t, l.indexer, `{"replay":{}}`); sum.Replayed != 1 {
			t.Fatalf("%+v: %s", sum, l.log)
		}
	case late:
		failed = invoke(t, l.indexer, k.payload(writes.records[:1]))
	}
	if failed != "" {
		t.Fatalf("%s: failed at %s: %s", happeningNames[step], failed, l.log)
	}
}

// A row that is made anew under the key of a deleted one has version 1 again, which OpenSearch refuses while it remembers
// the deletion, and would write over if it forgot that. Records of both rows come in any order.
func TestRowMadeAnew(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	c := newCloud(t)
	k := c.table()
	account := c.account("12345")
	ix, log := c.shared(map[string]string{"TABLES": k.name + "=kittens"})
	index := func(records []streamtypes.Record) {
		t.Helper()
		if failed := invoke(t, ix, k.payload(records)); failed != "" {
			t.Fatalf("failed at %s: %s", failed, log)
		}
	}
	const rows = 12
	for i := range rows {
		id := fmt.Sprint("row-", i)
		for v := range 3 {
			k.put(account, id, v+1, "first")
		}
		if _, records := k.of(id); i%2 == 0 {
			index(records)
		}
		k.remove(account, id)
		if _, records := k.of(id); i%4 == 0 {
			index(records[3:])
		}
		k.put(account, id, 1, "anew")
		if _, records := k.of(id); i < rows/2 {
			index(records[4:])
		}
		if i%3 == 0 {
			k.put(account, id, 2, "anew and changed")
		}
		if i%5 == 0 {
			k.remove(account, id)
		}
	}
	var all []streamtypes.Record
	for i := range rows {
		_, records := k.of(fmt.Sprint("row-", i))
		all = append(all, records...)
	}
	for round := range 3 {
		random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for batch := range slices.Chunk(all, 7) {
			index(batch)
		}
		k.agree(account)
		if round == 1 {
			restart(t, account)
		}
	}
}

// during does f when the domain is about to carry out the first request with a path that ends in suffix.
func (c *cloud) during(suffix string, f func()) {
	done := false
	c.fault = func(_ http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		c.mu.Lock()
		first := !done && strings.HasSuffix(r.URL.Path, suffix)
		done = done || first
		c.mu.Unlock()
		if first {
			f()
		}
		return false
	}
}

// A row that is deleted after it was read, and whose deletion another process has indexed and the engine forgotten when
// the document is written at last.
func TestRowDeletedBetweenReadAndWrite(t *testing.T) {
	for _, newer := range []int{1, 4} {
		t.Run(fmt.Sprintf("at version %d", newer), func(t *testing.T) {
			c := newCloud(t)
			k := c.table()
			account := c.account("12345")
			ix, log := c.shared(map[string]string{"TABLES": k.name + "=kittens"})
			other, _ := c.shared(map[string]string{"TABLES": k.name + "=kittens"})
			for v := 1; v <= newer; v++ {
				k.put(account, "a", v, "a")
			}
			_, writes := k.of("a")
			c.during("/_bulk", func() {
				k.remove(account, "a")
				_, all := k.of("a")
				if failed := invoke(t, other, k.payload(all[newer:])); failed != "" {
					t.Errorf("the deletion failed at %s", failed)
				}
				restart(t, account)
			})
			if failed := invoke(t, ix, k.payload(writes[:1])); failed != "" {
				t.Fatalf("failed at %s: %s", failed, log)
			}
			if docs := documents(t, account); len(docs) != 0 {
				t.Errorf("index has %v, want nothing", docs)
			}
		})
	}
}

// A function that ends between the write and the second reading is called again with the same records. They know of version
// 1 alone, and the document that was left behind is of version 4.
func TestEndedBetweenWriteAndReadingAgain(t *testing.T) {
	c := newCloud(t)
	k := c.table()
	account := c.account("12345")
	ix, log := c.shared(map[string]string{"TABLES": k.name + "=kittens"})
	for v := 1; v <= 4; v++ {
		k.put(account, "a", v, "a")
	}
	_, writes := k.of("a")
	written := false
	c.rowFault = func(w http.ResponseWriter, _ *http.Request) bool {
		if written {
			refuse(w, "InternalServerError")
		}
		return written
	}
	k.put(account, "b", 1, "b")
	_, b := k.of("b")
	invoke(t, ix, k.payload(b))
	c.during("/_bulk", func() { written = true; k.remove(account, "a") })
	if failed := invoke(t, ix, k.payload(writes[:1])); failed != *writes[0].Dynamodb.SequenceNumber {
		t.Fatalf("failed at %q, want the record whose row could not be read again: %s", failed, log)
	}
	if _, there := documents(t, account)["a"]; !there {
		t.Fatal("the document was not left behind: this tests nothing")
	}
	restart(t, account)
	written = false
	if failed := invoke(t, ix, k.payload(writes[:1])); failed != "" {
		t.Fatalf("failed at %s: %s", failed, log)
	}
	k.agree(account)
}

// Records that do not say of which version they are.
func TestRecordsWithoutAVersion(t *testing.T) {
	c := newCloud(t)
	k := c.table()
	account := c.account("12345")
	ix, log := c.shared(map[string]string{"TABLES": k.name + "=kittens"})
	k.put(account, "a", 3, "a")
	k.put(account, "kept", 1, "kept")
	_, first := k.of("a")
	_, kept := k.of("kept")
	if failed := invoke(t, ix, k.payload(append(first, kept...))); failed != "" {
		t.Fatalf("failed at %s: %s", failed, log)
	}
	k.put(account, "a", 0, "spoiled")
	_, all := k.of("a")
	if failed := invoke(t, ix, k.payload(all[1:])); failed == "" || !strings.Contains(log.String(), `"poison":true`) {
		t.Errorf("a row without a version failed at %q: %s", failed, log)
	}
	k.remove(account, "a")
	_, all = k.of("a")
	restart(t, account)
	if failed := invoke(t, ix, k.payload(all[1:])); failed != "" {
		t.Errorf("failed at %s, though the row is gone: %s", failed, log)
	}
	k.agree(account)
}

// Documents without a row do not stay in an index that is used, wherever they come from; others do.
func TestDocumentsWithoutARowAreRemoved(t *testing.T) {
	c := newCloud(t)
	k := c.table()
	account := c.account("12345")
	ix, log := c.shared(map[string]string{"TABLES": k.name + "=kittens"})
	now := time.Now()
	ix.samples.now = func() time.Time { return now }
	k.put(account, "a", 1, "a")
	k.put(account+"#3", "b", 1, "b")
	_, a := k.of("a")
	_, b := k.of("b")
	invoke(t, ix, k.payload(append(a, b...)))
	document := func(id, text string) {
		ask(t, http.MethodPut, "/"+account+"/_doc/"+id+"?version=9&version_type=external&refresh=true", text)
	}
	document("kittens%2Fleft", `{"table":"kittens","key":"left","row":{"billingAccount":"`+account+`"}}`)
	document("kittens%2Fforeign", `{"table":"kittens","key":"foreign","row":{"billingAccount":"67890"}}`)
	document("kittens%2Fbare", `{"table":"kittens","key":"bare"}`)
	document("odd", `{"table":"kittens"}`)
	document("toys%2Fball", `{"table":"toys","key":"ball"}`) // of a table that is not this indexer's
	again := k.payload(a)
	if invoke(t, ix, again); len(documents(t, account)) != 7 {
		t.Errorf("index has %v: documents were compared again within a minute", keys(documents(t, account)))
	}
	now = now.Add(sampleEvery)
	if failed := invoke(t, ix, again); failed != "" {
		t.Fatalf("failed at %s: %s", failed, log)
	}
	if got := keys(documents(t, account)); !slices.Equal(got, []string{"a", "b", "ball"}) {
		t.Errorf("index has %q", got)
	}
	if !strings.Contains(log.String(), `"documents":4`) || strings.Contains(log.String(), "left") {
		t.Errorf("log = %s", log)
	}
	// What fails there fails no batch.
	now = now.Add(sampleEvery)
	c.fault = func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		if strings.HasSuffix(r.URL.Path, "/_search") {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return strings.HasSuffix(r.URL.Path, "/_search")
	}
	if failed := invoke(t, ix, again); failed != "" || !strings.Contains(log.String(), "comparing documents with their rows failed") {
		t.Errorf("failed at %s: %s", failed, log)
	}
}

// An account's rows are read with its own role, and a record of another account cannot make it read another's.
func TestRowsAreReadWithTheRoleOfTheirAccount(t *testing.T) {
	c := newCloud(t)
	ix, _ := c.shared(nil)
	invoke(t, ix, c.happened("shared.json"))
	one, two := c.account("12345"), c.account("67890")
	if want := (map[string]string{one: "AKID-" + one, two: "AKID-" + two}); !maps.Equal(c.readers, want) {
		t.Errorf("rows were read by %v, want %v", c.readers, want)
	}
	_, err := ix.accounts.rows(one).get(t.Context(), []rowKey{{table: "kittens", partition: two + "#3", attribute: "kittenId", key: "milo"}})
	if err == nil || !strings.Contains(err.Error(), "AccessDenied") {
		t.Errorf("reading another account's row: %v, want it denied", err)
	}
}

// Rows that the platform keeps about an account are nothing to search for, and nothing that fails.
func TestRowsOfThePlatformAreIgnored(t *testing.T) {
	c := newCloud(t)
	k := c.table()
	account := c.account("12345")
	k.put(account+"#layout", "layout", 0, "x")
	k.put(account, "a", 1, "a")
	k.remove(account+"#layout", "layout")
	s := k.shards()[0]
	for level, want := range map[string]bool{"debug": true, "info": false} {
		ix, log := c.shared(map[string]string{"TABLES": k.name + "=kittens", "LOG_LEVEL": level})
		if failed := invoke(t, ix, k.payload(s.records)); failed != "" {
			t.Errorf("failed at %s: %s", failed, log)
		}
		if got := strings.Contains(log.String(), "a row of the platform is not indexed"); got != want {
			t.Errorf("level %s: %s", level, log)
		}
	}
	if got := keys(documents(t, account)); !slices.Equal(got, []string{"a"}) {
		t.Errorf("index has %q", got)
	}
	own, log := c.own(c.account("67890"))
	if failed := invoke(t, own, k.payload(s.records)); failed == "" {
		t.Errorf("another account's row of the platform is taken: %s", log)
	}
	for partition, want := range map[string]bool{
		"12345#layout": true, "1-2#a": true, "12345": false, "12345#": false, "12345#3": false, "12345#64": false, "12345#1a": false,
		"12345#a#b": false, "#layout": false, "ABC#layout": false, "*#layout": false, "12345#LAYOUT": false,
	} {
		if account, got := platformRow(partition); got != want || got && !isAccount(account) {
			t.Errorf("platformRow(%q) = %q, %v, want %v", partition, account, got, want)
		}
	}
}

// Rows that DynamoDB leaves unprocessed are asked for again, and the batch fails if that goes on.
func TestUnprocessedRows(t *testing.T) {
	c := newCloud(t)
	k := c.table()
	account := c.account("12345")
	k.put(account, "a", 1, "a")
	_, a := k.of("a")
	ix, log := c.shared(map[string]string{"TABLES": k.name + "=kittens"})
	left := 0
	c.rowFault = func(w http.ResponseWriter, _ *http.Request) bool {
		if left--; left < 0 {
			return false
		}
		reply(w, map[string]any{"Responses": map[string]any{}, "UnprocessedKeys": map[string]any{k.name: map[string]any{
			"ConsistentRead": true, "Keys": []any{map[string]any{partitionKey: map[string]string{"S": account}, "kittenId": map[string]string{"S": "a"}}},
		}}})
		return true
	}
	left = rowAttempts
	if failed := invoke(t, ix, k.payload(a)); failed == "" || !strings.Contains(log.String(), errThrottled.Error()) {
		t.Errorf("failed at %q: %s", failed, log)
	}
	left = rowAttempts - 1
	if failed := invoke(t, ix, k.payload(a)); failed != "" {
		t.Errorf("failed at %s: %s", failed, log)
	}
	k.agree(account)
}

// More rows than one request takes.
func TestManyRows(t *testing.T) {
	c := newCloud(t)
	k := c.table()
	account := c.account("12345")
	for i := range 2*batchRows + 1 {
		k.put(account, fmt.Sprintf("row-%03d", i), 1, "x")
	}
	ix, log := c.shared(map[string]string{"TABLES": k.name + "=kittens"})
	for _, s := range k.shards() {
		if failed := invoke(t, ix, k.payload(s.records)); failed != "" {
			t.Fatalf("failed at %s: %s", failed, log)
		}
	}
	k.agree(account)
}
