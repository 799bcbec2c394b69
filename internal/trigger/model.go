//go:build linux

package trigger

// Mode is how a registration asks to be told.
type Mode int

const (
	Level   Mode = iota // as long as there is something to read
	Edge                // when something has happened: EPOLLET
	OneShot             // once, and then not until the registration is renewed: EPOLLONESHOT
)

// Epoll is the model: what one epoll instance reports about some connected stream sockets, told without a ready list, a
// callback or a lock. It is the specification of the triggers; the kernel is held to it.
type Epoll struct {
	ends []end
}

// end is one watched end of a connection.
type end struct {
	unread int  // bytes that have arrived and were not read
	closed bool // the other end has closed: end of file can be read, for ever

	watched bool
	mode    Mode
	news    bool // something has happened since the last report
	spent   bool // there was a report since the registration was made or renewed
}

// NewEpoll models an epoll instance beside n open connections of which it watches none.
func NewEpoll(n int) *Epoll { return &Epoll{ends: make([]end, n)} }

// readable is the condition: a read would not block.
func (e *end) readable() bool { return e.unread > 0 || e.closed }

// reported is all the difference between the triggers.
func (e *end) reported() bool {
	switch e.mode {
	case Edge:
		return e.readable() && e.news
	case OneShot:
		return e.readable() && !e.spent
	default:
		return e.readable()
	}
}

// Wait is epoll_wait with a timeout of 0 and room for all.
func (m *Epoll) Wait() []Report {
	var reports []Report
	for i := range m.ends {
		if e := &m.ends[i]; e.watched && e.reported() {
			e.news, e.spent = false, true
			reports = append(reports, Report{End: i, Hangup: e.closed})
		}
	}
	return reports
}

// Send is n bytes that arrive. That is news even where older bytes lie unread.
func (m *Epoll) Send(i, n int) {
	m.ends[i].unread += n
	m.ends[i].news = true
}

// Close is the other end's close that arrives.
func (m *Epoll) Close(i int) {
	m.ends[i].closed = true
	m.ends[i].news = true
}

// Read takes at most n bytes and says how many. It is no news: making room tells a reader nothing.
func (m *Epoll) Read(i, n int) int {
	n = min(n, m.ends[i].unread)
	m.ends[i].unread -= n
	return n
}

// Add registers an end, unless it is registered already.
func (m *Epoll) Add(i int, mode Mode) bool { return m.register(i, mode, false) }

// Mod renews a registration, if there is one. To be registered anew is news: what lies unread is reported again.
func (m *Epoll) Mod(i int, mode Mode) bool { return m.register(i, mode, true) }

func (m *Epoll) register(i int, mode Mode, watched bool) bool {
	e := &m.ends[i]
	if e.watched != watched {
		return false
	}
	e.watched, e.mode, e.news, e.spent = true, mode, true, false
	return true
}

// Del ends a registration, if there is one.
func (m *Epoll) Del(i int) bool {
	was := m.ends[i].watched
	m.ends[i].watched = false
	return was
}
