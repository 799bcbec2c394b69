//go:build linux

package steps

// everyServerSteps defines the steps of chapter 4, what any decent server keeps.
var everyServerSteps = []stepFile{
	restSteps,
	sleeperSteps,
	noDescriptors,
	stopping,
	answersInOrder,
	resets,
	slowClients,
	bigReplies,
	halfCloses,
	backPressure,
	bursts,
	talkers,
	staleEvents,
	leaks,
}
