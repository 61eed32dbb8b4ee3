package sqs

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// dedupInterval of queues with order (SQS Developer Guide, "Exactly-once processing in Amazon SQS").
const dedupInterval = 5 * time.Minute

// outgoing is a message to send, in SendMessage and as an entry of SendMessageBatch.
type outgoing struct {
	MessageBody             string
	DelaySeconds            *int
	MessageAttributes       map[string]Attribute
	MessageSystemAttributes map[string]Attribute
	MessageDeduplicationId  string
	MessageGroupId          string
}

// receiptOfSend is the answer to it.
type receiptOfSend struct {
	MessageID       string `json:"MessageId"`
	MD5OfBody       string `json:"MD5OfMessageBody"`
	MD5OfAttributes string `json:"MD5OfMessageAttributes,omitempty"`
	MD5OfSystem     string `json:"MD5OfMessageSystemAttributes,omitempty"`
	SequenceNumber  string `json:",omitempty"`
}

// size of a message in bytes: body and attributes with names and types (SQS API Reference, "SendMessage").
func (o outgoing) size() int {
	n := len(o.MessageBody)
	for name, a := range o.MessageAttributes {
		n += len(name) + len(a.DataType) + len(a.StringValue) + len(a.BinaryValue)
	}
	return n
}

var (
	attributeName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,256}$`)
	attributeType = regexp.MustCompile(`^(String|Number|Binary)(\..{1,249})?$`)
	groupID       = regexp.MustCompile("^[A-Za-z0-9!\"#$%&'()*+,./:;<=>?@\\[\\]\\\\^_`{|}~-]{1,128}$")
)

// check refuses what SQS refuses of a message to this queue. It does not lock.
func (q *queue) check(o outgoing) *gate.Error {
	switch most := q.number(attrMaxSize); {
	case o.MessageBody == "":
		return fail("MissingParameter", "The request must contain the parameter MessageBody.")
	case o.size() > most:
		return fail("InvalidParameterValue", "One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", most)
	case strings.ContainsFunc(o.MessageBody, noXML):
		return fail("InvalidMessageContents", "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF")
	case o.DelaySeconds != nil && (*o.DelaySeconds < 0 || *o.DelaySeconds > 900):
		return fail("InvalidParameterValue", "Value %d for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.", *o.DelaySeconds)
	case len(o.MessageAttributes) > 10:
		return fail("InvalidParameterValue", "Number of message attributes [%d] exceeds the allowed maximum [10].", len(o.MessageAttributes))
	}
	for name, a := range o.MessageAttributes {
		if problem := checkMessageAttribute(name, a); problem != nil {
			return problem
		}
	}
	for name, a := range o.MessageSystemAttributes {
		if name != "AWSTraceHeader" || a.DataType != "String" || a.StringValue == "" {
			return fail("InvalidParameterValue", "Message system attribute name '%s' is invalid.", name)
		}
	}
	return q.checkOrder(o)
}

func checkMessageAttribute(name string, a Attribute) *gate.Error {
	lower := strings.ToLower(name)
	switch {
	case !attributeName.MatchString(name) || strings.HasPrefix(lower, "aws.") || strings.HasPrefix(lower, "amazon.") ||
		strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") || strings.Contains(name, ".."):
		return fail("InvalidParameterValue", "The message attribute name '%s' is invalid.", name)
	case !attributeType.MatchString(a.DataType):
		return fail("InvalidParameterValue", "The message attribute '%s' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.", name)
	case a.binary() && (len(a.BinaryValue) == 0 || a.StringValue != ""), !a.binary() && (a.StringValue == "" || a.BinaryValue != nil):
		return fail("InvalidParameterValue", "The message attribute '%s' must contain non-empty message attribute value for message attribute type '%s'.", name, a.DataType)
	case strings.ContainsFunc(a.StringValue, noXML):
		return fail("InvalidMessageContents", "The message attribute '%s' has invalid characters.", name)
	}
	if strings.HasPrefix(a.DataType, "Number") {
		if _, err := strconv.ParseFloat(a.StringValue, 64); err != nil {
			return fail("InvalidParameterValue", "Can't cast the value of message (user) attribute '%s' to a number.", name)
		}
	}
	return nil
}

