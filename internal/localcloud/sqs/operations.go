package sqs

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

var operations map[string]operation

func init() {
	operations = map[string]operation{
		"CreateQueue": (*Service).createQueue,
		"ListQueues":  (*Service).listQueues,
		"GetQueueUrl": (*Service).getQueueURL,

		"DeleteQueue":        about("sqs:DeleteQueue", (*Service).deleteQueue),
		"PurgeQueue":         about("sqs:PurgeQueue", (*Service).purgeQueue),
		"GetQueueAttributes": about("sqs:GetQueueAttributes", (*Service).getAttributes),
		"SetQueueAttributes": about("sqs:SetQueueAttributes", (*Service).setAttributes),
		"TagQueue":           about("sqs:TagQueue", (*Service).tagQueue),
		"UntagQueue":         about("sqs:UntagQueue", (*Service).untagQueue),
		"ListQueueTags":      about("sqs:ListQueueTags", (*Service).listTags),

		"ListDeadLetterSourceQueues": about("sqs:ListDeadLetterSourceQueues", (*Service).listSources),

		"SendMessage":                  about("sqs:SendMessage", (*Service).sendMessage),
		"SendMessageBatch":             about("sqs:SendMessage", (*Service).sendBatch),
		"ReceiveMessage":               about("sqs:ReceiveMessage", (*Service).receiveMessage),
		"DeleteMessage":                about("sqs:DeleteMessage", (*Service).deleteMessage),
		"DeleteMessageBatch":           about("sqs:DeleteMessage", (*Service).deleteBatch),
		"ChangeMessageVisibility":      about("sqs:ChangeMessageVisibility", (*Service).changeVisibility),
		"ChangeMessageVisibilityBatch": about("sqs:ChangeMessageVisibility", (*Service).changeVisibilityBatch),
	}
}

type createInput struct {
	QueueName  string
	Attributes map[string]string
	Tags       map[string]string `json:"tags"`
}

