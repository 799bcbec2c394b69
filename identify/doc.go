// Package identify tells a server's architecture from a recording of what it did: which of the architectures that the
// specification speaks of it has, what it waits with, how it is told, and who accepts. It is a pure function of the
// recording, and asks of it what package check asks.
//
// A server is looked at through signs: questions with the answers yes, no and unknown, each with its witness. An
// architecture is the signs that it must and must not show. It is the server's when none of its signs is contradicted,
// and none of the other architectures' signs are all possible; else the answer is inconclusive, with the load that would
// settle it. No count of threads or processes and no name of a call decides anything, since runtimes have helpers, and
// programs poll a descriptor now and then; nor does a single connection: where a sign speaks of all, nine in ten are
// enough.
//
//	identity.go      the answer, and Identify
//	survey.go        the recording, looked at once: who did what to each connection
//	ring.go          what io_uring was used for
//	signs.go         the questions, and what they have in common
//	signs_*.go       the questions, by subject
//	architecture.go  the architectures, by their signs; which of them fits
//	axes.go          demultiplexer, trigger, accept sharing
//	claims.go        which claims of the specification speak for and against each
//	facts.go         what was seen, in numbers
package identify
