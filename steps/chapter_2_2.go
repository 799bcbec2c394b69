//go:build linux

package steps

// epollSteps defines the steps of chapter 2.2, epoll.
var epollSteps = []stepFile{
	epollUsage,
	interestList,
	interestCost,
	readyList,
	noSharedMemory,
	watchLimits,
	amidIdle,
	tenThousand,
}
