package sample

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/trace"
)

// The sockets and processes of these tests: clients at ports 1, 2, ... have connections 101, 102, ...
const (
	pid      = 10
	doorFD   = 3
	epollFD  = 4
	listener = 9
)

func inode(port int) uint64 { return uint64(100 + port) }

func connected(ports ...int) []Connection {
	var all []Connection
	for _, p := range ports {
		all = append(all, Connection{Port: p, Inode: inode(p)})
	}
	return all
}

func members(events uint32, ports ...int) []Member {
	var all []Member
	for _, p := range ports {
		all = append(all, Member{FD: 20 + p, Inode: inode(p), Events: events})
	}
	return all
}

func sockets(ports ...int) []Descriptor {
	all := []Descriptor{{FD: doorFD, Inode: listener}}
	for _, p := range ports {
		all = append(all, Descriptor{FD: 20 + p, Inode: inode(p)})
	}
	return all
}

func asleep(tid int, w Wait) Thread { return Thread{TID: tid, Asleep: true, Wait: w} }

// lookAt is a look at one process with clients at ports 1 to 3.
func lookAt(name string, own []Descriptor, threads ...Thread) Look {
	return Look{
		Name: name, Rested: true, Clients: 3, Listeners: []uint64{listener}, Connections: connected(1, 2, 3),
		Processes: []Process{{PID: pid, Parent: 1, Descriptors: append(own, sockets(1, 2, 3)...), Threads: threads}},
	}
}

var (
	byEpoll  = Wait{Family: trace.FamilyWait, FD: epollFD}
	byRing   = Wait{Family: trace.FamilyRing, FD: epollFD}
	inEither = Wait{Either: true, FD: -1}
	inAccept = Wait{Family: trace.FamilyAccept, FD: doorFD}
)

func readOf(port int) Wait { return Wait{Family: trace.FamilyRead, FD: 20 + port} }

func pollOf(family trace.Family, ports ...int) Wait {
	return Wait{Family: family, FD: -1, Members: append(members(trace.In, ports...), Member{FD: doorFD, Inode: listener, Events: trace.In})}
}

func instance(fd int, watched ...Member) Descriptor {
	return Descriptor{FD: fd, Epoll: true, Watched: watched}
}

