//go:build linux

package trigger

// Folklore is the model that the sentence "edge-triggered tells you only the first time" describes: what arrives is news
// only where there was nothing to read before. It is wrong, and kept to be refuted.
type Folklore struct{ Epoll }

// NewFolklore is NewEpoll for the wrong model.
func NewFolklore(n int) *Folklore { return &Folklore{*NewEpoll(n)} }

// Send is news only to an end that was drained.
func (m *Folklore) Send(i, n int) { m.unlessReadable(i, func() { m.Epoll.Send(i, n) }) }

// Close is news only to an end that was drained.
func (m *Folklore) Close(i int) { m.unlessReadable(i, func() { m.Epoll.Close(i) }) }

func (m *Folklore) unlessReadable(i int, arrive func()) {
	before := m.ends[i]
	arrive()
	if before.readable() {
		m.ends[i].news = before.news
	}
}
