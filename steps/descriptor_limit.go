//go:build linux

package steps

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/reexec"
)

// descriptorLimit1024: how many descriptors a process may open. It breaks when a process may open more than its limit, or
// not more when the limit is raised; and when the Go runtime leaves the soft limit as it is.
func descriptorLimit1024(sc *godog.ScenarioContext, w *World) {
	p := &limited{w: w}
	sc.Given(`^a program whose descriptor limit is (\d+)$`, func(n int) error {
		return inOrder(p.start, func() error { return p.need(n) }, func() error { return p.tell("soft %d", n) })
	})
	sc.When(`^it opens sockets until that fails$`, p.fill)
	sc.When(`^its soft limit is raised to (\d+)$`, func(n int) error {
		return inOrder(func() error { return p.need(n) }, func() error { return p.tell("soft %d", n) })
	})
	sc.Then(`^it has exactly (\d+) descriptors, and one more fails with EMFILE$`, func(n int) error {
		w.Note("%d descriptors open, then %v", p.filled.Open, p.filled.Err)
		if p.filled.Open != n || p.filled.Err != unix.EMFILE {
			return check.Failf(fmt.Sprintf("EMFILE with %d descriptors", n), "%v with %d", p.filled.Err, p.filled.Open)
		}
		return nil
	})
	sc.When(`^its hard limit is lowered to (\d+)$`, func(n int) error {
		return inOrder(func() error { return p.need(n) }, func() error { return p.tell("hard %d", n) })
	})
	sc.Then(`^raising its soft limit to (\d+) fails with EINVAL, and raising it to (\d+) succeeds$`, func(beyond, to int) error {
		answer, err := p.child.Ask(fmt.Sprintf("soft %d", beyond))
		if err == nil && answer != unix.EINVAL.Error() {
			return check.Failf(unix.EINVAL.Error(), "%s", answer)
		}
		return inOrder(func() error { return err }, func() error { return p.tell("soft %d", to) })
	})
	defaultLimit(sc, w)
	p.runtimes(sc)
}

// limited is a child process with a descriptor limit of its own.
type limited struct {
	w      *World
	child  *reexec.Child
	limits unix.Rlimit // when it was started
	filled filled
	shell  string // the limit that a shell was started with
	grown  string // what a Go program found that was started the same way
}

// filled is what came of opening sockets.
type filled struct {
	Open int
	Err  unix.Errno
}

func (p *limited) start() (err error) {
	if p.child, err = reexec.Start(limitRole, reexec.Options{}); err != nil {
		return err
	}
	p.w.Cleanup(func() {
		if err := p.child.Stop(); err != nil {
			p.w.Note("%v", err)
		}
	})
	return p.ask("limits", &p.limits.Cur, &p.limits.Max)
}

// need says whether the machine lets a process have that many.
func (p *limited) need(n int) error {
	if p.limits.Max < uint64(n) {
		return check.Unsupportedf("the hard limit of descriptors is %d, and %d are needed (raise it with ulimit -Hn, as root)", p.limits.Max, n)
	}
	return nil
}

// ask reads numbers from the child's answer.
func (p *limited) ask(question string, numbers ...any) error {
	answer, err := p.child.Ask(question)
	if err != nil {
		return err
	}
	if _, err := fmt.Sscan(answer, numbers...); err != nil {
		return fmt.Errorf("the answer to %q is %q: %w", question, answer, err)
	}
	return nil
}

// tell has the child do what must not fail.
func (p *limited) tell(format string, args ...any) error {
	order := fmt.Sprintf(format, args...)
	answer, err := p.child.Ask(order)
	if err == nil && answer != "done" {
		return fmt.Errorf("%s: %s", order, answer)
	}
	return err
}

func (p *limited) fill() error { return p.ask("fill", &p.filled.Open, &p.filled.Err) }

