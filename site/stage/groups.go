package stage

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Group is participants that do the same, of which a picture shows one, and the sum.
type Group struct {
	Actors []*Actor
	Sum    Actor // counts added up
	Tier   int   // 0: makes processes only · 1: accepts · 2: reads or writes · 3: works only
	Name   string
}

// alone is how many alike participants are still shown one by one.
const alone = 3

// Groups puts participants together that play the same role: threads of one process, and processes of one kind. Up to
// three alike stay apart.
func (s *Stage) Groups() []Group {
	byRole := map[string][]*Actor{}
	var order []string
	for _, a := range s.Actors {
		k := s.kind(a)
		if byRole[k] == nil {
			order = append(order, k)
		}
		byRole[k] = append(byRole[k], a)
	}
	var groups []Group
	for _, k := range order {
		if actors := byRole[k]; len(actors) > alone {
			groups = append(groups, s.group(actors))
		} else {
			for _, a := range actors {
				groups = append(groups, s.group([]*Actor{a}))
			}
		}
	}
	name(groups)
	slices.SortStableFunc(groups, func(a, b Group) int { return cmp.Compare(a.Tier, b.Tier) })
	return groups
}

// kind is what makes participants alike: what they do at all, and whether they are processes or threads of one.
func (s *Stage) kind(a *Actor) string {
	if a.Starts > 0 && !a.roles() {
		return "makes processes"
	}
	if a.Kernel {
		return "kernel"
	}
	place := "of other processes"
	if len(s.Actors) > 0 && a.PID == s.Actors[0].PID {
		place = "of the first"
	}
	io := a.Reads+a.Writes > 0
	if a.Reads > 0 != (a.Writes > 0) && s.specialised() {
		return fmt.Sprintf("%s accepts=%t reads=%t writes=%t works=%t", place, a.Accepts > 0, a.Reads > 0, a.Writes > 0, a.Works > 0)
	}
	return fmt.Sprintf("%s accepts=%t io=%t waits=%t io-or-works=%t", place, a.Accepts > 0 && !io, io, len(a.WaitsFor) > 0, io || a.Works > 0)
}

// specialised reports whether reading and writing are different threads' business: no thread does much of both.
func (s *Stage) specialised() bool {
	both, one := 0, 0
	for _, a := range s.Actors {
		n := min(a.Reads, a.Writes)
		both += 2 * n
		one += max(a.Reads, a.Writes) - n
	}
	return one > 3*both
}

func (s *Stage) group(actors []*Actor) Group {
	g := Group{Actors: actors}
	for _, a := range actors {
		g.Sum.Accepts += a.Accepts
		g.Sum.Waits += a.Waits
		g.Sum.Reads += a.Reads
		g.Sum.Works += a.Works
		g.Sum.Writes += a.Writes
		g.Sum.Closes += a.Closes
		g.Sum.Starts += a.Starts
		g.Sum.Reaps += a.Reaps
		g.Sum.Started += a.Started
		g.Sum.Done += a.Done
		g.Sum.Serves += a.Serves
		g.Sum.Guessed = g.Sum.Guessed || a.Guessed
		g.Sum.Kernel = g.Sum.Kernel || a.Kernel
		g.Sum.WaitsFor = append(g.Sum.WaitsFor, a.WaitsFor...)
		for _, b := range a.BlocksIn {
			g.Sum.blocks(b)
		}
	}
	slices.Sort(g.Sum.BlocksIn)
	switch {
	case !actors[0].roles():
		g.Tier = 0
	case g.Sum.Accepts > 0 || g.watchesListener():
		g.Tier = 1
	case g.Sum.Reads+g.Sum.Writes > 0:
		g.Tier = 2
	default:
		g.Tier = 3
	}
	return g
}

func (g Group) watchesListener() bool {
	return slices.ContainsFunc(g.Sum.WaitsFor, func(w Watch) bool { return w.Listener })
}

// Processes counts the group's processes.
func (g Group) Processes() int {
	pids := map[int]bool{}
	for _, a := range g.Actors {
		pids[a.PID] = true
	}
	return len(pids)
}

// Has reports whether the actor is of the group.
func (g Group) Has(a *Actor) bool { return slices.Contains(g.Actors, a) }

// Spread gives the least and the most of a count over the group.
func (g Group) Spread(count func(*Actor) int) (least, most int) {
	least = count(g.Actors[0])
	for _, a := range g.Actors {
		least, most = min(least, count(a)), max(most, count(a))
	}
	return least, most
}

// helpers is what those are called who only perform what a proactor has started.
var helpers = map[string]string{
	"acceptor": "accepting helper", "acceptors": "accepting helpers", "reading threads": "reading helpers", "writing threads": "writing helpers",
}

// name numbers groups that would have the same name.
func name(groups []Group) {
	total, seen := map[string]int{}, map[string]int{}
	led := slices.ContainsFunc(groups, func(g Group) bool { return g.Sum.Guessed })
	for i := range groups {
		groups[i].Name = groups[i].role()
		if helper, ok := helpers[groups[i].Name]; ok && led {
			groups[i].Name = helper
		}
		total[groups[i].Name]++
	}
	for i := range groups {
		n := groups[i].Name
		if total[n] > 1 {
			seen[n]++
			groups[i].Name = fmt.Sprintf("%s %d", n, seen[n])
		}
		groups[i].Name = strings.ToUpper(groups[i].Name[:1]) + groups[i].Name[1:]
	}
}
