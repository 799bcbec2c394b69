package trace

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Name gives the short name by which texts call an object: "c3" for the tester's third connection, "listener" (or
// "listener 2", where there are several), or the object as it is.
func (r *Recording) Name(o Object) string {
	if c := r.Connection(o); c != nil {
		return c.Name
	}
	if i := slices.Index(r.Listeners(), o); i > 0 {
		return "listener " + strconv.Itoa(i+1)
	} else if i == 0 {
		return "listener"
	}
	return string(o)
}

// Text says a call in one line, in the manner of strace but with the names of this recording:
//
//	accept4(fd 3 = listener) = fd 7 = c3
//	read(fd 7 = c3, 4096) = 512
//	epoll_ctl(epoll:1, ADD, fd 7 = c3, in|edge)
//	epoll_wait(epoll:1 with 12 clients) = c3 in, c4 in
//	poll(listener, c1, c2, 1 more) = EINTR
//	io_uring_enter(fd 5 = ring:1, RECV c1, SEND c2) = SEND c2 21, RECV c3 26
//
// A call that had not returned when the recording ended has no result, but an ellipsis.
func (r *Recording) Text(c *Call) string {
	text := c.Name + "(" + r.arguments(c) + ")"
	if c.Found {
		return text + ", found so"
	}
	if c.Family == FamilyEpollCtl && c.Result == 0 && c.Exit != 0 {
		return text
	}
	return text + " = " + r.result(c)
}

// Brief says a call in a few words, for where there is little room: "read c3 512", "wait c3 in, c4 in".
func (r *Recording) Brief(c *Call) string {
	verb := briefVerbs[c.Family]
	switch {
	case c.Ctl != nil:
		return strings.ToLower(c.Ctl.Op) + " " + r.short(c.Ctl.FD, c.Ctl.Object)
	case c.Family == FamilyWait || c.Family == FamilySelect || c.Family == FamilyPoll:
		return verb + " " + r.result(c)
	case c.Family == FamilyAccept && len(c.Made) > 0:
		return "accept " + r.short(c.Made[0].FD, c.Made[0].Object)
	case verb == "":
		verb = c.Name
	}
	text := verb
	if c.FD >= 0 {
		text += " " + r.short(c.FD, c.Object)
	}
	if c.Family == FamilyClose && c.Errno == "" && c.Exit != 0 {
		return text
	}
	return text + " " + r.result(c)
}

var briefVerbs = map[Family]string{
	FamilyRead: "read", FamilyWrite: "write", FamilyAccept: "accept", FamilyClose: "close",
	FamilyWait: "wait", FamilySelect: "select", FamilyPoll: "poll",
}

// maxNames is how many members of a set or events a text names before it counts the rest.
const maxNames = 4

func (r *Recording) arguments(c *Call) string {
	switch c.Family {
	case FamilyRead, FamilyWrite:
		text := fmt.Sprintf("%s, %d", r.fd(c.FD, c.Object), c.Want)
		if len(c.Passed) > 0 {
			text += ", passing " + r.fds(c.Passed)
		}
		return text
	case FamilyEpollCtl:
		if c.Ctl == nil {
			return epollID(c)
		}
		text := fmt.Sprintf("%s, %s, %s", epollID(c), c.Ctl.Op, r.fd(c.Ctl.FD, c.Ctl.Object))
		if c.Ctl.Op != "DEL" {
			text += ", " + EventsText(c.Ctl.Events)
		}
		return text
	case FamilyWait:
		return r.epollArguments(c)
	case FamilySelect, FamilyPoll:
		return r.pollArguments(c)
	}
	text := r.otherArguments(c)
	if c.Ring != nil && len(c.Ring.Submitted) > 0 {
		text += ", " + r.submits(c)
	}
	return text
}

func (r *Recording) epollArguments(c *Call) string {
	text := epollID(c)
	switch w := r.Wait(c); {
	case w == nil || w.Degree == 0:
	case w.Degree == 1:
		text += " with 1 client"
	default:
		text += fmt.Sprintf(" with %d clients", w.Degree)
	}
	return text + timeout(c)
}

