package trace

import (
	"cmp"
	"slices"
)

// A call takes effect somewhere between its two stops, and calls of different threads are ordered by these times only.
// What gives something up (close, epoll_ctl) counts from the enter stop, what obtains something (accept, dup, the
// events of a wait) from the exit stop: nobody can obtain what was not given up before, so the replay never meets a
// descriptor that two objects hold.

// happening is one moment of the replay.
type happening struct {
	at   Time
	call *Call // with enter telling which of its stops
	task *Task
	do   func(*replayer, happening)
}

type replayer struct {
	files   *files
	x       *index
	pidOf   map[int]int             // process of a thread
	within  map[Object][]membership // what the object ever belonged to, while anybody held it
	members map[*WaitSet]*watching  // what each instance watches now
	degree  map[*WaitSet]map[Object]int
}

// watching is the state of one epoll instance: its current memberships, as indices into WaitSet.Watched, and all that
// ever carried some data, for resolving reports.
type watching struct {
	now    map[watchKey]int
	byData map[uint64][]int
}

// watchKey is what the kernel knows a membership by: the file and the descriptor (fs/eventpoll.c, struct
// epoll_filefd).
type watchKey struct {
	object Object
	fd     int
}

type membership struct {
	set *WaitSet
	key watchKey
}

// kept is how many ended memberships with the same data are remembered: events of a wait that began before they ended
// may still mean them.
const kept = 8

// replay runs through the recording in time order and fills in what each epoll instance watched, the degree of each
// wait, and what its events meant.
func replay(r *Recording, x *index) {
	rp := &replayer{
		x: x, pidOf: map[int]int{}, members: map[*WaitSet]*watching{}, within: map[Object][]membership{},
		degree: map[*WaitSet]map[Object]int{},
	}
	rp.files = newFiles(rp.unwatchAll)
	for _, h := range happenings(r) {
		h.do(rp, h)
	}
	x.holdings = rp.files.had
}

func happenings(r *Recording) []happening {
	hs := make([]happening, 0, 2*len(r.Calls)+2*len(r.Tasks))
	for _, t := range r.Tasks {
		hs = append(hs, happening{at: t.At, task: t, do: (*replayer).born})
		for _, e := range t.Execs {
			hs = append(hs, happening{at: e.At, task: t, do: (*replayer).exec})
		}
		if t.Exit != nil && t.Exit.Leader {
			hs = append(hs, happening{at: t.Exit.At, task: t, do: (*replayer).exit})
		}
	}
	for _, c := range r.Calls {
		hs = append(hs, happening{at: c.Enter, call: c, do: (*replayer).enter})
		if c.Exit != 0 && (len(c.Made)+len(c.Passed) > 0 || c.Family == FamilyWait || c.Option != "") {
			hs = append(hs, happening{at: c.Exit, call: c, do: (*replayer).leave})
		}
	}
	slices.SortStableFunc(hs, func(a, b happening) int { return cmp.Compare(a.at, b.at) })
	return hs
}

func (rp *replayer) born(h happening) {
	rp.pidOf[h.task.TID] = h.task.PID
	if h.task.TID != h.task.PID || h.task.Parent == 0 {
		return
	}
	if parent, ok := rp.pidOf[h.task.Parent]; ok {
		rp.files.fork(parent, h.task.PID, h.task.Flags, h.at)
	}
}

func (rp *replayer) exec(h happening) { rp.files.exec(h.task.PID, h.at) }

func (rp *replayer) exit(h happening) { rp.files.exit(h.task.PID, h.at) }

func (rp *replayer) enter(h happening) {
	c := h.call
	if _, known := rp.pidOf[c.TID]; !known {
		rp.pidOf[c.TID] = c.PID
	}
	if c.Family == FamilyClose {
		rp.files.close(c)
		return
	}
	rp.files.saw(c.PID, c.FD, c.Object, h.at)
	if c.Family == FamilyWrite && c.Result >= 0 {
		rp.files.send(c.Passed)
	}
	switch {
	case c.Ctl != nil && c.Result == 0:
		rp.files.saw(c.PID, c.Ctl.FD, c.Ctl.Object, h.at)
		rp.ctl(c)
	case c.Family == FamilyWait:
		if w := rp.x.waitOf[c]; w != nil {
			w.Degree = len(rp.degree[w.Set])
		}
	}
}

