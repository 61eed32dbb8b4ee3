package opensearch

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// Handles of scrolls and points in time are the node's, which has one kind for all domains and lets
// whoever has one compute others. So a domain hands them out with a code in front, and takes none
// without its own code.
const codeBytes = 16

func (d *domain) code(handle string) string {
	h := hmac.New(sha256.New, d.key)
	_, _ = io.WriteString(h, handle)
	return hex.EncodeToString(h.Sum(nil)[:codeBytes])
}

func (d *domain) sealHandle(handle string) string { return d.code(handle) + handle }

var errHandle = errors.New("the handle of the scroll or the point in time is not of this domain")

func (d *domain) openHandle(sealed string) (string, error) {
	if len(sealed) <= 2*codeBytes {
		return "", errHandle
	}
	code, handle := sealed[:2*codeBytes], sealed[2*codeBytes:]
	// A list or _all would be more than the one handle.
	if !hmac.Equal([]byte(code), []byte(d.code(handle))) || strings.Contains(handle, ",") {
		return "", errHandle
	}
	return handle, nil
}

// openHandles opens a list that is separated by commas.
func (d *domain) openHandles(list string) (string, error) {
	handles := strings.Split(list, ",")
	for i, sealed := range handles {
		handle, err := d.openHandle(sealed)
		if err != nil {
			return "", err
		}
		handles[i] = handle
	}
	return strings.Join(handles, ","), nil
}

// open opens the handles of a string or an array of strings.
func (w *rewriter) open(n *node) error { return w.names(n, w.d.openHandle) }

// handleKeys are where requests and answers have handles.
var handleKeys = map[string]bool{"scroll_id": true, "_scroll_id": true, "pit_id": true}

// handlesBody is the rule of requests for a scroll or a point in time: they are about nothing but
// handles.
func handlesBody(w *rewriter, n *node) error {
	if n.kind != '{' {
		return errNotJSON
	}
	for i, key := range n.keys {
		if handleKeys[key.text] {
			if err := w.open(n.values[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// sealAnswer seals the handles of an answer. The node has them at its beginning, or in a short list.
func (d *domain) sealAnswer(answer []byte) []byte {
	decoder := json.NewDecoder(bytes.NewReader(answer))
	if t, err := decoder.Token(); err != nil || t != json.Delim('{') {
		return answer
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return answer
		}
		switch key {
		case "_scroll_id", "pit_id", "pits":
			var raw json.RawMessage
			if decoder.Decode(&raw) != nil {
				return answer
			}
			end := int(decoder.InputOffset())
			sealed := d.sealValue(raw)
			out := make([]byte, 0, len(answer)+len(sealed)-len(raw))
			out = append(append(out, answer[:end-len(raw)]...), sealed...)
			return append(out, answer[end:]...)
		default:
			var skipped json.RawMessage
			if decoder.Decode(&skipped) != nil {
				return answer
			}
		}
	}
	return answer
}

// sealValue is a handle, or the list of points in time that were ended.
func (d *domain) sealValue(raw []byte) []byte {
	n, err := parseJSON(raw)
	if err != nil {
		return raw
	}
	e := &edits{src: raw}
	if n.kind == '"' {
		e.set(n, d.sealHandle(n.text))
	}
	for _, pit := range n.values {
		if id := pit.member("pit_id"); id != nil && id.kind == '"' {
			e.set(id, d.sealHandle(id.text))
		}
	}
	return e.apply()
}
