package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"sync"
	"testing"

	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
)

// TestRowsAndIndexAgree writes rows at random and hands their stream to the indexer as Lambda does: in
// batches, repeated from the checkpoint when they fail, given up after some attempts, and now and then
// again long after. Meanwhile the domain refuses requests, breaks connections, loses
// responses to what it did, and forgets the versions of what was deleted. Once the faults are over and the dead letters replayed, rows and indices must agree.
func TestRowsAndIndexAgree(t *testing.T) {
	seed := uint64(1)
	if s := os.Getenv("INDEXER_TEST_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seed = n
	}
	for range 3 {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { rowsAndIndexAgree(t, rand.New(rand.NewPCG(seed, 0))) })
		seed++
	}
}

func rowsAndIndexAgree(t *testing.T, random *rand.Rand) {
	c := newCloud(t)
	k := c.table()
	ix, log := c.shared(map[string]string{"TABLES": k.name + "=kittens"})
	accounts := []string{c.account("a"), c.account("b"), c.account("c")}
	writeAtRandom(k, accounts, random)

	c.fault = randomFaults(rand.New(rand.NewPCG(random.Uint64(), 0)))
	lambda := &eventSource{cloud: c, kittens: k, indexer: ix, random: random, accounts: accounts}
	for _, s := range k.shards() {
		lambda.work(t, s)
	}
	if lambda.failed == 0 || len(c.messages) == 0 {
		t.Errorf("%d invocations failed, %d dead letters: the faults were too few to test anything", lambda.failed, len(c.messages))
	}
	c.mu.Lock()
	c.fault = nil
	c.mu.Unlock()
	for len(c.messages) > 0 {
		c.elapse()
		if sum := replayed(t, ix, `{"replay":{"max":7}}`); sum.Failed+sum.Trimmed > 0 {
			t.Fatalf("summary = %+v: %s", sum, log)
		}
	}
	for _, account := range accounts {
		indexed := inIndex(t, account)
		if rows := k.rows(account); !maps.Equal(rows, indexed) || len(rows) == 0 {
			t.Errorf("account %s: rows %v, index %v", account, rows, indexed)
		}
	}
}

// writeAtRandom inserts, changes and deletes rows of sharded and other accounts.
func writeAtRandom(k *kittens, accounts []string, random *rand.Rand) {
	versions := map[string]int{} // of rows that are there; one that is made anew begins again
	for i := range 240 {
		account := random.IntN(len(accounts))
		partition := accounts[account]
		id := fmt.Sprintf("k%d-%d", random.IntN(25), i/80)
		if account == 1 {
			partition = fmt.Sprintf("%s#%d", partition, id[1]%4)
		}
		key := partition + id
		switch {
		case versions[key] > 0 && random.IntN(4) == 0:
			k.remove(partition, id)
			versions[key] = 0
		default:
			versions[key]++
			k.put(partition, id, versions[key], fmt.Sprintf("kitten %d", i))
		}
	}
}

// randomFaults fails some requests before and some after the engine carried them out.
func randomFaults(random *rand.Rand) func(http.ResponseWriter, *http.Request, http.Handler) bool {
	var mu sync.Mutex
	return func(w http.ResponseWriter, r *http.Request, forward http.Handler) bool {
		mu.Lock()
		n := random.IntN(10)
		mu.Unlock()
		switch n {
		case 0:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 1:
			w.WriteHeader(http.StatusTooManyRequests)
		case 2:
			panic(http.ErrAbortHandler) // the connection breaks
		case 3, 4:
			forward.ServeHTTP(httptest.NewRecorder(), r)
			w.WriteHeader(http.StatusGatewayTimeout)
		default:
			return false
		}
		return true
	}
}

// eventSource calls the indexer as Lambda's event source mapping does, with partial batch responses.
type eventSource struct {
	cloud   *cloud
	kittens *kittens
	indexer *indexer
	random  *rand.Rand
	// accounts whose indices forget now and then what was deleted.
	accounts []string
	failed   int
}

func (l *eventSource) work(t *testing.T, s shard) {
	t.Helper()
	const attempts = 2
	for records := s.records; len(records) > 0; {
		batch := records[:min(len(records), 1+l.random.IntN(12))]
		records = records[len(batch):]
		for try := 0; len(batch) > 0; try++ {
			if try == attempts {
				l.cloud.deadLetter(l.kittens, s.id, batch)
				break
			}
			batch = l.invoke(t, batch)
		}
		if l.random.IntN(3) == 0 {
			from := l.random.IntN(len(s.records) - len(records))
			l.invoke(t, s.records[from:min(from+10, len(s.records)-len(records))])
		}
		if l.random.IntN(20) == 0 {
			for _, account := range l.accounts {
				if documents(t, account) != nil {
					restart(t, account)
				}
			}
		}
	}
}

// invoke returns the records from the checkpoint on.
func (l *eventSource) invoke(t *testing.T, batch []streamtypes.Record) []streamtypes.Record {
	t.Helper()
	failed := invoke(t, l.indexer, l.kittens.payload(batch))
	if failed == "" {
		return nil
	}
	l.failed++
	for i, r := range batch {
		if *r.Dynamodb.SequenceNumber == failed {
			return batch[i:]
		}
	}
	t.Fatalf("%s is none of the batch", failed)
	return nil
}
