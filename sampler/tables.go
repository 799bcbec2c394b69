//go:build linux

package sampler

import (
	"maps"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/sample"
)

// descriptors lists those of a process that count.
func (s *Sampler) descriptors(pid int) []sample.Descriptor {
	links, err := proc.Links(pid)
	if !s.note(descriptors, err) {
		return nil
	}
	var all []sample.Descriptor
	for _, fd := range slices.Sorted(maps.Keys(links)) {
		d := sample.Descriptor{FD: fd}
		inode, socket := proc.SocketInode(links[fd])
		switch {
		case socket:
			d.Inode = inode
		case strings.HasPrefix(links[fd], "anon_inode:[eventpoll]"):
			d.Epoll = true
		case strings.HasPrefix(links[fd], "anon_inode:[io_uring]"):
			d.Ring = true
		default:
			continue
		}
		info, err := proc.ReadFDInfo(pid, fd)
		if !s.note(descriptors, err) {
			continue
		}
		d.Nonblock = info.Flags&unix.O_NONBLOCK != 0
		if d.Watched = members(info.Watched); d.Ring {
			d.Pending = operations(info.Pending)
		}
		all = append(all, d)
	}
	return all
}

// ringOperations names the operations of io_uring that servers use on sockets, by their numbers (enum io_uring_op).
var ringOperations = map[int]string{
	1: "READ", 2: "WRITE", 4: "READ", 5: "WRITE", 6: "POLL_ADD", 9: "SEND", 10: "RECV", 13: "ACCEPT", 22: "READ", 23: "WRITE",
	26: "SEND", 27: "RECV", 30: "SPLICE", 47: "SEND", 48: "SEND", 49: "READ",
}

func operations(numbers []int) []string {
	var all []string
	for _, n := range numbers {
		if name := ringOperations[n]; name != "" {
			all = append(all, name)
		}
	}
	return all
}

// sockets finds the server's listeners, and its ends of the connections to them.
func (s *Sampler) sockets(look *sample.Look, owned map[uint64]bool) error {
	found, err := proc.Find(proc.Query{Port: s.address})
	if err != nil {
		return err
	}
	for _, one := range found {
		switch one.State {
		case proc.Listen:
			if owned[one.Inode] || len(owned) == 0 {
				look.Listeners = append(look.Listeners, one.Inode)
			}
		case proc.Established, proc.CloseWait:
			look.Connections = append(look.Connections, sample.Connection{Port: int(one.Peer.Port()), Inode: one.Inode})
		}
	}
	return nil
}
