package stage

import (
	"cmp"
	"slices"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/trace"
)

// work tells who worked on each request. The work itself makes no call: it happens between the read that brought a
// request and the write that answers it. Where one thread does both and hears nothing from another in between, it worked.
// Where word came to it in between, who sent that word worked. Where one thread reads and another writes, who got word
// from the reader worked.
func (s *Stage) work() {
	words, accepts := s.words(), s.acceptors()
	unknown := 0
	for _, h := range check.Handlings(s.Rec) {
		if h.Write.Enter >= stopped(s.Rec) {
			continue
		}
		if tid := worker(words, accepts, h); tid != 0 {
			s.actor[tid].Works++
		} else {
			unknown++
		}
	}
	for _, w := range words {
		if !w.Read.Nonblock {
			s.of(w.Read).blocks(w.Read.Name)
		}
	}
	for _, op := range s.Ops { // what the kernel read, the thread that is told works on
		if op.Clients && op.Kind == "read" && op.Result > 0 {
			s.of(op.Told).Works++
		}
	}
	s.guess(unknown)
}

// acceptors lists the threads that accept and touch no client.
func (s *Stage) acceptors() map[int]bool {
	tids := map[int]bool{}
	for tid, a := range s.actor {
		if a.Accepts > 0 && a.Reads+a.Writes == 0 {
			tids[tid] = true
		}
	}
	return tids
}

func worker(words []check.Word, accepts map[int]bool, h check.Handling) int {
	i, _ := slices.BinarySearchFunc(words, h.Read.Exit, func(w check.Word, at trace.Time) int { return cmp.Compare(w.Read.Exit, at) })
	if h.Read.TID != h.Write.TID {
		for _, w := range words[i:] {
			if w.Read.Exit > h.Write.Enter {
				break
			}
			if w.Written.TID == h.Read.TID && w.Written.Enter >= h.Read.Exit {
				return w.Read.TID
			}
		}
		return 0
	}
	found := h.Read.TID
	for _, w := range words[i:] {
		if w.Read.Exit > h.Write.Enter {
			break
		}
		if w.Read.TID == h.Read.TID && !accepts[w.Written.TID] { // who accepts brings connections, not results
			found = w.Written.TID
		}
	}
	return found
}

// guess gives requests that are read and written by different threads, with no word between, to the thread that closes
// the connections and makes no other call on them: it must have been told in memory. Where there is no such thread, or
// several, nothing is concluded.
func (s *Stage) guess(unknown int) {
	if unknown == 0 {
		return
	}
	var found *Actor
	for _, a := range s.actor {
		if a.Closes > 0 && a.Reads+a.Writes+a.Accepts == 0 {
			if found != nil {
				return
			}
			found = a
		}
	}
	if found != nil {
		found.Works += unknown
		found.Guessed = true
	}
}
