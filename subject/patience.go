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
type patience struct {
	base, now time.Duration
}

const (
	basePatience   = 2 * time.Second
	shortest       = 16 // the shortest patience is this part of the base
	patienceRounds = 5  // no wait lasts longer than this many times its patience, whatever comes
)

func newPatience(scale float64) *patience {
	base := time.Duration(float64(basePatience) * scale)
	return &patience{base: base, now: base}
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
	idle := time.NewTimer(p.now)
	defer idle.Stop()
	end := time.NewTimer(patienceRounds * p.now)
	defer end.Stop()
	for got := range n {
		select {
		case <-finished:
			idle.Reset(p.now)
		case <-idle.C:
			return got
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
