//go:build linux

package trigger

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/internal/sock"
)

// Report is one report of a wait: an end is readable.
type Report struct {
	End    int
	Hangup bool // with EPOLLRDHUP: the other end has closed
}

// Model predicts what an epoll instance does.
type Model interface {
	Send(end, n int)
	Close(end int)
	Read(end, n int) int
	Add(end int, m Mode) bool
	Mod(end int, m Mode) bool
	Del(end int) bool
	Wait() []Report
}

// Played is a script with what came of each line.
type Played struct {
	Lines []string // what the kernel did, line by line, up to the first disagreement
	Model string   // what the model says about the last line where it disagrees; "" where it agrees throughout
}

// Refuted reports whether kernel and model disagreed.
func (p Played) Refuted() bool { return p.Model != "" }

// String shows the script as it was played.
func (p Played) String() string {
	s := strings.Join(p.Lines, "\n")
	if p.Refuted() {
		s += "\t← here the model says: " + p.Model
	}
	return s
}

// Play plays a script to the kernel and to the model, to the end or to the first disagreement. The connections come
// from the listener. An error is a failure to play.
func Play(s Script, m Model, l *sock.Listener) (p Played, err error) {
	k, err := newKernel(l)
	if err != nil {
		return p, err
	}
	defer k.close()
	for _, o := range s {
		real, predicted, err := step(o, m, k)
		if err != nil {
			return p, fmt.Errorf("play %q: %w", o, err)
		}
		p.Lines = append(p.Lines, strings.TrimSpace(fmt.Sprintf("%-12s %s", o, real)))
		if real != predicted {
			p.Model = predicted
			return p, nil
		}
	}
	return p, nil
}

// step lets both do one line, and says in words what each one's result is.
func step(o Op, m Model, k *kernel) (real, predicted string, err error) {
	if o.Verb != Wait {
		if err := k.connect(o.End); err != nil {
			return "", "", err
		}
	}
	fd := k.watched[o.End]
	switch o.Verb {
	case Send:
		m.Send(o.End, o.Bytes)
		return "", "", k.send(o.End, o.Bytes)
	case Close:
		m.Close(o.End)
		return "", "", k.closePeer(o.End)
	case Read:
		n, err := k.read(o.End, o.Bytes)
		return bytes(n), bytes(m.Read(o.End, o.Bytes)), err
	case Add:
		ok, err := done(k.epoll.Add(fd, interest(o.Mode)), unix.EEXIST)
		return accepted(ok), accepted(m.Add(o.End, o.Mode)), err
	case Mod:
		ok, err := done(k.epoll.Mod(fd, interest(o.Mode)), unix.ENOENT)
		return accepted(ok), accepted(m.Mod(o.End, o.Mode)), err
	case Del:
		ok, err := done(k.epoll.Del(fd), unix.ENOENT)
		return accepted(ok), accepted(m.Del(o.End)), err
	default:
		reports, err := k.wait()
		return told(reports), told(m.Wait()), err
	}
}

func bytes(n int) string { return fmt.Sprintf("→ %d of them", n) }

func accepted(ok bool) string {
	if ok {
		return ""
	}
	return "→ refused"
}

func told(reports []Report) string {
	if len(reports) == 0 {
		return "→ nothing"
	}
	var words []string
	for _, r := range reports {
		word := letter(r.End)
		if r.Hangup {
			word += " (hung up)"
		}
		words = append(words, word)
	}
	return "→ " + strings.Join(words, ", ")
}
