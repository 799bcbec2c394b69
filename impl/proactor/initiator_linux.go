package proactor

import (
	"context"
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// ServeUring serves until ctx is cancelled or the process is told to stop. Its error is an *Unavailable where the kernel,
// or whoever set it up, does not offer io_uring.
func ServeUring(ctx context.Context, cfg server.Config) error {
	return initiate(ctx, cfg, func(cfg server.Config) (processor, error) { return newKernel(cfg, modes) })
}

// ServeEmulated serves until ctx is cancelled or the process is told to stop.
func ServeEmulated(ctx context.Context, cfg server.Config) error {
	return initiate(ctx, cfg, func(cfg server.Config) (processor, error) { return newHelpers(cfg), nil })
}

// initiate is the initiator: it makes the operation processor, the proactor and what its handlers need, starts the first
// operations, and leaves the rest to the proactor.
func initiate(ctx context.Context, cfg server.Config, newProcessor func(server.Config) (processor, error)) error {
	runtime.LockOSThread() // the proactor is one thread, and the processor belongs to it
	defer runtime.UnlockOSThread()
	processor, err := newProcessor(cfg)
	if err != nil {
		return err
	}
	defer processor.close()
	door, err := server.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer door.Close()
	for _, fd := range []int{door.Listener, door.Stop} { // an operation waits: it is not to fail with EAGAIN
		if err := unix.SetNonblock(fd, false); err != nil {
			return os.NewSyscallError("fcntl", err)
		}
	}
	p := &proactor{processor: processor, door: door, desk: server.NewDesk(door), conns: server.NewTable(door)}
	p.desk.Deferred = true
	defer p.conns.CloseAll(p.desk)
	return p.run()
}

// sayStop says the word to stop.
func (p *proactor) sayStop() {
	one := [8]byte{1}
	_, _ = unix.Write(p.door.Stop, one[:])
}