func (s *Service) createQueue(c *gate.Call) (any, *gate.Error) {
	var in createInput
	if problem := decode(c, &in); problem != nil {
		return nil, problem
	}
	if !queueName.MatchString(in.QueueName) {
		return nil, fail("InvalidParameterValue", "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
	}
	arn := queueARN(c.Region, c.Caller.Account, in.QueueName)
	existing := s.queue(arn)
	access := gate.Access{Action: "sqs:CreateQueue", Resource: arn, ResourceAccount: c.Caller.Account, Context: tagContext(in.Tags)}
	if existing != nil {
		access.Policies, access.ResourceTags = existing.policies()
	}
	if denied := c.Authorize(access); denied != nil {
		return nil, denied
	}
	if strings.HasSuffix(in.QueueName, ".fifo") && in.Attributes[attrFIFO] != "true" {
		return nil, fail("InvalidParameterValue", "The name of a queue without FifoQueue must not end with .fifo: %s", in.QueueName)
	}
	if existing != nil {
		now, problem := existing.describe(s.now(), slices.Collect(maps.Keys(in.Attributes)))
		if problem != nil {
			return nil, problem
		}
		for name, value := range in.Attributes {
			if now[name] != value {
				return nil, fail("QueueNameExists", "A queue already exists with the same name and a different value for attribute %s", name)
			}
		}
		return map[string]string{"QueueUrl": existing.url()}, nil
	}
	if problem := s.checkAttributes(newQueue(arn, c.Region, c.Caller.Account, in.QueueName), in.Attributes); problem != nil {
		return nil, problem
	}
	q, err := s.ensure(arn)
	if err != nil {
		return nil, internalError(err)
	}
	problem := q.configure(s.now(), func(next *state) {
		next.Attributes, next.Tags, next.Template = in.Attributes, in.Tags, false
	})
	return map[string]string{"QueueUrl": q.url()}, problem
}

func (q *queue) url() string { return queueURL(q.region, q.account, q.name) }

type listInput struct {
	QueueNamePrefix string
	MaxResults      int
	NextToken       string
}

func (s *Service) listQueues(c *gate.Call) (any, *gate.Error) {
	var in listInput
	if problem := decode(c, &in); problem != nil {
		return nil, problem
	}
	if denied := c.Authorize(gate.Access{Action: "sqs:ListQueues", Resource: "*", ResourceAccount: c.Caller.Account}); denied != nil {
		return nil, denied
	}
	return page(s.urls(func(q *queue) bool {
		return q.region == c.Region && q.account == c.Caller.Account && strings.HasPrefix(q.name, in.QueueNamePrefix)
	}), "QueueUrls", in.MaxResults, in.NextToken)
}

// urls of the queues that are wanted, sorted.
func (s *Service) urls(wanted func(*queue) bool) []string {
	out := []string{}
	for _, q := range s.all() {
		if wanted(q) {
			out = append(out, q.url())
		}
	}
	return out
}

// page is a part of a sorted list. The token is the last entry of the page before.
func page(list []string, name string, limit int, token string) (any, *gate.Error) {
	if limit < 0 || limit > 1000 {
		return nil, fail("InvalidParameterValue", "Value %d for parameter MaxResults is invalid. Reason: must be between 1 and 1000.", limit)
	}
	if token != "" {
		i, found := slices.BinarySearch(list, token)
		if found {
			i++
		}
		list = list[i:]
	}
	out := map[string]any{name: list}
	if limit > 0 && len(list) > limit {
		out[name], out["NextToken"] = list[:limit], list[limit-1]
	}
	return out, nil
}

type urlInput struct{ QueueName, QueueOwnerAWSAccountId string }

func (s *Service) getQueueURL(c *gate.Call) (any, *gate.Error) {
	var in urlInput
	if problem := decode(c, &in); problem != nil {
		return nil, problem
	}
	owner := in.QueueOwnerAWSAccountId
	if owner == "" {
		owner = c.Caller.Account
	}
	if !queueName.MatchString(in.QueueName) || !accountID.MatchString(owner) {
		return nil, nonExistent()
	}
	q, problem := s.authorize(c, "sqs:GetQueueUrl", owner, in.QueueName)
	if problem != nil {
		return nil, problem
	}
	return map[string]string{"QueueUrl": q.url()}, nil
}

func (s *Service) deleteQueue(_ *gate.Call, q *queue, _ onQueue) (any, *gate.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queues[q.arn] != q {
		return nil, nonExistent()
	}
	delete(s.queues, q.arn)
	if err := q.destroy(); err != nil {
		return nil, internalError(err)
	}
	return nil, nil
}

func (s *Service) purgeQueue(_ *gate.Call, q *queue, _ onQueue) (any, *gate.Error) {
	return nil, q.purge()
}

type attributesInput struct {
	onQueue
	AttributeNames []string
}

func (s *Service) getAttributes(_ *gate.Call, q *queue, in attributesInput) (any, *gate.Error) {
	attributes, problem := q.describe(s.now(), in.AttributeNames)
	if problem != nil || len(attributes) == 0 {
		return nil, problem
	}
	return map[string]any{"Attributes": attributes}, nil
}

type setInput struct {
	onQueue
	Attributes map[string]string
}

func (s *Service) setAttributes(_ *gate.Call, q *queue, in setInput) (any, *gate.Error) {
	if _, ok := in.Attributes[attrFIFO]; ok {
		return nil, fail("InvalidAttributeName", "You can't change the type of an existing queue.")
	}
	if problem := s.checkAttributes(q, in.Attributes); problem != nil {
		return nil, problem
	}
	return nil, q.configure(s.now(), func(next *state) {
		if next.Attributes == nil {
			next.Attributes = map[string]string{}
		}
		for name, value := range in.Attributes {
			if next.Attributes[name] = value; value == "" {
				delete(next.Attributes, name)
			}
		}
	})
}

type tagInput struct {
	onQueue
	Tags map[string]string
}

func (s *Service) tagQueue(_ *gate.Call, q *queue, in tagInput) (any, *gate.Error) {
	return nil, q.configure(s.now(), func(next *state) {
		if next.Tags == nil {
			next.Tags = map[string]string{}
		}
		maps.Copy(next.Tags, in.Tags)
	})
}

type untagInput struct {
	onQueue
	TagKeys []string
}

func (s *Service) untagQueue(_ *gate.Call, q *queue, in untagInput) (any, *gate.Error) {
	return nil, q.configure(s.now(), func(next *state) {
		for _, key := range in.TagKeys {
			delete(next.Tags, key)
		}
	})
}

func (s *Service) listTags(_ *gate.Call, q *queue, _ onQueue) (any, *gate.Error) {
	_, tags := q.policies()
	if len(tags) == 0 {
		return nil, nil
	}
	return map[string]any{"Tags": tags}, nil
}

type sourcesInput struct {
	onQueue
	MaxResults int
	NextToken  string
}

func (s *Service) listSources(_ *gate.Call, q *queue, in sourcesInput) (any, *gate.Error) {
	return page(s.urls(func(source *queue) bool {
		source.mu.Lock()
		defer source.mu.Unlock()
		target, _ := source.redrive()
		return target == q.arn
	}), "queueUrls", in.MaxResults, in.NextToken)
}

type receiveInput struct {
	onQueue
	AttributeNames              []string
	MessageSystemAttributeNames []string
	MessageAttributeNames       []string
	MaxNumberOfMessages         *int
	VisibilityTimeout           *int
	WaitTimeSeconds             *int
}

func (s *Service) receiveMessage(c *gate.Call, q *queue, in receiveInput) (any, *gate.Error) {
	limit, problem := bounded("MaxNumberOfMessages", in.MaxNumberOfMessages, 1, 1, maxReceiveBatch)
	if problem != nil {
		return nil, problem
	}
	q.mu.Lock()
	visible, waiting := q.number(attrVisibility), q.number(attrWait)
	q.mu.Unlock()
	visibility, problem := bounded("VisibilityTimeout", in.VisibilityTimeout, visible, 0, numbers[attrVisibility].most)
	if problem != nil {
		return nil, problem
	}
	wait, problem := bounded("WaitTimeSeconds", in.WaitTimeSeconds, waiting, 0, numbers[attrWait].most)
	if problem != nil {
		return nil, problem
	}
	messages, problem := s.receive(c.HTTP.Context(), q, limit, time.Duration(visibility)*time.Second, time.Duration(wait)*time.Second)
	if problem != nil || len(messages) == 0 {
		return nil, problem
	}
	out := make([]received, len(messages))
	for i := range messages {
		out[i] = messages[i].answer(append(in.AttributeNames, in.MessageSystemAttributeNames...), in.MessageAttributeNames)
	}
	return map[string]any{"Messages": out}, nil
}

func bounded(name string, value *int, fallback, least, most int) (int, *gate.Error) {
	if value == nil {
		return fallback, nil
	}
	if *value < least || *value > most {
		return 0, fail("InvalidParameterValue", "Value %d for parameter %s is invalid. Reason: Must be >= %d and <= %d, if provided.", *value, name, least, most)
	}
	return *value, nil
}

type messageInput struct {
	onQueue
	ReceiptHandle     string
	VisibilityTimeout int
}

func (s *Service) deleteMessage(_ *gate.Call, q *queue, in messageInput) (any, *gate.Error) {
	return nil, q.delete(in.ReceiptHandle)
}

func (s *Service) changeVisibility(_ *gate.Call, q *queue, in messageInput) (any, *gate.Error) {
	return nil, q.setVisibility(s.now(), in.ReceiptHandle, in.VisibilityTimeout)
}

type sendInput struct {
	onQueue
	outgoing
}

func (s *Service) sendMessage(c *gate.Call, q *queue, in sendInput) (any, *gate.Error) {
	if problem := q.checkLocked(in.outgoing); problem != nil {
		return nil, problem
	}
	answers, problem := q.send(s.now(), c.Caller.UserID, []outgoing{in.outgoing})
	if problem != nil {
		return nil, problem
	}
	return answers[0], nil
}

func (q *queue) checkLocked(o outgoing) *gate.Error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.check(o)
}
