//go:build linux

// Package trigger holds epoll's triggers to an executable model: random scripts of writes, reads, registrations, closes
// and waits are played to the kernel, with real sockets, and to the model, and both must report the same every time.
//
//	model.go     what level, edge and one-shot mean: the specification
//	folklore.go  what edge is often said to mean: a model that must be refuted
//	script.go    scripts: how they are drawn, written and read
//	kernel.go    a script's other player, the kernel
//	compare.go   both play one script
//	search.go    many random scripts, the first that divides them shrunk to its core (pgregory.net/rapid)
package trigger
