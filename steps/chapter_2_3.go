//go:build linux

package steps

// triggerSteps defines the steps of chapter 2.3, level- and edge-triggered.
var triggerSteps = []stepFile{
	watchedPairSteps,
	changeOrConditionSteps,
	edgeBlockingSteps,
	checksumSteps,
	twoAcceptorsSteps,
	edgeCostSteps,
	inheritNonblockSteps,
	triggerJudgementSteps,
}
