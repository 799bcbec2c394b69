// Package impl is the catalogue of the reference servers: one for each architecture that the specification speaks of,
// each meant to be read, and each sound enough to be used.
//
// The servers import nothing that observes them. They are started as commands, as foreign servers are, so what a check
// says about them rests on what they do.
package impl

import (
	"context"
	"slices"

	"github.com/iospec/iospec/impl/proactor"
	"github.com/iospec/iospec/impl/server"
)

// A Server is one reference server.
type Server struct {
	Name    string   // as in "iospec serve NAME"
	Traits  []string // what it claims, in the words of --as
	Summary string   // one line

	// Serve serves until ctx is cancelled or the process gets SIGTERM or SIGINT, and then ends in order: no new
	// clients, an answer to every request that has come, within server.Grace. It returns an error if it cannot
	// start or cannot go on.
	Serve func(ctx context.Context, cfg server.Config) error

	// Worker names the function, in the package of Serve, with which the processes begin that Serve starts; "" if it
	// starts none, or they begin where it is.
	Worker string
}

// iocp is made of the calls of Windows. Elsewhere, its Serve does no more than say so.
var iocp = Server{
	Name:    "proactor/iocp",
	Traits:  []string{"proactor", "iocp", "every-server"},
	Summary: "operations are started, Windows performs them, and a completion port tells handlers what they came to",
	Serve:   proactor.ServeIOCP,
}

// Find returns the reference server of that name.
func Find(name string) (Server, bool) {
	i := slices.IndexFunc(Servers, func(s Server) bool { return s.Name == name })
	if i < 0 {
		return Server{}, false
	}
	return Servers[i], true
}
