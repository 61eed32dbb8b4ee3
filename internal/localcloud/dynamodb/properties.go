package dynamodb

import (
	"errors"
	"fmt"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// properties of AWS::DynamoDB::Table and of AWS::DynamoDB::GlobalTable, as far as there is something
// to do for them locally (CloudFormation Template Reference). Capacity, encryption, backups, auto scaling
// and replicas in other regions change nothing here.
type properties struct {
	AttributeDefinitions      []attributeDefinition
	KeySchema                 []keyElement
	BillingMode               string
	ProvisionedThroughput     *throughput
	GlobalSecondaryIndexes    []secondaryIndex
	LocalSecondaryIndexes     []secondaryIndex
	StreamSpecification       streamProperties
	TimeToLiveSpecification   timeToLive
	DeletionProtectionEnabled bool
	ResourcePolicy            policyProperty
	Tags                      []tagProperty
	PointInTimeRecovery       recoveryProperty `mapstructure:"PointInTimeRecoverySpecification"`
	// Replicas of a global table.
	Replicas []struct {
		Region                    string
		DeletionProtectionEnabled bool
		ResourcePolicy            policyProperty
		ReplicaStream             streamProperties `mapstructure:"ReplicaStreamSpecification"`
		Tags                      []tagProperty
		PointInTimeRecovery       recoveryProperty `mapstructure:"PointInTimeRecoverySpecification"`
	}

	policy, streamPolicy *policy
}

type (
	attributeDefinition struct{ AttributeName, AttributeType string }
	keyElement          struct{ AttributeName, KeyType string }
	tagProperty         struct{ Key, Value string }
	policyProperty      struct{ PolicyDocument any }
	recoveryProperty    struct{ PointInTimeRecoveryEnabled bool }

	throughput struct{ ReadCapacityUnits, WriteCapacityUnits int64 }

	secondaryIndex struct {
		IndexName             string
		KeySchema             []keyElement
		Projection            projection
		ProvisionedThroughput *throughput `json:",omitempty"`
	}

	projection struct {
		ProjectionType   string
		NonKeyAttributes []string `json:",omitempty"`
	}

	// streamSpecification is that of the API.
	streamSpecification struct {
		StreamEnabled  bool
		StreamViewType string `json:",omitempty"`
	}

	streamProperties struct {
		StreamViewType string
		ResourcePolicy policyProperty
	}

	timeToLive struct {
		AttributeName string
		Enabled       bool
	}
)

const provisioned, onDemand = "PROVISIONED", "PAY_PER_REQUEST"

// readProperties reads and checks the properties of a table.
func readProperties(r resource.Resource) (*properties, error) {
	p := &properties{}
	if err := r.Decode(p); err != nil {
		return nil, err
	}
	for _, replica := range p.Replicas {
		if replica.Region != r.Region {
			continue
		}
		p.DeletionProtectionEnabled, p.Tags, p.ResourcePolicy = replica.DeletionProtectionEnabled, replica.Tags, replica.ResourcePolicy
		p.PointInTimeRecovery = replica.PointInTimeRecovery
		if replica.ReplicaStream.ResourcePolicy.PolicyDocument != nil {
			p.StreamSpecification.ResourcePolicy = replica.ReplicaStream.ResourcePolicy
		}
	}
	if len(p.KeySchema) == 0 {
		return nil, errors.New("it has no KeySchema")
	}
	var err error
	if p.policy, err = p.ResourcePolicy.read(); err != nil {
		return nil, fmt.Errorf("reading ResourcePolicy: %w", err)
	}
	if p.streamPolicy, err = p.StreamSpecification.ResourcePolicy.read(); err != nil {
		return nil, fmt.Errorf("reading the ResourcePolicy of the stream: %w", err)
	}
	if p.TimeToLiveSpecification.Enabled && p.TimeToLiveSpecification.AttributeName == "" {
		return nil, errors.New("TimeToLiveSpecification is enabled and has no AttributeName")
	}
	p.settleCapacity(r.Type)
	return p, nil
}

func (p policyProperty) read() (*policy, error) {
	if p.PolicyDocument == nil {
		return nil, nil
	}
	text, err := resource.Document(p.PolicyDocument)
	if err != nil {
		return nil, err
	}
	return parsePolicy(string(text))
}

// settleCapacity: without a mode, a table that names no throughput is on demand. The settings of global
// tables are those of auto scaling, which the engine does not have.
func (p *properties) settleCapacity(resourceType string) {
	if p.BillingMode == "" && p.ProvisionedThroughput != nil {
		p.BillingMode = provisioned
	}
	if p.BillingMode != provisioned || resourceType == globalTable || p.ProvisionedThroughput == nil {
		p.BillingMode, p.ProvisionedThroughput = onDemand, nil
		for i := range p.GlobalSecondaryIndexes {
			p.GlobalSecondaryIndexes[i].ProvisionedThroughput = nil
		}
	}
	for i := range p.GlobalSecondaryIndexes {
		if index := &p.GlobalSecondaryIndexes[i]; p.BillingMode == provisioned && index.ProvisionedThroughput == nil {
			index.ProvisionedThroughput = p.ProvisionedThroughput
		}
	}
	// Local indexes have the table's throughput.
	for i := range p.LocalSecondaryIndexes {
		p.LocalSecondaryIndexes[i].ProvisionedThroughput = nil
	}
}

// creation is the request that creates the table.
func (p *properties) creation(name string) fields {
	in := fields{"TableName": name, "KeySchema": p.KeySchema, "AttributeDefinitions": p.AttributeDefinitions, "BillingMode": p.BillingMode,
		"DeletionProtectionEnabled": p.DeletionProtectionEnabled}
	if p.ProvisionedThroughput != nil {
		in["ProvisionedThroughput"] = p.ProvisionedThroughput
	}
	if len(p.GlobalSecondaryIndexes) > 0 {
		in["GlobalSecondaryIndexes"] = p.GlobalSecondaryIndexes
	}
	if len(p.LocalSecondaryIndexes) > 0 {
		in["LocalSecondaryIndexes"] = p.LocalSecondaryIndexes
	}
	if p.StreamSpecification.StreamViewType != "" {
		in["StreamSpecification"] = p.stream()
	}
	return in
}

func (p *properties) stream() streamSpecification {
	view := p.StreamSpecification.StreamViewType
	return streamSpecification{StreamEnabled: view != "", StreamViewType: view}
}

// settings are what the engine does not keep.
func (p *properties) settings() settings {
	s := settings{policy: p.policy, streamPolicy: p.streamPolicy, tags: map[string]string{}, recovery: p.PointInTimeRecovery.PointInTimeRecoveryEnabled}
	for _, t := range p.Tags {
		s.tags[t.Key] = t.Value
	}
	if p.TimeToLiveSpecification.Enabled {
		s.ttl = p.TimeToLiveSpecification.AttributeName
	}
	return s
}
