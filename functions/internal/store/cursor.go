package store

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// cursorFormat is the version of the cursor's encoding.
const cursorFormat = 1

// cursor is a position in the list of a table. It names neither account nor shard:
// it means "after this id" in whichever account reads it, so that one taken from
// another tenant shows nothing of that tenant.
type cursor struct {
	// Format is cursorFormat.
	Format int `json:"v"`
	// Table is the name in x-tables.
	Table string `json:"t"`
	// After is the sort key of the last row of the page before.
	After string `json:"a"`
}

// encodeCursor is the opaque text of the position after id.
func encodeCursor(table, id string) string {
	data, err := json.Marshal(cursor{Format: cursorFormat, Table: table, After: id})
	if err != nil {
		panic(err) // two strings and a number always encode
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

// decodeCursor is the id in text, which must be exactly what encodeCursor made for
// the same table. Errors: ErrCursor.
func decodeCursor(table, text string) (string, error) {
	data, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return "", fmt.Errorf("reading cursor of table %s: %w", table, ErrCursor)
	}
	var c cursor
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&c); err != nil || c.Format != cursorFormat || c.Table != table ||
		!validID(c.After) || encodeCursor(table, c.After) != text {
		return "", fmt.Errorf("reading cursor of table %s: %w", table, ErrCursor)
	}
	return c.After, nil
}

// validID says whether DynamoDB takes id as a sort key: any other id has no row.
func validID(id string) bool {
	return id != "" && len(id) <= MaxKey && utf8.ValidString(id)
}
