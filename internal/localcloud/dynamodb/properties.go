package dynamodb

import (
	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// properties of AWS::DynamoDB::Table and AWS::DynamoDB::GlobalTable, as far as the engine has them
// (CloudFormation Template Reference).
type properties struct {
	KeySchema               []keyElement
	AttributeDefinitions    []attributeDefinition
	GlobalSecondaryIndexes  []index
	LocalSecondaryIndexes   []index
	StreamSpecification     struct{ StreamViewType string }
	TimeToLiveSpecification struct {
		AttributeName string
		Enabled       bool
	}
	ResourcePolicy struct{ PolicyDocument any }
	Tags           []struct{ Key, Value string }

	policy []iam.Document
	tags   map[string]string
}

type attributeDefinition struct{ AttributeName, AttributeType string }

type index struct {
	IndexName  string
	KeySchema  []keyElement
	Projection struct {
		ProjectionType   string
		NonKeyAttributes []string `json:",omitempty"`
	}
}

func readProperties(r resource.Resource) (*properties, error) {
	p := &properties{tags: map[string]string{}}
	if err := r.Decode(p); err != nil {
		return nil, err
	}
	for _, t := range p.Tags {
		p.tags[t.Key] = t.Value
	}
	if p.ResourcePolicy.PolicyDocument != nil {
		data, err := resource.Document(p.ResourcePolicy.PolicyDocument)
		if err != nil {
			return nil, err
		}
		d, err := iam.Parse(data, iam.Resource)
		if err != nil {
			return nil, err
		}
		p.policy = []iam.Document{d}
	}
	return p, nil
}

// createTable is the request that creates the table. Capacity is on demand: the engine has no limits.
func (p *properties) createTable(name string) map[string]any {
	in := map[string]any{"TableName": name, "KeySchema": p.KeySchema, "AttributeDefinitions": p.AttributeDefinitions, "BillingMode": "PAY_PER_REQUEST"}
	if len(p.GlobalSecondaryIndexes) > 0 {
		in["GlobalSecondaryIndexes"] = p.GlobalSecondaryIndexes
	}
	if len(p.LocalSecondaryIndexes) > 0 {
		in["LocalSecondaryIndexes"] = p.LocalSecondaryIndexes
	}
	if view := p.StreamSpecification.StreamViewType; view != "" {
		in["StreamSpecification"] = map[string]any{"StreamEnabled": true, "StreamViewType": view}
	}
	return in
}
