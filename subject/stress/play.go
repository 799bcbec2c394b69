//go:build linux

package stress

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/sock"
	"github.com/iospec/iospec/subject/protocol"
)

// A Stage is a server on which scripts are played.
type Stage struct {
	Address  string // IPv4 address and port
	Protocol string // a name of package protocol; "" is echo

	// InVain, if set, is asked every few milliseconds while nothing comes of what is due, the first time with begin true:
	// it reports that nothing will. Without it, the wait is await.Patience long.
	InVain func(begin bool) (bool, error)
}

// Play plays a script with new clients. It gives the fault that it finds, nil if there is none; the error is never the
// server's doing. All clients are gone when it returns.
func (st Stage) Play(ctx context.Context, s Script) (*Fault, error) {
	p, err := st.prepare(ctx)
	if err != nil {
		return nil, err
	}
	defer p.close()
	for i, step := range s {
		if err := p.step(step); err != nil {
			return placed(err, i+1)
		}
	}
	for _, number := range slices.Sorted(maps.Keys(p.clients)) {
		if err := p.finish(p.clients[number]); err != nil {
			return placed(err, len(s)+1)
		}
	}
	return nil, nil
}

// placed tells a fault from an error.
func placed(err error, step int) (*Fault, error) {
	f, ok := asFault(err)
	if !ok {
		return nil, fmt.Errorf("play step %d: %w", step, err)
	}
	f.Step = step
	return f, nil
}

// A play is a script that is being played.
type play struct {
	Stage
	ctx     context.Context
	to      *unix.SockaddrInet4
	model   func() model
	clients map[int]*client
	room    []byte
}

func (st Stage) prepare(ctx context.Context) (*play, error) {
	at, err := netip.ParseAddrPort(st.Address)
	if err != nil || !at.Addr().Unmap().Is4() {
		return nil, fmt.Errorf("a script needs a server on an IPv4 address and a port, not on %q", st.Address)
	}
	speaks, err := protocol.Find(st.Protocol)
	if err != nil {
		return nil, err
	}
	newModel, ok := models[speaks.Name()]
	if !ok {
		return nil, fmt.Errorf("%w of %s yet", ErrNoModel, speaks.Name())
	}
	to := &unix.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().Unmap().As4()}
	return &play{st, ctx, to, newModel, map[int]*client{}, make([]byte, 64<<10)}, nil
}

func (p *play) close() {
	for _, c := range p.clients {
		sock.Close(c.fd)
	}
}

func (p *play) step(s Step) error {
	c := p.clients[s.Client]
	if c == nil && s.Verb != Connect {
		return fmt.Errorf("%q: client %d is not connected", s, s.Client)
	}
	switch s.Verb {
	case Connect:
		return p.connect(s)
	case Send:
		if err := c.say([]byte(s.Text)); err != nil {
			return err
		}
		return c.push()
	case Read:
		return p.read(c, s.Bytes)
	case HalfClose:
		c.silent = true
		return c.push()
	case Reset:
		delete(p.clients, s.Client)
		return c.reset()
	case Leave:
		delete(p.clients, s.Client)
		sock.Close(c.fd)
		return nil
	case Finish:
		return p.finish(c)
	}
	return fmt.Errorf("%q: no such verb", s)
}

func (p *play) connect(s Step) error {
	c := &client{number: s.Client, model: p.model()}
	var err error
	if s.Bytes > 0 {
		c.fd, err = sock.DialSmall(p.to, s.Bytes)
	} else {
		c.fd, err = sock.Dial(p.to)
	}
	if err != nil && strings.Contains(err.Error(), "connect to") {
		return c.fault("a server that lets clients in", "%v", err)
	}
	if err == nil {
		p.clients[s.Client] = c
	}
	return err
}

// finish reads what is due, half-closes, and reads the end.
func (p *play) finish(c *client) error {
	if err := p.read(c, 0); err != nil {
		return err
	}
	c.silent = true
	if err := c.push(); err != nil {
		return err
	}
	for !c.ended {
		if err := p.await(c); err != nil {
			return err
		}
		if _, err := c.take(p.room); err != nil {
			return err
		}
	}
	delete(p.clients, c.number)
	sock.Close(c.fd)
	return nil
}

// read reads that many bytes, or all that is due, whichever is less; 0 is all that is due.
func (p *play) read(c *client, limit int) error {
	for left := limit; len(c.owed) > 0 && (limit == 0 || left > 0); {
		if err := p.await(c); err != nil {
			return err
		}
		room := p.room
		if limit > 0 {
			room = room[:min(len(room), left)]
		}
		n, err := c.take(room)
		if err != nil {
			return err
		}
		left -= n
	}
	return nil
}

// between is how long nothing happens before somebody looks at the server.
const between = 5 * time.Millisecond

// await waits until something has come for one client, and lets all others send meanwhile.
func (p *play) await(c *client) error {
	begin := true
	for deadline := time.Now().Add(await.Patience); ; {
		if err := p.ctx.Err(); err != nil {
			return err
		}
		come, moved, err := p.turn(c)
		if come || err != nil {
			return err
		}
		if moved {
			deadline, begin = time.Now().Add(await.Patience), true
			continue
		}
		over := time.Now().After(deadline)
		if p.InVain != nil && !over {
			if over, err = p.InVain(begin); err != nil {
				return err
			}
			begin = false
		}
		if over {
			return c.fault(c.next(), "nothing came after %d bytes, and nothing will", c.got)
		}
	}
}

// turn waits a little. It reports whether something has come for that client, and whether somebody could send something.
func (p *play) turn(reader *client) (come, moved bool, err error) {
	set, who := p.interests(reader)
	if _, err := sock.Poll(set, between); err != nil {
		return false, false, err
	}
	if set[0].Revents != 0 {
		return true, true, nil
	}
	woken := false
	for i, c := range who[1:] {
		if set[i+1].Revents == 0 {
			continue
		}
		woken = true
		before := len(c.out)
		if err := c.push(); err != nil {
			return false, false, err
		}
		moved = moved || len(c.out) < before || !c.pending()
	}
	if woken && !moved { // a socket may be reported writable, and take nothing all the same
		n, err := sock.Poll(set[:1], between)
		return n > 0, false, err
	}
	return false, moved, nil
}

// interests is what to poll for: the first entry is whom to read, the others are those who have something to send.
func (p *play) interests(reader *client) (set []unix.PollFd, who []*client) {
	set, who = sock.PollSet(unix.POLLIN, reader.fd), []*client{reader}
	for _, c := range p.clients {
		if c.pending() {
			set, who = append(set, unix.PollFd{Fd: int32(c.fd), Events: unix.POLLOUT}), append(who, c)
		}
	}
	return set, who
}
