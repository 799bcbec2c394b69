//go:build linux

package steps

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/proc"
)

// completionPortSteps define the steps about one connection whose server side is associated with a completion port.
func completionPortSteps(sc *godog.ScenarioContext, w *World) {
	p := &completionPort{w: w}
	sc.Given(`^a connection on a completion port, under the key 7$`, p.open)
	sc.When(`^a receive of (\d+) bytes? is started$`, func(n int) error { return p.start("receive", n) })
	sc.When(`^a receive of (\d+) bytes? is started by a thread that ends$`, func(n int) error { return p.start("depart", n) })
	sc.When(`^(\d+) receives of (\d+) bytes each are started$`, func(k, n int) error {
		for range k {
			if err := p.start("receive", n); err != nil {
				return err
			}
		}
		return nil
	})
	sc.When(`^a send of (\d+) MiB is started$`, func(mib int) error { return p.start("give", mib<<20) })
	sc.When(`^the other side sends "(.*)"$`, func(text string) error { return p.told("send "+text, "sent") })
	sc.When(`^the other side ends$`, func() error { return p.told("end", "ended") })
	sc.When(`^the other side reads (\d+) MiB$`, func(mib int) error { return p.told(fmt.Sprint("drain ", mib<<20), "drained") })
	sc.When(`^operation (\d+) is cancelled$`, func(n int) error { return p.told(fmt.Sprint("cancel ", n), "cancelled") })
	sc.When(`^all operations are cancelled$`, func() error { return p.told("cancel all", "cancelled") })
	sc.Then(`^there is nothing to cancel in operation (\d+)$`, func(n int) error { return p.told(fmt.Sprint("cancel ", n), "not found") })
	sc.Then(`^it is pending, its buffer is as it was, and the port has nothing$`, p.pending)
	sc.Then(`^it is pending, and the port has nothing$`, p.pending)
	sc.Then(`^its buffer is filled with "(.*)" while nobody asks the port$`, p.filled)
	sc.Then(`^the port has (?:a completion|completions) of operations? ([\d, ]+), of (\d+) bytes?(?: each)?, and no other$`, func(which string, n int) error {
		return p.completions(which, n, "ok")
	})
	sc.Then(`^the port has word that operations? ([\d, ]+) (?:was|were) aborted, and no other$`, func(which string) error {
		return p.completions(which, 0, "aborted")
	})
	sc.Then(`^the connection is in the epoll set of a process of Wine's$`, p.inEpoll)
	sc.Then(`^the buffers hold "(.*)", in the order in which they were given$`, p.inOrder)
}

type completionPort struct {
	w    *World
	desk interface {
		Ask(line string) (string, error)
	} // see package iocp
	started []string // what each call said, by the number of its operation from 1
	server  string   // port number of the server's side
}

func (p *completionPort) open(ctx context.Context) error {
	windows, err := p.w.Windows(ctx)
	if err != nil {
		return err
	}
	p.desk = windows.desk
	sides, err := p.ask("fresh")
	p.server, _, _ = strings.Cut(sides, " ")
	return err
}

// ask has the desk do something. An answer that begins with "error" tells that it could not.
func (p *completionPort) ask(line string) (string, error) {
	answer, err := p.desk.Ask(line)
	if err == nil && strings.HasPrefix(answer, "error: ") {
		err = fmt.Errorf("%s: %s", line, answer)
	}
	return answer, err
}

// told has the desk do something, and wants to hear that it was done.
func (p *completionPort) told(line, want string) error {
	answer, err := p.ask(line)
	if err != nil {
		return err
	}
	if answer != want {
		return check.Failf(fmt.Sprintf("%s: %s", line, want), "%s", answer)
	}
	return nil
}

func (p *completionPort) start(verb string, bytes int) error {
	answer, err := p.ask(fmt.Sprint(verb, " ", bytes))
	if err != nil {
		return err
	}
	number, said, _ := strings.Cut(answer, " ")
	p.started = append(p.started, said)
	if number != strconv.Itoa(len(p.started)) || strings.HasPrefix(said, "refused") {
		return check.Failf("an operation that is started", "%s %d: %s", verb, bytes, answer)
	}
	return nil
}

