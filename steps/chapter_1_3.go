//go:build linux

package steps

// threadSteps defines the steps of chapter 1.3, threads.
var threadSteps = []stepFile{
	sharedQueueSteps,
	poolWaits,
	threadsSteps,
	manyThreads,
}
