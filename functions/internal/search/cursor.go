package search

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
)

// cursor is where a page ended: the sort values of its last hit, and which query it belongs to.
// It gives its holder nothing that the query does not, so it is not signed.
type cursor struct {
	Query []byte          `json:"q"`
	Score json.RawMessage `json:"s"`
	Key   string          `json:"k"`
}

// maxCursor bounds a cursor's length in characters: a key has at most 1,024 bytes, which JSON may escape.
const maxCursor = 10_000

func queryHash(q Query) []byte {
	sum := sha256.Sum256([]byte(q.Table + "\x00" + q.Text))
	return sum[:8]
}

// encodeCursor takes the sort values as they came, a score and a key that was decoded before.
func encodeCursor(q Query, sort []json.RawMessage) string {
	c := cursor{Query: queryHash(q), Score: sort[0]}
	if json.Unmarshal(sort[1], &c.Key) != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(encode(c))
}

// decodeCursor returns the values of search_after; nil for the first page.
func decodeCursor(q Query) (list, error) {
	if q.Cursor == "" {
		return nil, nil
	}
	refuse := func(why string) (list, error) { return nil, fmt.Errorf("%s: %w", why, ErrCursor) }
	if len(q.Cursor) > maxCursor {
		return refuse("cursor is too long")
	}
	text, err := base64.RawURLEncoding.Strict().DecodeString(q.Cursor)
	if err != nil {
		return refuse("cursor is not base64url")
	}
	var c cursor
	if json.Unmarshal(text, &c) != nil {
		return refuse("cursor has an unknown form")
	}
	var score float64
	if json.Unmarshal(c.Score, &score) != nil || string(c.Score) == "null" || math.Abs(score) > math.MaxFloat32 {
		return refuse("cursor has no score")
	}
	if string(c.Query) != string(queryHash(q)) {
		return refuse("cursor is of another query")
	}
	return list{c.Score, c.Key}, nil
}
