//go:build linux

package steps

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"time"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/sock"
)

// bursts: a thousand clients that come at once are all served. It breaks when one of them is refused, cut off or forgotten
// (counterexample/accepts-few-per-edge).
func bursts(sc *godog.ScenarioContext, w *World) {
	var b *burst
	sc.When(`^(\d+) clients come at once, and each asks, and leaves when it is answered$`, func(ctx context.Context, n int) error {
		if err := needDescriptors(n + 200); err != nil {
			return err
		}
		c, err := w.invite(ctx)
		if err != nil {
			return err
		}
		b = &burst{crowd: c, coming: map[int]*guest{}, asking: map[int]*guest{}}
		if b.set, err = c.bag.Epoll(); err != nil {
			return err
		}
		if err := b.come(n); err != nil {
			return err
		}
		return owed(fmt.Sprintf("answers for all %d", n), b.serve())
	})
	sc.Then(`^all (\d+) get the right answer$`, func(n int) error {
		w.Note("%d clients served; %d of them had to knock again, as the queue was full", b.served, b.again)
		if b.served != n {
			return check.Failf(fmt.Sprintf("answers for all %d", n), "%d got one; %d were not let in, and %d wait for their answers from a server that sleeps", b.served, len(b.coming), len(b.asking))
		}
		return nil
	})
}

// A burst is a crowd that comes at once. Its clients do what they can as soon as they can.
type burst struct {
	*crowd
	set            sock.Epoll
	coming, asking map[int]*guest // by descriptor: not yet connected; owed an answer
	served, again  int
}

// come begins to connect n clients, and waits for none.
func (b *burst) come(n int) error {
	for range n {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return os.NewSyscallError("socket", err)
		}
		b.bag.Add(fd)
		b.coming[fd] = &guest{fd: fd, answers: bufio.NewReaderSize(blockingReader(fd), 128)}
		if err := unix.Connect(fd, b.to); err != nil && err != unix.EINPROGRESS {
			return gone(os.NewSyscallError("connect", err))
		}
		if err := b.set.Add(fd, unix.EPOLLOUT); err != nil {
			return err
		}
	}
	return nil
}

// serve lets each client ask when it is connected, and leave when it is answered, until all were, or the server sleeps
// over those that wait. Who is not connected yet knocks again by the kernel's timers, and is waited for.
func (b *burst) serve() error {
	watch := vigil{server: b.server}
	for last := time.Now(); len(b.coming)+len(b.asking) > 0; {
		ready, err := b.set.Wait(64, betweenLooks)
		if err != nil {
			return err
		}
		for _, e := range ready {
			if err := b.turn(int(e.Fd)); err != nil {
				return err
			}
			last, watch.score = time.Now(), 0
		}
		if len(ready) > 0 {
			continue
		}
		inVain, err := watch.inVain()
		if err != nil {
			return err
		}
		if inVain && len(b.coming) == 0 || time.Since(last) > await.Patience {
			return nil
		}
	}
	return nil
}

func (b *burst) turn(fd int) error {
	g := b.coming[fd]
	if g == nil {
		g = b.asking[fd]
		delete(b.asking, fd)
		if err := g.receive(); err != nil {
			return err
		}
		b.served++
		b.leave(g)
		return nil
	}
	delete(b.coming, fd)
	b.asking[fd] = g
	failed, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return os.NewSyscallError("getsockopt SO_ERROR", err)
	}
	if failed != 0 {
		return gone(fmt.Errorf("connect: %w", unix.Errno(failed)))
	}
	if info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO); err == nil && info.Total_retrans > 0 {
		b.again++
	}
	if err := patient(fd); err != nil {
		return err
	}
	if err := b.send(g); err != nil {
		return err
	}
	return b.set.Mod(fd, unix.EPOLLIN)
}
