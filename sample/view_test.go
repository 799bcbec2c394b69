package sample

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/trace"
)

// request is a turn in which a client asks, and so many ran.
func request(port int, ran ...Run) Turn {
	return Turn{Kind: Request, Port: port, Answered: true, Asked: 700, Got: 700, Ran: ran}
}

func long(port int, ran ...Run) Turn {
	t := request(port, ran...)
	t.Kind = Heavy
	return t
}

func nothing(ran ...Run) Turn { return Turn{Kind: Nothing, Answered: true, Ran: ran} }

// run is a thread that ran, and moved nothing that is accounted for.
func run(tid int) Run { return Run{TID: tid, PID: pid, Slept: 1} }

func moved(tid int, read, wrote uint64) Run {
	return Run{TID: tid, PID: pid, Slept: 1, Read: read, Wrote: wrote}
}

func spent(tid int, ns int64) Run { return Run{TID: tid, PID: pid, Slept: 1, Spent: ns} }

// sighted is an observation in which everything may be seen.
func sighted(look Look, turns ...Turn) *Observation {
	return &Observation{Sight: Sight{Descriptors: true, Calls: true, Waits: true, Bytes: true, Arrays: true}, Looks: []Look{look}, Turns: turns}
}

// TestWhoServes: the first client of each observation has those servers, others and writers.
func TestWhoServes(t *testing.T) {
	idle := lookAt("held", nil, asleep(10, Wait{FD: -1}), asleep(11, Wait{FD: -1}))
	waited := lookAt("held", []Descriptor{instance(epollFD, members(trace.In, 1, 2)...)}, asleep(10, byEpoll), asleep(11, Wait{FD: -1}))
	both := []Turn{request(1, run(10), run(11)), request(1, run(10), run(11))}
	napping := Run{TID: 11, PID: pid, Slept: naps}
	for name, c := range map[string]struct {
		seen                     *Observation
		servers, others, writers []int
		read                     bool
	}{
		"the same one alone":                 {sighted(idle, request(1, run(10)), request(1, run(10))), []int{10}, nil, nil, false},
		"another each time":                  {sighted(idle, request(1, run(10)), request(1, run(11))), nil, []int{10, 11}, nil, false},
		"one always, another at times":       {sighted(idle, request(1, run(10)), request(1, run(10), run(11))), []int{10}, []int{11}, nil, false},
		"two always":                         {sighted(idle, both...), []int{10, 11}, nil, nil, false},
		"two, of whom one sleeps in a read":  {sighted(lookAt("held", nil, asleep(10, readOf(1)), asleep(11, Wait{})), both...), []int{10}, []int{11}, nil, true},
		"two, of whom one read it":           {sighted(idle, request(1, moved(10, 700, 700), run(11)), request(1, moved(10, 900, 700), run(11))), []int{10}, []int{11}, nil, true},
		"two, and the other answers":         {sighted(idle, request(1, moved(10, 700, 0), moved(11, 0, 700)), request(1, moved(10, 700, 0), moved(11, 0, 700))), []int{10}, []int{11}, []int{11}, true},
		"two who read, and one waits for it": {sighted(waited, request(1, moved(10, 700, 700), moved(11, 700, 0)), request(1, moved(10, 700, 700), moved(11, 700, 0))), []int{10}, []int{11}, nil, true},
		"two who read, and nobody waits":     {sighted(idle, request(1, moved(10, 700, 700), moved(11, 700, 0)), request(1, moved(10, 700, 700), moved(11, 700, 0))), []int{10, 11}, nil, nil, false},
		"two who read too little":            {sighted(idle, request(1, moved(10, 8, 8), run(11)), request(1, moved(10, 8, 8), run(11))), []int{10, 11}, nil, nil, false},
		"two, of whom one bears it":          {sighted(idle, append(both, long(1, spent(10, 60), spent(11, 40)))...), []int{10}, []int{11}, nil, true},
		"two who share the burden":           {sighted(idle, append(both, long(1, spent(10, 59), spent(11, 41)))...), []int{10, 11}, nil, nil, false},
		"two, and who does not wait bears":   {sighted(waited, append(both, long(1, spent(10, 10), spent(11, 90)))...), []int{10, 11}, nil, nil, false},
		"one that is restless besides":       {sighted(idle, append(both, nothing(run(11)), nothing())...), []int{10}, nil, nil, false},
		"one that ran once by itself":        {sighted(idle, append(both, nothing(run(11)), nothing(), nothing())...), []int{10, 11}, nil, nil, false},
		"one that naps besides":              {sighted(idle, request(1, run(10), napping), request(1, run(10), napping)), []int{10}, nil, nil, false},
		"one that is restless, and waits":    {sighted(waited, request(1, run(10)), request(1, run(10)), nothing(run(10))), []int{10}, nil, nil, false},
		"another at times, and one waits":    {sighted(waited, request(1, run(10)), request(1, run(10)), request(1, run(10)), request(1, run(10), run(11))), []int{10}, nil, nil, false},
		"another half the times, one waits":  {sighted(waited, request(1, run(10)), request(1, run(10), run(11))), []int{10}, []int{11}, nil, false},
		"another at times, who waits sleeps": {sighted(waited, request(1, run(10)), request(1, run(10)), request(1, run(10)), request(1, run(11))), nil, []int{10, 11}, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			v := c.seen.View()
			require.Len(t, v.Conns, 1)
			one := v.Conns[0]
			require.Equal(t, inode(1), one.Inode)
			require.Equal(t, c.servers, one.Servers)
			require.Equal(t, c.others, one.Others)
			require.Equal(t, c.writers, one.Writers)
			require.Equal(t, c.read, one.Read)
			if len(c.servers) > 0 {
				require.Equal(t, []int{pid}, one.Processes)
			}
			if len(c.servers) == 1 {
				require.Equal(t, map[int][]int{c.servers[0]: {1}}, v.Serves)
			}
		})
	}
}

