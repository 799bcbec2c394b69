//go:build linux

package sampler

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/sample"
)

// Sampler looks at one server and remembers what it could not see. It is used by one goroutine at a time.
type Sampler struct {
	address uint16 // port of the listener
	asked   map[string]int
	refused map[string]error
}

// New gives a sampler for a server that listens on the port.
func New(port uint16) *Sampler {
	return &Sampler{address: port, asked: map[string]int{}, refused: map[string]error{}}
}

// The things that may be refused, each by itself.
const (
	descriptors = "descriptors"
	calls       = "system calls"
	bytesMoved  = "bytes read and written"
	functions   = "kernel functions"
	arrays      = "arrays of select and poll"
)

// note counts an attempt. What ended meanwhile was not refused.
func (s *Sampler) note(what string, err error) bool {
	switch {
	case err == nil:
		s.asked[what]++
		return true
	case !proc.Gone(err) && s.refused[what] == nil:
		s.refused[what] = err
	}
	return false
}

// Sight says what could be seen so far. What is refused of one process is refused: a judgement must not rest on the others.
func (s *Sampler) Sight() sample.Sight {
	sees := func(what string) bool { return s.asked[what] > 0 && s.refused[what] == nil }
	sight := sample.Sight{Descriptors: sees(descriptors), Calls: sees(calls), Bytes: sees(bytesMoved), Waits: sees(functions), Arrays: s.refused[arrays] == nil}
	for _, what := range []string{descriptors, calls, bytesMoved, arrays} {
		if err := s.refused[what]; err != nil {
			sight.Blind = append(sight.Blind, what+": "+reason(err))
		}
	}
	if !sight.Waits {
		sight.Blind = append(sight.Blind, functions+": no thread's wchan says where it sleeps")
	}
	return sight
}

// reason is the errno of what was refused.
func reason(err error) string {
	var errno syscall.Errno
	var path *fs.PathError
	switch {
	case errors.As(err, &errno) && errors.As(err, &path):
		return fmt.Sprintf("%s %s: %v", path.Op, path.Path, errno)
	case errors.As(err, &errno):
		return errno.Error()
	}
	return err.Error()
}

// Look looks at all members of the server. Its name and what the clients know is for the caller to fill in.
func (s *Sampler) Look(members []proc.Process) (sample.Look, error) {
	var look sample.Look
	owned := map[uint64]bool{}
	for _, m := range members {
		p := sample.Process{PID: m.PID, Parent: m.Parent, Comm: m.Comm, Zombie: !m.Alive()}
		if !p.Zombie {
			p.Descriptors = s.descriptors(m.PID)
			p.Threads = s.threads(m.PID, p.Descriptors)
		}
		for _, d := range p.Descriptors {
			owned[d.Inode] = true
		}
		look.Processes = append(look.Processes, p)
	}
	return look, s.sockets(&look, owned)
}

// threads looks at what each thread of a process waits for.
func (s *Sampler) threads(pid int, own []sample.Descriptor) []sample.Thread {
	list, err := proc.Threads(pid)
	if err != nil {
		return nil // it has ended
	}
	var all []sample.Thread
	for _, t := range list {
		one := sample.Thread{TID: t.PID, Comm: t.Comm, Asleep: t.State == proc.Sleeping, Wait: sample.Wait{FD: -1}}
		if one.Asleep {
			one.Wait = s.wait(pid, t, own)
		}
		all = append(all, one)
	}
	return all
}

// Pulse is how often each thread has slept so far.
type Pulse map[int]Beat

// Beat is one thread of a pulse.
type Beat struct {
	PID    int
	Slept  uint64
	Asleep bool
	Moved  proc.Transfer
	Spent  time.Duration // on a processor
}

// Pulse takes that of all members; with what each has moved and spent, if in full. It is refused to nobody.
func (s *Sampler) Pulse(members []proc.Process, full bool) (Pulse, error) {
	pulse := Pulse{}
	for _, m := range members {
		if !m.Alive() {
			continue
		}
		all, err := proc.Pulses(m.PID)
		if proc.Gone(err) || errors.Is(err, os.ErrProcessDone) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, p := range all {
			if p.State.Alive() {
				b := Beat{PID: m.PID, Slept: p.Slept, Asleep: p.State == proc.Sleeping}
				if full {
					s.spent(p.TID, &b)
				}
				pulse[p.TID] = b
			}
		}
	}
	return pulse, nil
}

// spent adds what a thread has moved and spent. A kernel need not account for the time.
func (s *Sampler) spent(tid int, b *Beat) {
	moved, err := proc.Transferred(b.PID, tid)
	s.note(bytesMoved, err)
	b.Moved = moved
	b.Spent, _ = proc.SpentBy(b.PID, tid)
}

// Asleep reports whether all threads slept.
func (p Pulse) Asleep() bool {
	for _, b := range p {
		if !b.Asleep {
			return false
		}
	}
	return true
}

// Equal reports whether nobody has run or come or gone between two pulses.
func (p Pulse) Equal(other Pulse) bool {
	if len(p) != len(other) {
		return false
	}
	for tid, b := range p {
		if other[tid] != b {
			return false
		}
	}
	return true
}

// Since tells who ran after an earlier pulse, and who was born.
func (p Pulse) Since(earlier Pulse) (ran []sample.Run, born []int) {
	for tid, b := range p {
		was, known := earlier[tid]
		if !known {
			born = append(born, tid)
		}
		if b.Slept != was.Slept || !known {
			ran = append(ran, sample.Run{
				TID: tid, PID: b.PID, Slept: b.Slept - was.Slept, Spent: int64(b.Spent - was.Spent),
				Read: b.Moved.Read - was.Moved.Read, Wrote: b.Moved.Written - was.Moved.Written,
			})
		}
	}
	slices.SortFunc(ran, func(a, b sample.Run) int { return a.TID - b.TID })
	slices.Sort(born)
	return ran, born
}
