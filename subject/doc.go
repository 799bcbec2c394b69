// Package subject runs a server under test: any command that listens on a TCP port. It starts the command, waits until
// the kernel has its port in LISTEN, lets clients use it, and stops it, leaving nothing behind.
//
// Nothing is asked of the server but that it listens in the foreground. It is watched through the kernel's tables: no
// probe connection is made that it could notice, and none is in the recording.
//
//	spec.go      what to start: Spec, Option
//	start.go     Start, and the Subject
//	attach.go    a server that runs already
//	launch.go    the command as a process, traced or not
//	port.go      a port that nobody else takes
//	listen.go    wait for LISTEN; whose listener it is
//	family.go    the processes that belong to the command, also those that got away
//	stop.go      Stop
//	output.go    the last of what it printed
//	error.go     why a start failed
//	client.go    one of the tester's connections
//	load.go      Load and Result: how much is exercised, and what came of it
//	exercise.go  the exercise, phase by phase
//	traffic.go   clients that say nothing, and a load of the user's
//	patience.go  how long an answer is waited for
//
// The protocols that clients speak are in package protocol.
package subject
