//go:build linux

package counterexamples

import (
	"context"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// The servers of this file are told to stop and do it their way.

var dropsReplies = Server{
	Name:    "counterexample/drops-replies",
	Traits:  decent,
	Breaks:  []string{"server.stops-gracefully-replies"},
	Mistake: "when it is told to stop it ends at once, and what it has not sent of a reply is lost",
	Load:    "a reply bigger than the send buffer that is in flight when it is told to stop",
	Serve: func(ctx context.Context, cfg server.Config) error {
		// The mistake: to close the listener and all connections, and to free all memory, is taken for a graceful end.
		// That is the way of all servers of this package; this one is held to it.
		return serve(ctx, cfg, levelEpoll, unspoilt)
	},
}

var waitsForEveryone = Server{
	Name:    "counterexample/waits-for-everyone",
	Traits:  decent,
	Breaks:  []string{"server.stops-gracefully"},
	Mistake: "when it is told to stop it goes on until the last client has left by itself, and lets new ones in meanwhile",
	Load:    "clients that stay",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, levelEpoll, func(l *loop) { l.set = &polite{set: l.set, l: l} })
	},
}

// patienceWithClients is more than anybody has with a server that is to end.
const patienceWithClients = 6 * time.Second

// polite is a set that passes on the word to stop when there is nobody whom it could disturb.
type polite struct {
	set
	l    *loop
	said bool // the word was said
}

func (p *polite) wait() (ready []event, err error) {
	// The mistake: nobody is to be cut off. But a client that keeps its connection for the next request, as most do,
	// keeps the server too; and while it is open to new ones, there will always be some.
	if p.said && p.l.conns.Len() == 0 {
		return []event{{fd: p.l.door.Stop}}, nil
	}
	all, err := p.set.wait()
	for _, e := range all {
		if e.fd == p.l.door.Stop && !p.said {
			p.said = true
			_, _ = unix.Read(e.fd, make([]byte, 8))
			time.AfterFunc(patienceWithClients, func() { ring(e.fd) })
			continue
		}
		ready = append(ready, e)
	}
	return ready, err
}
