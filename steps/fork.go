//go:build linux

package steps

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/internal/reexec"
	"github.com/iospec/iospec/internal/sock"
)

// forkSteps defines the steps of fork.feature. They break where a child does not come out of the call that made it, or
// does not find its parent's memory and descriptors, or changes the parent's.
func forkSteps(sc *godog.ScenarioContext, w *World) {
	f := &forking{w: w}
	sc.Given(`^a process with a word in its memory, which nobody else knows$`, f.secret)
	sc.Given(`^a process with (\d+) MiB of memory that it has written to$`, f.fill)
	sc.Given(`^a process that has accepted a connection$`, f.accept)
	sc.When(`^it forks$`, f.fork)
	sc.When(`^the child changes its word$`, func() error { return f.tell(orderSetPrivate) })
	sc.When(`^the child writes to all of its memory$`, func() error { return f.tell(orderTouch) })
	sc.When(`^the parent closes its descriptor of the connection$`, func() error { _, err := f.ask("drop"); return err })
	sc.When(`^the parent closes its listener$`, func() error { _, err := f.ask("deafen"); return err })
	sc.Then(`^(a|no) client can (?:still )?connect to the port$`, f.connects)
	sc.When(`^the child reads once from the descriptor and writes it back, while the client sends "([^"]*)"$`, f.echo)
	sc.Then(`^the child tells that word$`, func() error { return f.words(f.word, f.word) })
	sc.Then(`^the child tells the changed word, and the parent still has its own$`, func() error { return f.words(f.word+1, f.word) })
	sc.Then(`^parent and child have come to the line behind the one call$`, f.bothPassed)
	sc.Then(`^the child's code lies where the parent's lies, in the same file$`, f.sameCode)
	sc.Then(`^the child has each of the parent's descriptors, by the same number and of the same file$`, f.sameDescriptors)
	sc.Then(`^less than (\d+) MiB of the child's memory is its own$`, func(n int64) error { return f.private(func(got int64) bool { return got < n<<20 }, "less", n) })
	sc.Then(`^more than (\d+) MiB of the child's memory is its own$`, func(n int64) error { return f.private(func(got int64) bool { return got > n<<20 }, "more", n) })
	sc.Then(`^the call has returned 0 in the child, and the child's number in the parent$`, f.returned)
	sc.Then(`^the connection is the same socket in the child, by the same number$`, f.sameSocket)
	sc.Then(`^the client gets "([^"]*)"$`, f.answered)
	sc.Then(`^the client has not been told that the connection ends$`, func() error { return f.ended(false) })
	sc.Then(`^the client is told that the connection ends$`, func() error { return f.ended(true) })
	sc.When(`^the child leaves$|^a child has ended$`, f.childEnds)
	remainsSteps(sc, f)
}

// forking is a process that forks, seen from outside.
type forking struct {
	w      *World
	bag    sock.Bag
	parent *reexec.Child
	child  int // the number of its last child
	saw    [2]witness
	word   uint64
	client int
	port   int
	number int    // the descriptor of the connection
	socket string // what it names in the parent
	asked  string
}

// start starts the parent, once.
func (f *forking) start() (err error) {
	if f.parent == nil {
		f.parent, err = f.w.forkingParent(reexec.Options{})
	}
	return err
}

// forkingParent starts a process that forks. It is gone, and its children with it, when the scenario is over.
func (w *World) forkingParent(opt reexec.Options) (*reexec.Child, error) {
	p, err := reexec.Start(forkingRole, opt)
	if err != nil {
		return nil, err
	}
	w.Cleanup(func() {
		_, err := p.Ask("end")
		if stopped := p.Stop(); err == nil {
			err = stopped
		}
		if err != nil {
			w.Note("end of a process that forks: %v", err)
		}
	})
	return p, nil
}

func (f *forking) ask(line string) (string, error) {
	if err := f.start(); err != nil {
		return "", err
	}
	return f.parent.Ask(line)
}

// tell gives the child an order that it survives.
func (f *forking) tell(order byte) error {
	answer, err := f.ask("tell " + string(order))
	if err == nil && answer != "done" {
		return fmt.Errorf("the child did not do %q: it has %s", order, answer)
	}
	return err
}

func (f *forking) secret() error {
	f.word = rand.Uint64N(1 << 62)
	_, err := f.ask(fmt.Sprintf("private %d", f.word))
	return err
}

