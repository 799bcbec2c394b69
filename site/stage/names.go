package stage

import (
	"fmt"
	"slices"
	"strings"

	"github.com/iospec/iospec/internal/english"
)

// role names what a group is, in the field's words.
func (g Group) role() string {
	a, n := g.Sum, len(g.Actors)
	mux := len(a.WaitsFor) > 0
	io := a.Reads+a.Writes > 0
	thing := "thread"
	if g.Actors[0].Leader || g.Processes() > 1 {
		thing = "process"
	}
	switch {
	case a.Kernel:
		return "kernel"
	case !g.Actors[0].roles():
		return "master"
	case a.Done > 0:
		return "proactor"
	case a.Guessed:
		return "proactor"
	case mux && a.Accepts > 0 && io:
		return english.Plural(n, "reactor")
	case mux && !io:
		return english.Plural(n, "main reactor")
	case mux:
		return english.Plural(n, "sub-reactor")
	case a.Accepts > 0 && io:
		return english.Plural(n, "serving "+thing)
	case a.Accepts > 0:
		if g.Actors[0].Starts > 0 {
			return "parent"
		}
		return english.Plural(n, "acceptor")
	case io && a.Reads == 0:
		return english.Plural(n, "writing "+thing)
	case io && a.Writes == 0:
		return english.Plural(n, "reading "+thing)
	case io && thing == "process" && slices.ContainsFunc(g.Actors, func(a *Actor) bool { return a.AfterFirst }):
		return english.Plural(n, "child")
	case io:
		return english.Plural(n, "serving "+thing)
	default:
		return english.Plural(n, "worker")
	}
}

// Waiting says where the group sleeps when there is nothing to do, as far as calls tell.
func (g Group) Waiting() string {
	a := g.Sum
	switch {
	case len(a.WaitsFor) == 1 && len(g.Actors) == 1:
		return "sleeps in " + waitCall(a.WaitsFor[0]) + ": " + a.WaitsFor[0].members()
	case len(a.WaitsFor) > 0 && len(g.Actors) == 1:
		var parts []string
		for _, w := range a.WaitsFor[:min(3, len(a.WaitsFor))] {
			parts = append(parts, w.members())
		}
		return fmt.Sprintf("waits on %d sets: %s", len(a.WaitsFor), strings.Join(parts, "; "))
	case len(a.WaitsFor) > 0:
		most := 0
		for _, w := range a.WaitsFor {
			most = max(most, w.Most)
		}
		listener := ""
		if g.watchesListener() {
			listener = "listener and "
		}
		return fmt.Sprintf("each sleeps in %s: %s%s", waitCall(a.WaitsFor[0]), listener, upTo(most))
	case a.Kernel:
		return "performs what it was asked for, and tells when it is done"
	case a.Done > 0:
		return "sleeps in io_uring_enter, until something is done"
	case len(a.BlocksIn) > 0:
		return "sleeps in " + strings.Join(a.BlocksIn, " or ")
	case !g.Actors[0].roles():
		return ""
	default:
		return "waits in memory, which no recorded call shows"
	}
}

// Unseen reports whether the group waits without a call that is recorded: on a lock or a condition in memory.
func (g Group) Unseen() bool {
	return g.Actors[0].roles() && !g.Sum.Kernel && g.Sum.Waits == 0 && len(g.Sum.WaitsFor) == 0 && len(g.Sum.BlocksIn) == 0
}

// Serving says how many clients each of the group serves, "" if none.
func (g Group) Serving() string {
	least, most := g.Spread(func(a *Actor) int { return a.Serves })
	switch {
	case most == 0:
		return ""
	case len(g.Actors) == 1:
		return " · serves " + english.Count(most, "client")
	case most == 1 && least == 1:
		return " · each serves 1 client"
	case least == most:
		return fmt.Sprintf(" · each serves %d clients", most)
	default:
		return fmt.Sprintf(" · each serves %d to %d clients", least, most)
	}
}

// Place says which thread or process an actor is.
func (s *Stage) Place(a *Actor) string {
	if a.Kernel {
		return "io_uring"
	}
	for _, o := range s.Actors {
		if o != a && o.PID == a.PID {
			return fmt.Sprintf("thread %d", a.TID)
		}
	}
	if a.Leader {
		return fmt.Sprintf("process %d", a.PID)
	}
	return fmt.Sprintf("thread %d", a.TID)
}

func waitCall(w Watch) string {
	for _, wait := range w.Set.Waits {
		return wait.Call.Name
	}
	return string(w.Set.Family)
}

func (w Watch) members() string {
	switch {
	case w.Listener && w.Most == 0:
		return "the listener alone"
	case w.Listener:
		return "the listener and " + upTo(w.Most)
	default:
		return upTo(w.Most)
	}
}

func upTo(clients int) string {
	return "up to " + english.Count(clients, "client")
}

// Called is the name of a thread that takes part, "" of others.
func (s *Stage) Called(tid int) string {
	a := s.Actor(tid)
	if a == nil {
		return ""
	}
	return singular(s.Groups(), a)
}
