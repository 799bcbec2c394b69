//go:build linux

package subject

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/iospec/iospec/internal/proc"
)

// waitListen returns when the server listens where clients will look for it, and sets s.address when that was open.
// Else it gives an Error, or ctx's.
func (s *Subject) waitListen(ctx context.Context) error {
	w := watch{subject: s}
	for poll := newPoll(s.spec.StartTimeout); ; {
		found, err := w.look()
		if err == nil {
			err = s.ended()
		}
		if ctx.Err() != nil { // it was killed for that: nothing else that was seen counts
			return fmt.Errorf("wait until %s listens: %w", s.command[0], ctx.Err())
		}
		if err != nil || found {
			return err
		}
		if !poll.again() {
			return w.late()
		}
	}
}

// watch is what the looks at a starting server have shown so far.
type watch struct {
	subject *Subject
	own     []netip.AddrPort // where it listens
	since   time.Time        // from when on it has listened there
	looks   int              // how many looks in a row have shown just that
}

// settledLooks is how many looks in a row must show the same listeners before a server that was given no address is
// believed to have opened all of them.
const settledLooks = 3

// look reports whether the server is ready for clients, or why it never will be.
func (w *watch) look() (bool, error) {
	s := w.subject
	all, err := listeners()
	if err != nil {
		return false, err
	}
	held, err := s.family.sockets()
	if err != nil {
		return false, err
	}
	w.note(addresses(all, held))
	if !s.address.IsValid() {
		return w.choose()
	}
	for _, l := range all {
		if !covers(l.Local, s.address) {
			continue
		}
		if held[l.Inode] {
			return true, nil
		}
		owner, seen := holder(l)
		if seen || int(l.UID) != os.Geteuid() && s.hidden() == nil {
			return false, taken(l.Local, owner)
		}
		return true, nil // nobody shows it: it is in a ring's file table, or its holder hides its descriptors
	}
	if len(w.own) > 0 && time.Since(w.since) > s.spec.StartTimeout/4 {
		return false, w.elsewhere()
	}
	return false, nil
}

// note remembers where the server listens now, and for how long.
func (w *watch) note(own []netip.AddrPort) {
	if slices.Equal(own, w.own) {
		w.looks++
		return
	}
	w.own, w.since, w.looks = own, time.Now(), 1
}

// choose finds the one port on which a server listens that was given none.
func (w *watch) choose() (bool, error) {
	if len(w.own) == 0 && w.subject.attached { // it listens already, or hides that
		if e := w.subject.hidden(); e != nil {
			return false, e
		}
	}
	if len(w.own) == 0 || w.looks < settledLooks {
		return false, nil
	}
	first := w.own[0]
	for _, a := range w.own {
		if a.Port() != first.Port() {
			return false, &Error{
				Kind:   ErrSeveral,
				Detail: "it listens on " + join(w.own),
				Hint:   "say which one the clients should use: --address " + dialled(first).String(),
			}
		}
	}
	w.subject.setAddress(dialled(first))
	return true, nil
}

func (w *watch) elsewhere() error {
	return &Error{
		Kind:   ErrElsewhere,
		Detail: fmt.Sprintf("it listens on %s, not on %s", join(w.own), w.subject.address),
		Hint:   "give the right address, --address " + dialled(w.own[0]).String() + ", or write {port} in the command to have one chosen",
	}
}

// late says what a server is doing that has not listened in time.
func (w *watch) late() error {
	s := w.subject
	if len(w.own) > 0 && s.address.IsValid() {
		return w.elsewhere()
	}
	where := "any TCP port"
	if s.address.IsValid() {
		where = s.address.String()
	} else if e := s.hidden(); e != nil {
		return e
	}
	e := &Error{
		Kind:   ErrNeverListens,
		Detail: fmt.Sprintf("after %v it has not listened on %s; %s", s.spec.StartTimeout, where, s.family.doing()),
		Hint:   "does it need arguments, a configuration file, or more time to start?",
	}
	ours, err1 := proc.Network(os.Getpid())
	theirs, err2 := proc.Network(s.process.PID())
	if err1 == nil && err2 == nil && ours != theirs {
		e.Hint = "it has moved to another network namespace, where clients from here cannot reach it"
	}
	return e
}

// listeners finds every TCP socket in LISTEN that clients of ours could reach.
func listeners() ([]proc.Socket, error) {
	return proc.Find(proc.Query{States: []proc.TCPState{proc.Listen}})
}

// addresses lists, in order and each once, where those of the listeners are bound that are held.
func addresses(all []proc.Socket, held map[uint64]bool) []netip.AddrPort {
	var own []netip.AddrPort
	for _, l := range all {
		if held[l.Inode] {
			own = append(own, l.Local)
		}
	}
	slices.SortFunc(own, func(a, b netip.AddrPort) int {
		return cmp.Or(cmp.Compare(a.Port(), b.Port()), a.Addr().Compare(b.Addr()))
	})
	return slices.Compact(own)
}

// covers reports whether a client that connects to want reaches a listener bound to bound. The unspecified IPv6 address
// is taken to serve IPv4 too: the tables do not show IPV6_V6ONLY.
func covers(bound, want netip.AddrPort) bool {
	if bound.Port() != want.Port() {
		return false
	}
	b, w := bound.Addr(), want.Addr()
	return b == w || b == netip.IPv6Unspecified() || (b == netip.IPv4Unspecified() && w.Is4())
}

// dialled gives the address by which a client reaches a listener: the loopback one when it is bound to all.
func dialled(bound netip.AddrPort) netip.AddrPort {
	if bound.Addr().IsUnspecified() {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), bound.Port())
	}
	return bound
}

func join(list []netip.AddrPort) string {
	words := make([]string, len(list))
	for i, a := range list {
		words[i] = a.String()
	}
	return strings.Join(words, " and ")
}

// alreadyTaken gives an Error when somebody listens on the address before our command has even started.
func alreadyTaken(want netip.AddrPort) error {
	all, err := listeners()
	if err != nil {
		return err
	}
	for _, l := range all {
		if covers(l.Local, want) {
			owner, _ := holder(l)
			return taken(l.Local, owner)
		}
	}
	return nil
}

func taken(where netip.AddrPort, owner string) error {
	return &Error{
		Kind:   ErrTaken,
		Detail: fmt.Sprintf("%s listens on %s already", owner, where),
		Hint:   "stop that program, or use another port: write {port} in the command to have a free one chosen",
	}
}

// holder names who holds a listener that none of ours does. It reports whether a process was seen to hold it: else it is only
// known whose it is.
func holder(l proc.Socket) (name string, seen bool) {
	all, err := proc.All()
	if err != nil {
		return "another program", true
	}
	for _, p := range all {
		links, err := proc.Links(p.PID)
		if err != nil {
			continue // ended, or another user's
		}
		for _, link := range links {
			if inode, ok := proc.SocketInode(link); ok && inode == l.Inode {
				return fmt.Sprintf("process %d (%s)", p.PID, p.Comm), true
			}
		}
	}
	return "a program of user " + userName(int(l.UID)), false
}

// userName is the name of a user, or the number where there is none.
func userName(uid int) string {
	number := strconv.Itoa(uid)
	if u, err := user.LookupId(number); err == nil {
		return u.Username
	}
	return number
}
