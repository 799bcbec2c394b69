//go:build linux

package steps

import (
	"errors"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/internal/sock"
	"github.com/iospec/iospec/internal/thread"
)

// herd is some threads, each of which sleeps until there is an event for it, takes it and ends.
type herd struct {
	threads []*thread.Thread
	told    []*atomic.Bool // whether each thread got an event
}

// waits adds a thread that sleeps in epoll_wait, with room for one event.
func (h *herd) waits(w *World, ep sock.Epoll) {
	h.add(w, func(t *thread.Thread) bool {
		n, err := t.Uninterrupted(func() (int, error) { return rawEpollWait(ep, make([]unix.EpollEvent, 1)) })
		return err == nil && n > 0
	})
}

// polls adds a thread that sleeps in poll of the instance, and then takes an event if there still is one.
func (h *herd) polls(w *World, ep sock.Epoll) {
	h.add(w, func(t *thread.Thread) bool {
		if _, err := t.Uninterrupted(func() (int, error) { return rawPoll(int(ep)) }); err != nil {
			return false
		}
		events, err := ep.Wait(1, 0)
		return err == nil && len(events) > 0
	})
}

func (h *herd) add(w *World, wait func(*thread.Thread) bool) {
	told := new(atomic.Bool)
	t := thread.Start(func(t *thread.Thread) { told.Store(wait(t)) })
	h.threads, h.told = append(h.threads, t), append(h.told, told)
	w.Cleanup(func() { _ = t.Stop() })
}

// settle waits until each thread has ended or sleeps, and nothing moves any more.
func (h *herd) settle() error {
	return thread.Settle(h.threads, unix.SYS_EPOLL_PWAIT, unix.SYS_PPOLL)
}

// asleep waits until all threads sleep.
func (h *herd) asleep() error {
	if err := h.settle(); err != nil {
		return err
	}
	for _, t := range h.threads {
		if t.Done() {
			return errors.New("a thread ended before there was an event")
		}
	}
	return nil
}

// woken counts the threads that got an event, once all have settled.
func (h *herd) woken() (n int, err error) {
	err = h.settle()
	for _, told := range h.told {
		if told.Load() {
			n++
		}
	}
	return n, err
}
