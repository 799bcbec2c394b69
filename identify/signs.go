package identify

import (
	"fmt"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/trace"
)

// Answer is what a recording says to a question.
type Answer string

const (
	Yes     Answer = "yes"
	No      Answer = "no"
	Unknown Answer = "unknown"
)

// Sign is a question about a server, answered.
type Sign struct {
	ID       string          `json:"id"`
	Asks     string          `json:"asks"` // the question as a statement: yes says that it is so
	Answer   Answer          `json:"answer"`
	Observed string          `json:"observed"`         // what was seen
	Settle   string          `json:"settle,omitempty"` // unknown: what a load would have to do
	Witness  []check.Witness `json:"witness,omitempty"`
}

// A question looks at a survey. It gives the answer without the id and the words of the question.
type question struct {
	id, asks string
	look     func(*survey) reply
}

// reply is an answer with what it rests on.
type reply struct {
	answer   Answer
	observed string
	settle   string
	calls    []*trace.Call
	told     []string // evidence of looks, which show no calls
}

func yes(calls []*trace.Call, observed string, args ...any) reply {
	return reply{answer: Yes, observed: fmt.Sprintf(observed, args...), calls: calls}
}

func no(calls []*trace.Call, observed string, args ...any) reply {
	return reply{answer: No, observed: fmt.Sprintf(observed, args...), calls: calls}
}

// unknown says why, and what a load would have to do.
func unknown(settle, observed string, args ...any) reply {
	return reply{answer: Unknown, observed: fmt.Sprintf(observed, args...), settle: settle}
}

// or answers yes or no.
func or(holds bool, calls []*trace.Call, observed string, args ...any) reply {
	if holds {
		return yes(calls, observed, args...)
	}
	return no(calls, observed, args...)
}

// questions lists all signs that architectures are told by.
var questions = []question{
	{"kernel-operates", "the kernel itself reads and writes the connections (io_uring)", kernelOperates},
	{"waits-for-many", "connections are waited for several at once", waitsForMany},
	{"own-process", "a process is made for each connection", ownProcess},
	{"several-processes", "several processes serve", severalProcesses},
	{"process-one-at-a-time", "a process serves one connection at a time", processOneAtATime},
	{"one-thread", "one thread does all accepting, reading and writing", oneThread},
	{"one-waiter", "one thread waits for the connections, on one set", oneWaiter},
	{"several-sets", "one thread waits on several sets of connections", severalSets},
	{"one-owner", "each connection is read and written by one thread", oneOwner},
	{"owner-waits", "who reads and writes a connection is who waits for it", ownerWaits},
	{"several-owners", "several threads own connections, or one beside that which accepts", severalOwners},
	{"scheduled", "tasks move between threads: who is told is not who acts", scheduled},
	{"work-in-threads", "other threads of the process work on requests or do I/O for the thread that waits", workInThreads},
	{"work-in-processes", "other processes work on requests for the thread that waits", workInProcesses},
	{"thread-one-at-a-time", "a thread serves one connection at a time, from its first read to its last", threadOneAtATime},
	{"thread-made", "a thread is made for each connection", threadMade},
	{"thread-ends", "a thread ends with its connection", threadEnds},
	{"thread-reused", "a thread serves several connections, one after another", threadReused},
	{"connections-wait", "more connections than threads: some wait for a thread", connectionsWait},
}

// readSigns answers all questions.
func readSigns(s *survey) map[string]Sign {
	signs := map[string]Sign{}
	for _, q := range questions {
		r := q.look(s)
		signs[q.id] = Sign{ID: q.id, Asks: q.asks, Answer: r.answer, Observed: r.observed, Settle: r.settle, Witness: check.Witnesses(s.rec, r.calls)}
	}
	return signs
}

// LoadMore is the load that shows whether several processes accept, where one took everybody.
const LoadMore = "more clients at the same time, so that one process cannot take them all"

// The other loads that settle what is open.
const (
	loadSome      = "clients that send requests and get answers"
	loadAtOnce    = "two clients connected at the same time, each with several requests"
	loadThreads   = "more clients connected at the same time than the server has threads, while some of them stay"
	loadFromStart = "the server observed from its start, in place of --pid"
	loadBusy      = "clients that ask without a pause, so that all of the server's threads have something to do"
	loadLeave     = "clients that leave, while others still come"
)

// idle answers for a server that nobody used.
func (s *survey) idle() *reply {
	var r reply
	switch {
	case s.answered == 0 && len(s.conns) == 0:
		r = unknown(loadSome, "no client was served")
	case len(s.conns)+s.rings.total() < 2 || s.clients < 2:
		r = unknown(loadAtOnce, "never were two clients served at the same time")
	default:
		return nil
	}
	return &r
}

func (r *rings) total() (n int) {
	for _, of := range r.served {
		n += of
	}
	return n
}

// plural counts things, in English.
func plural(n int, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case noun[len(noun)-1] == 's':
		return fmt.Sprintf("%d %ses", n, noun)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func first[T any](s []T, n int) []T { return s[:min(n, len(s))] }
