//go:build linux

package steps

// processSteps defines the steps of chapter 1.2, one process per connection.
var processSteps = []stepFile{
	forkSteps,
	processJudgementSteps,
	hundredClients,
	processCost,
	switching,
}
