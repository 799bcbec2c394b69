//go:build linux

package trigger

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/internal/arrival"
	"github.com/iospec/iospec/internal/sock"
)

// kernel plays a script with real TCP connections and a real epoll instance.
type kernel struct {
	listener *sock.Listener
	epoll    sock.Epoll
	watched  [Ends]int   // our end of each connection, -1 until it is needed
	peers    [Ends]int   // the other end, -1 once it has closed
	sent     [Ends]int64 // bytes in all, so that their arrival can be awaited
}

// newKernel makes an epoll instance; the connections come from the listener, each when it is first needed.
func newKernel(l *sock.Listener) (*kernel, error) {
	k := &kernel{listener: l}
	for i := range Ends {
		k.watched[i], k.peers[i] = -1, -1
	}
	var err error
	k.epoll, err = sock.NewEpoll()
	return k, err
}

// close resets what is still open, so that no port stays behind in TIME_WAIT.
func (k *kernel) close() {
	for _, fd := range k.watched {
		if fd >= 0 {
			_ = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
		}
		sock.Close(fd)
	}
	sock.Close(k.peers[:]...)
	sock.Close(int(k.epoll))
}

// connect makes connection i, unless there is one.
func (k *kernel) connect(i int) (err error) {
	if k.watched[i] < 0 {
		k.peers[i], k.watched[i], err = k.listener.Connect()
	}
	return err
}

func (k *kernel) send(i, n int) error {
	if _, err := unix.Write(k.peers[i], make([]byte, n)); err != nil {
		return fmt.Errorf("write to the other end of %s: %w", letter(i), err)
	}
	k.sent[i] += int64(n)
	return arrival.Bytes(k.watched[i], k.sent[i])
}

func (k *kernel) closePeer(i int) error {
	sock.Close(k.peers[i])
	k.peers[i] = -1
	return arrival.Close(k.watched[i])
}

func (k *kernel) read(i, n int) (int, error) {
	got, err := unix.Read(k.watched[i], make([]byte, n))
	if errors.Is(err, unix.EAGAIN) {
		return 0, nil
	}
	return got, err
}

var flags = []uint32{Level: 0, Edge: unix.EPOLLET, OneShot: unix.EPOLLONESHOT}

func interest(m Mode) uint32 { return unix.EPOLLIN | unix.EPOLLRDHUP | flags[m] }

// done tells apart what epoll_ctl refuses because of what is registered, and what it should not refuse.
func done(err, refusal error) (bool, error) {
	if errors.Is(err, refusal) {
		return false, nil
	}
	return err == nil, err
}

func (k *kernel) wait() ([]Report, error) {
	events, err := k.epoll.Wait(2*Ends, 0)
	if err != nil {
		return nil, err
	}
	var reports []Report
	for _, e := range events {
		r := Report{End: slices.Index(k.watched[:], int(e.Fd)), Hangup: e.Events&unix.EPOLLRDHUP != 0}
		if e.Events&^unix.EPOLLRDHUP != unix.EPOLLIN || r.End < 0 {
			return nil, fmt.Errorf("epoll_wait reports %#x for descriptor %d, which no script can cause", e.Events, e.Fd)
		}
		reports = append(reports, r)
	}
	slices.SortFunc(reports, func(x, y Report) int { return x.End - y.End })
	return reports, nil
}
