//go:build linux

package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/english"
	"github.com/iospec/iospec/internal/measure"
	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/internal/trait"
	"github.com/iospec/iospec/report"
)

// taskForEach lists the models that keep a task, a process or a thread, for each connection.
var taskForEach = []string{"process-per-connection", "thread-per-connection"}

// kernelStack is what the kernel keeps of each task besides its description: THREAD_SIZE of x86-64 and arm64, which a
// process cannot read.
const kernelStack = 16 << 10

// modelMatters: what a server keeps for a connection, besides the socket. It breaks when an event-driven server keeps
// tasks or large buffers for each, and when a server with a task for each does without.
func modelMatters(sc *godog.ScenarioContext, w *World) {
	const rounds = 5
	var before, full, after footprint
	var clients int

	sc.Given(`^the server with (\d+) clients more than the (\d+) that it began with, each of which was served$`, func(ctx context.Context, n, first int) error {
		clients = n
		if err := needDescriptors(n + first + 200); err != nil {
			return err
		}
		c, err := w.invite(ctx)
		if err != nil {
			return err
		}
		look := func(f *footprint) func() error {
			return func() (err error) { *f, err = footprintOf(c.server.PID()); return err }
		}
		repeat := func() error {
			for range rounds {
				if err := c.inTurn(c.clients); err != nil {
					return err
				}
			}
			return nil
		}
		// What a runtime takes once, when the first requests come, is no client's.
		err = inOrder(func() error { return c.settle(0, first) }, repeat, look(&before), func() error { return c.settle(0, n) }, look(&full), repeat, look(&after))
		each := float64((after.cpu - full.cpu).Nanoseconds()) / float64(rounds*(n+first))
		w.Note("measured: %.1f µs CPU time for each request", each/1000)
		w.Measured(report.Series{Of: "the CPU time of a request, by architecture", XUnit: "clients", YUnit: "ns", X: []float64{float64(n)}, Y: []float64{each}})
		return err
	})
	sc.Then(`^a connection takes a task and more than (\d+) KiB where the model has a task for each, and otherwise no task and less$`, func(kib int64) error {
		socket, err := socketSize()
		if err != nil {
			return err
		}
		n := int64(clients)
		tasks, memory := full.tasks-before.tasks, (full.memory()-before.memory())/n
		w.Note("%s more for %d connections; %d bytes for each: %d own and %d page tables measured, %d kernel stacks computed; with a socket of %d bytes 2 GB would carry about %d, computed",
			english.Count(tasks, "task"), clients, memory, (full.PSS-before.PSS)/n, (full.PageTables-before.PageTables)/n, int64(tasks)*kernelStack/n, socket, 2_000_000_000/max(1, memory+int64(socket)))
		w.Measured(report.Series{Of: "the memory that a server takes for a connection, by architecture", XUnit: "clients", YUnit: "bytes", X: []float64{float64(n)}, Y: []float64{float64(memory)}})
		models := trait.Set(w.Target.Traits).On(trait.Architecture)
		forEach := slices.ContainsFunc(models, func(m string) bool { return slices.Contains(taskForEach, m) })
		// Not counted exactly: a runtime has threads of its own, which come and go.
		switch {
		case forEach && (tasks < clients*9/10 || memory <= kib<<10):
			return check.Failf(fmt.Sprintf("a task and more than %d KiB for each connection, as %v has it", kib, models), "%d tasks for %d, %d bytes for each", tasks, clients, memory)
		case !forEach && (tasks > clients/10 || memory >= kib<<10):
			return check.Failf(fmt.Sprintf("no task and less than %d KiB for a connection, as %v has it", kib, models), "%d tasks for %d, %d bytes for each", tasks, clients, memory)
		}
		return nil
	})
}

// footprint is what a server takes, with all its processes.
type footprint struct {
	proc.Memory
	tasks int
	cpu   time.Duration
}

func (f footprint) memory() int64 { return f.PSS + f.PageTables + int64(f.tasks)*kernelStack }

// footprintOf adds up a process and its descendants. A process that ends meanwhile is left out.
func footprintOf(root int) (f footprint, err error) {
	all, err := proc.All()
	if err != nil {
		return f, err
	}
	family := proc.Descendants(all, root)
	for _, p := range all {
		if p.PID == root {
			family = append(family, p)
		}
	}
	for _, p := range family {
		if !p.Alive() {
			continue
		}
		memory, err := proc.ReadMemory(p.PID)
		cpu, cpuErr := measure.ProcessCPU(p.PID)
		switch err = errors.Join(err, cpuErr); {
		case proc.Gone(err):
		case err != nil:
			return f, err
		default:
			f.PSS, f.PageTables = f.PSS+memory.PSS, f.PageTables+memory.PageTables
			f.tasks, f.cpu = f.tasks+p.Threads, f.cpu+cpu
		}
	}
	return f, nil
}
