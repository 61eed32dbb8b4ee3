package dynamodb

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// table is what is known of a table.
type table struct {
	partitionKey, sortKey string
	// indexes are the partition keys of secondary indexes by name.
	indexes map[string]string
	// stream says that changes are recorded; engineLabel is the stream's label in the engine.
	stream      bool
	engineLabel string
	// policy is the table's resource policy, tags are its own.
	policy []iam.Document
	tags   map[string]string

	ttl string
	expiries
}

// keyOf is the partition key of an index, or of the table if the index is empty.
func (t *table) keyOf(index string) string {
	if index == "" {
		return t.partitionKey
	}
	return t.indexes[index]
}

// streamLabel is the label of a table's stream, the same at every start: a time, as AWS has it.
func streamLabel(id tableID) string {
	sum := sha256.Sum256([]byte(id.arn()))
	n := int64(binary.BigEndian.Uint32(sum[:4]))
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(n%(1<<24)) * 999 * time.Millisecond).Format("2006-01-02T15:04:05.000")
}

func streamARN(id tableID) string { return id.arn() + "/stream/" + streamLabel(id) }

// StreamARN is the ARN of the stream of a table, whether it is there yet or not. ok is false if the
// ARN is none of a table.
func (s *Service) StreamARN(tableARN string) (string, bool) {
	id, ok := parseARN(tableARN)
	if !ok {
		return "", false
	}
	return streamARN(id), true
}

// Changed is closed at the next write to the table of a stream.
func (s *Service) Changed(streamARN string) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.changed[streamARN]
	if c == nil {
		c = make(chan struct{})
		s.changed[streamARN] = c
	}
	return c
}

func parseARN(arn string) (tableID, bool) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "dynamodb" || !strings.HasPrefix(parts[5], "table/") {
		return tableID{}, false
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(parts[5], "table/"), "/")
	return tableID{parts[4], parts[3], name}, true
}

// known is a table that was looked up before; nil if none was.
func (s *Service) known(id tableID) *table {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tables[id]
}

func (s *Service) forget(id tableID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.tables[id]; t != nil && t.policy == nil && t.ttl == "" {
		delete(s.tables, id)
	} else if t != nil {
		t.partitionKey = "" // looked up again
	}
}

// lookup finds a table here or in the engine; nil if there is none.
func (s *Service) lookup(ctx context.Context, id tableID) *table {
	if t := s.known(id); t != nil && t.partitionKey != "" {
		return t
	}
	described, err := s.describe(ctx, id)
	if err != nil || described == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.learn(id, described)
}

// description is a part of the answer to DescribeTable.
type description struct {
	Table struct {
		KeySchema              []keyElement
		AttributeDefinitions   []any
		GlobalSecondaryIndexes []indexDescription
		LocalSecondaryIndexes  []indexDescription
		StreamSpecification    struct{ StreamEnabled bool }
		LatestStreamLabel      string
		TableStatus            string
	}
}

type keyElement struct{ AttributeName, KeyType string }

type indexDescription struct {
	IndexName string
	KeySchema []keyElement
}

func partitionOf(schema []keyElement) (partition, sort string) {
	for _, k := range schema {
		if k.KeyType == "HASH" {
			partition = k.AttributeName
		} else {
			sort = k.AttributeName
		}
	}
	return partition, sort
}

// describe asks the engine; nil if the table does not exist.
func (s *Service) describe(ctx context.Context, id tableID) (*description, error) {
	out, err := s.engineCall(ctx, home{id.account, id.region}, "DescribeTable", map[string]any{"TableName": id.name})
	var e *engineError
	if errors.As(err, &e) && strings.HasSuffix(e.Type, "ResourceNotFoundException") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var d description
	return &d, json.Unmarshal(out, &d)
}

// learn keeps what a description says. The caller holds s.mu.
func (s *Service) learn(id tableID, d *description) *table {
	// A table is replaced, not changed, so that whoever holds the old one reads it undisturbed.
	t := &table{indexes: map[string]string{}}
	if old := s.tables[id]; old != nil {
		t.policy, t.tags, t.ttl, t.expiries = old.policy, old.tags, old.ttl, old.expiries
	}
	t.partitionKey, t.sortKey = partitionOf(d.Table.KeySchema)
	for _, list := range [][]indexDescription{d.Table.GlobalSecondaryIndexes, d.Table.LocalSecondaryIndexes} {
		for _, i := range list {
			t.indexes[i.IndexName], _ = partitionOf(i.KeySchema)
		}
	}
	t.stream, t.engineLabel = d.Table.StreamSpecification.StreamEnabled, d.Table.LatestStreamLabel
	s.tables[id] = t
	return t
}

