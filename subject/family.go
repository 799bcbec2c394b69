//go:build linux

package subject

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/internal/proc"
)

// family is the command's processes: its first one, the descendants, the members of its process group, and those that
// left all that behind but were seen earlier or carry the mark.
type family struct {
	root   int    // number of the first process
	kernel int    // of a process that plays the kernel for the command, 0 if none does: see Spec
	mark   string // in the environment of the command, "IOSPEC_SUBJECT=4711.3", inherited by all that it starts

	mu    sync.Mutex
	began uint64            // when the first process started, 0 if it had ended before we could look
	known map[identity]bool // every member ever seen
}

// identity names a process for ever.
type identity struct {
	pid     int
	started uint64
}

func id(p proc.Process) identity { return identity{p.PID, p.Started} }

var subjects atomic.Int64

func newMark() string { return fmt.Sprintf("IOSPEC_SUBJECT=%d.%d", os.Getpid(), subjects.Add(1)) }

// adopt makes this process the one to which orphaned descendants fall (prctl(2), PR_SET_CHILD_SUBREAPER), so that a
// server's process whose parent ended can still be found, killed and reaped.
var adopt = sync.OnceValue(func() error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("become the subreaper of the servers under test: %w", err)
	}
	return nil
})

func newFamily(root int, mark string) *family {
	f := &family{root: root, mark: mark, known: map[identity]bool{}}
	if p, err := proc.Read(root); err == nil {
		f.began = p.Started
	}
	return f
}

// read lists the members, dead ones that nobody has reaped included, the first process first.
func (f *family) read() ([]proc.Process, error) {
	all, err := proc.All()
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var members []proc.Process
	add := func(p proc.Process) {
		if !slices.ContainsFunc(members, func(m proc.Process) bool { return m.PID == p.PID }) {
			members = append(members, p)
			f.known[id(p)] = true
		}
	}
	for _, p := range all {
		if f.belongs(p) {
			add(p)
			for _, d := range proc.Descendants(all, p.PID) {
				add(d)
			}
		}
	}
	slices.SortStableFunc(members, func(a, b proc.Process) int {
		switch f.root {
		case a.PID:
			return -1
		case b.PID:
			return 1
		}
		return a.PID - b.PID
	})
	return members, nil
}

// belongs tells a member by itself, without regard to its parents.
func (f *family) belongs(p proc.Process) bool {
	switch {
	case p.PID == os.Getpid() || p.Started < f.began:
		return false
	case p.PID == f.root:
		return f.began == 0 || p.Started == f.began
	case p.Group == f.root || p.Session == f.root || f.known[id(p)]:
		return true
	case p.Parent != os.Getpid():
		return false
	}
	env, err := proc.Environ(p.PID) // an orphan that fell to us, or a command of another subject
	return err == nil && slices.Contains(env, f.mark)
}

// serving lists the members, and the process that plays the kernel for them, if there is one.
func (f *family) serving() ([]proc.Process, error) {
	members, err := f.read()
	if err != nil || f.kernel == 0 {
		return members, err
	}
	kernel, err := proc.Read(f.kernel)
	if err != nil {
		return nil, fmt.Errorf("look at the process that plays the kernel: %w", err)
	}
	return append(members, kernel), nil
}

// sockets gives the inodes of all sockets that are held for the command and that we may see.
func (f *family) sockets() (map[uint64]bool, error) {
	holders, err := f.serving()
	if err != nil {
		return nil, err
	}
	held := map[uint64]bool{}
	for _, p := range holders {
		links, err := proc.Links(p.PID)
		if err != nil {
			continue // it ended, or it hides its descriptors because it has changed its user
		}
		for _, link := range links {
			if inode, ok := proc.SocketInode(link); ok {
				held[inode] = true
			}
		}
	}
	return held, nil
}

// shownThreads is how many threads an error message describes.
const shownThreads = 4

// doing says what the members do at this moment: "4711 python S do_epoll_wait; …".
func (f *family) doing() string {
	members, err := f.read()
	if err != nil {
		return err.Error()
	}
	var lines []string
	for _, p := range members {
		threads, err := proc.Threads(p.PID)
		if err != nil {
			continue
		}
		for _, t := range threads {
			lines = append(lines, t.String())
		}
	}
	more := ""
	if n := len(lines) - shownThreads; n > 0 {
		lines, more = lines[:shownThreads], fmt.Sprintf("; and %d threads more", n)
	}
	if len(lines) == 0 {
		return "nothing of it runs"
	}
	return "its threads: " + strings.Join(lines, "; ") + more
}

// living counts the members that run.
func (f *family) living() (n int, err error) {
	members, err := f.read()
	for _, p := range members {
		if p.Alive() {
			n++
		}
	}
	return n, err
}

// zombies counts the members that ended and that the server, their parent, has not reaped.
func zombies(members []proc.Process) int {
	living := map[int]bool{}
	for _, p := range members {
		living[p.PID] = p.Alive()
	}
	n := 0
	for _, p := range members {
		if !p.Alive() && living[p.Parent] {
			n++
		}
	}
	return n
}

// sweepTime bounds the end of processes that were sent KILL: only one that waits in a driver can outlast it.
const sweepTime = 5 * time.Second

// sweep kills every member that lives and reaps those that fell to us, until none is left. It is called when the first
// process has been reaped. It returns how many it had to kill.
func (f *family) sweep() (killed int, err error) {
	hit := map[identity]bool{}
	for poll := newPoll(sweepTime); ; {
		members, err := f.read()
		if err != nil {
			return len(hit), fmt.Errorf("look for what the command left running: %w", err)
		}
		for _, p := range members {
			if p.Alive() {
				if err := p.Signal(unix.SIGKILL); err != nil && !proc.Gone(err) {
					return len(hit), fmt.Errorf("kill what the command left running: %w", err)
				}
				hit[id(p)] = true
			} else if p.Parent == os.Getpid() {
				if _, err := unix.Wait4(p.PID, nil, unix.WNOHANG, nil); err != nil && !errors.Is(err, unix.ECHILD) && !errors.Is(err, unix.EINTR) {
					return len(hit), fmt.Errorf("reap process %d: %w", p.PID, err)
				}
			}
		}
		if len(members) == 0 {
			return len(hit), nil
		}
		if !poll.again() {
			return len(hit), fmt.Errorf("%d processes of the command outlive KILL, the first is %d (%s, state %s)",
				len(members), members[0].PID, members[0].Comm, members[0].State)
		}
	}
}
