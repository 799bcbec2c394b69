//go:build linux

package steps

import "slices"

// stepFiles lists the step definitions, chapter by chapter; each chapter's table stands in chapter_*.go.
var stepFiles = slices.Concat(
	socketSteps,
	manyUsersSteps,
	processSteps,
	threadSteps,
	multiplexingSteps,
	selectPollSteps,
	epollSteps,
	triggerSteps,
	pitfallSteps,
	reactorSteps,
	proactorSteps,
	everyServerSteps,
	wildSteps,
)
