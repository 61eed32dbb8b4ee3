package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"github.com/tenantstack/tenantstack/functions/internal/search"
)

// partitionKey is the partition key attribute of every table.
const partitionKey = "billingAccount"

// record is a stream record, wherever it came from.
type record struct {
	sequence, event, streamARN string
	// broken says that nothing but the sequence number could be read.
	broken              bool
	keys, before, after search.Row
}

// rowKey names a row. The attribute is the one that the key is the value of.
type rowKey struct {
	// table is the name in x-tables.
	table, partition, attribute, key string
}

// change is what a record asks of an index, and later what became of it.
type change struct {
	sequence string
	// account is empty where the record names none.
	account string
	row     rowKey
	// removal says that the row was deleted. Version is that of the last state of the row that the record has, 0 if
	// it has none.
	removal bool
	version int64
	// ignored says that the record is of a row that is not to be found.
	ignored bool
	failure *failure
}

// failure is why a change is not in the index. Its texts go to the log: they hold nothing of a row.
type failure struct {
	// poison will fail whenever it is repeated.
	poison bool
	reason string
}

func (c *change) fail(poison bool, format string, args ...any) {
	c.failure = &failure{poison: poison, reason: fmt.Sprintf(format, args...)}
}

// change reads a record. One that cannot be read is a failed change.
func (s settings) change(r record) change {
	c := change{sequence: r.sequence}
	if err := s.read(r, &c); err != nil {
		c.fail(true, "%v", err)
	}
	return c
}

func (s settings) read(r record, c *change) error {
	if r.broken {
		return errors.New("it cannot be decoded")
	}
	name, err := tableName(r.streamARN)
	if err != nil {
		return err
	}
	if c.row.table = s.tables[name]; c.row.table == "" {
		return fmt.Errorf("the record is of table %s, which TABLES does not name", name)
	}
	if c.row.partition, c.row.attribute, c.row.key, err = splitKeys(r.keys); err != nil {
		return err
	}
	account, ok := accountOf(c.row.partition)
	if owner, own := platformRow(c.row.partition); own {
		account, ok, c.ignored = owner, true, true
	}
	if !ok {
		return fmt.Errorf("its %s is neither a billing account nor a shard of one", partitionKey)
	}
	c.account = account
	if s.account != "" && account != s.account {
		return fmt.Errorf("it is of billing account %s, not of %s", account, s.account)
	}
	switch r.event {
	case string(events.DynamoDBOperationTypeInsert), string(events.DynamoDBOperationTypeModify):
		c.version = search.Version(r.after)
	case string(events.DynamoDBOperationTypeRemove):
		// Deletions by time to live come in the same form.
		c.removal, c.version = true, search.Version(r.before)
	default:
		return errors.New("its eventName is none of INSERT, MODIFY, REMOVE")
	}
	return nil
}

// tableName takes the name out of arn:aws:dynamodb:<region>:<account>:table/<name>/stream/<label>.
func tableName(arn string) (string, error) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) == 6 && parts[0] == "arn" && parts[2] == "dynamodb" {
		resource := strings.Split(parts[5], "/")
		if len(resource) == 4 && resource[0] == "table" && resource[2] == "stream" {
			return resource[1], nil
		}
	}
	return "", errors.New("its eventSourceARN is none of a DynamoDB stream")
}

func splitKeys(keys search.Row) (partition, attribute, key string, err error) {
	partition, ok := keys[partitionKey].(string)
	if !ok || len(keys) != 2 {
		return "", "", "", fmt.Errorf("its keys are not %s and a sort key", partitionKey)
	}
	for name, v := range keys {
		if name == partitionKey {
			continue
		}
		if attribute = name; attribute == "" {
			return "", "", "", errors.New("its sort key has no name")
		}
		if key, ok = v.(string); !ok {
			return "", "", "", errors.New("its sort key is not a string")
		}
	}
	return partition, attribute, key, nil
}

