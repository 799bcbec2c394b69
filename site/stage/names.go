package stage

import (
	"fmt"
	"slices"
	"strings"
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
	case !g.Actors[0].roles():
		return "master"
	case a.Done > 0:
		return "proactor"
	case a.Guessed:
		return "proactor"
	case mux && a.Accepts > 0 && io:
		return "reactor"
	case mux && !io:
		return "main reactor"
	case mux:
		return "sub-reactor"
	case a.Accepts > 0 && io:
		return plural(n, "serving "+thing)
	case a.Accepts > 0:
		if g.Actors[0].Starts > 0 {
			return "parent"
		}
		return "acceptor"
	case io && a.Reads == 0:
		return plural(n, "writing "+thing)
	case io && a.Writes == 0:
		return plural(n, "reading "+thing)
	case io && thing == "process" && slices.ContainsFunc(g.Actors, func(a *Actor) bool { return a.AfterFirst }):
		return plural(n, "child")
	case io:
		return plural(n, "serving "+thing)
	default:
		return plural(n, "worker")
	}
}

func plural(n int, noun string) string {
	switch {
	case n == 1:
		return noun
	case noun == "child":
		return "children"
	case strings.HasSuffix(noun, "ss"):
		return noun + "es"
	}
	return noun + "s"
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
		return fmt.Sprintf("each sleeps in %s: %sup to %d clients", waitCall(a.WaitsFor[0]), listener, most)
	case a.Done > 0:
		return "sleeps in io_uring_enter, until something is done"
	case len(a.BlocksIn) > 0:
		return "sleeps in " + strings.Join(a.BlocksIn, " or ")
	case a.Guessed:
		return "sleeps without a call that is recorded: told in memory"
	case !g.Actors[0].roles():
		return ""
	default:
		return "sleeps without a call that is recorded: in memory"
	}
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
		return fmt.Sprintf("the listener and up to %d clients", w.Most)
	default:
		return fmt.Sprintf("up to %d clients", w.Most)
	}
}

// Called is the name of a thread that takes part, "" of others.
func (s *Stage) Called(tid int) string {
	a := s.Actor(tid)
	if a == nil {
		return ""
	}
	return singular(s.Groups(), a)
}