// checkOrder checks group and deduplication (SQS API Reference, "SendMessage"). It does not lock.
func (q *queue) checkOrder(o outgoing) *gate.Error {
	switch {
	case o.MessageGroupId != "" && !groupID.MatchString(o.MessageGroupId):
		return fail("InvalidParameterValue", "Value %s for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.", o.MessageGroupId)
	case o.MessageDeduplicationId != "" && !groupID.MatchString(o.MessageDeduplicationId):
		return fail("InvalidParameterValue", "Value %s for parameter MessageDeduplicationId is invalid. Reason: MessageDeduplicationId can only include alphanumeric and punctuation characters. 1 to 128 in length.", o.MessageDeduplicationId)
	case !q.fifo() && o.MessageDeduplicationId != "":
		return fail("InvalidParameterValue", "Value %s for parameter MessageDeduplicationId is invalid. Reason: The request includes a parameter that is not valid for this queue type.", o.MessageDeduplicationId)
	case !q.fifo():
		return nil
	case o.MessageGroupId == "":
		return fail("MissingParameter", "The request must contain the parameter MessageGroupId.")
	case o.MessageDeduplicationId == "" && q.state.Attributes[attrByContent] != "true":
		return fail("InvalidParameterValue", "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
	case o.DelaySeconds != nil && *o.DelaySeconds != 0:
		return fail("InvalidParameterValue", "Value %d for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type.", *o.DelaySeconds)
	}
	return nil
}

func noXML(r rune) bool {
	return r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff
}

// dedupKey is what must not be sent twice. It does not lock.
func (q *queue) dedupKey(group, id string) string {
	if q.state.Attributes[attrScope] == "messageGroup" {
		return group + " " + id
	}
	return id
}

// send puts messages into the queue, all or none. The answer to one that was sent before is that of the first time.
func (q *queue) send(now time.Time, sender string, list []outgoing) ([]receiptOfSend, *gate.Error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.expire(now)
	answers := make([]receiptOfSend, 0, len(list))
	var records []record
	for _, o := range list {
		m := q.compose(now, sender, o)
		answer := receiptOfSend{MD5OfBody: md5Of(o.MessageBody), MD5OfAttributes: md5OfAttributes(o.MessageAttributes), MD5OfSystem: md5OfAttributes(o.MessageSystemAttributes)}
		before, again := q.sent[q.dedupKey(m.Group, m.Dedup)]
		if m.Dedup == "" || !again {
			if q.fifo() {
				q.state.Sequence++
				m.Sequence = fmt.Sprintf("%020d", q.state.Sequence)
			}
			q.insert(m)
			records = append(records, record{Message: m})
			before = sent{ID: m.ID, Sequence: m.Sequence}
		}
		answer.MessageID, answer.SequenceNumber = before.ID, before.Sequence
		answers = append(answers, answer)
	}
	if problem := q.write(records...); problem != nil {
		return nil, problem
	}
	q.wake()
	return answers, nil
}

// compose makes the message. It does not lock.
func (q *queue) compose(now time.Time, sender string, o outgoing) *message {
	delay := q.seconds(attrDelay)
	if o.DelaySeconds != nil && !q.fifo() {
		delay = time.Duration(*o.DelaySeconds) * time.Second
	}
	m := &message{ID: gate.NewRequestID(), Body: o.MessageBody, Attributes: o.MessageAttributes, System: o.MessageSystemAttributes,
		Sender: sender, Sent: millis(now), Visible: millis(now.Add(delay)), Group: o.MessageGroupId}
	if q.fifo() {
		if m.Dedup = o.MessageDeduplicationId; m.Dedup == "" {
			sum := sha256.Sum256([]byte(o.MessageBody))
			m.Dedup = hex.EncodeToString(sum[:])
		}
	}
	return m
}

func parseSequence(text string) (uint64, error) { return strconv.ParseUint(text, 10, 64) }

// accept takes a message that another queue gave up.
func (q *queue) accept(now time.Time, m *message, source string) *gate.Error {
	q.mu.Lock()
	defer q.mu.Unlock()
	moved := *m
	moved.gone, moved.Received, moved.Nonce, moved.Visible, moved.Source = false, 0, "", millis(now), source
	if q.fifo() {
		// Only queues without order keep the time of the first sending (SQS Developer Guide, "Using
		// dead-letter queues").
		q.state.Sequence++
		moved.Sent, moved.Sequence = millis(now), fmt.Sprintf("%020d", q.state.Sequence)
	}
	q.insert(&moved)
	defer q.wake()
	return q.write(record{Message: &moved})
}