// runtimes: what programs make of the limit that they are started with.
func (p *limited) runtimes(sc *godog.ScenarioContext) {
	sc.Given(`^a Go program and a shell that are started with a soft limit of (\d+), below the hard limit$`, func(n int) error {
		if err := inOrder(p.start, func() error { return p.need(n + 100) }, func() error { return p.tell("soft %d", n) }); err != nil {
			return err
		}
		if _, err := exec.LookPath("sh"); err != nil {
			return check.Unsupportedf("there is no sh in PATH: %v", err)
		}
		var err error
		if p.shell, err = p.child.Ask("shell"); err != nil {
			return err
		}
		p.grown, err = p.child.Ask("again")
		return err
	})
	sc.Then(`^the shell has the limit (\d+)$`, func(n int) error {
		if p.shell != strconv.Itoa(n) {
			return check.Failf(fmt.Sprint(n), "%s", p.shell)
		}
		return nil
	})
	sc.Then(`^the Go program has the hard limit or one less, and opens more than (\d+) sockets$`, func(n int) error {
		p.w.Note("hard limit %d; a Go program that was started with %s found: soft limit, hard limit, sockets it opened = %s", p.limits.Max, p.shell, p.grown)
		var soft, hard uint64
		var opened int
		if _, err := fmt.Sscan(p.grown, &soft, &hard, &opened); err != nil {
			return fmt.Errorf("the Go program said %q: %w", p.grown, err)
		}
		if hard != p.limits.Max || soft < hard-1 || opened <= n {
			return check.Failf(fmt.Sprintf("a soft limit that is the hard one, %d, or one less, and more than %d sockets", p.limits.Max, n), "soft %d, hard %d, %d sockets", soft, hard, opened)
		}
		return nil
	})
}

// defaultLimit: what the kernel itself starts with. Its threads' limits are those of the first task.
func defaultLimit(sc *godog.ScenarioContext, w *World) {
	const kthreadd = "/proc/2/"
	sc.Given(`^the kernel's own threads, which no init system has touched$`, func() error {
		comm, err := os.ReadFile(kthreadd + "comm")
		if name := strings.TrimSpace(string(comm)); err != nil || name != "kthreadd" {
			return check.Unsupportedf("process 2 is not the kernel's kthreadd but %q, %v: this is a container's process namespace", name, err)
		}
		return nil
	})
	sc.Then(`^their soft limit of descriptors is (\d+)$`, func(n int) error {
		limits, err := os.ReadFile(kthreadd + "limits")
		if err != nil {
			return fmt.Errorf("read a kernel thread's limits: %w", err)
		}
		for line := range strings.Lines(string(limits)) {
			rest, found := strings.CutPrefix(line, "Max open files")
			if words := strings.Fields(rest); found && len(words) > 1 {
				w.Note("kthreadd: soft limit %s, hard limit %s", words[0], words[1])
				if words[0] != strconv.Itoa(n) {
					return check.Failf(fmt.Sprint(n), "%s", words[0])
				}
				return nil
			}
		}
		return errors.New("/proc/2/limits does not tell Max open files")
	})
}

const limitRole = "descriptor-limit"

func init() { reexec.Role(limitRole, followOrders) }

// followOrders is the child's part: it changes its own limits and opens sockets, and no other process is touched.
func followOrders(in <-chan string, out io.Writer) error {
	for order := range in {
		answer, err := followOrder(order)
		if err != nil {
			answer = err.Error()
		}
		if _, err := fmt.Fprintln(out, answer); err != nil {
			return err
		}
	}
	return nil
}

func followOrder(order string) (string, error) {
	word, rest, _ := strings.Cut(order, " ")
	var limit syscall.Rlimit // not x/sys: package syscall must know, or it gives children the limit that we began with
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return "", err
	}
	n, _ := strconv.ParseUint(rest, 10, 64)
	switch word {
	case "limits":
		return fmt.Sprint(limit.Cur, limit.Max), nil
	case "soft":
		return "done", syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: n, Max: limit.Max})
	case "hard":
		return "done", syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: min(limit.Cur, n), Max: n})
	case "fill":
		_, err := openSockets(1 << 20)
		return fmt.Sprint(openBelow(limit.Max), int(err)), nil
	case "open":
		opened, _ := openSockets(int(n))
		return fmt.Sprint(opened), nil
	case "shell":
		said, err := exec.Command("sh", "-c", "ulimit -Sn").Output()
		return strings.TrimSpace(string(said)), err
	case "again":
		return startAgain()
	}
	return "", fmt.Errorf("no such order: %q", order)
}

// openSockets opens up to n sockets, which stay open, and gives why there are no more.
func openSockets(n int) (opened int, why unix.Errno) {
	for ; opened < n; opened++ {
		if _, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err != nil {
			errors.As(err, &why)
			return opened, why
		}
	}
	return opened, 0
}

// openBelow counts the open descriptors below a number. It opens none to do so: there may be none left.
func openBelow(n uint64) (open int) {
	for fd := range min(n, 1<<20) {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil {
			open++
		}
	}
	return open
}

// startAgain starts this program anew and tells what it finds.
func startAgain() (answer string, err error) {
	again, err := reexec.Start(limitRole, reexec.Options{})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, again.Stop()) }()
	limits, err := again.Ask("limits")
	if err != nil {
		return "", err
	}
	opened, err := again.Ask("open 1100")
	return limits + " " + opened, err
}
