package server

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// A Door is what a server opens first: the listening socket through which clients come in, and the word to stop.
type Door struct {
	Listener int // listening socket, non-blocking if opened by Open, -1 once it is closed
	Stop     int // eventfd that becomes readable when the server is to stop, so that a blocked wait returns; or -1, as on Windows

	newHandler func() Handler
	cfg        Config
	closed     chan struct{} // closed by Close
	watched    chan struct{} // closed when nobody will write to Stop any more
	pause      time.Duration // how long accepting paused last, 0 if it went well since
	retry      time.Time     // while accepting pauses: when to try again
	told       bool          // that descriptors ran out was logged
}

// Grace bounds how long a server that is told to stop goes on sending replies to clients that are slow to take them.
const Grace = 5 * time.Second

// newDoor opens a door without a Stop. The word to stop is passed on to tell, with the listener.
func newDoor(ctx context.Context, cfg Config, flags int, tell func(listener int)) (*Door, error) {
	newHandler, err := findProtocol(cfg.Protocol)
	if err != nil {
		return nil, err
	}
	listener, bound, err := listen(cfg.Address, flags, cfg.options...)
	if err != nil {
		return nil, err
	}
	d := &Door{Listener: listener, Stop: -1, newHandler: newHandler, cfg: cfg, closed: make(chan struct{}), watched: make(chan struct{})}
	ctx, restore := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	go d.watchStop(ctx, restore, func() { tell(listener) })
	d.Logf("listening on %s", bound)
	if cfg.Listening != nil {
		cfg.Listening(bound)
	}
	return d, nil
}

// watchStop carries the word to stop from where Go delivers it, a context and a channel, to where the server waits.
func (d *Door) watchStop(ctx context.Context, restore, tell func()) {
	defer close(d.watched)
	defer restore() // the next signal does what it does by default
	select {
	case <-d.closed:
	case <-ctx.Done():
		tell()
	}
}

// pauseFor is how long a server stops accepting at most. It begins with a fraction of that, and doubles it as long as
// accepting fails.
const pauseFor = time.Second

// Pause notes that descriptors ran out: the server takes the listener out of what it waits for. It puts it back when
// one of its connections closes, or when a second has gone by, since what was wanting may have been another process's
// to give. The clients in the queue are served then. The other way known, to keep a spare descriptor and to close it
// so as to accept and refuse each of them, would turn them away, and races with whoever else opens descriptors.
func (d *Door) Pause(err syscall.Errno) {
	if d.retry.IsZero() && !d.told {
		d.told = true
		d.Logf("accept: %v: not accepting until a connection closes (ulimit -n sets the limit)", err)
	}
	d.pause = min(pauseFor, max(pauseFor/16, 2*d.pause))
	d.retry = time.Now().Add(d.pause)
}

// Resume notes that the listener is waited for again.
func (d *Door) Resume() { d.retry = time.Time{} }

// Paused reports whether the listener is out of what is waited for.
func (d *Door) Paused() bool { return !d.retry.IsZero() }

// Due reports whether a pause has lasted long enough.
func (d *Door) Due() bool { return d.Paused() && !time.Now().Before(d.retry) }

// Patience is how long a wait may block: for ever, which is -1, except while accepting pauses.
func (d *Door) Patience() time.Duration {
	if !d.Paused() {
		return -1
	}
	return max(0, time.Until(d.retry))
}

// CloseListener frees the port: clients that come now are refused.
func (d *Door) CloseListener() {
	CloseFD(d.Listener)
	d.Listener = -1
	d.Resume() // there is nothing to wait for any more
}

// Close frees all that Open made.
func (d *Door) Close() {
	close(d.closed)
	<-d.watched // or the word might be written to a descriptor that is somebody else's by then
	if d.Stop >= 0 {
		CloseFD(d.Stop)
	}
	if d.Listener >= 0 {
		d.CloseListener()
	}
}

// Logf writes a line to the log.
func (d *Door) Logf(format string, args ...any) { d.cfg.logf(format, args...) }

// Fatal names the system call that a server cannot go on without.
func Fatal(call string, err syscall.Errno) error {
	return fmt.Errorf("the server stops: %w", os.NewSyscallError(call, err))
}