// engineError is an error that the engine answered.
type engineError struct {
	Type    string `json:"__type"`
	Message string `json:"message"`
}

func (e *engineError) Error() string { return e.Type + ": " + e.Message }

// engineCall has the engine do something for the service itself.
func (s *Service) engineCall(ctx context.Context, h home, operation string, in any) ([]byte, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	target := dataTarget + operation
	if strings.HasPrefix(operation, streamsTarget) {
		target = operation
	}
	out, err := s.forward(ctx, h, target, body)
	if err != nil {
		return nil, err
	}
	if out.status != http.StatusOK {
		e := &engineError{}
		if json.Unmarshal(out.body, e) != nil || e.Type == "" {
			e.Type, e.Message = fmt.Sprint(out.status), string(out.body)
		}
		return nil, e
	}
	return out.body, nil
}

// Types implements resource.Provider.
func (s *Service) Types() []string {
	return []string{"AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"}
}

// Delete implements resource.Provider. The table stays in the engine.
func (s *Service) Delete(_ context.Context, r resource.Resource) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tables, tableID{r.Account, r.Region, r.Name})
	return nil
}

// Put implements resource.Provider: it creates the table, or adds indexes and a stream to one that is
// there. A different key schema is an error.
func (s *Service) Put(ctx context.Context, r resource.Resource) error {
	p, err := readProperties(r)
	if err != nil {
		return fmt.Errorf("creating table %s (%s): %w", r.Name, r, err)
	}
	id := tableID{r.Account, r.Region, r.Name}
	d, err := s.describe(ctx, id)
	if err == nil && d == nil {
		_, err = s.engineCall(ctx, home{id.account, id.region}, "CreateTable", p.createTable(r.Name))
	} else if err == nil {
		err = s.update(ctx, id, d, p)
	}
	if err == nil {
		d, err = s.describe(ctx, id)
	}
	if err == nil && d == nil {
		err = errors.New("the engine has lost it")
	}
	if err != nil {
		return fmt.Errorf("creating table %s (%s): %w", r.Name, r, err)
	}
	s.mu.Lock()
	t := s.learn(id, d)
	scan := p.TimeToLiveSpecification.Enabled && t.ttl != p.TimeToLiveSpecification.AttributeName
	t.policy, t.tags, t.ttl = p.policy, p.tags, ""
	if p.TimeToLiveSpecification.Enabled {
		t.ttl = p.TimeToLiveSpecification.AttributeName
	}
	s.mu.Unlock()
	if scan {
		return s.scanExpiries(ctx, id)
	}
	return nil
}

// update brings a table in line with its properties.
func (s *Service) update(ctx context.Context, id tableID, d *description, p *properties) error {
	have, haveSort := partitionOf(d.Table.KeySchema)
	if want, wantSort := partitionOf(p.KeySchema); have != want || haveSort != wantSort {
		return fmt.Errorf("its key is %s, %s in the data folder and %s, %s in the template: a key cannot change; give the table another name, or start with another data folder", have, haveSort, want, wantSort)
	}
	h := home{id.account, id.region}
	if want := p.StreamSpecification.StreamViewType != ""; want != d.Table.StreamSpecification.StreamEnabled {
		spec := map[string]any{"StreamEnabled": want}
		if want {
			spec["StreamViewType"] = p.StreamSpecification.StreamViewType
		}
		if _, err := s.engineCall(ctx, h, "UpdateTable", map[string]any{"TableName": id.name, "StreamSpecification": spec}); err != nil {
			return err
		}
	}
	there := map[string]bool{}
	for _, i := range d.Table.GlobalSecondaryIndexes {
		there[i.IndexName] = true
	}
	for _, i := range p.GlobalSecondaryIndexes {
		if there[i.IndexName] {
			continue
		}
		if _, err := s.engineCall(ctx, h, "UpdateTable", map[string]any{"TableName": id.name, "AttributeDefinitions": p.AttributeDefinitions,
			"GlobalSecondaryIndexUpdates": []any{map[string]any{"Create": i}}}); err != nil {
			return fmt.Errorf("adding index %s: %w", i.IndexName, err)
		}
	}
	return nil
}
