//go:build linux

package steps

import (
	"context"
	"fmt"

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
	err = inOrder(look(&v.before, &empty), func() error { return c.grow(of.clients) }, ask, look(&v.full, &crowded), count)
	v.kernel = crowded.Kept - empty.Kept
	return v, err
}
