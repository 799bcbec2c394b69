//go:build linux

package steps

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/reexec"
	"github.com/iospec/iospec/internal/sock"
)

// sharedByForkSteps defines the steps of fork.feature.
func sharedByForkSteps(sc *godog.ScenarioContext, w *World) {
	s := &sharedByFork{w: w}
	sc.Given(`^a child process that has inherited an epoll instance and nothing else$`, func() error { return s.start(false) })
	sc.Given(`^a child process that has inherited an epoll instance and the socket that it watches$`, func() error { return s.start(true) })
	sc.Given(`^a socket of the parent with unread bytes, watched for (EPOLL[A-Z|]+) by that instance$`, s.watch)
	sc.When(`^the child has the instance watch a pipe of its own, with unread bytes$`, func() error {
		answer, err := s.child.Ask("watch")
		if err == nil {
			s.number, err = strconv.Atoi(answer)
		}
		return err
	})
	sc.When(`^the parent closes that socket, and bytes arrive at it$`, func() error {
		s.bag.Drop(s.number)
		_, err := unix.Write(s.far, []byte{0})
		return err
	})
	sc.When(`^the child ends$`, func() error { return s.child.Stop() })
	sc.Then(`^a wait in the child reports the number of the parent's socket, which names nothing there$`, func() error {
		answer, err := s.child.Ask("wait")
		if want := fmt.Sprintf("%d names nothing", s.number); err == nil && answer != want {
			return check.Failf(want, "%s", answer)
		}
		return err
	})
	sc.Then(`^a wait in the parent reports the number of the child's pipe, and it is not the parent's descriptor$`, s.parentHears)
	sc.Then(`^a wait in the parent reports the number that it has closed$`, s.parentHears)
	sc.Then(`^a wait in the parent reports nothing$`, func() error { return reportsFDs("the instance, in the parent,", s.ep) })
}

// sharedByFork is an epoll instance that a parent, which is us, and a child both have.
type sharedByFork struct {
	w      *World
	bag    sock.Bag
	ep     sock.Epoll
	child  *reexec.Child
	number int // the descriptor that the instance watches, in the process that registered it
	far    int // the other end of the parent's socket
}

// apart is a descriptor number far above those that are given out without asking, so that it means the same file in both
// processes, or nothing.
const apart = 200

func (s *sharedByFork) start(withSocket bool) (err error) {
	s.w.Cleanup(s.bag.Close)
	if s.ep, err = s.bag.Epoll(); err != nil {
		return err
	}
	inherited := []int{int(s.ep)}
	if withSocket {
		if err := s.socket(unix.EPOLLIN); err != nil {
			return err
		}
		inherited = append(inherited, s.number)
	}
	files, err := duplicates(inherited)
	defer closeFiles(files) // before anything is shown: our own duplicates would keep what the parent closes
	if err != nil {
		return err
	}
	if s.child, err = reexec.Start(shareRole, reexec.Options{Files: files}); err != nil {
		return err
	}
	s.w.Cleanup(func() { _ = s.child.Stop() })
	return nil
}

// watch has the instance watch a socket of the parent in which bytes lie.
func (s *sharedByFork) watch(flags string) error {
	events, err := epollFlags(flags)
	if err != nil {
		return err
	}
	if err := s.socket(events); err != nil {
		return err
	}
	_, err = unix.Write(s.far, []byte{0})
	return err
}

func (s *sharedByFork) socket(events uint32) error {
	near, far, err := s.bag.Pair()
	if err != nil {
		return err
	}
	s.far = far
	if s.number, err = unix.FcntlInt(uintptr(near), unix.F_DUPFD_CLOEXEC, apart); err != nil {
		return fmt.Errorf("duplicate a socket: %w", err)
	}
	s.bag.Add(s.number)
	s.bag.Drop(near)
	return s.ep.Add(s.number, events)
}

// parentHears expects a report of a number that names nothing here.
func (s *sharedByFork) parentHears() error {
	if open := isOpen(s.number); open {
		return fmt.Errorf("descriptor %d is open in the parent, too; this shows nothing", s.number)
	}
	return reportsFDs("the instance, in the parent,", s.ep, s.number)
}

func isOpen(fd int) bool {
	_, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	return err == nil
}

func duplicates(fds []int) (files []*os.File, err error) {
	for _, fd := range fds {
		dup, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			return files, fmt.Errorf("duplicate a descriptor: %w", err)
		}
		files = append(files, os.NewFile(uintptr(dup), "inherited"))
	}
	return files, nil
}

func closeFiles(files []*os.File) {
	for _, f := range files {
		_ = f.Close()
	}
}

const shareRole = "share-an-epoll-instance"

func init() { reexec.Role(shareRole, shareInstance) }

// shareInstance is the child's part. Descriptor 3 is the instance.
func shareInstance(in <-chan string, out io.Writer) error {
	const inherited = sock.Epoll(3)
	for order := range in {
		do := map[string]func(sock.Epoll) (string, error){"wait": waitInChild, "watch": watchInChild}[order]
		if do == nil {
			return fmt.Errorf("unknown order %q", order)
		}
		answer, err := do(inherited)
		if err != nil {
			return err
		}
		fmt.Fprintln(out, answer)
	}
	return nil
}

// waitInChild answers with the numbers that a wait reports, and what they name here.
func waitInChild(ep sock.Epoll) (string, error) {
	fds, err := ep.Ready(8)
	var words []string
	for _, fd := range fds {
		words = append(words, fmt.Sprintf("%d names %s", fd, map[bool]string{true: "something", false: "nothing"}[isOpen(fd)]))
	}
	return strings.Join(words, ", "), err
}

// watchInChild answers with the number of a pipe of the child's own, which the instance now watches.
func watchInChild(ep sock.Epoll) (string, error) {
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
		return "", fmt.Errorf("pipe: %w", err)
	}
	fd, err := unix.FcntlInt(uintptr(ends[0]), unix.F_DUPFD_CLOEXEC, apart)
	if err != nil {
		return "", fmt.Errorf("duplicate a pipe: %w", err)
	}
	_, err = unix.Write(ends[1], []byte{0})
	return strconv.Itoa(fd), errors.Join(err, ep.Add(fd, unix.EPOLLIN))
}
