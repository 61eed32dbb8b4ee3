package eventsource

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
)

const payloadHead, payloadTail = `{"Records":[`, `]}`

// payload is the event of an invocation.
func payload(records []*record) []byte {
	size := len(payloadHead) + len(payloadTail)
	for _, r := range records {
		size += len(r.event) + 1
	}
	out := append(make([]byte, 0, size), payloadHead...)
	for i, r := range records {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, r.event...)
	}
	return append(out, payloadTail...)
}

// event is a record as Lambda passes it, in the order of members that Lambda has (Lambda Developer
// Guide, "Using AWS Lambda with Amazon DynamoDB", example event). The region and the ARN are
// those of the mapping: the engine behind the stream has others of its own.
func (m *mapping) event(r *types.Record) []byte {
	b := make([]byte, 0, 512)
	// AWS's ids are 32 hexadecimal digits, those of DynamoDB Local are UUIDs.
	b = appendMember(b, `{"eventID":`, strings.ReplaceAll(aws.ToString(r.EventID), "-", ""))
	b = appendMember(b, `,"eventName":`, string(r.EventName))
	b = appendMember(b, `,"eventVersion":`, cmp.Or(aws.ToString(r.EventVersion), "1.1"))
	b = append(b, `,"eventSource":"aws:dynamodb"`...)
	b = appendMember(b, `,"awsRegion":`, m.settings.region)
	if u := r.UserIdentity; u != nil {
		b = appendMember(b, `,"userIdentity":{"type":`, aws.ToString(u.Type))
		b = append(appendMember(b, `,"principalId":`, aws.ToString(u.PrincipalId)), '}')
	}
	b = append(b, `,"dynamodb":`...)
	b = appendChange(b, r.Dynamodb)
	return append(appendMember(b, `,"eventSourceARN":`, m.settings.source), '}')
}

func appendChange(b []byte, c *types.StreamRecord) []byte {
	if c == nil {
		return append(b, `{}`...)
	}
	b = append(b, '{')
	if t := c.ApproximateCreationDateTime; t != nil {
		b = append(b, `"ApproximateCreationDateTime":`...)
		b = append(appendSeconds(b, *t), ',')
	}
	b = append(b, `"Keys":`...)
	b = appendImage(b, c.Keys)
	// An empty image is not the same as none, but no item is without its keys.
	if len(c.NewImage) > 0 {
		b = appendImage(append(b, `,"NewImage":`...), c.NewImage)
	}
	if len(c.OldImage) > 0 {
		b = appendImage(append(b, `,"OldImage":`...), c.OldImage)
	}
	b = appendMember(b, `,"SequenceNumber":`, aws.ToString(c.SequenceNumber))
	b = append(b, `,"SizeBytes":`...)
	b = strconv.AppendInt(b, aws.ToInt64(c.SizeBytes), 10)
	return append(appendMember(b, `,"StreamViewType":`, string(c.StreamViewType)), '}')
}

// appendSeconds writes a time as seconds since 1970, with a fraction only where there is one.
func appendSeconds(b []byte, t time.Time) []byte {
	if t.Nanosecond() == 0 {
		return strconv.AppendInt(b, t.Unix(), 10)
	}
	return strconv.AppendFloat(b, float64(t.UnixMilli())/1000, 'f', -1, 64)
}

// appendImage writes attributes sorted by name, so that the same keys always read the same.
func appendImage(b []byte, image map[string]types.AttributeValue) []byte {
	b = append(b, '{')
	for i, name := range slices.Sorted(maps.Keys(image)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, name), ':')
		b = appendValue(b, image[name])
	}
	return append(b, '}')
}

// appendValue writes a value in the form of DynamoDB (DynamoDB API Reference, "AttributeValue").
func appendValue(b []byte, v types.AttributeValue) []byte {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		b = appendMember(b, `{"S":`, v.Value)
	case *types.AttributeValueMemberN:
		b = appendMember(b, `{"N":`, v.Value)
	case *types.AttributeValueMemberB:
		b = appendMember(b, `{"B":`, base64.StdEncoding.EncodeToString(v.Value))
	case *types.AttributeValueMemberBOOL:
		b = strconv.AppendBool(append(b, `{"BOOL":`...), v.Value)
	case *types.AttributeValueMemberNULL:
		b = strconv.AppendBool(append(b, `{"NULL":`...), v.Value)
	case *types.AttributeValueMemberM:
		b = appendImage(append(b, `{"M":`...), v.Value)
	case *types.AttributeValueMemberL:
		b = appendList(append(b, `{"L":`...), v.Value, appendValue)
	case *types.AttributeValueMemberSS:
		b = appendList(append(b, `{"SS":`...), v.Value, appendString)
	case *types.AttributeValueMemberNS:
		b = appendList(append(b, `{"NS":`...), v.Value, appendString)
	case *types.AttributeValueMemberBS:
		b = appendList(append(b, `{"BS":`...), v.Value, func(b, v []byte) []byte {
			return appendString(b, base64.StdEncoding.EncodeToString(v))
		})
	default:
		// A type that DynamoDB does not have: the function sees that something is there.
		b = append(b, `{"NULL":true`...)
	}
	return append(b, '}')
}

func appendList[T any](b []byte, list []T, one func([]byte, T) []byte) []byte {
	b = append(b, '[')
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = one(b, v)
	}
	return append(b, ']')
}

func appendMember(b []byte, head, value string) []byte {
	return appendString(append(b, head...), value)
}

// appendString writes a JSON string. Most need no escapes, and then no encoder.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			return appendEscaped(b, s)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

func appendEscaped(b []byte, s string) []byte {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always has a JSON form
	return append(b, bytes.TrimSuffix(out.Bytes(), []byte("\n"))...)
}
