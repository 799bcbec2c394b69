//go:build linux

package steps

import (
	"context"
	"fmt"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/subject"
)

// A visit is what a server made of thousands of clients that were all there at once. It takes a second and is made once
// for each server: every Rule about so many clients looks at that part of it which it speaks of.
type visit struct {
	wrong error // what came of the first request that was not answered rightly

	held         int            // connections that the server held when all clients had been answered
	before, full subject.Counts // of the server, when it had nobody and when it had them all
	kernel       int64          // bytes that the kernel's objects grew by meanwhile, both ends of each connection
	after        subject.Counts // of the server, when all have left
	kept         error          // what it has not let go of by then
}

// visitOf is the size and the length of a visit.
type visitOf struct{ clients, requests int }

// Visit gives what came of n clients that connected to the target and then sent so many requests each, all clients at
// once.
func (w *World) Visit(ctx context.Context, of visitOf) (visit, error) {
	if v, made := w.run.visits[of]; made {
		return v, nil
	}
	v, err := w.visit(ctx, of)
	if err != nil {
		return visit{}, err
	}
	if w.run.visits == nil {
		w.run.visits = map[visitOf]visit{}
	}
	w.run.visits[of] = v
	return v, nil
}

func (w *World) visit(ctx context.Context, of visitOf) (v visit, err error) {
	if err = needDescriptors(of.clients + 200); err != nil {
		return v, err
	}
	c, err := w.invite(ctx)
	if err != nil {
		return v, err
	}
	var empty, crowded proc.Objects
	look := func(counts *subject.Counts, objects *proc.Objects) func() error {
		return func() (err error) {
			if *counts, err = c.server.Counts(); err != nil {
				return err
			}
			*objects, err = proc.KernelObjects()
			return err
		}
	}
	ask := func() error {
		for range of.requests {
			if err := c.together(c.clients); err != nil {
				v.wrong = fmt.Errorf("of %d clients: %w", len(c.clients), err)
				return nil
			}
		}
		return nil
	}
	count := func() (err error) { v.held, err = c.server.Connections(); return err }
	leave := func() (err error) {
		c.bag.Close()
		v.after, err = backToStart(c.server, v.before, allowance{threads: crowdThreads, memory: crowdMemory * int64(of.clients)})
		if check.Of(err).Outcome == check.Fail {
			v.kept, err = err, nil
		}
		return err
	}
	rest := func() error { _, err := c.atRest(); return err }
	err = inOrder(rest, look(&v.before, &empty), func() error { return c.grow(of.clients) }, ask, look(&v.full, &crowded), count, leave)
	v.kernel = crowded.Kept - empty.Kept
	return v, err
}

// What a server may hold more when a crowd has left than before it came. A language's runtime keeps threads that it once
// needed, in each process, and memory to use it again; a server that leaked would keep thousands, and all of it.
const (
	crowdThreads = 24
	crowdMemory  = 2 << 10 // bytes for each client
)
