//go:build linux

package steps

// pitfallSteps defines the steps of chapter 2.4, what epoll users trip over. Those that speak of a watched pair are in
// watchedPairSteps.
var pitfallSteps = []stepFile{
	sharedWaitersSteps,
	fairnessSteps,
	sharedByForkSteps,
	refusedFilesSteps,
	nestedInstancesSteps,
	topologySteps,
}
