package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

const (
	// batch is how long events are collected before they are sent.
	batch = 100 * time.Millisecond
	// statusInterval is how often the status is sent.
	statusInterval = 2 * time.Second
)

// events sends requests, denials and the status as they change (HTML Standard, "Server-sent events").
func (c *Console) events(w http.ResponseWriter, r *http.Request) {
	flusher, ok := w.(http.Flusher)
	if !ok {
		http.Error(w, "this connection cannot stream", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	send := func(name string, v any) {
		data, err := json.Marshal(v)
		if err == nil {
			fmt.Fprintf(w, "event: %s\ndata: %s\n\n", name, data)
		}
	}
	tick := time.NewTicker(statusInterval)
	defer tick.Stop()
	var requests, denials uint64
	status := true
	for {
		newRequests, countRequests, moreRequests := c.requests.since(requests)
		newDenials, countDenials, moreDenials := c.denials.since(denials)
		requests, denials = countRequests, countDenials
		if len(newRequests) > 0 {
			send("requests", newRequests)
		}
		if len(newDenials) > 0 {
			send("denials", newDenials)
		}
		if status {
			send("status", c.source.Status())
		}
		flusher.Flush()
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
			status = true
			continue
		case <-moreRequests:
		case <-moreDenials:
		}
		status = false
		select {
		case <-r.Context().Done():
			return
		case <-time.After(batch):
		}
	}
}