func (f *forking) fill(mib int) error {
	_, err := f.ask(fmt.Sprintf("memory %d", mib<<20))
	return err
}

// accept has a client of ours connect to the parent.
func (f *forking) accept() error {
	answer, err := f.ask("listen")
	if err != nil {
		return err
	}
	if f.port, err = strconv.Atoi(answer); err != nil {
		return err
	}
	f.w.Cleanup(f.bag.Close)
	if f.client, err = f.dial(); err != nil {
		return err
	}
	if err := patient(f.client); err != nil {
		return err
	}
	if answer, err = f.ask("accept"); err != nil {
		return err
	}
	if f.number, err = strconv.Atoi(answer); err != nil {
		return err
	}
	links, err := proc.Links(f.parent.PID())
	f.socket = links[f.number]
	return err
}

// dial connects a client to the parent's port.
func (f *forking) dial() (int, error) {
	fd, err := sock.Dial(&unix.SockaddrInet4{Port: f.port, Addr: [4]byte{127, 0, 0, 1}})
	if err == nil {
		f.bag.Add(fd)
	}
	return fd, err
}

func (f *forking) connects(want string) error {
	switch _, err := f.dial(); {
	case err != nil && !errors.Is(err, unix.ECONNREFUSED):
		return err
	case (err == nil) != (want == "a"):
		return check.Failf(want+" client can connect", "connect: %v", err)
	}
	return nil
}

func (f *forking) fork() error {
	answer, err := f.ask("fork")
	if err != nil {
		return err
	}
	a, b := &f.saw[0], &f.saw[1]
	if _, err := fmt.Sscan(answer, &a.passed, &a.result, &a.pid, &b.passed, &b.result, &b.pid); err != nil {
		return fmt.Errorf("the parent said %q: %w", answer, err)
	}
	f.child = int(b.pid)
	return nil
}

// words asks both for their word.
func (f *forking) words(child, parent uint64) error {
	if err := f.tell(orderSayPrivate); err != nil {
		return err
	}
	says, err := f.ask("word")
	if err != nil {
		return err
	}
	has, err := f.ask("peek")
	if err != nil {
		return err
	}
	says, _, _ = strings.Cut(says, " ")
	if says != fmt.Sprint(child) || has != fmt.Sprint(parent) {
		return check.Failf(fmt.Sprintf("child %d, parent %d", child, parent), "child %s, parent %s", says, has)
	}
	return nil
}

func (f *forking) bothPassed() error {
	a, b := f.saw[0], f.saw[1]
	f.w.Note("process %d called once; behind the call came processes %d and %d", f.parent.PID(), a.pid, b.pid)
	if a.passed != 1 || b.passed != 1 || int(a.pid) != f.parent.PID() || b.pid == a.pid {
		return check.Failf("two processes, of which one is the caller, behind one call", "%+v and %+v", a, b)
	}
	return nil
}

// sameCode compares where the mappings of executable code are: address, rights, offset, device, inode and path.
func (f *forking) sameCode() error {
	var code [2][]string
	for i, pid := range []int{f.parent.PID(), f.child} {
		maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
		if err != nil {
			return fmt.Errorf("read the address space of process %d: %w", pid, err)
		}
		for line := range strings.Lines(string(maps)) {
			if words := strings.Fields(line); len(words) > 5 && words[1] == "r-xp" && strings.HasPrefix(words[5], "/") {
				code[i] = append(code[i], line)
			}
		}
	}
	if len(code[0]) == 0 || !slices.Equal(code[0], code[1]) {
		return check.Failf(fmt.Sprintf("the parent's code %q", code[0]), "%q", code[1])
	}
	return nil
}

// sameDescriptors: what the parent has made since the fork, or closed, it has closed and made as the parent's ends of the
// pipes to this child; those that were there before are there still.
func (f *forking) sameDescriptors() error {
	parent, err := proc.Links(f.parent.PID())
	if err != nil {
		return err
	}
	child, err := proc.Links(f.child)
	if err != nil {
		return err
	}
	for fd, link := range parent {
		if child[fd] != link {
			return check.Failf(fmt.Sprintf("descriptor %d to be %s, as in the parent", fd, link), "%q", child[fd])
		}
	}
	f.w.Note("the child has all %d of the parent's descriptors", len(parent))
	return nil
}

