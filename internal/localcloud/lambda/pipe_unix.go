//go:build unix

package lambda

import (
	"os"
	"syscall"
)

// pipe is the end of a process's output that is read here.
type pipe struct {
	raw    syscall.RawConn
	buffer []byte
}

// attach reads the pipe until it is closed.
func (o *output) attach(reader *os.File) {
	raw, err := reader.SyscallConn()
	if err != nil {
		return // only of a closed file
	}
	o.mu.Lock()
	o.reader = &pipe{raw: raw, buffer: make([]byte, chunk/4)}
	o.mu.Unlock()
	go func() {
		_ = raw.Read(func(fd uintptr) bool {
			for {
				switch n := o.readOnce(int(fd)); {
				case n == 0:
					return false
				case n < 0:
					return true
				}
			}
		})
	}()
}

// readOnce reads what is there: 0 bytes if there is nothing, -1 at the end.
func (o *output) readOnce(fd int) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		n, err := syscall.Read(fd, o.reader.buffer)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			return 0
		case err != nil || n == 0:
			return -1
		}
		o.write(o.reader.buffer[:n])
		return n
	}
}

// drain reads what the process has printed until now, so that it comes before the end of the invocation's
// log. A process that keeps printing does not keep it here: the pipe holds one chunk.
func (o *output) drain() {
	o.mu.Lock()
	reader := o.reader
	o.mu.Unlock()
	if reader == nil {
		return
	}
	_ = reader.raw.Control(func(fd uintptr) {
		for read := 0; read <= chunk; {
			n := o.readOnce(int(fd))
			if n <= 0 {
				return
			}
			read += n
		}
	})
}

// finish reads the rest of what a process printed that is gone.
func (o *output) finish(*os.File) {
	o.drain()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.flush()
}
