package dynamodb

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tenantstack/tenantstack/iam"
)

// table is one table, whether it exists or not.
type table struct {
	id tableID
	// mu is held for reading while a request that the schema decided is with the engine, and for
	// writing while the schema changes: no request is decided by one schema and done with another.
	mu sync.RWMutex
	// schema is nil while the table does not exist.
	schema   atomic.Pointer[schema]
	settings atomic.Pointer[settings]
	changed  *notifier
	expiries expiries
}

// schema of a table. It is never changed, only replaced.
type schema struct {
	keys
	// types of the key attributes: S, N or B.
	types   map[string]string
	indexes map[string]keys
	// stream says that changes are recorded; label is the stream's in the engine, the latest one.
	stream bool
	label  string
}

// keys are the attributes of a primary key; sort is empty where there is none.
type keys struct{ partition, sort string }

// of is the key of an index, or of the table if the index is empty.
func (s *schema) of(index string) (keys, bool) {
	if index == "" {
		return s.keys, true
	}
	k, ok := s.indexes[index]
	return k, ok
}

// settings are what the engine does not keep.
type settings struct {
	// policy and streamPolicy are resource policies, as text too; nil if there is none.
	policy, streamPolicy *policy
	tags                 map[string]string
	// ttl is the attribute that says when an item expires; empty if none does.
	ttl string
	// recovery says that point-in-time recovery was asked for.
	recovery bool
}

// policy is a resource policy.
type policy struct {
	text     string
	document iam.Document
}

func (p *policy) documents() []iam.Document {
	if p == nil {
		return nil
	}
	return []iam.Document{p.document}
}

// streamLabel is the label of a table's stream: a time, as AWS's is, that follows from the table's ARN,
// so that it is known before the table exists and is the same at every start.
func (t tableID) streamLabel() string {
	sum := sha256.Sum256([]byte(t.arn()))
	ms := binary.BigEndian.Uint64(sum[:8]) % (5 * 365 * 24 * 3600 * 1000)
	return time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(ms) * time.Millisecond).Format("2006-01-02T15:04:05.000")
}

func (t tableID) streamARN() string { return t.arn() + "/stream/" + t.streamLabel() }

// StreamARN is the ARN of a table's stream, whether it exists yet or not; ok is false if the ARN is
// none of a table. It is the same at every start. Locally a table keeps the ARN when its stream is
// turned off and on again; AWS makes another one then (DynamoDB Developer Guide, "Change data capture
// for DynamoDB Streams").
func (s *Service) StreamARN(tableARN string) (arn string, ok bool) {
	id, rest, ok := arnOf(tableARN)
	if !ok || rest != "" {
		return "", false
	}
	return id.streamARN(), true
}

// engineStream is the engine's ARN for a stream, and outer is AWS's. A stream that is not the table's
// latest keeps the engine's label.
func (t *table) engineStream(label string) string {
	if s := t.schema.Load(); s != nil && label == t.id.streamLabel() {
		label = s.label
	}
	return enginePrefix + "table/" + t.id.name + "/stream/" + label
}

func (t *table) outerLabel(label string) string {
	if s := t.schema.Load(); s != nil && s.label == label {
		return t.id.streamLabel()
	}
	return label
}

// table finds what is known of a table, asking the engine for one that was not heard of. It is nil if
// there is no such table.
func (s *Service) table(ctx context.Context, id tableID) (*table, error) {
	s.mu.RLock()
	t, known := s.tables[id], s.homes[id.home]
	s.mu.RUnlock()
	if t != nil && t.schema.Load() != nil {
		return t, nil
	}
	// The engine makes a database for every home it is asked about: only for those that hold tables.
	if t != nil || !known {
		return nil, nil
	}
	found, err := s.describe(ctx, id)
	if err != nil || found == nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t = s.tables[id]; t == nil {
		t = s.addTable(id)
		t.schema.Store(found)
	}
	return t, nil
}

// reserve is the table, made if nothing is known of it. It is not thereby created.
func (s *Service) reserve(id tableID) *table {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.tables[id]; t != nil {
		return t
	}
	return s.addTable(id)
}

// addTable keeps a table. s.mu is held.
func (s *Service) addTable(id tableID) *table {
	t := &table{id: id, changed: s.notifier(id.streamARN())}
	t.settings.Store(s.state.settings(id))
	s.tables[id], s.homes[id.home] = t, true
	return t
}

// reload reads the schema from the engine again. The caller holds t.mu for writing.
func (s *Service) reload(ctx context.Context, t *table) error {
	found, err := s.describe(ctx, t.id)
	if err != nil {
		return err
	}
	t.schema.Store(found)
	return nil
}

// description is the part of the answer to DescribeTable that is needed here.
type description struct {
	KeySchema                 []keyElement
	AttributeDefinitions      []attributeDefinition
	GlobalSecondaryIndexes    []describedIndex
	LocalSecondaryIndexes     []describedIndex
	StreamSpecification       streamSpecification
	LatestStreamLabel         string
	TableStatus               string
	DeletionProtectionEnabled bool
	BillingModeSummary        struct{ BillingMode string }
	ProvisionedThroughput     throughput
}

type describedIndex struct {
	IndexName             string
	IndexStatus           string
	KeySchema             []keyElement
	ProvisionedThroughput throughput
}

// describe asks the engine for a table's schema; nil if the table does not exist.
func (s *Service) describe(ctx context.Context, id tableID) (*schema, error) {
	d, err := s.description(ctx, id)
	if err != nil || d == nil {
		return nil, err
	}
	out := &schema{keys: keysOf(d.KeySchema), types: map[string]string{}, indexes: map[string]keys{}}
	for _, a := range d.AttributeDefinitions {
		out.types[a.AttributeName] = a.AttributeType
	}
	for _, i := range slices.Concat(d.GlobalSecondaryIndexes, d.LocalSecondaryIndexes) {
		out.indexes[i.IndexName] = keysOf(i.KeySchema)
	}
	out.stream, out.label = d.StreamSpecification.StreamEnabled, d.LatestStreamLabel
	return out, nil
}

func (s *Service) description(ctx context.Context, id tableID) (*description, error) {
	var out struct{ Table description }
	err := s.engine.call(ctx, id.home, dataTarget+"DescribeTable", map[string]string{"TableName": id.name}, &out)
	if is(err, "ResourceNotFoundException") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &out.Table, nil
}

func keysOf(elements []keyElement) keys {
	var k keys
	for _, e := range elements {
		if strings.EqualFold(e.KeyType, "HASH") {
			k.partition = e.AttributeName
		} else {
			k.sort = e.AttributeName
		}
	}
	return k
}