// private tells how much of the child's memory it shares with nobody.
func (f *forking) private(right func(int64) bool, what string, mib int64) error {
	own, err := rollup(f.child, "Private_Dirty", "Private_Clean")
	if err != nil {
		return err
	}
	resident, err := rollup(f.child, "Rss")
	if err != nil {
		return err
	}
	share, err := rollup(f.child, "Pss")
	if err != nil {
		return err
	}
	f.w.Note("child: %.1f MiB resident, %.1f by its share (Pss), %.1f its own", mebi(resident), mebi(share), mebi(own))
	if !right(own) {
		return check.Failf(fmt.Sprintf("%s than %d MiB of the child's own", what, mib), "%.1f MiB", mebi(own))
	}
	return nil
}

func (f *forking) returned() error {
	a, b := f.saw[0], f.saw[1]
	f.w.Note("parent %d got %d, child %d got %d", a.pid, a.result, b.pid, b.result)
	if b.result != 0 || a.result != int64(b.pid) || b.pid == a.pid {
		return check.Failf("0 in the child, its number in the parent", "child %d got %d, parent %d got %d", b.pid, b.result, a.pid, a.result)
	}
	return nil
}

func (f *forking) sameSocket() error {
	links, err := proc.Links(f.child)
	if err != nil {
		return err
	}
	f.w.Note("descriptor %d of the child is %s", f.number, links[f.number])
	if _, isSocket := proc.SocketInode(f.socket); !isSocket || links[f.number] != f.socket {
		return check.Failf(fmt.Sprintf("descriptor %d to be %s", f.number, f.socket), "%q", links[f.number])
	}
	return nil
}

func (f *forking) echo(text string) error {
	f.asked = text
	if _, err := unix.Write(f.client, []byte(text)); err != nil {
		return fmt.Errorf("write to the connection: %w", err)
	}
	return f.tell(orderEcho)
}

func (f *forking) answered(want string) error {
	got := make([]byte, 64)
	n, err := blockingReader(f.client).Read(got)
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if string(got[:n]) != want {
		return check.Failf(want, "%q", got[:n])
	}
	return nil
}

// ended looks for the end of the stream. Over loopback it has arrived when the close that sends it returns.
func (f *forking) ended(want bool) error {
	n, _, err := unix.Recvfrom(f.client, make([]byte, 1), unix.MSG_DONTWAIT)
	if over := err == nil && n == 0; over != want {
		return check.Failf(fmt.Sprintf("end of stream: %t", want), "%t (%d bytes, %v)", over, n, err)
	}
	return nil
}

// childEnds has a child end: the one there is, or a new one.
func (f *forking) childEnds() error {
	if f.child == 0 {
		if err := f.fork(); err != nil {
			return err
		}
	}
	answer, err := f.ask("tell " + string(orderLeave))
	if err == nil && answer != "ended" {
		return fmt.Errorf("the child did not end, but says %s", answer)
	}
	if err != nil {
		return err
	}
	// It closes one file after the other; when it is a zombie all of them are closed (do_exit, kernel/exit.c).
	return await.Until("the child to have ended", func() (bool, error) {
		p, err := proc.Read(f.child)
		return p.State == proc.Zombie, err
	})
}

// rollup adds fields of /proc/PID/smaps_rollup, in bytes.
func rollup(pid int, fields ...string) (int64, error) {
	return kibibytes(fmt.Sprintf("/proc/%d/smaps_rollup", pid), fields...)
}

// kibibytes adds lines of the form "Name:   123 kB", in bytes.
func kibibytes(file string, names ...string) (total int64, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, fmt.Errorf("read how much memory is used: %w", err)
	}
	found := 0
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) < 2 || !slices.Contains(names, strings.TrimSuffix(words[0], ":")) {
			continue
		}
		n, err := strconv.ParseInt(words[1], 10, 64)
		if err != nil {
			return 0, fmt.Errorf("parse %q of %s: %w", line, file, err)
		}
		total += n << 10
		found++
	}
	if found != len(names) {
		return 0, fmt.Errorf("%s does not tell %v", file, names)
	}
	return total, nil
}

func mebi(bytes int64) float64 { return float64(bytes) / (1 << 20) }
