//go:build linux

package steps

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/arrival"
	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/sock"
	"github.com/iospec/iospec/internal/uring"
)

// ringSteps define the steps about one thread that has a ring: it starts operations, and is seen to do nothing else.
func ringSteps(sc *godog.ScenarioContext, w *World) {
	r := &ringThread{w: w, do: make(chan func())}
	sc.Given(`^a thread with a ring of the (default|SQPOLL|DEFER_TASKRUN) kind, and a (connection|listening socket)$`, r.start)
	sc.When(`^it starts to accept$`, func() error {
		return r.submit(func() { r.ring.Accept(r.listener.FD, 0) })
	})
	sc.When(`^it starts to receive from the connection$`, func() error {
		r.buffer = bytes.Repeat([]byte{untouched}, 64)
		return r.submit(func() { r.ring.Receive(r.server, r.buffer, 0) })
	})
	sc.When(`^it starts to send (\d+) MiB to the client, who reads nothing$`, func(mib int) error {
		return r.submit(func() { r.ring.Send(r.server, make([]byte, mib<<20), 0) })
	})
	sc.When(`^a client connects$`, func() (err error) {
		r.client, err = r.listener.Dial()
		r.bag.Add(r.client)
		return err
	})
	sc.When(`^the client sends "(.*)"$`, func(text string) error {
		_, err := unix.Write(r.client, []byte(text))
		return err
	})
	sc.When(`^those (\d+) bytes have arrived at the socket$`, func(n int64) error { return arrival.Bytes(r.server, n) })
	sc.When(`^the thread enters the ring$`, func() error { return r.act(func() error { return r.ring.Enter(1) }) })
	sc.When(`^the client reads (\d+) MiB$`, func(mib int64) error { return r.drain(mib << 20) })
	sc.Then(`^nothing has completed$`, r.nothing)
	sc.Then(`^nothing has completed, and the buffer is as it was$`, func() error {
		if err := r.nothing(); err != nil {
			return err
		}
		if !bytes.Equal(r.buffer, bytes.Repeat([]byte{untouched}, len(r.buffer))) {
			return check.Failf("a buffer that nobody has written to", "%q", r.buffer)
		}
		return nil
	})
	sc.Then(`^the accept has completed with a connection, with no further call on the ring$`, func() error {
		c, err := r.completion()
		if err != nil {
			return err
		}
		if c.Err() != 0 {
			return check.Failf("a connection", "the accept failed: %v", c.Err())
		}
		r.server = int(c.Result)
		r.bag.Add(r.server)
		return r.narrow()
	})
	sc.Then(`^a completion of (\d+) bytes is there, with no further call on the ring$`, func(n int32) error { return r.moved(n) })
	sc.Then(`^a completion of (\d+) MiB is there, with no further call on the ring$`, func(mib int32) error { return r.moved(mib << 20) })
	sc.Then(`^the buffer holds "(.*)"$`, func(text string) error {
		if !bytes.HasPrefix(r.buffer, []byte(text)) {
			return check.Failf(fmt.Sprintf("%q", text), "%q", r.buffer)
		}
		return nil
	})
}

// untouched is what a buffer is filled with beforehand.
const untouched = 0xee

var ringKinds = map[string]uint32{"default": 0, "SQPOLL": uring.Polled, "DEFER_TASKRUN": uring.DeferToTurn}

// ringThread is a thread that owns a ring and does what it is told, and otherwise sleeps outside of io_uring.
type ringThread struct {
	w        *World
	bag      sock.Bag
	do       chan func()
	ring     *uring.Ring
	listener *sock.Listener
	client   int
	server   int
	buffer   []byte
}

func (r *ringThread) start(kind, with string) (err error) {
	r.w.Cleanup(r.bag.Close)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for f := range r.do {
			f()
		}
	}()
	r.w.Cleanup(func() { close(r.do) })
	if with == "connection" {
		if r.client, r.server, err = r.bag.TCPPair(); err == nil {
			err = sock.Nonblock(r.server, false) // an operation on a non-blocking socket would fail with EAGAIN
		}
	} else if r.listener, err = sock.Listen(4); err == nil {
		r.bag.Add(r.listener.FD)
	}
	if err != nil {
		return err
	}
	err = r.act(func() (err error) {
		r.ring, err = uring.New(ringKinds[kind])
		return err
	})
	if errors.Is(err, uring.ErrUnavailable) {
		return check.Unsupportedf("%v", err)
	}
	if err == nil {
		r.w.Cleanup(func() { _ = r.act(func() error { r.ring.Close(); return nil }) })
	}
	return err
}

// act has the thread do something, and waits until it has.
func (r *ringThread) act(f func() error) error {
	done := make(chan error)
	r.do <- func() { done <- f() }
	return <-done
}

// submit has the thread start an operation. It comes back at once, or this would.
func (r *ringThread) submit(add func()) error {
	return r.act(func() error {
		add()
		return r.ring.Enter(0)
	})
}

// nothing holds that no operation has completed.
func (r *ringThread) nothing() error {
	if c, ok := r.ring.Next(); ok {
		return check.Failf("no completion as long as there is nothing to complete", "one with the result %d", c.Result)
	}
	return nil
}

// completion waits for one to show in memory. The thread that owns the ring makes no call meanwhile, and we make none on
// the ring.
func (r *ringThread) completion() (c uring.Completion, err error) {
	err = await.Until("an operation to complete", func() (ok bool, err error) {
		c, ok = r.ring.Next()
		return ok, nil
	})
	return c, err
}

func (r *ringThread) moved(n int32) error {
	c, err := r.completion()
	if err == nil && c.Result != n {
		return check.Failf(fmt.Sprintf("%d bytes", n), "%d (negative: an errno)", c.Result)
	}
	return err
}

// narrow gives both ends small buffers, so that a large reply has to wait for its reader.
func (r *ringThread) narrow() error {
	return errors.Join(
		os.NewSyscallError("setsockopt", unix.SetsockoptInt(r.server, unix.SOL_SOCKET, unix.SO_SNDBUF, 64<<10)),
		os.NewSyscallError("setsockopt", unix.SetsockoptInt(r.client, unix.SOL_SOCKET, unix.SO_RCVBUF, 64<<10)),
	)
}

// drain has the client read so many bytes.
func (r *ringThread) drain(bytes int64) error {
	if err := patient(r.client); err != nil {
		return err
	}
	n, err := io.CopyN(io.Discard, blockingReader(r.client), bytes)
	if err != nil {
		return fmt.Errorf("the client read %d of %d bytes: %w", n, bytes, err)
	}
	return nil
}