func (rp *replayer) leave(h happening) {
	c := h.call
	for _, fd := range c.Made {
		rp.files.put(c.PID, fd.FD, fd.Object, c.Flags&closeOnExec != 0 || c.Option == "F_DUPFD_CLOEXEC", h.at)
	}
	if c.Family == FamilyRead {
		rp.files.receive(c.PID, c.Passed, h.at)
	}
	if c.Option == "F_SETFD" && c.Result == 0 {
		rp.files.put(c.PID, c.FD, c.Object, c.Value&1 != 0, h.at)
	}
	if w := rp.x.waitOf[c]; w != nil && c.Family == FamilyWait {
		w.Reports = rp.resolve(w)
	}
}

// ctl replays a successful epoll_ctl.
func (rp *replayer) ctl(c *Call) {
	s := rp.x.setByID[epollID(c)]
	if s == nil {
		return
	}
	key := watchKey{c.Ctl.Object, c.Ctl.FD}
	rp.unwatch(s, key, c.Enter)
	if c.Ctl.Op == "DEL" {
		return
	}
	w := rp.members[s]
	if w == nil {
		w = &watching{now: map[watchKey]int{}, byData: map[uint64][]int{}}
		rp.members[s] = w
		rp.degree[s] = map[Object]int{}
	}
	at := len(s.Watched)
	s.Watched = append(s.Watched, Watch{
		Member: Member{FD: key.fd, Object: key.object, Events: c.Ctl.Events, Data: c.Ctl.Data}, Ctl: c, From: c.Enter,
	})
	w.now[key] = at
	w.byData[c.Ctl.Data] = append(forget(s.Watched, w.byData[c.Ctl.Data]), at)
	if m := (membership{s, key}); !slices.Contains(rp.within[key.object], m) {
		rp.within[key.object] = append(rp.within[key.object], m)
	}
	if rp.x.byObject[key.object] != nil {
		rp.degree[s][key.object]++
	}
}

// forget drops the memberships that ended long ago.
func forget(watched []Watch, indices []int) []int {
	if len(indices) < 2*kept {
		return indices
	}
	old := indices[:len(indices)-kept]
	old = slices.DeleteFunc(old, func(i int) bool { return watched[i].Until != 0 })
	return append(old, indices[len(indices)-kept:]...)
}

// unwatch ends a membership.
func (rp *replayer) unwatch(s *WaitSet, key watchKey, at Time) {
	w := rp.members[s]
	if w == nil {
		return
	}
	i, ok := w.now[key]
	if !ok {
		return
	}
	s.Watched[i].Until = at
	delete(w.now, key)
	if d := rp.degree[s]; d[key.object] > 1 {
		d[key.object]--
	} else {
		delete(d, key.object)
	}
}

// unwatchAll is what the kernel does silently when the last descriptor of an object is closed.
func (rp *replayer) unwatchAll(o Object, at Time) {
	for _, m := range rp.within[o] {
		rp.unwatch(m.set, m.key, at)
	}
	delete(rp.within, o)
}

// resolve tells what the events of a wait meant, by the data that each membership carries. Another thread may change
// the set during the call: memberships that stood at any time of it are candidates, those that still stand come first.
func (rp *replayer) resolve(w *Wait) []Report {
	m := rp.members[w.Set]
	reports := make([]Report, 0, len(w.Call.Ready))
	for _, e := range w.Call.Ready {
		report := Report{FD: -1, Events: e.Events}
		if m != nil {
			if found := candidate(w.Set.Watched, m.byData[e.Data], w.Call); found != nil {
				report.FD, report.Object = found.FD, found.Object
			}
		}
		reports = append(reports, report)
	}
	return reports
}

func candidate(watched []Watch, indices []int, c *Call) *Watch {
	var standing, ended *Watch
	several := false
	for _, i := range slices.Backward(indices) {
		w := &watched[i]
		switch {
		case w.Until == 0:
			several = several || standing != nil && standing.Object != w.Object
			standing = w
		case w.Until >= c.Enter && ended == nil:
			ended = w
		}
	}
	if several {
		return nil
	}
	if standing != nil {
		return standing
	}
	return ended
}