// pending wants the last operation not to have gone on: by what the call said, by its memory, and by the port.
func (p *completionPort) pending() error {
	last := len(p.started)
	seen, err := p.ask(fmt.Sprint("look ", last))
	if err != nil {
		return err
	}
	word, rest, _ := strings.Cut(seen, " ")
	_, buffer, _ := strings.Cut(rest, " ")
	untouched := strings.Trim(buffer, ".") == "" || strings.Trim(buffer, "x") == "" // the buffer of a send is full of x
	if p.started[last-1] != "pending" || word != "pending" || !untouched {
		return check.Failf("an operation that is pending, and a buffer as it was", "the call said %q; the operation: %s", p.started[last-1], seen)
	}
	return p.nothing()
}

func (p *completionPort) nothing() error { return p.told("take 0", "nothing") }

// filled looks at the memory of the last operation until it has completed. Nobody waits at the port meanwhile: the only
// thread that could is the one that looks.
func (p *completionPort) filled(text string) error {
	var seen string
	err := await.Until("a receive to be performed while nobody asks", func() (done bool, err error) {
		seen, err = p.ask(fmt.Sprint("look ", len(p.started)))
		return !strings.HasPrefix(seen, "pending"), err
	})
	if err != nil {
		return err
	}
	if want := fmt.Sprintf("completed %d %s", len(text), text); strings.TrimRight(seen, ".") != want {
		return check.Failf(want, "%s", seen)
	}
	return nil
}

// completions wants exactly these, in this order, and then no more.
func (p *completionPort) completions(which string, bytes int, outcome string) error {
	var want []string
	for number := range strings.SplitSeq(which, ", ") {
		want = append(want, fmt.Sprintf("7 %d %s %s", bytes, number, outcome))
	}
	var got []string
	for len(got) < len(want) {
		answer, err := p.ask(fmt.Sprint("take ", await.Patience.Milliseconds()))
		if err != nil {
			return err
		}
		if answer == "nothing" {
			break
		}
		got = append(got, strings.Split(answer, ";")...)
	}
	if outcome == "aborted" { // in no particular order
		slices.Sort(got)
	}
	if strings.Join(got, ";") != strings.Join(want, ";") {
		return check.Failf("completions (key, bytes, operation, outcome) "+strings.Join(want, "; "), "%s", strings.Join(got, "; "))
	}
	return p.nothing()
}

// inOrder wants the buffers, one after the other, to hold the text.
func (p *completionPort) inOrder(text string) error {
	var got strings.Builder
	for i := range p.started {
		seen, err := p.ask(fmt.Sprint("look ", i+1))
		if err != nil {
			return err
		}
		got.WriteString(seen[strings.LastIndexByte(seen, ' ')+1:])
	}
	if got.String() != text {
		return check.Failf(text, "%s", got.String())
	}
	return nil
}

// inEpoll looks whether a process waits with epoll for the server's side of the connection, in place of a kernel of Windows.
func (p *completionPort) inEpoll() error {
	var inode uint64
	sockets, err := proc.Sockets(os.Getpid())
	if err != nil {
		return err
	}
	for _, s := range sockets {
		if s.State == proc.Established && strconv.Itoa(int(s.Local.Port())) == p.server {
			inode = s.Inode
		}
	}
	return await.Until("Wine to wait for the connection with epoll", func() (bool, error) { return p.watched(inode) })
}

// watched looks at the epoll sets of all processes called wineserver.
func (p *completionPort) watched(inode uint64) (bool, error) {
	all, err := proc.All()
	if err != nil {
		return false, err
	}
	for _, process := range all {
		if !strings.HasPrefix(process.Comm, "wineserver") {
			continue
		}
		links, err := proc.Links(process.PID)
		if err != nil {
			continue // another's, or it has just ended
		}
		for fd, link := range links {
			if link != "anon_inode:[eventpoll]" {
				continue
			}
			info, err := proc.ReadFDInfo(process.PID, fd)
			if err == nil && slices.ContainsFunc(info.Watched, func(t proc.Target) bool { return t.Inode == inode }) {
				p.w.Note("%s, process %d, waits for it", process.Comm, process.PID)
				return true, nil
			}
		}
	}
	return false, nil
}
