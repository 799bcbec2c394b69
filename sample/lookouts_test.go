package sample

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/trace"
)

// worker is a process with a listener, and one thread of the same number.
func worker(id int, door uint64, events uint32, w Wait) Process {
	return Process{PID: id, Parent: 1, Descriptors: []Descriptor{
		{FD: doorFD, Inode: door}, instance(epollFD, Member{FD: doorFD, Inode: door, Events: events}),
	}, Threads: []Thread{asleep(id, w)}}
}

func looks(doors []uint64, all ...[]Process) *View {
	o := Observation{}
	for _, processes := range all {
		o.Looks = append(o.Looks, Look{Listeners: doors, Processes: processes})
	}
	return o.View()
}

func TestLookouts(t *testing.T) {
	const other = 8
	one, two := []uint64{listener}, []uint64{listener, other}
	busy, unseen := Wait{FD: -1}, Wait{Family: trace.FamilyAccept, FD: -1}
	elsewhere := worker(12, 77, 0, inAccept) // an accept at a door that is for others than these clients
	for name, c := range map[string]struct {
		view                               *View
		who                                []int
		atOnce                             int
		exclusive, blocking, sharded, seen bool
	}{
		"nobody":                       {looks(one, []Process{worker(11, listener, trace.In, busy)}), nil, 0, true, false, true, true},
		"by epoll":                     {looks(one, []Process{worker(11, listener, trace.In, byEpoll), worker(12, listener, trace.In, byEpoll)}), []int{11, 12}, 2, false, false, false, true},
		"exclusive":                    {looks(one, []Process{worker(11, listener, trace.Exclusive, byEpoll), worker(12, listener, trace.Exclusive, byEpoll)}), []int{11, 12}, 2, true, false, false, true},
		"not all":                      {looks(one, []Process{worker(11, listener, trace.Exclusive, byEpoll), worker(12, listener, trace.In, byEpoll)}), []int{11, 12}, 2, false, false, false, true},
		"in turn":                      {looks(one, []Process{worker(11, listener, trace.In, byEpoll)}, []Process{worker(12, listener, trace.In, byEpoll)}), []int{11, 12}, 1, false, false, false, true},
		"sharded":                      {looks(two, []Process{worker(11, listener, trace.In, byEpoll), worker(12, other, trace.In, byEpoll)}), []int{11, 12}, 2, false, false, true, true},
		"in accept":                    {looks(one, []Process{worker(11, listener, 0, inAccept), worker(12, listener, 0, inAccept)}), []int{11, 12}, 2, false, true, false, true},
		"sharded, in accept":           {looks(two, []Process{worker(11, listener, 0, inAccept), worker(12, other, 0, inAccept)}), []int{11, 12}, 2, false, true, true, true},
		"at the only door, not seen":   {looks(one, []Process{worker(11, listener, 0, unseen), worker(12, listener, 0, unseen)}), []int{11, 12}, 2, false, true, false, true},
		"at one of two, not seen":      {looks(two, []Process{worker(11, listener, 0, unseen), worker(12, other, 0, unseen)}), []int{11, 12}, 2, false, true, false, false},
		"somebody at a door elsewhere": {looks(one, []Process{worker(11, listener, trace.Exclusive, byEpoll), elsewhere}), []int{11}, 1, true, false, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			for _, l := range []Lookouts{c.view.Lookouts(), c.view.Lookouts().ByProcess()} { // each has one thread
				require.Equal(t, c.who, l.Who)
				require.Equal(t, c.atOnce, l.AtOnce)
				require.Equal(t, c.exclusive, l.Exclusive)
				require.Equal(t, c.blocking, l.Blocking)
				require.Equal(t, c.sharded, l.Sharded())
				require.Equal(t, c.seen, l.Seen())
			}
		})
	}
}

// TestLookoutsByProcess: threads of one process are one that waits.
func TestLookoutsByProcess(t *testing.T) {
	p := worker(11, listener, trace.In, byEpoll)
	p.Threads = append(p.Threads, asleep(15, byEpoll))
	v := looks([]uint64{listener}, []Process{p})
	require.Equal(t, 2, v.Lookouts().AtOnce)
	require.False(t, v.Lookouts().Sharded())
	l := v.Lookouts().ByProcess()
	require.Equal(t, []int{11}, l.Who)
	require.Equal(t, 1, l.AtOnce)
	require.True(t, l.Sharded())
	require.Equal(t, 2, v.WaitersAt(v.Looks[0], "epoll 4 of 11"))
	require.Zero(t, v.WaitersAt(v.Looks[0], "epoll 4 of 12"))
}

// TestSleepsInSet: where it is not known in what a thread sleeps, it may be a demultiplexer.
func TestSleepsInSet(t *testing.T) {
	for family, in := range map[trace.Family]bool{
		trace.FamilyWait: true, trace.FamilyPoll: true, trace.FamilySelect: true, trace.FamilyRing: true, "": true,
		trace.FamilyRead: false, trace.FamilyAccept: false, trace.FamilyLock: false, trace.FamilySleep: false, trace.FamilyReap: false,
	} {
		v := looks(nil, []Process{{PID: pid, Threads: []Thread{asleep(10, Wait{Family: family, FD: -1}), asleep(11, readOf(1))}}})
		require.Equal(t, in, v.SleepsInSet([]int{10}), "%q", family)
		require.Equal(t, in, v.SleepsInSet([]int{10, 11}), "%q", family)
		require.False(t, v.SleepsInSet([]int{11}), "of others")
	}
	awake := looks(nil, []Process{{PID: pid, Threads: []Thread{{TID: 10, Wait: byEpoll}}}})
	require.False(t, awake.SleepsInSet([]int{10}), "it runs")
	require.True(t, looks(nil, []Process{{PID: pid, Threads: []Thread{asleep(10, inEither)}}}).SleepsInSet([]int{10}), "in select or poll")
}

func TestTogetherAndAfter(t *testing.T) {
	o := Observation{Looks: []Look{
		{Name: "held", Connections: connected(1, 2)},
		{Name: "left", Connections: append(connected(2), Connection{Port: 3})}, // nobody has accepted it yet
		{Name: "again", Connections: connected(2, 3, 4)},
	}}
	v := o.View()
	at := func(port int) *Conn { return &Conn{Port: port} }
	require.True(t, v.Together(at(1), at(2)))
	require.True(t, v.Together(at(2), at(3)))
	require.False(t, v.Together(at(1), at(3)))
	require.True(t, v.CameAfter(at(4), "left"))
	require.False(t, v.CameAfter(at(3), "left"))
	require.False(t, v.CameAfter(at(4), "again"))
	require.False(t, v.CameAfter(at(4), "no such look"))
}
