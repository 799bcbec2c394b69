//go:build linux

package steps

// reactorSteps defines the steps of chapter 3.1, Reactor.
var reactorSteps = []stepFile{
	reactorRecordingSteps,
	acceptSharingSteps,
	schemeSteps,
	slowHandler,
	sleepingReactor,
	conversation,
	besideSteps,
	codeSize,
	floods,
	dyingWorker,
	sameReactor,
	handOver,
	sharedTray,
}
