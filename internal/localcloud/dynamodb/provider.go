package dynamodb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

const globalTable = "AWS::DynamoDB::GlobalTable"

// Types are those of tables. A global table is the table of its stack's region.
func (s *Service) Types() []string { return []string{"AWS::DynamoDB::Table", globalTable} }

// Delete does nothing: a table stays, with its data, as one with DeletionPolicy Retain does.
func (s *Service) Delete(context.Context, resource.Resource) error { return nil }

// Put creates a table or brings one up to date that is there: indexes, stream, capacity, protection,
// time to live, policies and tags. What only another table could have, such as another key, is an error
// that says what to do.
func (s *Service) Put(ctx context.Context, r resource.Resource) error {
	if err := s.put(ctx, r); err != nil {
		return fmt.Errorf("creating table %s (%s): %w", r.Name, r, err)
	}
	return nil
}

func (s *Service) put(ctx context.Context, r resource.Resource) error {
	id := tableID{home{r.Account, r.Region}, r.Name}
	if !id.valid() || !validName(id.name) {
		return fmt.Errorf("%s is no ARN of a table", id.arn())
	}
	p, err := readProperties(r)
	if err != nil {
		return err
	}
	t := s.reserve(id)
	t.mu.Lock()
	defer t.mu.Unlock()
	d, err := s.description(ctx, id)
	switch {
	case err != nil:
		return err
	case d == nil:
		err = s.engine.call(ctx, id.home, dataTarget+"CreateTable", p.creation(id.name), nil)
	default:
		err = s.update(ctx, id, d, p)
	}
	if err := errors.Join(err, s.reload(ctx, t)); err != nil {
		return err
	}
	next := p.settings()
	if t.settings.Load().ttl != next.ttl {
		t.expiries.clear()
	}
	return s.set(t, func(now *settings) { *now = next })
}

// updateAttempts is how often a table is brought in line. The engine fails now and then (InternalFailure) while it
// still works on an index that was deleted.
const updateAttempts = 5

// update brings a table in line with its properties. What was done stays done when the engine fails, so the rest is found anew.
func (s *Service) update(ctx context.Context, id tableID, d *description, p *properties) error {
	if err := p.impossible(d); err != nil {
		return err
	}
	for attempt := 1; ; attempt++ {
		err := s.change(ctx, id, p)
		if !is(err, internalFailure) || attempt == updateAttempts {
			return err
		}
	}
}

