//go:build linux

package subject

import (
	"context"
	"sync"
	"time"
)

// patience is how long the tester waits for answers while none comes. Whenever one comes, the time begins anew, so that
// a slow server is waited for and only a stalled one is not. After waits in vain it is shorter: a server that stalls
// must not make the exercise last minutes.
//
// What counts is the server's time: that in which it sleeps, and that in which it has a processor. One that waits for a
// processor, or for its tracer, on a busy machine, owes nothing meanwhile.
type patience struct {
	base, now time.Duration
	server    *Subject
}

const (
	basePatience   = 2 * time.Second
	shortest       = 16 // the shortest patience is this part of the base
	patienceRounds = 5  // a message that the server takes in slowly is given up after this many times the patience
	patienceBounds = 10 // no wait lasts longer than this many times the base, whatever comes
	patienceTicks  = 20 // the patience has so many parts, after each of which the server is looked at
)

func (s *Subject) newPatience(scale float64) *patience {
	base := time.Duration(float64(basePatience) * scale)
	return &patience{base: base, now: base, server: s}
}

// A stopwatch measures the server's time.
type stopwatch struct {
	*time.Ticker
	part   time.Duration // of wall time, between two ticks, however late they come
	watch  *Watch
	passed time.Duration
}

func (p *patience) start() *stopwatch {
	part := p.now / patienceTicks
	return &stopwatch{Ticker: time.NewTicker(part), part: part, watch: p.server.Watch()}
}

// tick adds to what has passed, after each tick.
func (w *stopwatch) tick() {
	members, spent, err := w.watch.look()
	asleep := false
	if err == nil {
		asleep, err = allSleep(members)
	}
	if err != nil || asleep {
		w.passed += w.part
	} else {
		w.passed += max(0, min(spent, w.part))
	}
}

// await waits until all exchanges are finished, calling then, if not nil, for each as it is. It gives up when none was
// finished for as long as the patience lasts, and says how many are missing.
func (p *patience) await(ctx context.Context, xs []*exchange, then func(*exchange)) (missing int) {
	finished := make(chan struct{}, len(xs))
	giveUp := make(chan struct{})
	var waiting sync.WaitGroup
	for _, x := range xs {
		waiting.Go(func() {
			select {
			case <-x.done:
				if then != nil {
					then(x)
				}
				finished <- struct{}{}
			case <-giveUp:
			}
		})
	}
	missing = len(xs) - p.count(ctx, finished, len(xs))
	close(giveUp)
	waiting.Wait()
	p.learn(missing)
	return missing
}

// count receives until there were n, or none came for too long.
func (p *patience) count(ctx context.Context, finished <-chan struct{}, n int) int {
	idle := p.start()
	defer idle.Stop()
	end := time.NewTimer(patienceBounds * p.base)
	defer end.Stop()
	for got := 0; got < n; {
		select {
		case <-finished:
			got++
			idle.passed = 0
		case <-idle.C:
			if idle.tick(); idle.passed >= p.now {
				return got
			}
		case <-end.C:
			return got
		case <-ctx.Done():
			return got
		}
	}
	return n
}

// learn shortens the patience after a wait in vain, and lengthens it after a good one.
func (p *patience) learn(missing int) {
	if missing > 0 {
		p.now = max(p.now/4, p.base/shortest)
	} else {
		p.now = min(p.now*2, p.base)
	}
}
