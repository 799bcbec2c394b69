//go:build linux

package steps

import (
	"fmt"
	"strings"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/subject"
)

// allowance is what a server may hold more than before its clients came, without having leaked it.
type allowance struct {
	threads int
	memory  int64 // bytes
}

// keepingLooks is how often in a row a server that holds too much must be found to have done nothing before it is taken to
// keep it.
const keepingLooks = 50

// backToStart waits until a server whose clients have left holds no more than it did at the start, but for an allowance. It
// gives what it holds then. A finding tells what it holds too much, when it does nothing more about it.
func backToStart(server *subject.Subject, start subject.Counts, allow allowance) (now subject.Counts, err error) {
	watch, idle, excess := server.Watch(), 0, ""
	err = await.Until("the server to let go of what it had for its clients", func() (bool, error) {
		if now, err = server.Counts(); err != nil {
			return false, err
		}
		if excess = tooMuch(now, start, allow); excess == "" {
			return true, nil
		}
		rested, err := watch.Rested()
		if idle++; !rested {
			idle = 0
		}
		return idle == keepingLooks, err
	})
	if excess != "" && err == nil {
		return now, check.Failf("a server that is back where it was: "+holdings(start), "%s: %s", excess, holdings(now))
	}
	return now, err
}

// atRest gives what the server holds when all clients have left, and it has put away what it will: when nothing has
// changed for some looks.
func (c *crowd) atRest() (subject.Counts, error) {
	last, same := subject.Counts{}, 0
	for same < stillLooks {
		if err := c.rests(); err != nil {
			return last, err
		}
		now, err := c.server.Counts()
		if err != nil {
			return now, err
		}
		if same++; now != last {
			same = 0
		}
		last = now
	}
	return last, nil
}

// stillLooks is how many looks in a row must show no change.
const stillLooks = 3

// tooMuch says in words what is more than at the start, "" if nothing is.
func tooMuch(now, start subject.Counts, allow allowance) string {
	var words []string
	for _, what := range []struct {
		name       string
		now, start int64
	}{
		{"descriptors", int64(now.Descriptors), int64(start.Descriptors)},
		{"processes", int64(now.Processes), int64(start.Processes)},
		{"unreaped children", int64(now.Zombies), int64(start.Zombies)},
		{"threads", int64(now.Threads), int64(start.Threads + allow.threads)},
		{"bytes of memory", now.RSS, start.RSS + allow.memory},
	} {
		if what.now > what.start {
			words = append(words, fmt.Sprintf("%d %s more than it may", what.now-what.start, what.name))
		}
	}
	return strings.Join(words, ", ")
}

// holdings says in words what a server holds.
func holdings(c subject.Counts) string {
	return fmt.Sprintf("%d descriptors, %d threads, %d processes, %d unreaped children, %d KB", c.Descriptors, c.Threads, c.Processes, c.Zombies, c.RSS>>10)
}
