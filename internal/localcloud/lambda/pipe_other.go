//go:build !unix

package lambda

import "os"

// pipe is the end of a process's output that is read here.
type pipe struct{ done chan struct{} }

// attach reads the pipe until it is closed.
func (o *output) attach(reader *os.File) {
	p := &pipe{done: make(chan struct{})}
	o.mu.Lock()
	o.reader = p
	o.mu.Unlock()
	go func() {
		defer close(p.done)
		buffer := make([]byte, chunk)
		for {
			n, err := reader.Read(buffer)
			o.mu.Lock()
			o.write(buffer[:n])
			o.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
}

// drain cannot know here what is still in the pipe.
func (o *output) drain() {}

// finish waits for the rest of what a process printed that is gone.
func (o *output) finish(reader *os.File) {
	o.mu.Lock()
	p := o.reader
	o.mu.Unlock()
	if p != nil {
		<-p.done
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.flush()
}
