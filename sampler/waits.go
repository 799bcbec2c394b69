//go:build linux

package sampler

import (
	"slices"
	"strings"
	"time"

	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/sample"
	"github.com/iospec/iospec/trace"
)

// function is a kernel function in which threads sleep, by the beginning of its name: the compiler adds to names, and
// versions of the kernel change them.
type function struct {
	begins string
	family trace.Family
}

// functions where the calls that matter sleep, in Linux 5.10 to 6.18. A read of a TCP socket sleeps in wait_woken
// (sk_wait_data in net/core/sock.c), one of a pipe in pipe_read.
var sleeps = []function{
	{"inet_csk_accept", trace.FamilyAccept}, {"inet_csk_wait_for_connect", trace.FamilyAccept},
	{"do_epoll_wait", trace.FamilyWait}, {"ep_poll", trace.FamilyWait},
	{"io_cqring_wait", trace.FamilyRing},
	{"wait_woken", trace.FamilyRead}, {"sk_wait_data", trace.FamilyRead}, {"pipe_read", trace.FamilyRead}, {"anon_pipe_read", trace.FamilyRead},
	{"unix_stream_data_wait", trace.FamilyRead}, {"unix_stream_read_generic", trace.FamilyRead},
	{"futex_", trace.FamilyLock},
	{"do_wait", trace.FamilyReap}, {"kernel_wait4", trace.FamilyReap},
	{"hrtimer_nanosleep", trace.FamilySleep}, {"do_nanosleep", trace.FamilySleep},
}

// pollFunction is where both select and poll sleep.
const pollFunction = "poll_schedule_timeout"

// wait tells for what a sleeping thread waits: by the call, where that may be read, else by the kernel's function.
func (s *Sampler) wait(pid int, t proc.Thread, own []sample.Descriptor) sample.Wait {
	if t.Wchan != "" {
		s.note(functions, nil)
	}
	call, err := proc.Waiting(pid, t.PID)
	if s.note(calls, err) {
		return s.byCall(pid, call, own)
	}
	w := sample.Wait{FD: -1, Either: strings.HasPrefix(t.Wchan, pollFunction)}
	if i := slices.IndexFunc(sleeps, func(f function) bool { return strings.HasPrefix(t.Wchan, f.begins) }); i >= 0 {
		w.Family = sleeps[i].family
	}
	return w
}

// byCall reads the arguments of a call.
func (s *Sampler) byCall(pid int, call proc.Syscall, own []sample.Descriptor) sample.Wait {
	name := names[call.Number]
	w := sample.Wait{Family: trace.FamilyOf(name), FD: -1}
	switch w.Family {
	case trace.FamilyAccept, trace.FamilyRead, trace.FamilyWrite, trace.FamilyWait:
		w.FD = int(int32(call.Args[0]))
	case trace.FamilyRing:
		w.FD = int(int32(call.Args[0]))
	case trace.FamilyPoll:
		w.Members = s.pollArray(pid, call)
	case trace.FamilySelect:
		w.Members = s.selectSets(pid, call)
	}
	for i, m := range w.Members {
		w.Members[i].Inode = inodeOf(own, m.FD)
	}
	return w
}

// mostPolled bounds what is copied of an array: no server here has more descriptors.
const mostPolled = 1 << 16

// pollArray reads what poll(2) was given.
func (s *Sampler) pollArray(pid int, call proc.Syscall) []sample.Member {
	n := min(int(uint32(call.Args[1])), mostPolled)
	if n == 0 {
		return nil
	}
	b, err := proc.Peek(pid, call.Args[0], 8*n)
	if !s.note(arrays, err) {
		return nil
	}
	return members(proc.PollFDs(b))
}

// selectSets reads the sets of select(2): while it sleeps they are as they were given.
func (s *Sampler) selectSets(pid int, call proc.Syscall) []sample.Member {
	n := min(int(int32(call.Args[0])), mostPolled)
	if n <= 0 {
		return nil
	}
	var all []sample.Member
	for i, events := range []uint32{trace.In, trace.Out, trace.Pri} {
		addr := call.Args[1+i]
		if addr == 0 {
			continue
		}
		b, err := proc.Peek(pid, addr, (n+63)/64*8)
		if !s.note(arrays, err) {
			return nil
		}
		all = append(all, members(proc.FDSet(b, events))...)
	}
	return all
}

func members(targets []proc.Target) []sample.Member {
	var all []sample.Member
	for _, t := range targets {
		if t.FD >= 0 { // poll passes over others
			all = append(all, sample.Member{FD: t.FD, Inode: t.Inode, Events: t.Events})
		}
	}
	return all
}

func inodeOf(own []sample.Descriptor, fd int) uint64 {
	i := slices.IndexFunc(own, func(d sample.Descriptor) bool { return d.FD == fd })
	if i < 0 {
		return 0
	}
	return own[i].Inode
}

// Sees tries on a process that is about to sleep what may be seen of one, some times, since it may not sleep yet.
func Sees(pid int) (sample.Sight, error) {
	s := New(0)
	for range sleepTries {
		p, err := proc.Read(pid)
		if err != nil {
			return sample.Sight{}, err
		}
		look, err := s.Look([]proc.Process{p})
		if err != nil {
			return sample.Sight{}, err
		}
		if threads := look.Processes[0].Threads; len(threads) > 0 && threads[0].Asleep {
			if _, err := s.Pulse([]proc.Process{p}, true); err != nil {
				return sample.Sight{}, err
			}
			if len(s.Sight().Blind) == 0 {
				break
			}
		}
		time.Sleep(time.Millisecond)
	}
	return s.Sight(), nil
}

// sleepTries is how often a process is looked at until it sleeps.
const sleepTries = 100
