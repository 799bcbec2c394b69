// Package stress holds a server against a model of what it owes. A script says what its clients do, line by line; the
// model of the protocol says what must come back for it, byte by byte; playing the script compares the two. Scripts are
// drawn at random and shrunk when they fail, or written by hand, or kept from an earlier failure.
//
//	script.go   the language of scripts
//	model.go    what a server owes, protocol by protocol
//	play.go     plays a script
//	client.go   one client of a script that is played
//	draw.go     scripts at random
//	search.go   the search for a script that fails
//	shorten.go  makes it shorter
package stress
