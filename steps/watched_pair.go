//go:build linux

package steps

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/arrival"
	"github.com/iospec/iospec/internal/sock"
)

// watchedPair is the scene of most Rules about triggers: one TCP connection, one end of which an epoll instance
// watches. Features that are set in it share these words.
type watchedPair struct {
	w      *World
	bag    sock.Bag
	ep     sock.Epoll
	near   int   // the watched end
	far    int   // the other end
	sent   int64 // bytes that the other end has sent in all
	unread int   // those that were not read yet
	via    int   // the descriptor by which the watched end can be asked: near, or a duplicate once near is closed
}

// watchedPairSteps is the step file of all features that are set in this scene, in chapters 2.3 and 2.4.
var watchedPairSteps = onWatchedPair(
	bothTriggersSteps,
	wakeUpSteps,
	readingSteps,
	writingSteps,
	closedButWatchedSteps,
	hangUpSteps,
)

// onWatchedPair makes one step file of several features, which share a scene and its words.
func onWatchedPair(features ...func(*godog.ScenarioContext, *watchedPair)) stepFile {
	return func(sc *godog.ScenarioContext, w *World) {
		p := &watchedPair{w: w}
		p.words(sc)
		for _, f := range features {
			f(sc, p)
		}
	}
}

func (p *watchedPair) words(sc *godog.ScenarioContext) {
	sc.Given(`^a connected pair of sockets whose one end is watched for (EPOLL[A-Z|]+) by an epoll instance$`, p.open)
	sc.Given(`^a connected pair of sockets whose one end is watched for nothing by an epoll instance$`, func() error { return p.watch(0) })
	sc.When(`^the other end sends (\d+) bytes?$`, p.send)
	sc.When(`^(\d+) bytes? of them (?:is|are) read$`, p.read)
	sc.When(`^the rest of them is read$`, func() error { return p.read(p.unread) })
	sc.When(`^the registration is changed to (EPOLL[A-Z|]+)$`, p.modify)
	sc.When(`^the other end shuts down its sending side$`, p.halfClose)
	sc.When(`^the other end resets the connection$`, p.reset)
	sc.Then(`^(\d+) waits in a row report the watched end, though nothing is read$`, p.alwaysReported)
	sc.Then(`^the first wait reports the watched end and the next (\d+) do not$`, p.reportedOnce)
	sc.Then(`^none of (\d+) waits reports the watched end$`, p.neverReported)
	sc.Then(`^a wait reports (EPOLL[A-Z|]+)$`, p.reportsExactly)
}

func (p *watchedPair) open(flags string) error {
	events, err := epollFlags(flags)
	if err != nil {
		return err
	}
	return p.watch(events)
}

func (p *watchedPair) watch(events uint32) (err error) {
	p.w.Cleanup(p.bag.Close)
	if p.far, p.near, err = p.bag.TCPPair(); err != nil {
		return err
	}
	p.via = p.near
	if p.ep, err = p.bag.Epoll(); err != nil {
		return err
	}
	return p.ep.Add(p.near, events)
}

func (p *watchedPair) modify(flags string) error {
	events, err := epollFlags(flags)
	if err != nil {
		return err
	}
	return p.ep.Mod(p.near, events)
}

func (p *watchedPair) send(n int) error {
	if _, err := unix.Write(p.far, make([]byte, n)); err != nil {
		return fmt.Errorf("write to the other end: %w", err)
	}
	p.unread += n
	p.sent += int64(n)
	return arrival.Bytes(p.via, p.sent)
}

// read reads once and must get what it asks for.
func (p *watchedPair) read(n int) error {
	got, err := unix.Read(p.near, make([]byte, n))
	if err != nil {
		return fmt.Errorf("read from the watched end: %w", err)
	}
	if got != n {
		return fmt.Errorf("read of %d bytes got %d", n, got)
	}
	p.unread -= n
	return nil
}

func (p *watchedPair) halfClose() error {
	if err := unix.Shutdown(p.far, unix.SHUT_WR); err != nil {
		return fmt.Errorf("shutdown: %w", err)
	}
	return arrival.Close(p.near)
}

// reset closes the other end with the linger time 0, which makes the kernel send RST instead of FIN: see socket(7).
func (p *watchedPair) reset() error {
	if err := unix.SetsockoptLinger(p.far, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}); err != nil {
		return fmt.Errorf("setsockopt SO_LINGER: %w", err)
	}
	p.bag.Drop(p.far)
	return arrival.Reset(p.near)
}

// waits makes n waits without a timeout and tells of each what it reported of the watched end: 0 is nothing.
func (p *watchedPair) waits(n int) (reported []uint32, err error) {
	for range n {
		events, err := p.ep.Wait(8, 0)
		if err != nil {
			return nil, err
		}
		var seen uint32
		for _, e := range events {
			if int(e.Fd) != p.near {
				return nil, fmt.Errorf("epoll_wait reports descriptor %d, which is not the watched end %d", e.Fd, p.near)
			}
			seen |= e.Events
		}
		reported = append(reported, seen)
	}
	return reported, nil
}

func (p *watchedPair) alwaysReported(n int) error {
	return p.expectWaits(slices.Repeat([]bool{true}, n))
}
func (p *watchedPair) neverReported(n int) error { return p.expectWaits(make([]bool, n)) }
func (p *watchedPair) reportedOnce(n int) error {
	return p.expectWaits(append([]bool{true}, make([]bool, n)...))
}

// expectWaits makes one wait for each expectation: whether it reports the watched end.
func (p *watchedPair) expectWaits(want []bool) error {
	reported, err := p.waits(len(want))
	if err != nil {
		return err
	}
	got := make([]bool, len(reported))
	for i, events := range reported {
		got[i] = events != 0
	}
	if !slices.Equal(got, want) {
		return check.Failf("waits that report: "+yesNo(want), "%s (%s)", yesNo(got), eachEvents(reported))
	}
	return nil
}

func (p *watchedPair) reportsExactly(flags string) error {
	want, err := epollFlags(flags)
	if err != nil {
		return err
	}
	reported, err := p.waits(1)
	if err != nil {
		return err
	}
	if reported[0] != want {
		return check.Failf("epoll_wait reports "+flags, "%s", eventNames(reported[0]))
	}
	return nil
}

func yesNo(all []bool) string {
	words := make([]string, len(all))
	for i, yes := range all {
		words[i] = map[bool]string{true: "yes", false: "no"}[yes]
	}
	return strings.Join(words, ", ")
}

func eachEvents(all []uint32) string {
	words := make([]string, len(all))
	for i, events := range all {
		words[i] = eventNames(events)
	}
	return strings.Join(words, ", ")
}
