package impl

import (
	"github.com/iospec/iospec/impl/epoll"
	"github.com/iospec/iospec/impl/multiproc"
	"github.com/iospec/iospec/impl/proactor"
	"github.com/iospec/iospec/impl/reactor"
	"github.com/iospec/iospec/impl/selectpoll"
	"github.com/iospec/iospec/impl/threadpool"
)

// Servers lists the reference servers in the order in which the text introduces their architectures.
var Servers = []Server{
	{
		Name:    "multiproc/fork",
		Traits:  []string{"process-per-connection", "every-server"},
		Summary: "a process is forked for each connection: a copy of the server, which blocks in read and write",
		Serve:   multiproc.ServeFork,
	},
	{
		Name:    "multiproc/exec",
		Traits:  []string{"process-per-connection", "every-server"},
		Summary: "a process is forked and another program executed for each connection, as inetd does",
		Serve:   multiproc.ServeExec,
		Worker:  "serveConnection",
	},
	{
		Name:    "multiproc/prefork",
		Traits:  []string{"process-pool", "accept-shared", "every-server"},
		Summary: "processes started ahead accept from the same listener, and serve one connection at a time",
		Serve:   multiproc.ServePrefork,
		Worker:  "serveListener",
	},
	{
		Name:    "threadpool/per-connection",
		Traits:  []string{"thread-per-connection", "every-server"},
		Summary: "a thread is started for each connection, and blocks in read and write",
		Serve:   threadpool.ServePerConnection,
	},
	{
		Name:    "threadpool/pool",
		Traits:  []string{"thread-pool", "every-server"},
		Summary: "threads started ahead take connections from a locked queue, and serve one at a time",
		Serve:   threadpool.ServePool,
	},
	{
		Name:    "selectpoll/select",
		Traits:  []string{"single-reactor", "select", "level", "every-server"},
		Summary: "one thread waits with select, for at most 1024 descriptors, and serves what is ready",
		Serve:   selectpoll.ServeSelect,
	},
	{
		Name:    "selectpoll/poll",
		Traits:  []string{"single-reactor", "poll", "level", "every-server"},
		Summary: "one thread waits with poll, for any number of descriptors, and serves what is ready",
		Serve:   selectpoll.ServePoll,
	},
	{
		Name:    "epoll/level",
		Traits:  []string{"single-reactor", "epoll", "level", "every-server"},
		Summary: "one thread waits with epoll, level-triggered: told of a descriptor as long as it is ready",
		Serve:   epoll.ServeLevel,
	},
	{
		Name:    "epoll/edge",
		Traits:  []string{"single-reactor", "epoll", "edge", "every-server"},
		Summary: "one thread waits with epoll, edge-triggered: told of each change once, so it drains what it is told of",
		Serve:   epoll.ServeEdge,
	},
	{
		Name:    "reactor/single",
		Traits:  []string{"single-reactor", "epoll", "level", "every-server"},
		Summary: "a Reactor waits and dispatches, an Acceptor takes connections, a Handler reads, works and sends: in one thread",
		Serve:   reactor.ServeSingle,
	},
	{
		Name:    "reactor/single-threads",
		Traits:  []string{"single-reactor-threads", "epoll", "level", "every-server"},
		Summary: "one reactor accepts, reads and sends; worker threads do the work in between",
		Serve:   reactor.ServeSingleThreads,
	},
	{
		Name:    "reactor/single-processes",
		Traits:  []string{"single-reactor-processes", "epoll", "level", "every-server"},
		Summary: "one reactor accepts, reads and sends; worker processes do the work in between",
		Serve:   reactor.ServeSingleProcesses,
		Worker:  "workTasks",
	},
	{
		Name:    "reactor/multi-single",
		Traits:  []string{"multi-reactor-single", "epoll", "level", "every-server"},
		Summary: "several reactors in one thread, for what that is worth",
		Serve:   reactor.ServeMultiSingle,
	},
	{
		Name:    "reactor/multi-threads",
		Traits:  []string{"multi-reactor-threads", "epoll", "level", "accept-main", "every-server"},
		Summary: "a main reactor accepts, sub-reactors serve, each in a thread of its own",
		Serve:   reactor.ServeMultiThreads,
	},
	{
		Name:    "reactor/multi-processes",
		Traits:  []string{"multi-reactor-processes", "epoll", "level", "accept-main", "every-server"},
		Summary: "a main reactor accepts, sub-reactors serve, each in a process of its own",
		Serve:   reactor.ServeMultiProcesses,
		Worker:  "workSubReactor",
	},
	{
		Name:    "reactor/nginx-lock",
		Traits:  []string{"multi-reactor-processes", "epoll", "level", "accept-lock", "every-server"},
		Summary: "worker processes accept for themselves, one at a time, under a lock in shared memory",
		Serve:   reactor.ServeNginxLock,
		Worker:  "workAcceptor",
	},
	{
		Name:    "reactor/nginx-exclusive",
		Traits:  []string{"multi-reactor-processes", "epoll", "level", "accept-exclusive", "every-server"},
		Summary: "worker processes accept for themselves; of those that wait, the kernel wakes one",
		Serve:   reactor.ServeNginxExclusive,
		Worker:  "workAcceptor",
	},
	{
		Name:    "reactor/nginx-reuseport",
		Traits:  []string{"multi-reactor-processes", "epoll", "level", "accept-sharded", "every-server"},
		Summary: "worker processes accept for themselves, each from a listener of its own on the same port",
		Serve:   reactor.ServeNginxReusePort,
		Worker:  "workAcceptor",
	},
	{
		Name:    "proactor/uring",
		Traits:  []string{"proactor", "io_uring", "every-server"},
		Summary: "operations are started, the kernel performs them, and handlers are told what they came to",
		Serve:   proactor.ServeUring,
	},
	{
		Name:    "proactor/emulated",
		Traits:  []string{"emulated-proactor", "every-server"},
		Summary: "operations are started, helper threads perform them, and handlers are told what they came to",
		Serve:   proactor.ServeEmulated,
	},
}

// Elsewhere lists the reference servers that do not run on this system, as their Serve says.
var Elsewhere = []Server{iocp}
