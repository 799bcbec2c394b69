package steps

// triggerSteps defines the steps of chapter 2.3, level- and edge-triggered.
var triggerSteps = []stepFile{
	onWatchedPair(bothTriggersSteps, wakeUpSteps),
	changeOrConditionSteps,
	edgeBlockingSteps,
	checksumSteps,
	twoAcceptorsSteps,
	edgeCostSteps,
}
