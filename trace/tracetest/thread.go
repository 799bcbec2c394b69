package tracetest

import (
	"fmt"
	"slices"

	"github.com/iospec/iospec/trace"
)

// Thread is a thread of the server. Its methods are the calls it makes, one after another; they return the thread, so
// that a turn of a loop reads as one line.
type Thread struct {
	trace.Born
	Story *Story

	*shared
}

// shared is what the threads of a process have in common.
type shared struct{ nextFD int }

func (s *Story) task(how string, parent *Thread) *Thread {
	s.tids++
	t := &Thread{Born: trace.Born{At: s.Tick(), TID: s.tids, PID: s.tids, How: how}, Story: s, shared: &shared{nextFD: 4}}
	if parent != nil {
		t.Parent = parent.TID
	}
	if how == "thread" {
		t.PID, t.shared = parent.PID, parent.shared
	}
	s.Put(trace.Record{Born: &t.Born})
	return t
}

// Spawn starts a thread of the same process.
func (t *Thread) Spawn() *Thread { return t.Story.task("thread", t) }

// Fork starts a process, which has the descriptors that t has.
func (t *Thread) Fork() *Thread {
	child := t.Story.task("fork", t)
	child.nextFD = t.nextFD
	for _, c := range t.Story.clients {
		if fd, ok := c.fds[t.PID]; ok {
			c.fds[child.PID] = fd
		}
	}
	return child
}

// Exits ends the thread; its process ends with the first.
func (t *Thread) Exits() {
	t.Story.Put(trace.Record{Exit: &trace.Exit{At: t.Story.Tick(), TID: t.TID, PID: t.PID, Leader: t.TID == t.PID}})
}

// Call makes a call that returns at once. What change leaves open is filled in: number, times, thread, family.
func (t *Thread) Call(name string, change func(*trace.Call)) *Thread {
	t.Return(t.Enter(name, change))
	return t
}

// Enter begins a call, which belongs to the recording only when it returns, or with Stays.
func (t *Thread) Enter(name string, change func(*trace.Call)) *trace.Call {
	t.Story.seq++
	c := &trace.Call{
		Seq: t.Story.seq, Enter: t.Story.Tick(), TID: t.TID, PID: t.PID, Name: name, Family: trace.FamilyOf(name), FD: -1,
	}
	change(c)
	return c
}

// Return ends a call.
func (t *Thread) Return(c *trace.Call) {
	c.Exit = t.Story.Tick()
	t.Story.Put(trace.Record{Call: c})
}

// Stays leaves the thread in the call to the end of the recording.
func (t *Thread) Stays(c *trace.Call) { t.Story.Put(trace.Record{Call: c}) }

// Accept takes clients from the listener, one call each.
func (t *Thread) Accept(clients ...*Client) *Thread {
	for _, client := range clients {
		client.fds[t.PID] = t.nextFD
		t.nextFD++
		t.AcceptAs(client, t.nextFD-1)
	}
	return t
}

// AcceptAs takes a client as a given descriptor.
func (t *Thread) AcceptAs(client *Client, fd int) *Thread {
	client.fds[t.PID] = fd
	t.Call("accept4", func(c *trace.Call) {
		c.FD, c.Object, c.Nonblock = 3, Listener, true
		c.Result, c.Address = int64(fd), client.Peer()
		c.Made = []trace.FD{{FD: fd, Object: client.Object}}
	})
	client.socket()
	return t
}

// AcceptReturns ends an accept that had begun (Enter): it takes a client.
func (t *Thread) AcceptReturns(c *trace.Call, client *Client) *Thread {
	fd := t.nextFD
	t.nextFD++
	client.fds[t.PID] = fd
	c.FD, c.Object, c.Result, c.Address = 3, Listener, int64(fd), client.Peer()
	c.Made = []trace.FD{{FD: fd, Object: client.Object}}
	t.Return(c)
	client.socket()
	return t
}

// AcceptFails gets no client.
func (t *Thread) AcceptFails(errno string) *Thread {
	return t.Call("accept4", func(c *trace.Call) {
		c.FD, c.Object, c.Nonblock, c.Result, c.Errno = 3, Listener, true, -1, errno
	})
}

// Buffer is how much a thread of a story asks for when it reads.
const Buffer = 4096

// Read reads n bytes of the client's into a buffer of Buffer bytes; 0 is the end of the stream.
func (t *Thread) Read(client *Client, n int64) *Thread {
	return t.io("read", client, Buffer, n, "", true)
}

// ReadFails tries to read.
func (t *Thread) ReadFails(client *Client, errno string) *Thread {
	return t.io("read", client, Buffer, -1, errno, true)
}

// ReadBlocking reads from a descriptor without O_NONBLOCK.
func (t *Thread) ReadBlocking(client *Client, n int64) *Thread {
	return t.io("read", client, Buffer, n, "", false)
}

// Write writes n bytes to the client, all of what it wanted to.
func (t *Thread) Write(client *Client, n int64) *Thread { return t.io("write", client, n, n, "", true) }

// WriteShort gets rid of n bytes of more; with n = 0 of none, EAGAIN.
func (t *Thread) WriteShort(client *Client, n int64) *Thread {
	if n == 0 {
		return t.io("write", client, Buffer, -1, "EAGAIN", true)
	}
	return t.io("write", client, n+Buffer, n, "", true)
}

