// Package reactor holds the servers of the Reactor pattern, from one reactor in one thread to many of them.
package reactor
