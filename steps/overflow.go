//go:build linux

package steps

import (
	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/proc"
)

// overflows: the accept queue is full. It breaks when the queue holds another number than its bound says, when an
// overflow is not counted, or when tcp_abort_on_overflow makes no difference.
func overflows(sc *godog.ScenarioContext, q *waiting) {
	late, before := -1, 0

	sc.Given(`^a listener with backlog (\d+) in a network of its own where tcp_abort_on_overflow is ([01])$`, func(backlog, abort int) error {
		return inOrder(q.enter, func() error { return q.net.set("ipv4/tcp_abort_on_overflow", abort) }, func() error { return q.listen(backlog) })
	})
	sc.When(`^another client begins to connect$`, func() (err error) {
		if before, err = q.net.counter("ListenOverflows"); err != nil {
			return err
		}
		late, err = q.net.begin(q.listener, false)
		return err
	})
	sc.Step(`^its SYN is counted as an overflow, and it stays in SYN_SENT$`, func() error {
		if err := q.refused(before, late); err != nil {
			return err
		}
		return inState(late, proc.SynSent)
	})
	sc.Then(`^the accept queue is bounded by (\d+) and holds (\d+) connections$`, func(bound, length int) error {
		return isQueue(q.listener, queue{length, bound})
	})
	sc.When(`^a connection is accepted$`, func() error { _, err := q.accept(); return err })
	sc.Then(`^the client that was dropped is let in$`, func() error { return awaitState(late, proc.Established) })
	sc.Then(`^it is ESTABLISHED, its acknowledgement is counted as an overflow, and at the server it is still in SYN_RECV$`, func() error {
		return inOrder(
			func() error { return awaitState(q.deaf, proc.Established) },
			func() error { return q.overflowed(before) },
			func() error { return q.count(proc.SynReceived, 1) })
	})
	sc.Then(`^it is reset with ECONNRESET, and the server has forgotten it$`, func() error {
		if err := awaitReset(q.deaf); err != nil {
			return err
		}
		return q.count(proc.SynReceived, 0)
	})
}

// overflowed waits until more overflows are counted than before.
func (q *waiting) overflowed(before int) error {
	return await.Until("the count of ListenOverflows to grow", func() (bool, error) {
		now, err := q.net.counter("ListenOverflows")
		return now > before, err
	})
}

// refused waits for that, too, and holds that the client was not let in instead.
func (q *waiting) refused(before, client int) error {
	return await.Until("an overflow, or the client to be let in", func() (bool, error) {
		now, err := q.net.counter("ListenOverflows")
		if err != nil || now > before {
			return true, err
		}
		state, err := tcpState(client)
		if err == nil && state == proc.Established {
			err = check.Failf("the client's SYN is dropped, and counted as an overflow", "the client was let in")
		}
		return false, err
	})
}
