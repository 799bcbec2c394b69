//go:build linux

package steps

// selectPollSteps defines the steps of chapter 2.1, select and poll.
var selectPollSteps = []stepFile{
	selectSets,
	selectLimit,
	pollArray,
	pollCopies,
	levelOnly,
	scanCost,
	selectFull,
	userScan,
	idleCost,
}
