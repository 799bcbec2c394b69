//go:build linux

package steps

import (
	"fmt"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
)

// budget: what ten thousand clients may take of a machine. That they do take less is shown beside epoll.c10k.
func budget(sc *godog.ScenarioContext, w *World) {
	const giga, kilo = 1_000_000_000, 1000
	var memory, line, clients int
	sc.Given(`^a machine with (\d+) GB of memory and a line of (\d+) Gbit/s$`, func(gigabytes, gigabits int) {
		memory, line = gigabytes*giga, gigabits*giga
	})
	sc.When(`^(\d+) clients share it evenly$`, func(n int) { clients = n })
	sc.Then(`^each has (\d+) KB and (\d+) kbit/s$`, func(kilobytes, kilobits int) error {
		w.Note("%d bytes and %d bit/s for each", memory/clients, line/clients)
		if memory/clients != kilobytes*kilo || line/clients != kilobits*kilo {
			return check.Failf(fmt.Sprintf("%d KB and %d kbit/s", kilobytes, kilobits), "%d bytes and %d bit/s", memory/clients, line/clients)
		}
		return nil
	})
}