// TestConnsAreAskedTwice: one answer tells nothing, nor does a request that was not answered.
func TestConnsAreAskedTwice(t *testing.T) {
	owed := request(2, run(10))
	owed.Answered = false
	v := sighted(lookAt("held", nil),
		Turn{Kind: Arrival, Port: 1, Answered: true}, request(1), request(1), long(1),
		request(2), owed, Turn{Kind: Arrival, Port: 3, Answered: true}, request(3)).View()
	require.Len(t, v.Conns, 1)
	c := v.Conns[0]
	require.Equal(t, 1, c.Port)
	require.NotNil(t, c.Arrival)
	require.Len(t, c.Requests, 2)
	require.Len(t, c.Heavy, 1)
}

// alternating are turns in which each of the clients asks twice, and its own thread runs.
func alternating(threads map[int]int) []Turn {
	var all []Turn
	for range 2 {
		for port := 1; port <= 3; port++ {
			all = append(all, request(port, run(threads[port])))
		}
	}
	return all
}

// TestGuessedArrays: what select or poll covers follows from who alone runs, if nobody else may wait on it; and how much of it
// at once, from who was there together.
func TestGuessedArrays(t *testing.T) {
	one := map[int]int{1: 10, 2: 10, 3: 11}
	held := lookAt("held", nil, asleep(10, inEither), asleep(11, Wait{Family: trace.FamilyLock, FD: -1}))
	inTurn := func(port int) Look {
		l := held
		l.Connections = connected(port)
		return l
	}
	for name, c := range map[string]struct {
		looks  []Look
		atOnce int
	}{
		"together": {[]Look{held}, 2},
		"in turn":  {[]Look{inTurn(1), inTurn(2), inTurn(3)}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			o := Observation{Sight: Sight{Descriptors: true, Waits: true}, Looks: c.looks, Turns: alternating(one)}
			v := o.View()
			require.Len(t, v.Sets, 1)
			s := v.Sets[0]
			require.Equal(t, map[uint64]uint32{inode(1): trace.In, inode(2): trace.In}, s.Conns)
			require.Equal(t, []int{10}, s.Waiters)
			require.True(t, s.Guessed)
			require.Equal(t, c.atOnce, s.AtOnce)
			require.Equal(t, []*Set{s}, v.Conns[0].Sets)
			require.Empty(t, v.Conns[2].Sets, "thread 11 sleeps in no demultiplexer")
		})
	}
}

// TestGuessedEpoll: who waits on an instance whose descriptor is not seen follows from who alone runs for what it watches, and
// for one that watches listeners alone, from who runs when clients come.
func TestGuessedEpoll(t *testing.T) {
	unseen := Wait{Family: trace.FamilyWait, FD: -1}
	own := []Descriptor{
		instance(4, Member{FD: doorFD, Inode: listener, Events: trace.In}), instance(5, members(trace.In, 1, 2)...), instance(6, members(trace.In, 3)...),
	}
	arrivals := []Turn{{Kind: Arrival, Port: 1, Answered: true, Ran: []Run{run(10), run(11)}}, {Kind: Arrival, Port: 3, Answered: true, Ran: []Run{run(10), run(12)}}}
	turns := append(arrivals, alternating(map[int]int{1: 11, 2: 11, 3: 12})...)
	look := lookAt("held", own, asleep(10, unseen), asleep(11, unseen), asleep(12, unseen), asleep(13, unseen))
	o := sighted(look, turns...)
	o.Sight.Calls, o.Sight.Arrays = false, false
	v := o.View()
	require.Equal(t, []int{10}, v.Arrivers())
	require.Len(t, v.Sets, 3)
	for i, s := range v.Sets {
		require.Equal(t, []string{"epoll 4 of 10", "epoll 5 of 10", "epoll 6 of 10"}[i], s.ID)
		require.Equal(t, []int{10 + i}, s.Waiters, "13 runs for nobody")
		require.Equal(t, []int{0, 2, 1}[i], s.AtOnce)
		require.True(t, s.Guessed)
	}

	o.Sight.Waits = false
	require.Empty(t, o.View().Sets, "that they wait on epoll at all is not known")
	o.Sight.Waits, o.Turns = true, slices.Concat(arrivals, alternating(map[int]int{1: 14, 2: 14, 3: 14}))
	v = o.View()
	require.Len(t, v.Sets, 1, "thread 14 waits on none")
	require.Equal(t, "epoll 4 of 10", v.Sets[0].ID)
}

