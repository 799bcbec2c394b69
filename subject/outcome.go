//go:build linux

package subject

import (
	"errors"
	"fmt"

	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/subject/protocol"
	"github.com/iospec/iospec/tracer"
)

// answered counts the exchanges that were answered rightly so far.
func (e *exercise) answered() int {
	n := 0
	for _, c := range e.clients {
		for _, x := range c.all {
			if x.finished() && x.err == nil {
				n++
			}
		}
	}
	return n
}

// collect ends every client and adds up what they did.
func (e *exercise) collect() {
	for _, c := range e.clients {
		c.close(false)
		e.result.Clients = append(e.result.Clients, c.summary)
		for _, x := range c.due() {
			if x.err == nil {
				e.result.Answered++
			} else {
				e.result.Unanswered++
			}
		}
	}
}

// foreign says that the first answers of the server are not those of the protocol.
func (e *exercise) foreign(cause error) error {
	var wrong *protocol.Mismatch
	var noConnection *connectError
	switch {
	case errors.As(cause, &noConnection):
		return &Error{
			Kind:   ErrElsewhere,
			Detail: fmt.Sprintf("though the kernel shows a listener for %s, clients cannot connect: %v", e.address, noConnection),
			Hint:   "a listener on [::] may take IPv6 clients only: try --address [::1]:PORT",
			Err:    cause,
		}
	case !errors.As(cause, &wrong):
		return &Error{
			Kind:   ErrProtocol,
			Detail: fmt.Sprintf("to a first request in %s it gives no answer: %v", e.protocol.Name(), cause),
			Hint:   "say what it speaks with --protocol",
			Output: e.Output(), Err: cause,
		}
	}
	hint := "say what it speaks with --protocol"
	if guess := protocol.Guess(wrong.Got); wrong.At == 0 && guess != "" {
		hint = "its answer looks like " + guess
	}
	return &Error{
		Kind:   ErrProtocol,
		Detail: fmt.Sprintf("it does not answer as a server of %s does: %v", e.protocol.Name(), wrong),
		Hint:   hint,
		Output: e.Output(), Err: cause,
	}
}

// silent says that not a single client had an answer.
func (e *exercise) silent() error {
	return &Error{
		Kind:   ErrProtocol,
		Detail: fmt.Sprintf("none of %d clients had an answer to a request in %s; %s", len(e.clients), e.protocol.Name(), e.family.doing()),
		Hint:   "either it speaks something else (--protocol), or it stalls at its first client",
		Output: e.Output(),
	}
}

// died says in which phase the server ended, and how; or that it went to the background, which some do only when they
// are listening: they exit with status 0, and others run on.
func (e *exercise) died(phase string) error {
	living, err := e.rest()
	if err != nil {
		return err
	}
	if living > 0 {
		e.process.Kill() // the status of the first process is known when the others have ended, too
	}
	status, err := e.process.Wait()
	if err != nil {
		return err
	}
	if living > 0 && status == (tracer.Status{}) { // who has crashed and left others behind went nowhere
		return daemonised(living)
	}
	return &Error{
		Kind:   ErrDied,
		Detail: fmt.Sprintf("%v, in phase %s of the exercise", status, phase),
		Hint:   "a recording of it shows which call was its last: iospec record, then iospec show",
		Output: e.Output(),
	}
}

// dies reports whether the server ends within a moment: its connections close a little before it is gone.
func (e *exercise) dies() bool {
	for poll := newPoll(dying); e.leads(); {
		if !poll.again() {
			return false
		}
	}
	return true
}

// pipeline is what lies unread or unsent between a client and the server.
type pipeline struct {
	server                                               bool // its end is there
	serverSend, serverReceive, clientSend, clientReceive uint32
}

// pipeline looks at both ends of a client's connection.
func (e *exercise) pipeline(c *client) (p pipeline, err error) {
	mine, theirs := c.ends()
	server, found, err := proc.Connection(theirs, mine)
	if err != nil {
		return p, err
	}
	client, _, err := proc.Connection(mine, theirs)
	return pipeline{found, server.SendQueue, server.RecvQueue, client.SendQueue, client.RecvQueue}, err
}

// stillLooks is how many looks in a row must show no change before the buffers between server and client count as full.
const stillLooks = 5

// filled waits until the server has something to send, can send no more of it, and sleeps. It reports whether that came. An answer
// whose length is the server's affair may be there whole, and fill nothing.
func (e *exercise) filled(c *client, maySuffice bool) bool {
	var last pipeline
	still := 0
	for poll := newPoll(e.patience.now); ; {
		now, err := e.pipeline(c)
		if err != nil || !now.server {
			return false // the server has closed it
		}
		stands := now == last && (now.serverSend > 0 || maySuffice && now.clientReceive > 0)
		if stands {
			members, err := e.family.serving()
			stands = err == nil && noneRuns(members)
		}
		if still++; !stands {
			still = 0
		}
		if still >= stillLooks {
			return now.serverSend > 0
		}
		last = now
		if !poll.again() {
			return false
		}
	}
}
