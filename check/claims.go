package check

// ByClaim gives the predicate that judges a claim of the register on a recording. Claims that are judged by a kernel
// Rule, by a measurement, or by nothing yet are not in it.
var ByClaim = map[string]Predicate{
	"socket.data-on-connected": DataOnConnected,
	"c10k.server-end-fixed":    ServerEndFixed,

	"process.blocking-base":             BlockingBase,
	"process.per-client":                PerClient,
	"process.parent-accepts":            ParentAccepts,
	"process.child-inherits-connection": InheritsConnection,
	"process.child-drops-listener":      DropsListener,
	"process.parent-drops-connection":   DropsConnection,
	"process.zombies-are-reaped":        ZombiesReaped,
	"process.per-client-prefork":        ProcessPool,

	"thread.per-connection": ThreadPerConnection,
	"pool.created-ahead":    CreatedAhead,
	"pool.takes-from-queue": TakesFromQueue,
	"pool.queue-locked":     QueueLocked,

	"mux.time-sharing":         TimeSharing,
	"mux.one-at-a-time":        OneAtATime,
	"mux.many-events-one-call": ManyEventsOneCall,
	"mux.kernel-reports-ready": KernelReportsReady,

	"select.whole-set-in": WholeSetIn,
	"select.caps-1024":    SelectCaps1024,
	"poll.copies":         PollCopies,

	"epoll.create-ctl-wait":         CreateCtlWait,
	"epoll.interest-kept-in-kernel": InterestKeptInKernel,

	"trigger.epoll-default-level": LevelTriggered,
	"trigger.level-may-read-once": LevelMayReadOnce,
	"trigger.edge-must-drain":     EdgeMustDrain,
	"trigger.edge-nonblocking":    EdgeNonblocking,

	"multi.main-only-accepts":     MainOnlyAccepts,
	"multi.sub-registers":         SubRegisters,
	"multi.sub-serves":            SubServes,
	"multi.clear-division":        ClearDivision,
	"nginx.master":                MasterNeverAccepts,
	"nginx.workers-accept":        WorkersAccept,
	"nginx.sticks":                StaysWithAcceptor,
	"nginx.accept-lock":           AcceptLock,
	"nginx.accept-lock-exclusive": AcceptExclusive,
	"nginx.accept-lock-sharded":   AcceptSharded,
	"single.acceptor-and-handler": AcceptorAndHandler,
	"single.read-work-send":       ReadWorkSend,
	"single.process-or-thread":    OneAmongOthers,
	"single.three-objects":        ThreeObjects,
	"single.no-ipc-no-locks":      NoIPC,

	"pattern.two-parts": TwoParts,

	"workers.same-dispatch":         SameDispatch,
	"workers.handler-only-io":       HandlerOnlyIO,
	"workers.worker-computes":       WorkerComputes,
	"workers.processes-are-awkward": BothWays,

	"proactor.reactor-is-sync":           ReactorIsSync,
	"proactor.is-async":                  IsAsync,
	"proactor.is-async-emulated":         HelpersBlock,
	"proactor.buffer-given-first":        BufferGivenFirst,
	"proactor.kernel-moves-data":         KernelMovesData,
	"proactor.both-dispatch-events":      EventThenData,
	"proactor.both-dispatch-events-done": DataThenEvent,
	"proactor.initiator":                 Initiator,
	"proactor.operation-processor":       OperationProcessor,
	"proactor.calls-handler":             CallsHandler,

	"server.no-busy-loop":               NoBusyLoop,
	"server.one-wake-up-per-connection": OneWakeUp,
	"server.reactor-never-blocks":       NeverBlocks,
}

// ByTrait gives the predicate that tells whether a server is what a trait says.
var ByTrait = map[string]Predicate{
	"process-per-connection":   ProcessPerConnection,
	"process-pool":             ProcessPool,
	"thread-per-connection":    ThreadPerConnection,
	"thread-pool":              TakesFromQueue,
	"select":                   UsesSelect,
	"poll":                     UsesPoll,
	"epoll":                    UsesEpoll,
	"level":                    LevelTriggered,
	"edge":                     EdgeTriggered,
	"single-reactor":           SingleReactor,
	"single-reactor-threads":   SingleReactorThreads,
	"single-reactor-processes": SingleReactorProcesses,
	"multi-reactor-single":     MultiReactorSingle,
	"multi-reactor-threads":    MultiReactorThreads,
	"multi-reactor-processes":  MultiReactorProcesses,
	"proactor":                 Proactor,
	"emulated-proactor":        EmulatedProactor,
	"io_uring":                 UsesRing,
	"accept-main":              MainOnlyAccepts,
	"accept-lock":              AcceptLock,
	"accept-exclusive":         AcceptExclusive,
	"accept-sharded":           AcceptSharded,
	"every-server":             Answered,
}
