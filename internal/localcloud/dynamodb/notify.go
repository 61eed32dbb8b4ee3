package dynamodb

import "sync"

// notifier tells whoever waits that a table was written to.
type notifier struct {
	mu      sync.Mutex
	waiting chan struct{}
}

func (n *notifier) wait() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.waiting == nil {
		n.waiting = make(chan struct{})
	}
	return n.waiting
}

func (n *notifier) notify() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.waiting != nil {
		close(n.waiting)
		n.waiting = nil
	}
}

// Changed returns a channel that is closed after the next write to the table of a stream. To miss none,
// ask for it before reading the stream.
func (s *Service) Changed(streamARN string) <-chan struct{} {
	s.mu.Lock()
	n := s.notifier(streamARN)
	s.mu.Unlock()
	return n.wait()
}

// notifier of a stream. s.mu is held.
func (s *Service) notifier(streamARN string) *notifier {
	n := s.notifiers[streamARN]
	if n == nil {
		n = &notifier{}
		s.notifiers[streamARN] = n
	}
	return n
}
