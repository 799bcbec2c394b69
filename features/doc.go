// Package features holds the specification: Gherkin files, one Rule per claim, and the register that is read from them.
//
// A Rule's tags are its claim id, its verdict (holds, qualified, outdated, refuted), its section of the source text
// (@section-2.1) and the traits it speaks about. Its free text is Markdown for people. Each of its scenarios says with
// one tag what it runs against:
//
//	@kernel     the kernel itself, once per run, with direct system calls
//	@server     the recording of the exercise, for every server with the Rule's traits, also a foreign one
//	@load       every server with the Rule's traits, also a foreign one, under a load of the scenario's own
//	@reference  the same, for reference servers only: the load needs what a foreign server need not have
//	@wild       named systems of other people, once per run; the steps start them
//
// and with @measured that it compares numbers taken in that run.
package features
