package identify

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/sample"
	"github.com/iospec/iospec/trace"
)

// ringOf is a reactor by a ring in which so many reads wait, whoever is connected.
func ringOf(reads int) server {
	return reactor(func([]guest) ([]sample.Descriptor, sample.Thread) {
		ring := sample.Descriptor{FD: 4, Ring: true, Pending: []string{"ACCEPT"}}
		for range reads {
			ring.Pending = append(ring.Pending, "RECV")
		}
		return []sample.Descriptor{ring}, asleepIn(main, trace.FamilyRing, 4)
	})
}

// together has others run for each request beside those who do: they were woken, and it does not show for what.
func together(s server, others ...sample.Run) server {
	one := s.asked
	s.asked = func(g guest, n int) []sample.Run { return append(one(g, n), others...) }
	return s
}

// crowded has two threads of its process that wait on the same set at the same time.
func crowded() server {
	return reactor(byEpoll(trace.In)).with(func(all []sample.Process, _ []guest) []sample.Process {
		all[0].Threads = append(all[0].Threads, asleepIn(60, trace.FamilyWait, 4))
		return all
	})
}

// staying makes a thread for each guest, which stays when the guest has gone.
func staying() server {
	return threaded().with(func(all []sample.Process, here []guest) []sample.Process {
		if len(here) == 0 {
			return all // before, or after
		}
		for port := 1; port <= 8; port++ {
			t := asleepIn(guestOf(guest{port: port}), trace.FamilyLock, -1)
			if !isHere(port, here) {
				all[0].Threads = append(all[0].Threads, t)
			}
		}
		return all
	})
}

func isHere(port int, here []guest) bool {
	return slices.ContainsFunc(here, func(g guest) bool { return g.port == port })
}

// shared has both workers run for each request, and neither is seen to read it.
func shared() server {
	s := workers(crowding, 1)
	s.asked = func(guest, int) []sample.Run { return []sample.Run{helps(50, 50), helps(51, 51)} }
	return s
}

// tasks has a thread that waits for others, who accept and serve; it hears nothing from them.
func tasks() server {
	s := working(false)
	s.asked = func(guest, int) []sample.Run { return []sample.Run{helps(main, main), helps(main, 50)} }
	s.comes = func(guest) ([]sample.Run, []int) { return []sample.Run{helps(main, main), helps(main, 50)}, nil }
	return s
}

// met has another thread run when every n-th guest comes.
func met(s server, each int) server {
	comes := s.comes
	s.comes = func(g guest) ([]sample.Run, []int) {
		ran, born := comes(g)
		if g.port%each == 0 {
			ran = append(ran, helps(main, 99))
		}
		return ran, born
	}
	return s.with(func(all []sample.Process, _ []guest) []sample.Process {
		all[0].Threads = append(all[0].Threads, asleepIn(99, trace.FamilyLock, -1))
		return all
	})
}

// TestSignsOfLooks: what is seen of some is not believed of all, and what may have other reasons is left open.
func TestSignsOfLooks(t *testing.T) {
	level := reactor(byEpoll(trace.In))
	unopened := refusal{descriptors: true}
	for _, c := range []struct {
		sign   string
		answer Answer
		server string
		seen   *sample.Observation
	}{
		{"kernel-operates", Yes, "a ring that reads for all", reactor(byOperations).observed()},
		{"kernel-operates", Unknown, "a ring that reads for few", ringOf(2).observed()},
		{"kernel-operates", Unknown, "a ring that only accepts", ringOf(0).observed()},
		{"kernel-operates", Unknown, "descriptors that may not be seen", without(level.observed(), unopened)},
		{"kernel-operates", No, "no ring", level.observed()},
		{"one-thread", Yes, "nobody else runs", level.observed()},
		{"one-thread", Yes, "another runs when some guests come", met(level, 2).observed()},
		{"one-thread", Unknown, "another runs whenever a guest comes", met(level, 1).observed()},
		{"one-thread", Yes, "another runs whatever happens", accompanied(met(level, 1), 5).observed()},
		{"one-thread", No, "others serve", subs().observed()},
		{"scheduled", Unknown, "two on one set at once", crowded().observed()},
		{"scheduled", Yes, "one after another on one set", scheduling(level).observed()},
		{"scheduled", No, "one on one set", level.observed()},
		{"scheduled", No, "one on one set, and others that work", working(false).observed()},
		{"scheduled", Unknown, "one on one set, and others when guests come", tasks().observed()},
		{"scheduled", No, "one on one set, and others at the door", without(subs().observed(), refusal{bytes: true})},
		{"work-in-threads", Yes, "others run, and the one that waits sleeps in between", working(false).observed()},
		{"work-in-threads", No, "others run, and the one that waits does all", together(level, helps(main, 60)).observed()},
		{"work-in-threads", No, "nobody else runs", level.observed()},
		{"work-in-processes", Yes, "others run, and the one that waits sleeps in between", working(true).observed()},
		{"work-in-processes", No, "others run, of the same process", working(false).observed()},
		{"several-processes", Yes, "each has guests", shared().observed()},
		{"several-processes", Unknown, "which has guests may not be seen", without(shared().observed(), unopened)},
		{"several-processes", No, "there is one", without(level.observed(), unopened)},
		{"thread-ends", Yes, "threads that go with their guests", threaded().observed()},
		{"thread-ends", No, "threads that stay", staying().observed()},
		{"thread-reused", No, "threads that go with their guests", threaded().observed()},
		{"thread-reused", Yes, "threads in turn", pooled().observed()},
		{"thread-reused", Unknown, "threads that stay, and were not needed twice", staying().observed()},
		{"connections-wait", Yes, "more guests than threads", pooled().observed()},
		{"connections-wait", Unknown, "a thread for each", threaded().observed()},
	} {
		t.Run(c.sign+"/"+c.server, func(t *testing.T) {
			s := Look(c.seen).signs[c.sign]
			require.Equal(t, c.answer, s.Answer, s.Observed)
			require.NotEmpty(t, s.Observed)
			require.Equal(t, c.answer == Unknown, s.Settle != "", "what would settle it is said of what is open")
		})
	}
}

// TestWhatIsRefusedIsSaid: an identity says what could not be seen.
func TestWhatIsRefusedIsSaid(t *testing.T) {
	o := threaded().observed()
	require.Len(t, Sampled(o, nothingAbout).Unseen, 1, "calls one by one are never seen")
	o.Sight.Blind = []string{"system calls: operation not permitted"}
	require.Contains(t, Sampled(o, nothingAbout).Unseen, "refused: system calls: operation not permitted")
}
