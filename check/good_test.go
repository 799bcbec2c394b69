package check

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/trace"
)

// What each of the four well-behaved reactors is found to keep and to break. What is missing here is the same for all:
// see TestGoodReactors.
var goodReactors = map[string]struct{ keeps, breaks []string }{
	"select": {
		keeps:  []string{"select", "level", "select.whole-set-in", "trigger.epoll-default-level", "trigger.level-may-read-once"},
		breaks: []string{"poll", "epoll", "edge", "poll.copies", "epoll.create-ctl-wait", "epoll.interest-kept-in-kernel", "trigger.edge-must-drain", "trigger.edge-nonblocking"},
	},
	"poll": {
		keeps:  []string{"poll", "level", "poll.copies", "trigger.epoll-default-level", "trigger.level-may-read-once"},
		breaks: []string{"select", "epoll", "edge", "select.whole-set-in", "select.caps-1024", "epoll.create-ctl-wait", "epoll.interest-kept-in-kernel", "trigger.edge-must-drain", "trigger.edge-nonblocking"},
	},
	"level": {
		keeps:  []string{"epoll", "level", "epoll.create-ctl-wait", "epoll.interest-kept-in-kernel", "trigger.epoll-default-level", "trigger.level-may-read-once"},
		breaks: []string{"select", "poll", "edge", "select.whole-set-in", "select.caps-1024", "poll.copies", "trigger.edge-must-drain", "trigger.edge-nonblocking"},
	},
	"edge": {
		keeps:  []string{"epoll", "edge", "epoll.create-ctl-wait", "epoll.interest-kept-in-kernel", "trigger.edge-must-drain", "trigger.edge-nonblocking"},
		breaks: []string{"select", "poll", "level", "select.whole-set-in", "select.caps-1024", "poll.copies", "trigger.epoll-default-level", "trigger.level-may-read-once"},
	},
}

var everyReactor = struct{ keeps, breaks []string }{
	keeps: []string{
		"socket.data-on-connected", "c10k.server-end-fixed",
		"mux.time-sharing", "mux.one-at-a-time", "mux.many-events-one-call", "mux.kernel-reports-ready",
		"single.acceptor-and-handler", "single.read-work-send", "single-reactor",
		"single.process-or-thread", "single.three-objects", "single.no-ipc-no-locks", "pattern.two-parts",
		"workers.same-dispatch", "workers.handler-only-io", "server.no-busy-loop", "every-server",
		"proactor.reactor-is-sync", "proactor.both-dispatch-events",
		"server.one-wake-up-per-connection", "server.reactor-never-blocks",
	},
	breaks: []string{
		"process.blocking-base", "process.per-client", "process.parent-accepts", "process.child-inherits-connection",
		"process.child-drops-listener", "process.parent-drops-connection", "process.per-client-prefork", "process-per-connection", "process-pool",
		"thread.per-connection", "pool.created-ahead", "pool.takes-from-queue", "pool.queue-locked", "thread-per-connection", "thread-pool",
		"multi.main-only-accepts", "multi.sub-registers", "multi.sub-serves", "multi.clear-division",
		"nginx.master", "nginx.workers-accept", "nginx.sticks", "nginx.accept-lock", "nginx.accept-lock-exclusive", "nginx.accept-lock-sharded",
		"workers.worker-computes", "workers.processes-are-awkward",
		"proactor.is-async", "proactor.is-async-emulated", "proactor.buffer-given-first", "proactor.kernel-moves-data",
		"proactor.both-dispatch-events-done", "proactor.initiator", "proactor.operation-processor", "proactor.calls-handler",
		"proactor", "emulated-proactor", "io_uring",
		"single-reactor-threads", "single-reactor-processes", "multi-reactor-single",
		"accept-main", "accept-lock", "accept-exclusive", "accept-sharded", "multi-reactor-threads", "multi-reactor-processes",
	},
}

// all is every predicate by claim or trait.
func all() map[string]Predicate {
	m := maps.Clone(ByClaim)
	maps.Copy(m, ByTrait)
	return m
}

func TestGoodReactors(t *testing.T) {
	for kind, want := range goodReactors {
		rec := newServer(kind).exercise()
		for id, p := range all() {
			f := p(rec)
			switch {
			case slices.Contains(want.keeps, id), slices.Contains(everyReactor.keeps, id):
				require.Equal(t, Pass, f.Outcome, "%s server, %s: %+v", kind, id, f)
			case slices.Contains(want.breaks, id), slices.Contains(everyReactor.breaks, id):
				require.Equal(t, Fail, f.Outcome, "%s server, %s: %+v", kind, id, f)
				require.NotEmpty(t, f.Witness, "%s server, %s", kind, id)
				require.NotEmpty(t, f.Acquit, "%s server, %s", kind, id)
			default:
				require.Contains(t, []string{"select.caps-1024", "process.zombies-are-reaped"}, id)
				require.Equal(t, Inconclusive, f.Outcome, "%s server, %s: %+v", kind, id, f)
			}
		}
	}
}

func TestWhatNobodyUsedIsInconclusive(t *testing.T) {
	for id, p := range all() {
		for name, rec := range map[string]*trace.Recording{"a server that nobody used": nothing(), "an empty recording": {}} {
			f := p(rec)
			require.Equal(t, Inconclusive, f.Outcome, "%s of %s: %+v", id, name, f)
			require.NotEmpty(t, f.Observed, "%s of %s", id, name)
		}
	}
}

func TestOneClientShowsNoMultiplexing(t *testing.T) {
	for kind := range goodReactors {
		v := newServer(kind)
		c := v.accept(1, "idle")
		for range 5 {
			v.ask(10, c...)
		}
		rec := v.End()
		for _, id := range []string{"mux.time-sharing", "mux.one-at-a-time", "mux.many-events-one-call", "select", "poll", "epoll", "single-reactor", "multi-reactor-threads", "multi.sub-serves"} {
			require.Equal(t, Inconclusive, all()[id](rec).Outcome, "%s of a %s server with one client", id, kind)
		}
	}
}
