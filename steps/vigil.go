//go:build linux

package steps

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/sock"
	"github.com/iospec/iospec/subject"
)

// errSilent says that an answer is due from a server that sleeps, and goes on sleeping.
var errSilent = errors.New("the server sleeps and owes an answer")

// A vigil is kept while something is due from a server: is it at work, or has it forgotten? A server that does its work
// shows a thread that runs, or could, at some look; one that has lost a request, or waits for the wrong thing, sleeps at
// all of them.
type vigil struct {
	server *subject.Subject
	score  int
}

const (
	betweenLooks = 5 * time.Millisecond
	enoughLooks  = 100 // of a sleeping server: longer than the timers by which servers look again at what they put off
	retryLooks   = 400 // longer than servers wait that try again to accept, such as Python's asyncio, which does so every second
	awakeCounts  = 10  // looks of a sleeping server are taken back by one of a server that is awake: some housekeeping is none
)

// inVain takes a look, and reports whether there were enough.
func (v *vigil) inVain() (bool, error) {
	asleep, err := v.server.Asleep()
	if err != nil {
		return false, err
	}
	if asleep {
		v.score++
	} else {
		v.score = max(0, v.score-awakeCounts)
	}
	return v.score >= enoughLooks, nil
}

// vigilantReader reads a socket whose server is watched meanwhile: a read ends with errSilent when it waits in vain.
type vigilantReader struct {
	fd     int
	server *subject.Subject
	looks  int
}

func (r vigilantReader) Read(b []byte) (int, error) {
	watch := vigil{server: r.server}
	set := sock.PollSet(unix.POLLIN, r.fd)
	for deadline := time.Now().Add(await.Patience); time.Now().Before(deadline); {
		n, err := sock.Poll(set, betweenLooks)
		if err != nil {
			return 0, fmt.Errorf("wait for an answer: %w", err)
		}
		if n > 0 {
			return blockingReader(r.fd).Read(b)
		}
		if _, err := watch.inVain(); err != nil || watch.score >= r.looks {
			return 0, errors.Join(err, errSilent)
		}
	}
	return 0, fmt.Errorf("no answer within %v", await.Patience)
}
