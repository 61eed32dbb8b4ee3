package eventsource

import (
	"encoding/base64"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// messageEvent is a message as Lambda passes it (Lambda Developer Guide, "Using Lambda with
// Amazon SQS", example event).
func (m *mapping) messageEvent(r types.Message) []byte {
	b := make([]byte, 0, 512+len(aws.ToString(r.Body)))
	b = appendMember(b, `{"messageId":`, aws.ToString(r.MessageId))
	b = appendMember(b, `,"receiptHandle":`, aws.ToString(r.ReceiptHandle))
	b = appendMember(b, `,"body":`, aws.ToString(r.Body))
	b = append(b, `,"attributes":{`...)
	for i, name := range slices.Sorted(maps.Keys(r.Attributes)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, name), ':')
		b = appendString(b, r.Attributes[name])
	}
	b = append(b, `},"messageAttributes":{`...)
	for i, name := range slices.Sorted(maps.Keys(r.MessageAttributes)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, name), ':')
		b = appendAttribute(b, r.MessageAttributes[name])
	}
	b = appendMember(b, `},"md5OfBody":`, aws.ToString(r.MD5OfBody))
	b = append(b, `,"eventSource":"aws:sqs"`...)
	b = appendMember(b, `,"eventSourceARN":`, m.settings.source)
	return append(appendMember(b, `,"awsRegion":`, m.settings.region), '}')
}

func appendAttribute(b []byte, v types.MessageAttributeValue) []byte {
	b = append(b, '{')
	if v.StringValue != nil {
		b = append(appendMember(b, `"stringValue":`, *v.StringValue), ',')
	}
	if v.BinaryValue != nil {
		b = append(appendMember(b, `"binaryValue":`, base64.StdEncoding.EncodeToString(v.BinaryValue)), ',')
	}
	return append(appendMember(b, `"stringListValues":[],"binaryListValues":[],"dataType":`, aws.ToString(v.DataType)), '}')
}
