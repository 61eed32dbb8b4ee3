package sqs

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// Attributes of queues (SQS API Reference, "SetQueueAttributes").
const (
	attrDelay      = "DelaySeconds"
	attrMaxSize    = "MaximumMessageSize"
	attrRetention  = "MessageRetentionPeriod"
	attrWait       = "ReceiveMessageWaitTimeSeconds"
	attrVisibility = "VisibilityTimeout"
	attrPolicy     = "Policy"
	attrRedrive    = "RedrivePolicy"
	attrAllow      = "RedriveAllowPolicy"
	attrFIFO       = "FifoQueue"
	attrByContent  = "ContentBasedDeduplication"
	attrScope      = "DeduplicationScope"
)

// numbers are the attributes with a number: default and limits. Times are in seconds, sizes in bytes.
var numbers = map[string]struct{ fallback, least, most int }{
	attrDelay:                      {0, 0, 900},
	attrMaxSize:                    {1 << 20, 1 << 10, 1 << 20},
	attrRetention:                  {345_600, 60, 1_209_600},
	attrWait:                       {0, 0, 20},
	attrVisibility:                 {30, 0, 43_200},
	"KmsDataKeyReusePeriodSeconds": {300, 60, 86_400},
}

// choices are the attributes with one of a few values.
var choices = map[string][]string{
	attrFIFO: {"true", "false"}, attrByContent: {"true", "false"}, "SqsManagedSseEnabled": {"true", "false"},
	attrScope: {"messageGroup", "queue"}, "FifoThroughputLimit": {"perQueue", "perMessageGroupId"},
}

// onlyFIFO are the attributes that queues without order do not have.
var onlyFIFO = map[string]bool{attrByContent: true, attrScope: true, "FifoThroughputLimit": true}

// redrivePolicy says when messages go to the dead-letter queue.
type redrivePolicy struct {
	DeadLetterTargetArn string `json:"deadLetterTargetArn"`
	// MaxReceiveCount is a number, which may be in a string.
	MaxReceiveCount json.RawMessage `json:"maxReceiveCount"`
}

func (p redrivePolicy) most() (int, error) {
	return strconv.Atoi(strings.Trim(string(p.MaxReceiveCount), `"`))
}

func (q *queue) number(name string) int {
	if n, err := strconv.Atoi(q.state.Attributes[name]); err == nil {
		return n
	}
	return numbers[name].fallback
}

func (q *queue) seconds(name string) time.Duration {
	return time.Duration(q.number(name)) * time.Second
}

func (q *queue) fifo() bool { return strings.HasSuffix(q.name, ".fifo") }

// policyOf is the policy among attributes. Those that are no policies were refused before.
func policyOf(attributes map[string]string) []iam.Document {
	if attributes[attrPolicy] == "" {
		return nil
	}
	d, err := iam.Parse([]byte(attributes[attrPolicy]), iam.Resource)
	if err != nil {
		// A policy that cannot be read must not make anything wider than it was.
		return []iam.Document{iam.NewDocument(iam.Statement{Effect: iam.Deny, Action: []string{"*"}, Resource: []string{"*"}})}
	}
	return []iam.Document{d}
}

// checkAttributes refuses what SQS refuses. An empty value takes an attribute away.
func (s *Service) checkAttributes(q *queue, attributes map[string]string) *gate.Error {
	for name, value := range attributes {
		if value == "" {
			continue
		}
		if err := s.checkAttribute(q, name, value); err != nil {
			if err == errUnknownAttribute {
				return fail("InvalidAttributeName", "Unknown Attribute %s.", name)
			}
			return fail("InvalidAttributeValue", "Invalid value for the parameter %s. Reason: %v", name, err)
		}
	}
	return nil
}

var errUnknownAttribute = fmt.Errorf("unknown attribute")