func TestSetsOfALook(t *testing.T) {
	all := instance(epollFD, append(members(trace.In, 1, 2, 3), Member{FD: doorFD, Inode: listener, Events: trace.In})...)
	outer := instance(epollFD, Member{FD: 5, Events: trace.In}, Member{FD: 6, Events: trace.In})
	loop := instance(6, append(members(trace.Out, 3), Member{FD: epollFD, Events: trace.In})...)
	ring := Descriptor{FD: epollFD, Ring: true, Pending: []string{"POLL_ADD", "POLL_ADD", "ACCEPT"}}
	reading := Descriptor{FD: epollFD, Ring: true, Pending: []string{"RECV", "RECV", "POLL_ADD"}}
	for name, c := range map[string]struct {
		look      Look
		ids       []string
		families  []trace.Family
		waiters   [][]int
		atOnce    []int
		listeners []int
	}{
		"an epoll instance":            {lookAt("", []Descriptor{all}, asleep(10, byEpoll)), []string{"epoll 4 of 10"}, []trace.Family{trace.FamilyWait}, [][]int{{10}}, []int{3}, []int{1}},
		"one that several wait on":     {lookAt("", []Descriptor{all}, asleep(10, byEpoll), asleep(11, byEpoll)), []string{"epoll 4 of 10"}, []trace.Family{trace.FamilyWait}, [][]int{{10, 11}}, []int{3}, []int{1}},
		"one within another":           {lookAt("", []Descriptor{outer, instance(5, members(trace.In, 1, 2)...)}, asleep(10, byEpoll)), []string{"epoll 4 of 10", "epoll 5 of 10"}, []trace.Family{trace.FamilyWait, trace.FamilyWait}, [][]int{{10}, {10}}, []int{0, 2}, []int{0, 0}},
		"those that watch one another": {lookAt("", []Descriptor{outer, loop}, asleep(10, byEpoll)), []string{"epoll 4 of 10", "epoll 6 of 10"}, []trace.Family{trace.FamilyWait, trace.FamilyWait}, [][]int{{10}, {10}}, []int{0, 1}, []int{0, 0}},
		"a poll":                       {lookAt("", nil, asleep(10, pollOf(trace.FamilyPoll, 1, 2))), []string{"poll of 10"}, []trace.Family{trace.FamilyPoll}, [][]int{{10}}, []int{2}, []int{1}},
		"a select":                     {lookAt("", nil, asleep(10, pollOf(trace.FamilySelect, 1))), []string{"select of 10"}, []trace.Family{trace.FamilySelect}, [][]int{{10}}, []int{1}, []int{1}},
		"two polls":                    {lookAt("", nil, asleep(10, pollOf(trace.FamilyPoll, 1)), asleep(11, pollOf(trace.FamilyPoll, 2))), []string{"poll of 10", "poll of 11"}, []trace.Family{trace.FamilyPoll, trace.FamilyPoll}, [][]int{{10}, {11}}, []int{1, 1}, []int{1, 1}},
		"a select or poll":             {lookAt("", nil, asleep(10, inEither)), []string{"poll or select of 10"}, []trace.Family{""}, [][]int{{10}}, []int{0}, []int{0}},
		"a ring of readiness":          {lookAt("", []Descriptor{ring}, asleep(10, byRing)), []string{"ring 4 of 10"}, []trace.Family{trace.FamilyRing}, [][]int{{10}}, []int{0}, []int{0}},
		"a ring that is not seen which": {
			lookAt("", []Descriptor{ring}, asleep(10, Wait{Family: trace.FamilyRing, FD: -1})), []string{"ring 4 of 10"}, []trace.Family{trace.FamilyRing}, [][]int{{10}}, []int{0}, []int{0},
		},
		"a ring that reads":              {look: lookAt("", []Descriptor{reading}, asleep(10, byRing))},
		"an instance that nobody asks":   {look: lookAt("", []Descriptor{all}, asleep(10, readOf(1)))},
		"an instance that is not seen":   {look: lookAt("", []Descriptor{all}, asleep(10, Wait{Family: trace.FamilyWait, FD: -1}))},
		"an instance that is not listed": {look: lookAt("", nil, asleep(10, byEpoll))},
	} {
		t.Run(name, func(t *testing.T) {
			sets := setsOf(c.look)
			require.Len(t, sets, len(c.ids))
			for i, s := range sets {
				require.Equal(t, c.ids[i], s.ID)
				require.Equal(t, pid, s.PID)
				require.Equal(t, c.families[i], s.Family)
				require.Equal(t, c.waiters[i], s.Waiters)
				require.Equal(t, c.atOnce[i], s.AtOnce)
				require.Len(t, s.Conns, c.atOnce[i])
				require.Len(t, s.Listeners, c.listeners[i])
			}
		})
	}
}

// TestSetsPutLooksTogether: what a set ever covered is more than it covered at once; and a socket that is neither a
// connection nor a listener of these is none of its.
func TestSetsPutLooksTogether(t *testing.T) {
	early := lookAt("held", []Descriptor{instance(epollFD, append(members(trace.In, 1, 2), Member{FD: 30, Inode: 77, Events: trace.In})...)}, asleep(10, byEpoll))
	late := lookAt("again", []Descriptor{instance(epollFD, members(trace.In|trace.Edge, 2, 3)...)}, asleep(10, byEpoll), asleep(11, byEpoll))
	o := Observation{Looks: []Look{early, late}}
	sets := o.sets()
	require.Len(t, sets, 1)
	require.Equal(t, map[uint64]uint32{inode(1): trace.In, inode(2): trace.In | trace.Edge, inode(3): trace.In | trace.Edge}, sets[0].Conns)
	require.Equal(t, 2, sets[0].AtOnce)
	require.Equal(t, []int{10, 11}, sets[0].Waiters)
	require.Empty(t, sets[0].Listeners)
}
