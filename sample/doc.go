// Package sample is what looks at a server have shown, where its system calls could not be recorded: at rest, the
// processes with their threads, the call in which each waits, the descriptors and what sets of them watch; and between two
// rests, with one request in between, who ran. It is data and what follows from it, and makes no system calls.
//
// The server rests when it is looked at, and only one thing at a time is asked of it, so that what is seen does not depend
// on the moment. What a thread does between two rests stays unseen: which calls, in which order, how often.
//
//	observation.go  what was seen
//	view.go         what follows: connections, and who runs for them
//	sets.go         what waits for several descriptors
package sample
