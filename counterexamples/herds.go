//go:build linux

package counterexamples

var herds = Server{
	Name:    "counterexample/herds",
	Traits:  []string{"multi-reactor-threads", "epoll", "level", "accept-exclusive", "every-server"},
	Breaks:  []string{"nginx.accept-lock-exclusive", "server.one-wake-up-per-connection"},
	Mistake: "each new client wakes all workers: the listener is in their sets without EPOLLEXCLUSIVE",

	// The mistake: it works without the flag, and nobody sees that most wake-ups are in vain.
	Serve: servePeers(3),
}

var lockHeldByTwo = Server{
	Name:    "counterexample/lock-held-by-two",
	Traits:  []string{"multi-reactor-threads", "epoll", "level", "accept-lock"},
	Breaks:  []string{"nginx.accept-lock"},
	Mistake: "two workers wait for the listener at once, in what is said to have a lock against that",

	// The mistake: the lock guards accept, which needs no guard, and not the waiting for it.
	Serve: servePeers(2),
}
