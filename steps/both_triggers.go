//go:build linux

package steps

import (
	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/sock"
)

// bothTriggersSteps defines what both-triggers.feature adds to the words of a watched pair.
func bothTriggersSteps(sc *godog.ScenarioContext, p *watchedPair) {
	var second sock.Epoll
	sc.Given(`^a second epoll instance watches the same end for (EPOLL[A-Z|]+)$`, func(flags string) error {
		events, err := epollFlags(flags)
		if err != nil {
			return err
		}
		if second, err = p.bag.Epoll(); err != nil {
			return err
		}
		return second.Add(p.near, events)
	})
	sc.Then(`^of (\d+) waits on each, those on the first instance make (\d+) reports? and those on the second make (\d+)$`, func(waits, first, other int) error {
		return expectReports(waits, map[string]reporter{"the first instance": epollReporter(p.ep), "the second instance": epollReporter(second)},
			map[string]int{"the first instance": first, "the second instance": other})
	})
	sc.Then(`^in (\d+) rounds select reports the watched end (\d+) times, poll (\d+) times and epoll once$`, func(rounds, bySelect, byPoll int) error {
		return expectReports(rounds, map[string]reporter{"select": p.selects, "poll": p.polls(unix.POLLIN), "epoll": epollReporter(p.ep)},
			map[string]int{"select": bySelect, "poll": byPoll, "epoll": 1})
	})
	sc.Then(`^poll reports the watched end in each of (\d+) rounds, whichever of its 16 event bits is set beside POLLIN$`, func(times int) error {
		for bit := range 16 {
			poll := p.polls(unix.POLLIN | int16(uint16(1)<<bit))
			if err := expectReports(times, map[string]reporter{"poll": poll}, map[string]int{"poll": times}); err != nil {
				return err
			}
		}
		return nil
	})
}

// reporter makes one wait that does not sleep and says whether it reported anything.
type reporter func() (bool, error)

func epollReporter(ep sock.Epoll) reporter {
	return func() (bool, error) {
		events, err := ep.Wait(8, 0)
		return len(events) > 0, err
	}
}

func (p *watchedPair) selects() (bool, error) {
	n, err := sock.Select(p.near+1, sock.NewFDSet(p.near+1, p.near), nil, nil, 0)
	return n > 0, err
}

func (p *watchedPair) polls(events int16) reporter {
	return func() (bool, error) {
		set := sock.PollSet(events, p.near)
		_, err := sock.Poll(set, 0)
		return set[0].Revents&unix.POLLIN != 0, err
	}
}

// expectReports lets each reporter wait once in each round, and compares how often it reported.
func expectReports(rounds int, reporters map[string]reporter, want map[string]int) error {
	got := map[string]int{}
	for range rounds {
		for name, wait := range reporters {
			reported, err := wait()
			if err != nil {
				return err
			}
			if reported {
				got[name]++
			}
		}
	}
	for name := range reporters {
		if got[name] != want[name] {
			return check.Failf("reports in the same rounds: "+sortedCounts(want), "%s", sortedCounts(got))
		}
	}
	return nil
}
