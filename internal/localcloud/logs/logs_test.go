package logs

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

func texts(events []Event) []string {
	var out []string
	for _, e := range events {
		out = append(out, e.Text)
	}
	return out
}

func TestSearch(t *testing.T) {
	c := newCloud(t, t.TempDir())
	defer c.Close()
	at := c.clock.read()
	write := func(group, stream, text string) {
		at = at.Add(time.Millisecond)
		c.Write(account, region, group, stream, at, text)
	}
	write("/a", "1", "START RequestId: r1 Version: $LATEST")
	write("/a", "1", "hello <b>")
	write("/a", "2", "START RequestId: r2 Version: $LATEST")
	write("/a", "2", "other")
	write("/a", "1", "END RequestId: r1")
	write("/a", "1", "REPORT RequestId: r1 Duration: 1 ms")
	write("/a", "1", "START RequestId: r3 Version: $LATEST")
	write("/b", "1", "hello b")
	for _, test := range []struct {
		name string
		q    Query
		want []string
	}{
		{"text", Query{Text: "hello"}, []string{"hello <b>", "hello b"}},
		{"text that JSON escapes", Query{Text: "<b>"}, []string{"hello <b>"}},
		{"group", Query{Groups: []string{"/b"}}, []string{"hello b"}},
		{"prefix", Query{Prefix: "/b"}, []string{"hello b"}},
		{"stream", Query{Groups: []string{"/a"}, Stream: "2", Text: "other"}, []string{"other"}},
		{"latest", Query{Limit: 1}, []string{"hello b"}},
		{"request", Query{RequestID: "r1"}, []string{"START RequestId: r1 Version: $LATEST", "hello <b>", "END RequestId: r1", "REPORT RequestId: r1 Duration: 1 ms"}},
		{"since", Query{Since: at}, []string{"hello b"}},
		{"other account", Query{Account: "222222222222"}, nil},
	} {
		got, err := c.Search(test.q)
		if err != nil || !slices.Equal(texts(got), test.want) {
			t.Errorf("%s: got %q, %v, want %q", test.name, texts(got), err, test.want)
		}
	}
}

