//go:build linux

package steps

// multiplexingSteps defines the steps of chapter 2, Multiplexing.
var multiplexingSteps = []stepFile{
	manyEvents,
	multiplexingJudgementSteps,
	timeSharing,
}
