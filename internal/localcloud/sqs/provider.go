package sqs

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// Types implements [resource.Provider].
func (s *Service) Types() []string { return []string{"AWS::SQS::Queue", "AWS::SQS::QueuePolicy"} }

// Put implements [resource.Provider].
func (s *Service) Put(_ context.Context, r resource.Resource) error {
	if r.Type == "AWS::SQS::QueuePolicy" {
		if err := s.putPolicy(r); err != nil {
			return fmt.Errorf("creating the queue policy %s: %w", r, err)
		}
		return nil
	}
	if err := s.putQueue(r); err != nil {
		return fmt.Errorf("creating queue %s (%s): %w", r.Name, r, err)
	}
	return nil
}

// Delete implements [resource.Provider]: a queue's messages stay and are there again with the queue.
func (s *Service) Delete(_ context.Context, r resource.Resource) error {
	if r.Type != "AWS::SQS::QueuePolicy" {
		if q := s.queue(r.ARN); q != nil {
			q.leave()
		}
		return nil
	}
	arns, _, err := readPolicy(r)
	if err != nil {
		return fmt.Errorf("removing the queue policy %s: %w", r, err)
	}
	for _, arn := range arns {
		q := s.queue(arn)
		if q == nil {
			continue
		}
		if problem := q.configure(s.now(), func(next *state) { delete(next.Attributes, attrPolicy) }); problem != nil {
			return fmt.Errorf("removing the queue policy %s: %w", r, problem)
		}
	}
	return nil
}

// inTemplates are the properties that are attributes of the same name.
var inTemplates = []string{
	attrDelay, attrMaxSize, attrRetention, attrWait, attrVisibility, attrRedrive, attrAllow, attrFIFO, attrByContent, attrScope,
	"FifoThroughputLimit", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled",
}

func (s *Service) putQueue(r resource.Resource) error {
	region, account, name, err := splitARN(r.ARN)
	if err != nil {
		return err
	}
	var p struct{ Tags []struct{ Key, Value string } }
	if err := r.Decode(&p); err != nil {
		return err
	}
	attributes := map[string]string{}
	for _, property := range inTemplates {
		if value, ok := r.Properties[property]; ok {
			if attributes[property], err = attributeText(value); err != nil {
				return fmt.Errorf("property %s: %w", property, err)
			}
		}
	}
	described := newQueue(r.ARN, region, account, name)
	if problem := s.checkAttributes(described, attributes); problem != nil {
		return problem
	}
	if described.fifo() && attributes[attrFIFO] != "true" {
		return fmt.Errorf("name %s ends with .fifo, but FifoQueue is not true", name)
	}
	tags := map[string]string{}
	for _, t := range p.Tags {
		tags[t.Key] = t.Value
	}
	q, err := s.ensure(r.ARN)
	if err != nil {
		return err
	}
	problem := q.configure(s.now(), func(next *state) {
		if policy := next.Attributes[attrPolicy]; policy != "" && next.Template {
			attributes[attrPolicy] = policy // of a resource of its own
		}
		next.Attributes, next.Tags, next.Template = attributes, tags, true
	})
	if problem != nil {
		return problem
	}
	return nil
}

// attributeText is a property as the text that the attribute has.
func attributeText(value any) (string, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case bool, json.Number, int, int64, float64:
		return fmt.Sprint(v), nil
	}
	text, err := json.Marshal(value)
	return string(text), err
}

func (s *Service) putPolicy(r resource.Resource) error {
	arns, text, err := readPolicy(r)
	if err != nil {
		return err
	}
	if _, err := iam.Parse([]byte(text), iam.Resource); err != nil {
		return err
	}
	for _, arn := range arns {
		q := s.queue(arn)
		if q == nil {
			return fmt.Errorf("queue %s does not exist", arn)
		}
		problem := q.configure(s.now(), func(next *state) {
			if next.Attributes == nil {
				next.Attributes = map[string]string{}
			}
			next.Attributes[attrPolicy] = text
		})
		if problem != nil {
			return problem
		}
	}
	return nil
}

// readPolicy reads the ARNs of the queues that a policy names, and its text.
func readPolicy(r resource.Resource) (arns []string, text string, err error) {
	var p struct {
		Queues         []string
		PolicyDocument any
	}
	if err := r.Decode(&p); err != nil {
		return nil, "", err
	}
	document, err := resource.Document(p.PolicyDocument)
	if err != nil {
		return nil, "", err
	}
	for _, address := range p.Queues {
		account, name, problem := splitURL(address)
		if problem != nil {
			return nil, "", fmt.Errorf("queue %q: %w", address, problem)
		}
		arns = append(arns, queueARN(r.Region, account, name))
	}
	return arns, string(document), nil
}
