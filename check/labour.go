package check

import "github.com/iospec/iospec/trace"

// Words and Handlings show to others, pictures above all, what the predicates see of the division of labour.

// Word is something that one thread of the server wrote and another read: an eventfd, a pipe, one of a pair of sockets.
type Word struct{ Written, Read *trace.Call }

// Words lists what threads told each other, in the order of arrival. What they share in memory makes no call, and so is
// not in it.
func Words(rec *trace.Recording) []Word {
	var all []Word
	for _, w := range words(rec) {
		all = append(all, Word{w.written, w.read})
	}
	return all
}

// Handling is what was done for one request: the read that brought the last of it, and the first write after it.
type Handling struct{ Read, Write *trace.Call }

// Handlings lists them by the beginning of their reads.
func Handlings(rec *trace.Recording) []Handling {
	var all []Handling
	for _, h := range handlings(rec) {
		all = append(all, Handling{h.read, h.write})
	}
	return all
}
