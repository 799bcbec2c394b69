package trace

import "maps"

// The bits of the calls' flags that decide whether a descriptor survives exec, close_range or a clone. They are the
// same on every architecture of Linux (include/uapi/asm-generic/fcntl.h, linux/sched.h, linux/close_range.h).
const (
	closeOnExec       = 0x80000 // O_CLOEXEC, SOCK_CLOEXEC, EPOLL_CLOEXEC
	cloneFiles        = 0x400
	closeRangeCloexec = 4
)

// files replays who holds which descriptor, as far as the calls tell: enough to know when the last descriptor of an
// object was closed. What was opened before the recording began becomes known when a call first names it.
type files struct {
	tables map[int]*table // by process
	held   map[Object]int // descriptors of the object, over all tables and on their way between processes
	sent   map[Object]int // of these, on their way
	gone   func(Object, Time)

	had map[Object][]Holding
	now map[place]int // of those that last, the index in had[object]
}

// place is a descriptor number in a table.
type place struct {
	t  *table
	fd int
}

// table is a descriptor table; clone(CLONE_FILES) lets processes share one.
type table struct {
	open  map[int]slot
	users int
	pid   int // the process whose table it was first
}

type slot struct {
	object Object
	cloexe bool
}

func newFiles(gone func(Object, Time)) *files {
	return &files{
		tables: map[int]*table{}, held: map[Object]int{}, sent: map[Object]int{}, gone: gone,
		had: map[Object][]Holding{}, now: map[place]int{},
	}
}

func (f *files) of(pid int) *table {
	t := f.tables[pid]
	if t == nil {
		t = &table{open: map[int]slot{}, users: 1, pid: pid}
		f.tables[pid] = t
	}
	return t
}

// put notes that fd now names o in the process. What it named before is thereby closed.
func (f *files) put(pid, fd int, o Object, cloexec bool, at Time) {
	if o == "" || fd < 0 {
		return
	}
	t := f.of(pid)
	if old, ok := t.open[fd]; ok && old.object == o {
		t.open[fd] = slot{o, cloexec}
		return
	}
	f.drop(t, fd, at)
	t.open[fd] = slot{o, cloexec}
	f.held[o]++
	f.begins(t, fd, o, at)
}

// begins and ends note from when to when a table has an object by a number.
func (f *files) begins(t *table, fd int, o Object, at Time) {
	f.now[place{t, fd}] = len(f.had[o])
	f.had[o] = append(f.had[o], Holding{PID: t.pid, FD: fd, From: at})
}

func (f *files) ends(t *table, fd int, o Object, at Time) {
	f.had[o][f.now[place{t, fd}]].Until = at
	delete(f.now, place{t, fd})
}

// saw notes that a call named the object by fd, which tells of descriptors that came in ways nobody recorded.
func (f *files) saw(pid, fd int, o Object, at Time) {
	if o == "" || fd < 0 {
		return
	}
	f.put(pid, fd, o, f.of(pid).open[fd].cloexe, at)
}

func (f *files) drop(t *table, fd int, at Time) {
	old, ok := t.open[fd]
	if !ok {
		return
	}
	delete(t.open, fd)
	f.ends(t, fd, old.object, at)
	f.held[old.object]--
	if f.held[old.object] == 0 {
		delete(f.held, old.object)
		f.gone(old.object, at)
	}
}

// close replays close, and close_range, which has its first descriptor in Value and its last in Want.
func (f *files) close(c *Call) {
	if c.Name != "close_range" {
		f.saw(c.PID, c.FD, c.Object, c.Enter)
		f.drop(f.of(c.PID), c.FD, c.Enter)
		return
	}
	if c.Flags&closeRangeCloexec != 0 || c.Result < 0 {
		return
	}
	t := f.of(c.PID)
	for fd := range maps.Clone(t.open) {
		if int64(fd) >= c.Value && int64(fd) <= c.Want {
			f.drop(t, fd, c.Enter)
		}
	}
}

// fork gives the child a copy of the parent's table, or the table itself.
func (f *files) fork(parent, child int, flags uint64, at Time) {
	from := f.of(parent)
	if flags&cloneFiles != 0 {
		from.users++
		f.tables[child] = from
		return
	}
	if f.tables[child] != nil {
		return // the child was seen before its birth was told: what is known of it is newer
	}
	copied := &table{open: maps.Clone(from.open), users: 1, pid: child}
	for fd, s := range from.open {
		f.held[s.object]++
		f.begins(copied, fd, s.object, at)
	}
	f.tables[child] = copied
}

// send keeps what travels by SCM_RIGHTS open while it is on its way: the sender may close its own before it arrives.
func (f *files) send(passed []FD) {
	for _, fd := range passed {
		if fd.Object != "" {
			f.held[fd.Object]++
			f.sent[fd.Object]++
		}
	}
}

// receive gives a process what arrived.
func (f *files) receive(pid int, passed []FD, at Time) {
	for _, fd := range passed {
		f.put(pid, fd.FD, fd.Object, false, at)
		if f.sent[fd.Object] > 0 {
			f.sent[fd.Object]--
			f.held[fd.Object]--
		}
	}
}

// exec closes what is marked close-on-exec.
func (f *files) exec(pid int, at Time) {
	t := f.of(pid)
	for fd, s := range maps.Clone(t.open) {
		if s.cloexe && t.users == 1 {
			f.drop(t, fd, at)
		}
	}
}

// exit closes everything, unless another process shares the table.
func (f *files) exit(pid int, at Time) {
	t := f.of(pid)
	delete(f.tables, pid)
	if t.users--; t.users > 0 {
		return
	}
	for fd := range maps.Clone(t.open) {
		f.drop(t, fd, at)
	}
}