func (r *Recording) pollArguments(c *Call) string {
	var names []string
	for _, p := range c.Polls {
		name := "a hole"
		if p.FD >= 0 {
			name = r.short(p.FD, p.Object)
		}
		if p.FD >= 0 && p.Events != In {
			name += " for " + EventsText(p.Events)
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		names = []string{"nothing"}
	}
	return enough(names) + timeout(c)
}

func timeout(c *Call) string {
	switch {
	case c.Timeout == 0:
		return ", not waiting"
	case c.Timeout > 0:
		return ", at most " + time.Duration(c.Timeout).String()
	}
	return ""
}

func (r *Recording) otherArguments(c *Call) string {
	var parts []string
	if c.FD >= 0 {
		parts = append(parts, r.fd(c.FD, c.Object))
	} else if c.Object != "" { // a ring that is named by an index
		parts = append(parts, r.Name(c.Object))
	}
	if c.Option != "" {
		parts = append(parts, c.Option, strconv.FormatInt(c.Value, 10))
	}
	if c.Address != "" && c.Family == FamilySocket {
		parts = append(parts, c.Address)
	}
	return strings.Join(parts, ", ")
}

func (r *Recording) result(c *Call) string {
	switch {
	case c.Exit == 0:
		return "…"
	case c.Errno != "":
		return c.Errno
	case c.Result < 0:
		return strconv.FormatInt(c.Result, 10)
	case len(c.Made) > 0:
		return r.fds(c.Made)
	case c.Child != 0 && c.Family == FamilyTask:
		return "task " + strconv.Itoa(c.Child)
	case c.Child != 0:
		return "process " + strconv.Itoa(c.Child)
	case c.Result == 0 && c.Family == FamilyRead:
		return "0 (end)"
	}
	if w := r.Wait(c); w != nil {
		return r.reports(w)
	}
	if c.Ring != nil {
		return r.completes(c)
	}
	return strconv.FormatInt(c.Result, 10)
}

func (r *Recording) reports(w *Wait) string {
	if len(w.Reports) == 0 {
		if w.Call.Timeout >= 0 {
			return "nothing"
		}
		return strconv.FormatInt(w.Call.Result, 10)
	}
	var events []string
	for _, report := range w.Reports {
		events = append(events, r.short(report.FD, report.Object)+" "+EventsText(report.Events))
	}
	return enough(events)
}

// fd names a descriptor and what it stands for, "fd 7 = c3".
func (r *Recording) fd(fd int, o Object) string {
	if o == "" {
		return "fd " + strconv.Itoa(fd)
	}
	return "fd " + strconv.Itoa(fd) + " = " + r.Name(o)
}

func (r *Recording) fds(fds []FD) string {
	var names []string
	for _, f := range fds {
		names = append(names, r.fd(f.FD, f.Object))
	}
	return enough(names)
}

// short names what a descriptor stands for, and the descriptor only where nothing better is known.
func (r *Recording) short(fd int, o Object) string {
	switch {
	case o != "":
		return r.Name(o)
	case fd >= 0:
		return "fd " + strconv.Itoa(fd)
	}
	return "an unknown member"
}

func enough(names []string) string {
	if len(names) <= maxNames {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s, %d more", strings.Join(names[:maxNames-1], ", "), len(names)-maxNames+1)
}

var eventNames = []struct {
	bit  uint32
	name string
}{
	{In, "in"}, {Pri, "pri"}, {Out, "out"}, {Err, "err"}, {Hup, "hup"}, {Nval, "nval"}, {Rdhup, "rdhup"},
	{Edge, "edge"}, {OneShot, "oneshot"}, {Exclusive, "exclusive"},
}

// EventsText spells event bits, "in|edge", and "nothing" when there are none.
func EventsText(events uint32) string {
	var names []string
	for _, e := range eventNames {
		if events&e.bit != 0 {
			names = append(names, e.name)
			events &^= e.bit
		}
	}
	if events != 0 {
		names = append(names, fmt.Sprintf("%#x", events))
	}
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, "|")
}
