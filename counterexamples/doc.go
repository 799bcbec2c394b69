//go:build linux

// Package counterexamples holds servers that are wrong on purpose. Each makes one mistake that people really make, and
// so breaks the Rules that it names: a check that lets it pass is no check.
//
// They share one plain event loop (loop.go) over select, poll or epoll (sets.go), alone, in a crew of threads (crew.go) or
// in worker processes under a master (masters.go), or with a helper that works for it (helper.go); and for what blocks, a
// hall of threads (blocking.go) and a parent with children (parents.go, children.go); and a Proactor (completions.go),
// whose operations the kernel performs (on_ring.go) or threads do (on_helpers.go). A counterexample takes one of these and
// spoils one part of it; that part is the whole of its file. In everything else they behave: they serve whom they can,
// they end when told to, and they leave nothing behind.
package counterexamples

import (
	"context"
	"slices"

	"github.com/iospec/iospec/impl/server"
)

// A Server is one counterexample.
type Server struct {
	Name    string   // as in "iospec serve NAME"
	Traits  []string // what it claims to be, wrongly
	Breaks  []string // the ids of the claims that must fail on it: these and no others
	Mistake string   // what is wrong with it, in one sentence
	Load    string   // what a load must do to show it, if it is more than requests one after the other; else ""

	// Serve serves until ctx is cancelled or the process is told to stop. It closes what is open then, without
	// finishing anything.
	Serve func(ctx context.Context, cfg server.Config) error
}

// Servers lists the counterexamples in the order of the claims that they break.
var Servers = []Server{
	readsTheListener,
	portForEach,
	keepsConnections,
	childKeepsListener,
	neverWaits,
	reusesChildren,
	pollsInTheChild,
	turnsAway,
	poolMultiplexes,
	reusesThreads,
	poolGrows,
	laysAside,
	unlockedQueue,
	carelessPool,
	secondThreadReads,
	twoAtOnce,
	oneEventPerCall,
	triesEveryone,
	neverDisarms,
	forgetsToRebuild,
	beyond1024,
	pollIsEpoll,
	pollOnlyGrows,
	epollForShow,
	reregisters,
	tableOf1000,
	dropsTheRest,
	levelIsEdge,
	edgeReadsOnce,
	edgeBlocks,
	refusesToBlock,
	reactorForEach,
	worksItself,
	workerAnswers,
	spinsForAWorker,
	handedOutTwice,
	unlockedHandOver,
	acceptsApart,
	threadsForProcesses,
	mainAlsoServes,
	mainRegisters,
	subTalksBack,
	changesReactor,
	masterAccepts,
	acceptsApartInWorkers,
	connectionTravels,
	herds,
	workersHerd,
	takesANap,
	spinsWithoutDescriptors,
	endsWithoutDescriptors,
	givesUpAccepting,
	dropsReplies,
	waitsForEveryone,
	staleEvents,
	leaksAtAReset,
	leaksThreads,
	lockHeldByTwo,
	oneDoorForAll,
	clearsItsBuffer,
	diesOfAReset,
	waitsForTheRest,
	forgetsShortWrites,
	takesHalfForAll,
	keepsItAll,
	acceptsFewPerEdge,
	staysWithTheTalker,
	sleepsAndAsks,
	proactorIsEpoll,
	pollsAndReads,
	pollsAndReceives,
	sendsItself,
	emulatedByNobody,
	helpersPoll,
	helperForEach,
}

// Find returns the counterexample of that name.
func Find(name string) (Server, bool) {
	i := slices.IndexFunc(Servers, func(s Server) bool { return s.Name == name })
	if i < 0 {
		return Server{}, false
	}
	return Servers[i], true
}
