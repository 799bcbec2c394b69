// Package trait is the vocabulary in which a server is described: the words of --as, and the tags of the Rules.
//
// A trait lies on one of five axes. A Rule applies to a server when, on every axis on which the Rule has traits,
// the server claims one of them: or within one axis, and across axes. What a server does not claim is not judged.
package trait

import (
	"fmt"
	"slices"
	"strings"
)

// An Axis groups the traits that answer one question about a server.
type Axis string

const (
	Architecture  Axis = "architecture"  // how the work is spread over processes, threads and reactors
	Demultiplexer Axis = "demultiplexer" // which call waits for many descriptors at once
	Trigger       Axis = "trigger"       // when that call reports a descriptor again
	Accept        Axis = "accept"        // who accepts, where several could
	Decency       Axis = "decency"       // what every decent server keeps, whatever its architecture
)

// A Trait is one word of the vocabulary.
type Trait struct {
	Name    string `json:"name"`
	Axis    Axis   `json:"axis"`
	Meaning string `json:"meaning"`
}

// All lists every trait, axis by axis, in the order in which people meet them.
var All = []Trait{
	{"process-per-connection", Architecture, "a process is made for each connection and ends with it"},
	{"process-pool", Architecture, "processes made ahead each accept and serve one connection at a time"},
	{"thread-per-connection", Architecture, "a thread is made for each connection and ends with it"},
	{"thread-pool", Architecture, "threads made ahead each serve one connection at a time, from a queue"},
	{"single-reactor", Architecture, "one thread waits, accepts, reads, works and writes"},
	{"single-reactor-threads", Architecture, "one reactor does the I/O, worker threads do the work"},
	{"single-reactor-processes", Architecture, "one reactor does the I/O, worker processes do the work"},
	{"multi-reactor-single", Architecture, "several reactors in one thread, of which only one can run"},
	{"multi-reactor-threads", Architecture, "several reactors, each in a thread of its own"},
	{"multi-reactor-processes", Architecture, "several reactors, each in a process of its own"},
	{"proactor", Architecture, "operations are started, the kernel performs them and reports completion"},
	{"emulated-proactor", Architecture, "operations are started, helper threads perform them and report completion"},
	{"managed-runtime", Architecture, "many tasks of a language runtime on few threads, such as goroutines"},

	{"select", Demultiplexer, "select or pselect6 waits for the connections"},
	{"poll", Demultiplexer, "poll or ppoll waits for the connections"},
	{"epoll", Demultiplexer, "epoll_wait waits for the connections"},
	{"io_uring", Demultiplexer, "io_uring_enter waits for completions"},
	{"iocp", Demultiplexer, "GetQueuedCompletionStatus waits for completions (Windows)"},

	{"level", Trigger, "a ready descriptor is reported as long as it is ready"},
	{"edge", Trigger, "a descriptor is reported when something arrives (EPOLLET)"},
	{"oneshot", Trigger, "a descriptor is reported once and then disarmed (EPOLLONESHOT)"},

	{"accept-main", Accept, "one thread or process accepts and hands the connection over"},
	{"accept-lock", Accept, "several may accept, one at a time, under a lock"},
	{"accept-exclusive", Accept, "several wait for the listener, the kernel wakes one (EPOLLEXCLUSIVE)"},
	{"accept-sharded", Accept, "each has a listener of its own on the same port (SO_REUSEPORT)"},
	{"accept-shared", Accept, "several wait for one listener with no care taken"},

	{"every-server", Decency, "keeps what any decent server keeps"},
}

// Find returns the trait of that name.
func Find(name string) (Trait, bool) {
	i := slices.IndexFunc(All, func(t Trait) bool { return t.Name == name })
	if i < 0 {
		return Trait{}, false
	}
	return All[i], true
}

// A Set is what a server claims, or what a Rule speaks about: trait names in the order given.
type Set []string

// Parse reads the comma-separated form of --as. The error names the unknown word and the nearest known ones.
func Parse(s string) (Set, error) {
	var set Set
	for word := range strings.SplitSeq(s, ",") {
		word = strings.TrimSpace(word)
		if word == "" {
			continue
		}
		if _, ok := Find(word); !ok {
			return nil, fmt.Errorf("unknown trait %q%s", word, suggest(word))
		}
		if !slices.Contains(set, word) {
			set = append(set, word)
		}
	}
	if len(set) == 0 {
		return nil, fmt.Errorf("no trait given")
	}
	return set, nil
}

func suggest(word string) string {
	var near []string
	for _, t := range All {
		if strings.Contains(t.Name, word) || strings.Contains(word, t.Name) {
			near = append(near, t.Name)
		}
	}
	if len(near) == 0 {
		return ""
	}
	return " (did you mean " + strings.Join(near, " or ") + "?)"
}

// On returns the traits of the set that lie on the axis.
func (s Set) On(a Axis) Set {
	var out Set
	for _, name := range s {
		if t, ok := Find(name); ok && t.Axis == a {
			out = append(out, name)
		}
	}
	return out
}

// Has reports whether the set holds the trait.
func (s Set) Has(name string) bool { return slices.Contains(s, name) }

// Applies reports whether a Rule with the traits rule applies to a server that claims the traits server. A Rule
// without traits speaks about no server, and so applies to none.
func Applies(rule, server Set) bool {
	if len(rule) == 0 {
		return false
	}
	for _, a := range []Axis{Architecture, Demultiplexer, Trigger, Accept, Decency} {
		wanted := rule.On(a)
		if len(wanted) == 0 {
			continue
		}
		if !slices.ContainsFunc(wanted, server.Has) {
			return false
		}
	}
	return true
}

// String gives the form that Parse reads.
func (s Set) String() string { return strings.Join(s, ",") }