func (s *Service) checkAttribute(q *queue, name, value string) error {
	if limits, ok := numbers[name]; ok {
		if n, err := strconv.Atoi(value); err != nil || n < limits.least || n > limits.most {
			return fmt.Errorf("%q is not between %d and %d", value, limits.least, limits.most)
		}
		return nil
	}
	if onlyFIFO[name] && !q.fifo() {
		return errUnknownAttribute
	}
	if allowed, ok := choices[name]; ok {
		if name == attrFIFO && (value == "true") != q.fifo() {
			return fmt.Errorf("the name of a queue with order, and no other, ends with .fifo; it is %q", q.name)
		}
		for _, a := range allowed {
			if a == value {
				return nil
			}
		}
		return fmt.Errorf("%q is not one of %s", value, strings.Join(allowed, ", "))
	}
	switch name {
	case attrPolicy:
		_, err := iam.Parse([]byte(value), iam.Resource)
		return err
	case attrRedrive:
		return checkRedrive(q, value)
	case attrAllow:
		if !json.Valid([]byte(value)) {
			return fmt.Errorf("%q is not JSON", value)
		}
		return nil
	case "KmsMasterKeyId":
		return nil
	}
	return errUnknownAttribute
}

func checkRedrive(q *queue, value string) error {
	var p redrivePolicy
	if err := json.Unmarshal([]byte(value), &p); err != nil {
		return err
	}
	region, account, name, err := splitARN(p.DeadLetterTargetArn)
	if err != nil {
		return fmt.Errorf("deadLetterTargetArn: %w", err)
	}
	if region != q.region || account != q.account || strings.HasSuffix(name, ".fifo") != q.fifo() {
		return fmt.Errorf("deadLetterTargetArn %s: the dead-letter queue has to be of the same account, region and type", p.DeadLetterTargetArn)
	}
	if n, err := p.most(); err != nil || n < 1 || n > 1000 {
		return fmt.Errorf("maxReceiveCount %s is not between 1 and 1000", p.MaxReceiveCount)
	}
	return nil
}

// redrive is the dead-letter queue and the number of receives after which a message goes there; 0 if there is none.
func (q *queue) redrive() (target string, most int) {
	text := q.state.Attributes[attrRedrive]
	if text == "" {
		return "", 0
	}
	var p redrivePolicy
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return "", 0
	}
	n, err := p.most()
	if err != nil {
		return "", 0
	}
	return p.DeadLetterTargetArn, n
}

// describe are the attributes of GetQueueAttributes that were asked for.
func (q *queue) describe(now time.Time, asked []string) (map[string]string, *gate.Error) {
	visible, inFlight, delayed := q.count(now)
	q.mu.Lock()
	defer q.mu.Unlock()
	all := map[string]string{
		"QueueArn": q.arn, "CreatedTimestamp": strconv.FormatInt(q.state.Created, 10), "LastModifiedTimestamp": strconv.FormatInt(q.state.Modified, 10),
		"ApproximateNumberOfMessages": strconv.Itoa(visible), "ApproximateNumberOfMessagesNotVisible": strconv.Itoa(inFlight),
		"ApproximateNumberOfMessagesDelayed": strconv.Itoa(delayed), "SqsManagedSseEnabled": "true",
	}
	for name, limits := range numbers {
		if !strings.HasPrefix(name, "Kms") {
			all[name] = strconv.Itoa(limits.fallback)
		}
	}
	if q.fifo() {
		all[attrFIFO], all[attrByContent], all[attrScope], all["FifoThroughputLimit"] = "true", "false", "queue", "perQueue"
	}
	for name, value := range q.state.Attributes {
		if value != "" {
			all[name] = value
		}
	}
	out := map[string]string{}
	for _, name := range asked {
		if name == "All" {
			return all, nil
		}
		if _, known := all[name]; !known && !knownAttribute(name) {
			return nil, fail("InvalidAttributeName", "Unknown Attribute %s.", name)
		}
		if value, ok := all[name]; ok {
			out[name] = value
		}
	}
	return out, nil
}

func knownAttribute(name string) bool {
	_, number := numbers[name]
	_, choice := choices[name]
	return number || choice || name == attrPolicy || name == attrRedrive || name == attrAllow || name == "KmsMasterKeyId"
}