var (
	accountForm   = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)
	partitionForm = regexp.MustCompile(`^([^#]*)(?:#(0|[1-9][0-9]?))?$`)
)

// maxShards is the greatest number of shards of an account.
const maxShards = 64

func isAccount(s string) bool { return accountForm.MatchString(s) }

// accountOf takes the account out of a partition key value, <account> or <account>#<shard>.
func accountOf(partition string) (string, bool) {
	m := partitionForm.FindStringSubmatch(partition)
	if m == nil || !isAccount(m[1]) {
		return "", false
	}
	if shard, _ := strconv.Atoi(m[2]); shard >= maxShards {
		return "", false
	}
	return m[1], true
}

var platformForm = regexp.MustCompile(`^([^#]*)#[a-z][a-z0-9-]*$`)

// platformRow takes the account out of <account>#<name>, the partition key of rows that the platform keeps in an
// account's tables about the account, such as the layout of its data. They are nothing to search for. What begins
// with a digit is a shard, or a mistake.
func platformRow(partition string) (string, bool) {
	m := platformForm.FindStringSubmatch(partition)
	if m == nil || !isAccount(m[1]) {
		return "", false
	}
	return m[1], true
}

// recordOfEvent decodes one record of an invocation. Of a record that cannot be decoded at least
// the sequence number is known, so that it fails alone.
func recordOfEvent(text json.RawMessage) (record, error) {
	var id struct {
		Change struct{ SequenceNumber string } `json:"dynamodb"`
	}
	if err := json.Unmarshal(text, &id); err != nil || id.Change.SequenceNumber == "" {
		return record{}, errors.New("reading a stream record: it has no sequence number")
	}
	r := record{sequence: id.Change.SequenceNumber}
	var e events.DynamoDBEventRecord
	if err := json.Unmarshal(text, &e); err != nil {
		r.broken = true
		return r, nil
	}
	r.event, r.streamARN = e.EventName, e.EventSourceArn
	r.keys, r.before, r.after = eventRow(e.Change.Keys), eventRow(e.Change.OldImage), eventRow(e.Change.NewImage)
	return r, nil
}

// eventRow converts an image as Lambda passes it.
func eventRow(image map[string]events.DynamoDBAttributeValue) search.Row {
	row := make(search.Row, len(image))
	for name, v := range image {
		row[name] = eventValue(v)
	}
	return row
}

func eventValue(v events.DynamoDBAttributeValue) any {
	switch v.DataType() {
	case events.DataTypeString:
		return v.String()
	case events.DataTypeNumber:
		return json.Number(v.Number())
	case events.DataTypeBoolean:
		return v.Boolean()
	case events.DataTypeBinary:
		return v.Binary()
	case events.DataTypeMap:
		return map[string]any(eventRow(v.Map()))
	case events.DataTypeList:
		return anys(v.List(), eventValue)
	case events.DataTypeStringSet:
		return anys(v.StringSet(), func(s string) any { return s })
	case events.DataTypeNumberSet:
		return anys(v.NumberSet(), func(s string) any { return json.Number(s) })
	case events.DataTypeBinarySet:
		return anys(v.BinarySet(), func(b []byte) any { return b })
	default:
		return nil
	}
}

// recordOfStream converts a record as it is read from the stream.
func recordOfStream(r types.Record, streamARN string) record {
	out := record{event: string(r.EventName), streamARN: streamARN}
	if c := r.Dynamodb; c != nil {
		if c.SequenceNumber != nil {
			out.sequence = *c.SequenceNumber
		}
		out.keys, out.before, out.after = streamRow(c.Keys), streamRow(c.OldImage), streamRow(c.NewImage)
	}
	return out
}

func streamRow(image map[string]types.AttributeValue) search.Row {
	item, err := attributevalue.FromDynamoDBStreamsMap(image)
	if err != nil {
		return search.Row{} // without a version, so it is poison as any row that cannot be read
	}
	return search.RowOf(item)
}

func anys[T any](in []T, f func(T) any) []any {
	out := make([]any, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}