func (t *Thread) io(name string, client *Client, want, n int64, errno string, nonblock bool) *Thread {
	return t.Call(name, func(c *trace.Call) {
		c.FD, c.Object, c.Nonblock = client.FD(t), client.Object, nonblock
		c.Want, c.Result, c.Errno = want, n, errno
	})
}

// Close closes the process's descriptor of the client.
func (t *Thread) Close(client *Client) *Thread {
	t.Call("close", func(c *trace.Call) { c.FD, c.Object = client.FD(t), client.Object })
	delete(client.fds, t.PID)
	return t
}

// Pass sends the connection to a thread of another process (SCM_RIGHTS), over a channel between them, and closes it
// here.
func (t *Thread) Pass(client *Client, to *Thread) *Thread {
	const channel, far = 90, 91
	t.Call("sendmsg", func(c *trace.Call) {
		c.FD, c.Object, c.Want, c.Result = channel, "socket:90", 1, 1
		c.Passed = []trace.FD{{FD: client.FD(t), Object: client.Object}}
	})
	t.Close(client)
	client.fds[to.PID] = to.nextFD
	to.nextFD++
	to.Call("recvmsg", func(c *trace.Call) {
		c.FD, c.Object, c.Want, c.Result = far, "socket:91", 1, 1
		c.Passed = []trace.FD{{FD: client.FD(to), Object: client.Object}}
	})
	return t
}

// Epoll makes an instance.
func (t *Thread) Epoll() trace.Object {
	s := t.Story
	s.epolls++
	o := trace.Object(fmt.Sprintf("epoll:%d", s.epolls))
	fd := t.nextFD
	t.nextFD++
	t.Call("epoll_create1", func(c *trace.Call) { c.Result, c.Made = int64(fd), []trace.FD{{FD: fd, Object: o}} })
	return o
}

// Add, Mod and Del change what the instance watches. The data of a registration is the descriptor.
func (t *Thread) Add(ep trace.Object, what any, events uint32) *Thread {
	return t.ctl(ep, "ADD", what, events)
}
func (t *Thread) Mod(ep trace.Object, what any, events uint32) *Thread {
	return t.ctl(ep, "MOD", what, events)
}
func (t *Thread) Del(ep trace.Object, what any) *Thread { return t.ctl(ep, "DEL", what, 0) }

func (t *Thread) ctl(ep trace.Object, op string, what any, events uint32) *Thread {
	p := t.ready(what)
	return t.Call("epoll_ctl", func(c *trace.Call) {
		c.Object = ep
		c.Ctl = &trace.Ctl{Op: op, FD: p.FD, Object: p.Object, Events: events, Data: uint64(p.FD)}
	})
}

// On is a client that is watched for, or reported with, other events than In.
type On struct {
	What   any // *Client, or the Object Listener
	Events uint32
}

// ready names a client, the listener, or an On as an entry of a set.
func (t *Thread) ready(what any) trace.PollFD {
	switch w := what.(type) {
	case *Client:
		return trace.PollFD{FD: w.FD(t), Object: w.Object, Events: trace.In}
	case On:
		p := t.ready(w.What)
		p.Events = w.Events
		return p
	case trace.PollFD:
		return w
	}
	return trace.PollFD{FD: 3, Object: Listener, Events: trace.In}
}

// Wait waits on the instance, for ever and with room for 64 events, and is told of these.
func (t *Thread) Wait(ep trace.Object, reports ...any) *Thread {
	return t.WaitFor(ep, -1, 64, reports...)
}

// WaitFor waits on the instance for a time and with room for some events.
func (t *Thread) WaitFor(ep trace.Object, timeout trace.Time, max int, reports ...any) *Thread {
	return t.Call("epoll_wait", func(c *trace.Call) {
		c.Object, c.Timeout, c.NFDs, c.Result = ep, timeout, max, int64(len(reports))
		for _, r := range reports {
			p := t.ready(r)
			c.Ready = append(c.Ready, trace.Event{Events: p.Events, Data: uint64(p.FD)})
		}
	})
}

// Select and Poll wait for the whole set, for ever, and are told of these.
func (t *Thread) Select(set []any, reports ...any) *Thread { return t.polls("pselect6", set, reports) }
func (t *Thread) Poll(set []any, reports ...any) *Thread   { return t.polls("poll", set, reports) }

func (t *Thread) polls(name string, set, reports []any) *Thread {
	return t.Call(name, func(c *trace.Call) {
		c.Timeout, c.Result, c.NFDs = -1, int64(len(reports)), len(set)
		for _, w := range set {
			p := t.ready(w)
			if name == "pselect6" {
				c.NFDs = max(c.NFDs, p.FD+1)
			}
			at := slices.IndexFunc(reports, func(r any) bool { return t.ready(r).Object == p.Object })
			if at >= 0 && p.FD >= 0 {
				p.Revents = t.ready(reports[at]).Events
			}
			c.Polls = append(c.Polls, p)
		}
	})
}

// Set makes the argument of Select and Poll: the listener and the clients.
func Set(clients ...*Client) []any {
	set := []any{Listener}
	for _, c := range clients {
		set = append(set, c)
	}
	return set
}
