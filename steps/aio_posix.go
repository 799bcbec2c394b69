//go:build linux

package steps

import (
	"context"
	"fmt"
	"slices"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/trace"
)

// posixAIOSteps define the steps about POSIX aio, as the C library has it: aio(7).
func posixAIOSteps(sc *godog.ScenarioContext, w *World) {
	var p *aioProgram
	run := func(args ...string) func(context.Context) error {
		return func(ctx context.Context) (err error) {
			p, err = runAIO(ctx, args...)
			return err
		}
	}
	sc.Given(`^a program that reads a file with aio_read, recorded$`, run("file"))
	sc.Given(`^a program that echoes over a socket with aio_read and aio_write, recorded$`, run("echo"))
	sc.Given(`^a program that writes to a socket while a read of it is under way, with aio, recorded$`, run("duplex"))
	sc.Given(`^a program that cancels a read of a socket that is under way, recorded$`, run("withdraw"))
	sc.Given(`^a program that reads (\d+) sockets at once with aio_read, of which the last has data, recorded$`, func(ctx context.Context, n string) error {
		return run("crowd", n)(ctx)
	})
	sc.Then(`^a thread that it did not make itself reads the file, with pread64$`, func() error { return p.preads(w) })
	sc.Then(`^no call of the kernel's AIO, and none of io_uring, is in the recording$`, func() error { return p.noAIO() })
	sc.Then(`^the client has its bytes back$`, func() error { return p.said("echoed", 5) })
	sc.Then(`^a helper thread was told ESPIPE by pread64 and pwrite64, and then called read and write$`, func() error { return p.insists(w) })
	sc.Then(`^(\d+) helper threads are blocked in read$`, func(n int) error { return p.crowds(w, n) })
	sc.Then(`^the last is read only when another read has ended$`, func() error { return p.starves() })
	sc.Then(`^the write waits until the read has ended, and its thread makes both$`, func() error { return p.queues(w) })
	sc.Then(`^the read is not cancelled, and completes with (\d+) bytes$`, func(n int) error {
		if err := p.said("cancelled", 0); err != nil {
			return err
		}
		return p.said("read", n)
	})
}

// said holds what the program saw.
func (p *aioProgram) said(word string, n int) error {
	got, ok := p.say[word]
	if !ok || got != n {
		return check.Failf(fmt.Sprintf("%s %d", word, n), "%v", p.say)
	}
	return nil
}

// preads holds that the read of the file was a helper's pread64, and that the main thread made none.
func (p *aioProgram) preads(w *World) error {
	own := map[trace.Object]bool{}
	for _, c := range p.rec.Thread(p.pid) {
		own[c.Object] = own[c.Object] || c.Family == trace.FamilyRead
	}
	for tid, calls := range p.helpers("file:") {
		for _, c := range calls {
			if c.Name == "pread64" && c.Result == int64(p.say["read"]) && c.Result > 0 && !own[c.Object] {
				w.Note("%s, by thread %d of process %d", p.rec.Text(c), tid, p.pid)
				return nil
			}
		}
	}
	return check.Failf("a pread64 of the file by another thread than the first", "the program read %d bytes, and %d other threads read or wrote files", p.say["read"], len(p.helpers("file:")))
}

func (p *aioProgram) noAIO() error {
	i := slices.IndexFunc(p.rec.Calls, func(c *trace.Call) bool { return c.Family == trace.FamilyAio || c.Family == trace.FamilyRing })
	if i >= 0 {
		return check.Failf("no such call", "%s", p.rec.Text(p.rec.Calls[i]))
	}
	return nil
}

// insists holds that for a socket each call with an offset is refused, and repeated without one.
func (p *aioProgram) insists(w *World) error {
	followed := map[string]string{}
	for _, calls := range p.helpers("socket:") {
		for i, c := range calls {
			if c.Errno == "ESPIPE" && i+1 < len(calls) && calls[i+1].Object == c.Object && calls[i+1].Result > 0 {
				followed[c.Name] = calls[i+1].Name
				w.Note("%s, then %s", p.rec.Text(c), p.rec.Text(calls[i+1]))
			}
		}
	}
	if followed["pread64"] != "read" || followed["pwrite64"] != "write" {
		return check.Failf("pread64 and pwrite64 refused, and followed by read and write", "%v", followed)
	}
	return nil
}

// crowds holds how many helpers there are for more sockets than that, by what the program counted and by the recording.
func (p *aioProgram) crowds(w *World, n int) error {
	seen := len(p.helpers("socket:"))
	w.Note("%d helpers counted by the program, %d threads in the recording", p.say["helpers"], seen)
	if p.say["helpers"] != n || seen != n {
		return check.Failf(fmt.Sprintf("%d helpers", n), "%d counted by the program, %d in the recording", p.say["helpers"], seen)
	}
	return nil
}

// starves holds that the request with data waited, and was read by a helper that had ended another.
func (p *aioProgram) starves() error {
	if err := p.said("waits", 1); err != nil {
		return err
	}
	var last *trace.Call
	for _, calls := range p.helpers("socket:") {
		for i, c := range calls {
			if c.Name == "read" && c.Result == 4 && i > 0 && calls[0].Object != c.Object && (last == nil || c.Enter > last.Enter) {
				last = c
			}
		}
	}
	if last == nil {
		return check.Failf("a helper that reads a second socket", "none")
	}
	return p.said("read", 4)
}

// queues holds that the write began when the read had ended.
func (p *aioProgram) queues(w *World) error {
	if err := p.said("held", 1); err != nil {
		return err
	}
	var read, write *trace.Call
	for _, calls := range p.helpers("socket:") {
		for _, c := range calls {
			switch {
			case c.Family == trace.FamilyRead && c.Result > 0:
				read = c
			case c.Family == trace.FamilyWrite && write == nil:
				write = c
			}
		}
	}
	if read == nil || write == nil || write.Enter < read.Exit || write.TID != read.TID {
		return check.Failf("a write that begins after the read of the same socket, by its thread", "read %v, write %v", read, write)
	}
	w.Note("%s, then %s", p.rec.Text(read), p.rec.Text(write))
	return p.said("written", 5)
}
