package sqs

import (
	"slices"
	"strconv"
	"strings"
)

// received is a message as ReceiveMessage answers it.
type received struct {
	MessageID         string `json:"MessageId"`
	ReceiptHandle     string
	MD5OfBody         string
	Body              string
	Attributes        map[string]string    `json:",omitempty"`
	MessageAttributes map[string]Attribute `json:",omitempty"`
	MD5OfAttributes   string               `json:"MD5OfMessageAttributes,omitempty"`
}

// answer has the attributes that were asked for. The checksum is that of the attributes in the answer.
func (m *message) answer(system, attributes []string) received {
	r := received{MessageID: m.ID, ReceiptHandle: m.handle(), MD5OfBody: md5Of(m.Body), Body: m.Body}
	r.Attributes = m.system(system)
	for name, a := range m.Attributes {
		if slices.ContainsFunc(attributes, func(asked string) bool { return matches(asked, name) }) {
			if r.MessageAttributes == nil {
				r.MessageAttributes = map[string]Attribute{}
			}
			r.MessageAttributes[name] = a
		}
	}
	r.MD5OfAttributes = md5OfAttributes(r.MessageAttributes)
	return r
}

// matches says whether a name was asked for: by itself, by a beginning with .*, or with all (SQS API
// Reference, "ReceiveMessage": MessageAttributeNames).
func matches(asked, name string) bool {
	if beginning, ok := strings.CutSuffix(asked, ".*"); ok {
		return strings.HasPrefix(name, beginning)
	}
	return asked == name || asked == "All"
}

func (m *message) system(asked []string) map[string]string {
	all := map[string]string{
		"SenderId": m.Sender, "SentTimestamp": strconv.FormatInt(m.Sent, 10), "ApproximateReceiveCount": strconv.Itoa(m.Receives),
		"ApproximateFirstReceiveTimestamp": strconv.FormatInt(m.First, 10), "SequenceNumber": m.Sequence, "MessageDeduplicationId": m.Dedup,
		"MessageGroupId": m.Group, "AWSTraceHeader": m.System["AWSTraceHeader"].StringValue, "DeadLetterQueueSourceArn": m.Source,
	}
	out := map[string]string{}
	for name, value := range all {
		if value != "" && (slices.Contains(asked, name) || slices.Contains(asked, "All")) {
			out[name] = value
		}
	}
	return out
}
