//go:build linux

package steps

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/thread"
)

// tray is where several workers put their results, as plain as can be. To put is to look how many there are, to lay the
// result behind them, and to count one more. In between comes a pause, if there is one, in which a test lets another
// thread come first. Each step is atomic, so that what goes wrong is the order of steps and nothing else.
type tray struct {
	lock  sync.Locker
	items [64]atomic.Int64
	count atomic.Int64
	pause chan func() // the first to put runs what comes from here between looking and counting
}

func (t *tray) put(item int64) {
	t.lock.Lock()
	defer t.lock.Unlock()
	n := t.count.Load()
	select {
	case meanwhile := <-t.pause:
		meanwhile()
	default:
	}
	t.items[n%int64(len(t.items))].Store(item)
	t.count.Store(n + 1)
}

// mostPuts is how many results each worker puts at most until one is lost. It takes two of them that are both in the
// middle of it: on a machine with one core, one must be interrupted there.
const mostPuts = 1 << 20

// sharedTray defines the steps about results that several threads put in one place. They break when the order of two
// threads, which is forced here, does not do what it is said to, and when the one that happens by itself never does.
func sharedTray(sc *godog.ScenarioContext, w *World) {
	var t *tray
	var workers, put int
	waited := false
	sc.Given(`^a tray, and (\d+) workers that put results into it (without|under) a lock$`, func(n int, how string) {
		workers = n
		t = &tray{lock: unlocked{}, pause: make(chan func(), 1)}
		if how == "under" {
			t.lock = &sync.Mutex{}
		}
	})
	sc.When(`^the second puts while the first has looked and not yet counted$`, func() (err error) {
		var second *thread.Thread
		t.pause <- func() {
			second = thread.Start(func(*thread.Thread) { t.put(2) })
			err = thread.Settle([]*thread.Thread{second}, unix.SYS_FUTEX)
			waited = !second.Done()
		}
		t.put(1)
		if err != nil {
			return err
		}
		put = 2
		return second.Join()
	})
	together := func(each int) {
		t.count.Store(0)
		var all sync.WaitGroup
		for i := range workers {
			all.Go(func() {
				for range each {
					t.put(int64(i))
				}
			})
		}
		all.Wait()
		put = workers * each
	}
	sc.When(`^all of them put (\d+) results each, at the same time$`, together)
	sc.When(`^all of them put results at the same time, more and more, until one is lost$`, func() {
		for each := 1 << 12; each <= mostPuts && int(t.count.Load()) == put; each *= 2 {
			together(each)
		}
	})
	sc.Then(`^(fewer results|as many results) are in the tray (?:than|as) were put$`, func(which string) error {
		n := int(t.count.Load())
		w.Note("%d results put, %d in the tray; the second of two waited: %t", put, n, waited)
		if (which == "fewer results") != (n < put) {
			return check.Failf(fmt.Sprintf("%s than or as the %d that were put", which, put), "%d", n)
		}
		return nil
	})
}
