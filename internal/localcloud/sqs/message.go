package sqs

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"maps"
	"slices"
	"strings"
	"time"
)

// message of a queue. It is written to the journal as it is.
type message struct {
	ID   string `json:"id"`
	Body string `json:"b"`
	// Attributes of the sender, and those of the system (AWSTraceHeader).
	Attributes map[string]Attribute `json:"a,omitempty"`
	System     map[string]Attribute `json:"y,omitempty"`
	Sender     string               `json:"u"`
	// Sent, First and Visible are times in Unix milliseconds: of sending, of the first receive, and
	// from when on it can be received.
	Sent    int64 `json:"t"`
	First   int64 `json:"f,omitempty"`
	Visible int64 `json:"v"`
	// Receives counts them.
	Receives int `json:"n,omitempty"`
	// Received is when it was received last; 0 if it was not.
	Received int64 `json:"l,omitempty"`
	// Nonce of the last receipt handle.
	Nonce string `json:"h,omitempty"`
	// Group, Dedup and Sequence of queues with order.
	Group    string `json:"g,omitempty"`
	Dedup    string `json:"x,omitempty"`
	Sequence string `json:"s,omitempty"`
	// Source is the queue that a message was moved from to its dead-letter queue.
	Source string `json:"o,omitempty"`

	// gone messages are still in the order, but no longer in the queue.
	gone bool
}

// receipt is what a receive changes of a message.
type receipt struct {
	ID       string `json:"id"`
	First    int64  `json:"f,omitempty"`
	Visible  int64  `json:"v"`
	Receives int    `json:"n"`
	Received int64  `json:"l,omitempty"`
	Nonce    string `json:"h"`
}

// sent is a message of a queue with order that is not to be sent again within five minutes.
type sent struct {
	Key      string `json:"k"`
	ID       string `json:"id"`
	Sequence string `json:"s"`
	At       int64  `json:"t"`
}

func (m *message) receipt() receipt {
	return receipt{ID: m.ID, First: m.First, Visible: m.Visible, Receives: m.Receives, Received: m.Received, Nonce: m.Nonce}
}

func (m *message) take(r receipt) {
	m.First, m.Visible, m.Receives, m.Received, m.Nonce = r.First, r.Visible, r.Receives, r.Received, r.Nonce
}

func millis(t time.Time) int64 { return t.UnixMilli() }

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// Attribute of a message.
type Attribute struct {
	// DataType is String, Number or Binary, with a label of the sender's behind a dot.
	DataType string
	// StringValue of String and Number.
	StringValue string `json:",omitempty"`
	// BinaryValue of Binary.
	BinaryValue []byte `json:",omitempty"`
}

func (a Attribute) binary() bool { return strings.HasPrefix(a.DataType, "Binary") }

// md5Of is the checksum of a body.
func md5Of(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

// md5OfAttributes is the checksum of attributes (SQS Developer Guide, "Calculating the MD5
// message digest for message attributes"); empty without attributes.
func md5OfAttributes(attributes map[string]Attribute) string {
	if len(attributes) == 0 {
		return ""
	}
	h := md5.New()
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		a := attributes[name]
		sized(h, []byte(name))
		sized(h, []byte(a.DataType))
		if a.binary() {
			h.Write([]byte{2})
			sized(h, a.BinaryValue)
		} else {
			h.Write([]byte{1})
			sized(h, []byte(a.StringValue))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

func sized(h hash.Hash, text []byte) {
	var size [4]byte
	binary.BigEndian.PutUint32(size[:], uint32(len(text)))
	h.Write(size[:])
	h.Write(text)
}

// handle of a receipt names the message and the receive.
func (m *message) handle() string {
	return base64.StdEncoding.EncodeToString([]byte(m.ID + " " + m.Nonce))
}

func parseHandle(handle string) (id, nonce string, ok bool) {
	text, err := base64.StdEncoding.DecodeString(handle)
	if err != nil {
		return "", "", false
	}
	return strings.Cut(string(text), " ")
}
