//go:build linux

package steps

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// epollNames are the event bits of epoll_ctl(2) by name, in the order in which they are written.
var epollNames = []struct {
	name string
	bit  uint32
}{
	{"EPOLLIN", unix.EPOLLIN},
	{"EPOLLPRI", unix.EPOLLPRI},
	{"EPOLLOUT", unix.EPOLLOUT},
	{"EPOLLERR", unix.EPOLLERR},
	{"EPOLLHUP", unix.EPOLLHUP},
	{"EPOLLRDHUP", unix.EPOLLRDHUP},
	{"EPOLLEXCLUSIVE", unix.EPOLLEXCLUSIVE},
	{"EPOLLONESHOT", unix.EPOLLONESHOT},
	{"EPOLLET", unix.EPOLLET},
}

// epollFlags reads "EPOLLIN|EPOLLET".
func epollFlags(s string) (uint32, error) {
	var bits uint32
	for word := range strings.SplitSeq(s, "|") {
		bit, ok := epollBit(word)
		if !ok {
			return 0, fmt.Errorf("%q is no event of epoll", word)
		}
		bits |= bit
	}
	return bits, nil
}

func epollBit(name string) (uint32, bool) {
	for _, e := range epollNames {
		if e.name == name {
			return e.bit, true
		}
	}
	return 0, false
}

// eventNames writes event bits by name; "nothing" if there are none.
func eventNames(events uint32) string {
	var names []string
	for _, e := range epollNames {
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
