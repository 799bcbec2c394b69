//go:build linux

package steps

// proactorSteps defines the steps of chapter 3.2, Proactor.
var proactorSteps = []stepFile{
	proactorJudgementSteps,
	ringSteps,
	kernelAIOSteps,
	posixAIOSteps,
	completionPortSteps,
	completionServerSteps,
}