// What was flushed survives the end of the process without Close, and a line cut in half.
func TestCrash(t *testing.T) {
	dir := t.TempDir()
	c := newCloud(t, dir)
	at := c.clock.read()
	c.Write(account, region, "/a", "s", at, "one")
	c.Write(account, region, "/a", "s", at, "two")
	segment := filepath.Join(dir, groupDir(groupID{account, region, "/a"}), "00000001.log")
	deadline := time.Now().Add(10 * time.Second)
	for {
		if data, err := os.ReadFile(segment); err == nil && strings.Count(string(data), "\n") == 2 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the events did not come to the disk")
		}
		time.Sleep(5 * time.Millisecond)
	}
	f, err := os.OpenFile(segment, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"n":3,"t":1`); err != nil {
		t.Fatal(err)
	}
	f.Close()

	again := newCloud(t, dir)
	again.Write(account, region, "/a", "s", at, "three")
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	third := newCloud(t, dir)
	defer third.Close()
	got, err := third.Search(Query{})
	if want := []string{"one", "two", "three"}; err != nil || !slices.Equal(texts(got), want) {
		t.Errorf("got %q, %v, want %q", texts(got), err, want)
	}
	ids := map[string]bool{}
	for _, e := range got {
		ids[e.ID] = true
	}
	if len(ids) != 3 {
		t.Errorf("the ids of events repeat: %v", got)
	}
	streams, err := third.find(groupID{account, region, "/a"}).listStreams(at)
	if err != nil || len(streams) != 1 || streams[0].last != at.UnixMilli() {
		t.Errorf("got streams %+v, %v", streams, err)
	}
}

// A group has a bound: the oldest events go.
func TestRotation(t *testing.T) {
	c := newCloud(t, t.TempDir())
	defer c.Close()
	at := c.clock.read()
	c.Write(account, region, "/a", "s", at, "first")
	g := c.find(groupID{account, region, "/a"})
	big := strings.Repeat("x", maxEvent+10)
	for i := range (maxSegments + 2) * segmentSize / maxEvent {
		c.Write(account, region, "/a", "s", at.Add(time.Duration(i)*time.Millisecond), big)
		if err := g.flush(at); err != nil {
			t.Fatal(err)
		}
	}
	if size := g.storedBytes(); size > maxSegments*segmentSize {
		t.Errorf("the group has %d bytes, want at most %d", size, maxSegments*segmentSize)
	}
	if got, err := c.Search(Query{Text: "first"}); err != nil || len(got) != 0 {
		t.Errorf("the first event is still there: %v, %v", texts(got), err)
	}
	if got, err := c.Search(Query{Limit: 1}); err != nil || len(got) != 1 || len(got[0].Text) != maxEvent {
		t.Errorf("the last event is not there: %d, %v", len(got), err)
	}
}

func TestFollow(t *testing.T) {
	c := newCloud(t, t.TempDir())
	defer c.Close()
	ctx, cancel := context.WithCancel(context.Background())
	events := c.Follow(ctx, Query{Prefix: "/a", Text: "yes"})
	for _, e := range []struct{ group, text string }{{"/a", "no"}, {"/b", "yes"}, {"/a", "yes 1"}, {"/ab", "yes 2"}} {
		c.Write(account, region, e.group, "s", c.clock.read(), e.text)
	}
	for _, want := range []string{"yes 1", "yes 2"} {
		if e := <-events; e.Text != want {
			t.Errorf("got %q, want %q", e.Text, want)
		}
	}
	for range followed + 5 {
		c.Write(account, region, "/a", "s", c.clock.read(), "yes")
	}
	for range followed {
		<-events
	}
	c.Write(account, region, "/a", "s", c.clock.read(), "yes")
	if e := <-events; e.Missed != 5 {
		t.Errorf("missed %d events, want 5", e.Missed)
	}
	cancel()
	for range events {
	}
}

func TestConcurrentWriters(t *testing.T) {
	c := newCloud(t, t.TempDir())
	defer c.Close()
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 100 {
				c.Write(account, region, fmt.Sprintf("/g%d", w%3), fmt.Sprint(w), c.clock.read(), fmt.Sprint(i))
				if i%25 == 0 {
					if _, err := c.Search(Query{Limit: 5}); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	if got, err := c.Search(Query{}); err != nil || len(got) != 800 {
		t.Errorf("got %d events, %v, want 800", len(got), err)
	}
}

func TestProvider(t *testing.T) {
	dir := t.TempDir()
	c := newCloud(t, dir)
	ctx := context.Background()
	r := resource.Resource{Type: "AWS::Logs::LogGroup", Account: account, Region: region, Name: "/g", Properties: map[string]any{"RetentionInDays": "30", "Tags": []any{map[string]any{"Key": "k", "Value": "v"}}}}
	for range 2 {
		if err := c.Put(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	if m := c.find(groupID{account, region, "/g"}).describe(); m.Retention != 30 || m.Tags["k"] != "v" {
		t.Errorf("got %+v", m)
	}
	c.Write(account, region, "/g", "s", c.clock.read(), "kept")
	if err := c.Delete(ctx, r); err != nil {
		t.Fatal(err)
	}
	if got, err := c.Search(Query{}); err != nil || len(got) != 0 {
		t.Errorf("a group that left the templates answers: %v, %v", texts(got), err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = newCloud(t, dir)
	defer c.Close()
	if err := c.Put(ctx, r); err != nil {
		t.Fatal(err)
	}
	if got, err := c.Search(Query{}); err != nil || len(got) != 1 {
		t.Errorf("a group that came back has lost its events: %v, %v", texts(got), err)
	}
	for _, wrong := range []resource.Resource{{Name: "a:b"}, {Name: "/x", Properties: map[string]any{"RetentionInDays": 2}}} {
		if err := c.Put(ctx, wrong); err == nil {
			t.Errorf("%+v was created", wrong)
		}
	}
}
