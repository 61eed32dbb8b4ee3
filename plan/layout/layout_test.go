package layout_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/tenantstack/tenantstack/plan/layout"
)

// odd is a lock whose texts another YAML reader could take for something else.
func odd() *layout.Lock {
	l := layout.New()
	l.Platform = "kittens"
	for id, account := range map[string]string{"null": "012345", "1e5": "0x10", "a": "yes", "acme-eu": "1-1", "on": "12"} {
		l.Tenants[id] = layout.Entry{Layout: layout.Layout{
			BillingAccount: account, Cell: "on", AWSAccount: "012345678901", Region: "eu-central-1", Stack: "kittens-tenant-" + id,
			Data: "shared", KeyShards: 3,
			Tables: map[string]layout.Table{
				"no": {Name: "~", SortKey: "key: \"#{}é\\", Sharded: true, Indexed: true, TTL: "2024-01-31"}, "y": {Name: "y", SortKey: "n"},
			},
			Search: "shared", Index: layout.Index{Domain: "1.5", Name: account},
			Uploads: layout.Uploads{Bucket: "b", Prefix: "uploads/" + account + "/", Folders: map[string]int{"false": 0, "x": 7}},
			Site:    "s",
		}}
	}
	e := l.Tenants["a"]
	e.Removed, e.MovedTo = true, "on"
	l.Tenants["a"] = e
	return l
}

func TestEncodeAndParse(t *testing.T) {
	for name, l := range map[string]*layout.Lock{"empty": layout.New(), "odd": odd()} {
		got, err := layout.Parse("tenants.lock.yaml", l.Encode())
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, l.Encode())
			continue
		}
		if diff := cmp.Diff(l, got, cmpopts.IgnoreUnexported(layout.Lock{}), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// Two branches that add a tenant each change different lines: a block is self-contained.
func TestOneBlockATenant(t *testing.T) {
	l := odd()
	whole := string(l.Encode())
	e := l.Tenants["1e5"]
	delete(l.Tenants, "1e5")
	without := string(l.Encode())
	l.Tenants["1e5"] = e
	start := strings.Index(whole, "  \"1e5\":\n")
	end := start + len(whole) - len(without)
	if start < 0 || whole[:start]+whole[end:] != without {
		t.Errorf("taking a tenant out changed other lines:\n%s", without)
	}
}

func TestParseRefuses(t *testing.T) {
	valid := string(odd().Encode())
	for name, test := range map[string]struct{ text, want string }{
		"no YAML":        {"version: [", "tenants.lock.yaml"},
		"a list":         {"- version: 1\n", "cannot unmarshal"},
		"unknown field":  {strings.Replace(valid, "version: 1\n", "version: 1\ncolour: red\n", 1), "line 4: field colour not found"},
		"another type":   {strings.Replace(valid, "keyShards: 3", "keyShards: many", 1), "cannot unmarshal !!str `many` into int"},
		"tenant twice":   {valid + valid[strings.Index(valid, "  \"on\":"):], "already defined"},
		"version":        {strings.Replace(valid, "version: 1\n", "version: 2\n", 1), "version is 2; this program reads version 1"},
		"no platform":    {strings.Replace(valid, "platform: \"kittens\"\n", "", 1), "platform is missing"},
		"missing fields": {"version: 1\nplatform: x\ntenants: {a: {keyShards: 1}, b: {keyShards: 0}}\n", "tenants.b.keyShards is 0"},
		"conflict":       {strings.Replace(valid, "tenants:\n", "<<<<<<< HEAD\ntenants:\n=======\n", 1), "tenants.lock.yaml:5: a merge left conflict markers"},
	} {
		if _, err := layout.Parse("tenants.lock.yaml", []byte(test.text)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

func TestWriteNeedsWhatWasRead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tenants.lock.yaml")
	if err := layout.New().Write(file); err != nil {
		t.Fatal(err)
	}
	if err := odd().Write(file); err == nil {
		t.Error("a lock that was not read replaced one that is there")
	}
	l, err := layout.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	l.Platform = "kittens"
	if err := l.Write(file); err != nil {
		t.Error(err)
	}
	left, err := os.ReadDir(filepath.Dir(file))
	if err != nil || len(left) != 1 {
		t.Errorf("the folder has %v, %v", left, err)
	}
}

// A digest of a table changes with the form of its keys and with nothing else.
func TestTableDigest(t *testing.T) {
	base := odd().Tenants["on"].Layout
	other := func(change func(*layout.Layout, *layout.Table)) string {
		l := odd().Tenants["on"].Layout
		table := l.Tables["no"]
		change(&l, &table)
		l.Tables["no"] = table
		return l.TableDigest("no")
	}
	for name, test := range map[string]struct {
		same   bool
		change func(*layout.Layout, *layout.Table)
	}{
		"shards":                 {false, func(l *layout.Layout, _ *layout.Table) { l.KeyShards = 4 }},
		"not sharded":            {false, func(_ *layout.Layout, x *layout.Table) { x.Sharded = false }},
		"sort key":               {false, func(_ *layout.Layout, x *layout.Table) { x.SortKey = "id" }},
		"account":                {false, func(l *layout.Layout, _ *layout.Table) { l.BillingAccount = "13" }},
		"name":                   {true, func(_ *layout.Layout, x *layout.Table) { x.Name = "other" }},
		"search and ttl":         {true, func(_ *layout.Layout, x *layout.Table) { x.Indexed, x.TTL = false, "" }},
		"region and placement":   {true, func(l *layout.Layout, _ *layout.Table) { l.Region, l.Data = "eu-west-1", "dedicated" }},
		"one shard, not sharded": {false, func(l *layout.Layout, x *layout.Table) { l.KeyShards = 1 }},
	} {
		if got := other(test.change); (got == base.TableDigest("no")) != test.same {
			t.Errorf("%s: digest %s, that of the base is %s", name, got, base.TableDigest("no"))
		}
	}
	one := odd().Tenants["on"].Layout
	one.KeyShards = 1
	if unsharded := other(func(l *layout.Layout, x *layout.Table) { l.KeyShards, x.Sharded = 9, false }); unsharded != one.TableDigest("no") {
		t.Error("sharded over one key is not what it is without shards")
	}
}