// change makes the changes that a table still needs, one after the other, as the engine asks for.
func (s *Service) change(ctx context.Context, id tableID, p *properties) error {
	if err := s.awaitActive(ctx, id); err != nil {
		return err
	}
	d, err := s.description(ctx, id)
	if err != nil {
		return err
	}
	if d == nil {
		return errGone
	}
	for _, in := range p.changes(d) {
		in["TableName"] = id.name
		if err := s.engine.call(ctx, id.home, dataTarget+"UpdateTable", in, nil); err != nil {
			return err
		}
		if err := s.awaitActive(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

const elsewhere = "give the table another name, or delete it with all its items (aws dynamodb delete-table) or start with another data folder"

// impossible says what cannot be changed (CloudFormation Template Reference: "Update requires:
// Replacement").
func (p *properties) impossible(d *description) error {
	want, have := describeKey(p.KeySchema, p.AttributeDefinitions), describeKey(d.KeySchema, d.AttributeDefinitions)
	if want != have {
		return fmt.Errorf("its key is %s in the data folder and %s in the template, and a key cannot change: %s", have, want, elsewhere)
	}
	local := func(name string, schema []keyElement, definitions []attributeDefinition) string {
		return name + " (" + describeKey(schema, definitions) + ")"
	}
	var wanted, there []string
	for _, i := range p.LocalSecondaryIndexes {
		wanted = append(wanted, local(i.IndexName, i.KeySchema, p.AttributeDefinitions))
	}
	for _, i := range d.LocalSecondaryIndexes {
		there = append(there, local(i.IndexName, i.KeySchema, d.AttributeDefinitions))
	}
	slices.Sort(wanted)
	slices.Sort(there)
	if !slices.Equal(wanted, there) {
		return fmt.Errorf("its local indexes are [%s] in the data folder and [%s] in the template, and local indexes cannot change: %s",
			strings.Join(there, ", "), strings.Join(wanted, ", "), elsewhere)
	}
	return nil
}

// describeKey is a key for people, such as account S, id S.
func describeKey(schema []keyElement, definitions []attributeDefinition) string {
	types := map[string]string{}
	for _, a := range definitions {
		types[a.AttributeName] = a.AttributeType
	}
	k := keysOf(schema)
	text := k.partition + " " + types[k.partition]
	if k.sort != "" {
		text += ", " + k.sort + " " + types[k.sort]
	}
	return text
}

// changes are the requests that make a table what its properties say.
func (p *properties) changes(d *description) []fields {
	var out []fields
	out = append(out, p.indexChanges(d)...)
	if mode := billingMode(d); mode != p.BillingMode || p.ProvisionedThroughput != nil && *p.ProvisionedThroughput != d.ProvisionedThroughput {
		out = append(out, p.capacityChange(d))
	}
	if want, have := p.stream(), d.StreamSpecification; want != have {
		if want.StreamEnabled && have.StreamEnabled { // another view: another stream
			out = append(out, fields{"StreamSpecification": streamSpecification{}})
		}
		out = append(out, fields{"StreamSpecification": want})
	}
	if p.DeletionProtectionEnabled != d.DeletionProtectionEnabled {
		out = append(out, fields{"DeletionProtectionEnabled": p.DeletionProtectionEnabled})
	}
	return out
}

func billingMode(d *description) string {
	if d.BillingModeSummary.BillingMode != "" {
		return d.BillingModeSummary.BillingMode
	}
	return provisioned
}

func (p *properties) capacityChange(d *description) fields {
	in := fields{"BillingMode": p.BillingMode}
	if p.ProvisionedThroughput == nil {
		return in
	}
	in["ProvisionedThroughput"] = p.ProvisionedThroughput
	if billingMode(d) == provisioned {
		return in
	}
	var indexes []fields
	for _, i := range p.GlobalSecondaryIndexes {
		indexes = append(indexes, fields{"Update": fields{"IndexName": i.IndexName, "ProvisionedThroughput": i.ProvisionedThroughput}})
	}
	if indexes != nil {
		in["GlobalSecondaryIndexUpdates"] = indexes
	}
	return in
}

// indexChanges delete and create global indexes. One with another key is made anew.
func (p *properties) indexChanges(d *description) []fields {
	wanted := map[string]string{}
	for _, i := range p.GlobalSecondaryIndexes {
		wanted[i.IndexName] = describeKey(i.KeySchema, p.AttributeDefinitions)
	}
	var out []fields
	there := map[string]bool{}
	for _, i := range d.GlobalSecondaryIndexes {
		if wanted[i.IndexName] == describeKey(i.KeySchema, d.AttributeDefinitions) {
			there[i.IndexName] = true
			continue
		}
		out = append(out, fields{"GlobalSecondaryIndexUpdates": []fields{{"Delete": fields{"IndexName": i.IndexName}}}})
	}
	for _, i := range p.GlobalSecondaryIndexes {
		if there[i.IndexName] {
			continue
		}
		if billingMode(d) != provisioned {
			i.ProvisionedThroughput = nil
		} else if i.ProvisionedThroughput == nil {
			i.ProvisionedThroughput = &d.ProvisionedThroughput
		}
		out = append(out, fields{"AttributeDefinitions": p.AttributeDefinitions, "GlobalSecondaryIndexUpdates": []fields{{"Create": i}}})
	}
	return out
}

// awaitActive waits until a change of a table has been made.
func (s *Service) awaitActive(ctx context.Context, id tableID) error {
	for {
		d, err := s.description(ctx, id)
		if err != nil {
			return err
		}
		if d == nil {
			return errGone
		}
		active := d.TableStatus == "ACTIVE"
		for _, i := range d.GlobalSecondaryIndexes {
			active = active && (i.IndexStatus == "" || i.IndexStatus == "ACTIVE")
		}
		if active {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for table %s to be changed: %w", id.name, ctx.Err())
		case <-time.After(activePause):
		}
	}
}

// internalFailure is the engine's code of an error that is its own.
const internalFailure = "InternalFailure"

var errGone = errors.New("it is gone while it was being changed")

// activePause between two looks at a table that is being changed.
const activePause = 20 * time.Millisecond
