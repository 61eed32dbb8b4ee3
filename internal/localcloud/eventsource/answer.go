package eventsource

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// failures reads what a function that reports batch item failures answers. all says that the
// whole batch failed, since the answer is not of the form, or names what the batch does not have:
// what cannot be understood must not count as done (Lambda Developer Guide, "Configuring partial
// batch response with DynamoDB and Lambda", success and failure conditions).
func failures(answer []byte, has func(id string) bool) (ids []string, all bool) {
	switch text := bytes.TrimSpace(answer); string(text) {
	case "", "null", `""`, "[]":
		return nil, false
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(answer, &members) != nil {
		return nil, true
	}
	var items []map[string]json.RawMessage
	if list, ok := members["batchItemFailures"]; ok && json.Unmarshal(list, &items) != nil {
		return nil, true
	}
	for _, item := range items {
		var id *string
		if json.Unmarshal(item["itemIdentifier"], &id) != nil || id == nil || !has(*id) {
			return nil, true
		}
		ids = append(ids, *id)
	}
	return ids, false
}

// firstFailure is the index of the first record that failed: the reported one with the lowest
// sequence number. It is 0 if all failed and negative if none did.
func firstFailure(answer []byte, records []*record) int {
	index := make(map[string]int, len(records))
	for i, r := range records {
		index[r.sequence] = i
	}
	ids, all := failures(answer, func(id string) bool { _, ok := index[id]; return ok })
	switch {
	case all:
		return 0
	case len(ids) == 0:
		return -1
	}
	at := make([]int, len(ids))
	for i, id := range ids {
		at[i] = index[id]
	}
	return slices.Min(at)
}

// reason says in words why a batch failed, empty if it did not.
func reason(functionError string, failed, of int, err error) string {
	switch {
	case err != nil:
		return "Function could not be called: " + short(err)
	case functionError != "":
		return "Function call failed: " + functionError
	case failed >= 0:
		return fmt.Sprintf("Function reported failures from record %d of %d on", failed+1, of)
	}
	return ""
}
