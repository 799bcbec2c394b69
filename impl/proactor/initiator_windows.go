package proactor

import (
	"context"
	"runtime"

	"github.com/iospec/iospec/impl/server"
)

// ServeIOCP serves until ctx is cancelled or the process is told to stop.
func ServeIOCP(ctx context.Context, cfg server.Config) error {
	return initiate(ctx, cfg, func(cfg server.Config) (*kernel, error) { return newKernel(cfg) })
}

// initiate is the initiator: it makes the operation processor, the proactor and what its handlers need, starts the first
// operations, and leaves the rest to the proactor.
func initiate(ctx context.Context, cfg server.Config, newProcessor func(server.Config) (*kernel, error)) error {
	runtime.LockOSThread() // the proactor is one thread, and the processor belongs to it
	defer runtime.UnlockOSThread()
	processor, err := newProcessor(cfg)
	if err != nil {
		return err
	}
	defer processor.close()
	door, err := server.Open(ctx, cfg, processor.sayStop)
	if err != nil {
		return err
	}
	defer door.Close()
	if err := processor.listen(door.Listener); err != nil {
		return err
	}
	p := &proactor{processor: processor, door: door, desk: server.NewDesk(door), conns: server.NewTable(door)}
	p.desk.Deferred = true
	defer p.conns.CloseAll(p.desk)
	defer func() { door.Logf("%v", &processor.tally) }()
	return p.run()
}

// sayStop says the word to stop.
func (p *proactor) sayStop() { p.processor.(*kernel).sayStop() }
