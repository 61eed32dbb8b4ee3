// Package sqs stands in for Amazon SQS: queues in this process, whose messages are kept in one file a
// queue, so that what SendMessage acknowledged is there after the process was killed.
//
// It speaks the AWS JSON 1.0 protocol, and every operation is decided by the IAM gate with
// the queue's policy.
package sqs

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options of the service.
type Options struct {
	// Dir keeps the queues, one file each.
	Dir string
	// Now is the clock. Optional.
	Now func() time.Time
	// Log is told of problems in one line each. Optional.
	Log func(string)
}

// Service has the queues of all accounts and regions. It is a [gate.Service] for the endpoint and a
// [resource.Provider].
type Service struct {
	dir string
	now func() time.Time
	log func(string)

	mu     sync.RWMutex
	queues map[string]*queue // by ARN
	closed chan struct{}
}

// New opens the queues of earlier runs. Queues that a template made are there again once Put has them.
func New(o Options) (*Service, error) {
	s := &Service{dir: o.Dir, now: o.Now, log: o.Log, queues: map[string]*queue{}, closed: make(chan struct{})}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = func(string) {}
	}
	files, err := filepath.Glob(filepath.Join(o.Dir, "*", "*", "*"+logSuffix))
	if err != nil {
		return nil, fmt.Errorf("opening the queues of %s: %w", o.Dir, err)
	}
	for _, file := range files {
		rest, name := filepath.Split(strings.TrimSuffix(file, logSuffix))
		rest, region := filepath.Split(filepath.Clean(rest))
		q, err := s.open(queueARN(region, filepath.Base(rest), name))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("opening the queue of %s: %w", file, err), s.Close())
		}
		s.queues[q.arn] = q
	}
	return s, nil
}

// Close ends waiting receivers and closes the files.
func (s *Service) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.closed:
		return nil
	default:
		close(s.closed)
	}
	var problems []error
	for _, q := range s.queues {
		problems = append(problems, q.close())
	}
	return errors.Join(problems...)
}

// queueName is QueueName (SQS API Reference, "CreateQueue").
var queueName = regexp.MustCompile(`^([A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\.fifo)$`)

var (
	accountID  = regexp.MustCompile(`^[0-9]{12}$`)
	regionName = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
)

// partition of a region (IAM User Guide, "Amazon Resource Names").
func partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

func queueARN(region, account, name string) string {
	return "arn:" + partition(region) + ":sqs:" + region + ":" + account + ":" + name
}

// splitARN reads the ARN of a queue.
func splitARN(arn string) (region, account, name string, err error) {
	parts := strings.Split(arn, ":")
	if len(parts) != 6 || parts[2] != "sqs" || !regionName.MatchString(parts[3]) || !accountID.MatchString(parts[4]) || !queueName.MatchString(parts[5]) {
		return "", "", "", fmt.Errorf("%q is not the ARN of a queue", arn)
	}
	return parts[3], parts[4], parts[5], nil
}

// URL of a queue, as Ref returns it.
func queueURL(region, account, name string) string {
	suffix := ".amazonaws.com/"
	if strings.HasPrefix(region, "cn-") {
		suffix = ".amazonaws.com.cn/"
	}
	return "https://sqs." + region + suffix + account + "/" + name
}

// queue that exists; nil otherwise.
func (s *Service) queue(arn string) *queue {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if q := s.queues[arn]; q != nil && q.exists() {
		return q
	}
	return nil
}

// ensure finds or makes a queue, whether it exists or not.
func (s *Service) ensure(arn string) (*queue, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if q := s.queues[arn]; q != nil {
		return q, nil
	}
	q, err := s.open(arn)
	if err != nil {
		return nil, err
	}
	s.queues[arn] = q
	return q, nil
}

func (s *Service) open(arn string) (*queue, error) {
	region, account, name, err := splitARN(arn)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(s.dir, account, region, name+logSuffix)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, err
	}
	q := newQueue(arn, region, account, name)
	if q.journal, err = openJournal(file, q.replay); err != nil {
		return nil, err
	}
	if q.state.Template {
		// The policy is a resource of its own, which may have left the template meanwhile.
		delete(q.state.Attributes, attrPolicy)
		q.policy = nil
	}
	q.journal.snapshot = q.records
	if err := q.journal.compact(); err != nil {
		return nil, errors.Join(err, q.close())
	}
	return q, nil
}

// all existing queues, sorted by ARN.
func (s *Service) all() []*queue {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []*queue
	for _, arn := range slices.Sorted(maps.Keys(s.queues)) {
		if q := s.queues[arn]; q.exists() {
			out = append(out, q)
		}
	}
	return out
}

// Depth counts the messages of a queue that can be received now and those that are received and not
// yet deleted. Both are 0 for a queue that does not exist.
func (s *Service) Depth(queueARN string) (visible, inFlight int) {
	q := s.queue(queueARN)
	if q == nil {
		return 0, 0
	}
	visible, inFlight, _ = q.count(s.now())
	return visible, inFlight
}

// Queues lists the ARNs of all queues, sorted.
func (s *Service) Queues() []string {
	out := []string{}
	for _, q := range s.all() {
		out = append(out, q.arn)
	}
	return out
}

// Message of a queue, as it is shown to people.
type Message struct {
	// ID is the MessageId.
	ID string `json:"id"`
	// Body of the message.
	Body string `json:"body"`
	// Sent says when it was sent first, also if it was moved to a dead-letter queue since.
	Sent time.Time `json:"sent"`
	// Receives counts how often it was received.
	Receives int `json:"receives"`
	// VisibleAt says from when on it can be received.
	VisibleAt time.Time `json:"visibleAt"`
	// Attributes are the message attributes.
	Attributes map[string]Attribute `json:"attributes,omitempty"`
}

// Peek returns the oldest messages of a queue, at most limit, and changes nothing.
func (s *Service) Peek(queueARN string, limit int) []Message {
	out := []Message{}
	q := s.queue(queueARN)
	if q == nil {
		return out
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.expire(s.now())
	for _, m := range q.order {
		if len(out) >= limit {
			break
		}
		if !m.gone {
			out = append(out, Message{ID: m.ID, Body: m.Body, Sent: fromMillis(m.Sent), Receives: m.Receives, VisibleAt: fromMillis(m.Visible), Attributes: maps.Clone(m.Attributes)})
		}
	}
	return out
}
