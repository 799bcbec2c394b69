//go:build linux

package subject

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// kept is how much of the command's output is remembered: the end of it.
const kept = 64 << 10

// output is the command's standard output and error, as they come, in one pipe. It is read without pause, so that a
// talkative server never blocks on it.
type output struct {
	read, write *os.File
	ended       chan struct{}

	also io.Writer // gets all of it, too; or nil

	mu   sync.Mutex
	tail []byte
}

func newOutput(also io.Writer) (*output, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make a pipe for the command's output: %w", err)
	}
	o := &output{read: r, write: w, also: also, ended: make(chan struct{})}
	go func() {
		defer close(o.ended)
		_, _ = io.Copy(o, r) // ends when the last writer closes, or with close
	}()
	return o, nil
}

// Write keeps the last bytes, and passes all on to whoever wants them.
func (o *output) Write(b []byte) (int, error) {
	if o.also != nil {
		if _, err := o.also.Write(b); err != nil {
			return 0, err
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tail = append(o.tail, b...)
	if n := len(o.tail); n > kept {
		o.tail = append(o.tail[:0], o.tail[n-kept:]...)
	}
	return len(b), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.tail)
}

// started gives up our own end for writing, so that the pipe ends with the command.
func (o *output) started() { _ = o.write.Close() }

// drainTime bounds the wait for an end of output that will not come: some process that we do not know holds the pipe.
const drainTime = time.Second

// await waits for the rest of the output of a command that has ended.
func (o *output) await() {
	select {
	case <-o.ended:
	case <-time.After(drainTime):
	}
}

// close waits for the rest of the output, which is there once all writers are gone, and ends the reading.
func (o *output) close() {
	_ = o.write.Close() // already closed, unless the start failed
	o.await()
	_ = o.read.SetReadDeadline(time.Unix(1, 0))
	<-o.ended
	_ = o.read.Close()
}
