//go:build linux

package steps

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/measure"
	"github.com/iospec/iospec/internal/sock"
)

// pieces of work are looked at in one round.
const pieces = 5

// betweenWork counts the small answers that one client gets while another always has work under way. That a machine is
// busy makes them fewer with both servers; that they wait for the work makes them one for each piece of it.
func (b *beside) betweenWork(times float64) error {
	ratio := 0.0
	for range tries {
		var seen [2]amid
		for i, c := range b.sides {
			var err error
			if seen[i], err = b.amidWork(c); err != nil {
				return err
			}
			b.w.Note("%s, amid work: %s", b.names[i], seen[i])
		}
		if ratio = seen[1].each / seen[0].each; ratio > times {
			return nil
		}
	}
	return check.Failf(fmt.Sprintf("more than %.0f times as many small answers for each piece of work in %s", times, b.names[1]), "%.1f times, the last of %d times", ratio, tries)
}

// amid is what a client with small requests met.
type amid struct {
	each        float64 // answers for each piece of work
	median, p99 float64 // how long it waited for one, in ns
}

func (a amid) String() string {
	return fmt.Sprintf("%.1f small answers for each piece, after %.2f ms in the middle and %.2f ms at the 99th of a hundred", a.each, a.median/1e6, a.p99/1e6)
}

// amidWork has the first client ask for work, the next piece before the last one is done, and the second ask for small
// things meanwhile.
func (b *beside) amidWork(c *crowd) (a amid, err error) {
	busy, light := c.clients[0], c.clients[1]
	for range 2 {
		if err := busy.request(b.work); err != nil {
			return a, err
		}
	}
	var waited []float64
	for done := 0; done < pieces; {
		started := time.Now()
		if err := c.ask(light); err != nil {
			return a, err
		}
		waited = append(waited, float64(time.Since(started)))
		n, err := sock.Poll(sock.PollSet(unix.POLLIN, busy.fd), 0)
		if err != nil {
			return a, err
		}
		if n == 0 && busy.answers.Buffered() == 0 {
			continue
		}
		if err := b.work.Answer(busy.answers); err != nil {
			return a, gone(err)
		}
		if done++; done < pieces-1 {
			if err := busy.request(b.work); err != nil {
				return a, err
			}
		}
	}
	return amid{float64(len(waited)) / pieces, measure.Median(waited), measure.Quantile(waited, 0.99)}, nil
}