// family is a look at a master and two children with a connection each.
func family(own ...[]Descriptor) Look {
	l := Look{Name: "held", Listeners: []uint64{listener}, Connections: connected(1, 2, 3)}
	l.Processes = []Process{{PID: 1, Descriptors: sockets()}}
	for i, d := range own {
		l.Processes = append(l.Processes, Process{PID: 11 + i, Parent: 1, Descriptors: d, Threads: []Thread{asleep(11+i, Wait{FD: -1})}})
	}
	return l
}

func TestServingAndStandBy(t *testing.T) {
	by := func(pids map[int][]int) (turns []Turn) {
		for range 2 {
			for port := 1; port <= 3; port++ {
				t := request(port)
				for _, p := range pids[port] {
					t.Ran = append(t.Ran, Run{TID: p, PID: p, Slept: 1})
				}
				turns = append(turns, t)
			}
		}
		return turns
	}
	each, first := map[int][]int{1: {11}, 2: {12}, 3: {11}}, map[int][]int{1: {11}, 2: {11}, 3: {11}}
	helped := map[int][]int{1: {11, 12}, 2: {11, 12}, 3: {11, 12}}
	for name, c := range map[string]struct {
		seen             *Observation
		dim              bool // descriptors may not be seen
		serving, standBy []int
	}{
		"each its own":              {sighted(family(sockets(1, 3), sockets(2)), by(each)...), false, []int{11, 12}, nil},
		"the first alone":           {sighted(family(sockets(1, 2, 3), sockets()), by(first)...), false, []int{11}, []int{12}},
		"the first, helped":         {sighted(family(sockets(1, 2, 3), nil), by(helped)...), false, []int{11}, nil},
		"each its own, not seen":    {sighted(family(nil, nil), by(each)...), true, []int{11, 12}, nil},
		"the first alone, not seen": {sighted(family(nil, nil), by(first)...), true, []int{11}, nil},
		"two for each, not seen":    {sighted(family(nil, nil), by(helped)...), true, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			c.seen.Sight.Descriptors = !c.dim
			v := c.seen.View()
			require.Equal(t, c.serving, v.Serving())
			require.Equal(t, c.standBy, v.StandBy())
			require.Equal(t, len(c.serving) < 2 && len(c.standBy) > 0, v.MoreWouldTell())
		})
	}
}

func TestCounts(t *testing.T) {
	o := Observation{
		Looks:   []Look{{Name: "held", Clients: 4, Connections: []Connection{{Port: 2, Inode: inode(2)}, {Port: 3}, {Port: 1, Inode: inode(1)}}}, {Name: "left", Clients: 2}, {Name: "held", Clients: 3}},
		Clients: []Client{{Port: 1, Asked: 3, Answered: 2}, {Port: 2, Asked: 1, Answered: 1}},
	}
	require.Equal(t, 4, o.AtOnce())
	require.Equal(t, 3, o.Answered())
	require.Equal(t, 3, o.Look("held").Clients, "the last of its name")
	require.Nil(t, o.Look("after"))
	require.Equal(t, connected(1, 2), o.View().Kept(o.Looks[0]), "nobody has accepted the client at port 3")
}

// TestNotGuessed: on a ring that two threads wait on, either may be told; and who runs when clients come need not wait on an
// instance that covers others' connections as well.
func TestNotGuessed(t *testing.T) {
	ring := Descriptor{FD: epollFD, Ring: true, Pending: []string{"POLL_ADD", "POLL_ADD"}}
	turns := alternating(map[int]int{1: 10, 2: 10, 3: 10})
	require.Len(t, sighted(lookAt("held", []Descriptor{ring}, asleep(10, byRing)), turns...).View().Sets, 1)
	require.Empty(t, sighted(lookAt("held", []Descriptor{ring}, asleep(10, byRing), asleep(11, byRing)), turns...).View().Sets)

	unseen := Wait{Family: trace.FamilyWait, FD: -1}
	all := instance(epollFD, append(members(trace.In, 1, 2, 3), Member{FD: doorFD, Inode: listener, Events: trace.In})...)
	turns = append(alternating(map[int]int{1: 14, 2: 14, 3: 14}), Turn{Kind: Arrival, Port: 1, Answered: true, Ran: []Run{run(10)}})
	o := sighted(lookAt("held", []Descriptor{all}, asleep(10, unseen)), turns...)
	o.Sight.Calls, o.Sight.Arrays = false, false
	require.Equal(t, []int{10}, o.View().Arrivers())
	require.Empty(t, o.View().Sets)
}
