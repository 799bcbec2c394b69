//go:build linux

package steps

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/iocp"
	"github.com/iospec/iospec/internal/reexec"
	"github.com/iospec/iospec/internal/wine"
	"github.com/iospec/iospec/subject"
)

// windows is what plays Windows for the scenarios of a run. It takes seconds to make, so they share it.
type windows struct {
	*wine.Bottle
	desk   *reexec.Child // the role in which completion ports are tried; it keeps Windows running, too
	system string        // what it is: "Wine 8.0"
	kernel int           // the process that holds its sockets
}

// theWindows is made when a scenario wants it, and ended with the run.
var theWindows struct {
	sync.Mutex
	windows *windows
	err     error
}

// Windows gives it. Where it cannot be had, the scenario is unsupported, and says what is missing.
func (w *World) Windows(ctx context.Context) (*windows, error) {
	theWindows.Lock()
	defer theWindows.Unlock()
	if theWindows.windows == nil && theWindows.err == nil {
		theWindows.windows, theWindows.err = startWindows(context.WithoutCancel(ctx))
	}
	if missing, ok := errors.AsType[*wine.Missing](theWindows.err); ok {
		return nil, check.Unsupportedf("%v", missing)
	}
	if theWindows.err != nil {
		return nil, theWindows.err
	}
	if w.Target != nil {
		w.run.on = theWindows.windows.system
	}
	if note := "Windows is played by " + theWindows.windows.system; !slices.Contains(w.notes, note) {
		w.Note("%s", note)
	}
	return theWindows.windows, nil
}

func startWindows(ctx context.Context) (*windows, error) {
	bottle, err := wine.New(ctx)
	if err != nil {
		return nil, err
	}
	w := &windows{Bottle: bottle}
	if w.desk, err = reexec.Start(iocp.Role, reexec.Options{Command: bottle.Command(ctx)}); err == nil {
		w.system, err = w.desk.Ask("system")
	}
	if err == nil {
		w.kernel, err = w.Kernel()
	}
	if err != nil {
		return nil, errors.Join(err, w.end())
	}
	return w, nil
}

// spec is a target of that system as package subject starts it here. One tells a program of Windows to end by Ctrl-C; and it
// is given more time, since each step goes through another process.
func (w *windows) spec(t Target) subject.Spec {
	spec := t.spec()
	command, env := w.Words(t.Command[1:]...)
	spec.Command, spec.Env, spec.Kernel = command, append(env, t.Env...), w.kernel
	spec.StopSignal, spec.StartTimeout, spec.StopTimeout = os.Interrupt, await.Patience, await.Patience/2
	return spec
}

func (w *windows) end() (err error) {
	if w.desk != nil {
		err = w.desk.Stop()
	}
	return errors.Join(err, w.Close())
}

// endWindows ends it, if there is one. The next scenario that wants one gets a new one.
func endWindows() error {
	theWindows.Lock()
	defer theWindows.Unlock()
	w := theWindows.windows
	theWindows.windows, theWindows.err = nil, nil
	if w == nil {
		return nil
	}
	return w.end()
}
