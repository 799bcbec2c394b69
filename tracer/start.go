//go:build linux && (amd64 || arm64)

package tracer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"time"

	"github.com/iospec/iospec/trace"
	"golang.org/x/sys/unix"
)

// Start starts the command under observation and returns when it has replaced the shim, so that all it does is
// recorded. It puts the header, too. The records follow until every tracee is gone, then End and nothing more.
//
// When ctx is done, or the sink fails, everything is killed. When this process dies, the kernel does that.
//
// Errors: an ExecError when the command cannot be run, a RefusedError (an ErrRefused) when ptrace or seccomp is not
// allowed, ctx's error when it was done before. Nothing is left running then.
func Start(ctx context.Context, cmd Command, sink trace.Sink, opt Options) (*Process, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l, err := prepare(cmd, opt)
	if err != nil {
		return nil, &ExecError{cmd.Path, err}
	}
	out, err := openOutputs(cmd)
	if err != nil {
		return nil, err
	}
	if opt.Started.IsZero() {
		opt.Started = time.Now()
	}
	p := &Process{
		started: opt.Started, done: make(chan struct{}),
		tasks: map[int]*task{}, early: map[int][]unix.WaitStatus{}, ended: map[int]struct{}{},
	}
	tr := newTracer(p, sink)
	tr.header, tr.files = header(l, opt), opt.Files
	begun := make(chan error, 1)
	onOwnThread(func() { tr.run(cmd.Dir, l, out, begun) })
	stop := context.AfterFunc(ctx, p.Kill)
	go func() { <-p.done; stop() }()
	if err := <-begun; err != nil {
		<-p.done
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, err
	}
	return p, nil
}

// prepare finds the command as os/exec does, and says what the shim has to do.
func prepare(cmd Command, opt Options) (launch, error) {
	path, err := exec.LookPath(cmd.Path)
	if err != nil && (filepath.Base(cmd.Path) == cmd.Path || cmd.Dir == "") {
		return launch{}, err // with a directory a relative path is looked up there, by the kernel
	}
	if err != nil {
		path = cmd.Path
	}
	l := launch{Path: path, Args: cmd.Args, Env: cmd.Env, Filter: filter(opt.Extra)}
	if len(l.Args) == 0 {
		l.Args = []string{cmd.Path}
	}
	if l.Env == nil {
		l.Env = os.Environ()
	}
	return l, nil
}

func header(l launch, opt Options) *trace.Header {
	var u unix.Utsname
	_ = unix.Uname(&u) // fails for a bad pointer only
	return &trace.Header{
		Format: "iospec/trace", Version: trace.Version, Source: "ptrace", Kernel: unix.ByteSliceToString(u.Release[:]),
		Arch: runtime.GOARCH, Command: slices.Clone(l.Args), Address: opt.Address, Started: opt.Started,
	}
}

// run is the life of the tracer's own thread. Every ptrace call and every wait is made here.
func (tr *tracer) run(dir string, l launch, out *outputs, begun chan<- error) {
	tr.begun = begun
	quietStops()
	err := tr.launch(dir, l, out)
	out.closeOurs()
	if err == nil {
		err = tr.loop()
	}
	tr.finish(err, out)
}

// launch starts the shim, seizes it, and tells it what to become.
func (tr *tracer) launch(dir string, l launch, out *outputs) error {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("socket pair to the shim: %w", err)
	}
	ours, theirs := os.NewFile(uintptr(pair[0]), "shim"), os.NewFile(uintptr(pair[1]), "tracer")
	defer func() { _ = theirs.Close() }()
	tr.shim = ours
	pid, err := syscall.ForkExec("/proc/self/exe", []string{shimName}, &syscall.ProcAttr{
		Dir: dir, Env: os.Environ(), Files: []uintptr{out.null.Fd(), out.files[0].Fd(), out.files[1].Fd(), theirs.Fd()},
		Sys: &syscall.SysProcAttr{Setpgid: true},
	})
	if err != nil {
		return &ExecError{l.Path, fmt.Errorf("in %q: %w", dir, err)}
	}
	if err := tr.seize(pid); err != nil {
		_ = unix.Kill(pid, unix.SIGKILL)
		var status unix.WaitStatus
		_, _ = unix.Wait4(pid, &status, unix.WALL, nil)
		return err
	}
	// The shim may have to be let go from a stop before it can read it all, so this thread must not wait for it here.
	go func() { _ = json.NewEncoder(ours).Encode(l) }()
	return nil
}

// seize attaches to the shim's main thread. The options that make new threads tracees are set only when the command has
// replaced the shim, so that the shim's own threads are never seen.
func (tr *tracer) seize(pid int) error {
	options := unix.PTRACE_O_EXITKILL | unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_TRACESECCOMP | unix.PTRACE_O_TRACEEXEC
	if errno := ptrace(unix.PTRACE_SEIZE, pid, 0, uintptr(options)); errno != 0 {
		return refused("PTRACE_SEIZE", errno)
	}
	p := tr.p
	p.mu.Lock()
	p.pid = pid
	p.tasks[pid] = &task{tid: pid, pid: pid, shim: true, files: &files{}}
	p.mu.Unlock()
	if p.killing.Load() {
		p.Kill()
	}
	return nil
}

// failed tells why the shim ended without becoming the command.
func (tr *tracer) failed(path string, ws unix.WaitStatus) error {
	var answer failure
	err := json.NewDecoder(tr.shim).Decode(&answer)
	switch {
	case err != nil:
		return fmt.Errorf("the shim that was to become %s ended early (wait status %#x): %w", path, uint32(ws), err)
	case answer.Op == "exec":
		return &ExecError{path, answer.Errno}
	default:
		return refused(answer.Op, answer.Errno)
	}
}

func refused(op string, errno syscall.Errno) error {
	hint := "in a container allow ptrace: --cap-add=SYS_PTRACE or --security-opt seccomp=unconfined; " +
		"with Yama: sysctl kernel.yama.ptrace_scope=1; do not run under another tracer (strace, gdb)"
	if op == "seccomp" {
		hint = "the kernel needs CONFIG_SECCOMP_FILTER, and the container's own profile must allow seccomp(2)"
	}
	return &RefusedError{Op: op, Err: errno, Hint: hint}
}

// finish ends the recording, whatever way it went.
func (tr *tracer) finish(err error, out *outputs) {
	p := tr.p
	if tr.shim != nil {
		_ = tr.shim.Close()
	}
	if e := out.drain(); err == nil {
		err = e
	}
	if tr.header == nil { // the header has been put, so the recording has begun
		err = errors.Join(err, tr.sink.Put(trace.Record{End: tr.end()}))
	}
	p.err = errors.Join(tr.sinkErr, err)
	tr.close()
	p.mu.Lock()
	close(p.done)
	p.mu.Unlock()
	tr.report(err)
}

func (tr *tracer) end() *trace.End {
	p := tr.p
	p.mu.Lock()
	defer p.mu.Unlock()
	end := &trace.End{At: p.Now(), Calls: tr.put, Lost: tr.lost, Zombies: p.zombies, Reason: "exited"}
	switch {
	case p.leaving.Load():
		end.Reason = "detached"
	case p.killing.Load():
		end.Reason = "killed"
	case p.stopped:
		end.Reason = "stopped"
	}
	return end
}

// outputs is where the command's output goes.
type outputs struct {
	null   *os.File
	files  [2]*os.File // the command's descriptors 1 and 2
	opened []*os.File  // those of them that are ours to close, once the command has them
	reads  []*os.File  // our ends of pipes
	copied chan error  // one result for each of reads
}

func openOutputs(cmd Command) (*outputs, error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	out := &outputs{null: null, opened: []*os.File{null}, copied: make(chan error, 2)}
	if out.files[0], err = out.open(cmd.Stdout); err == nil {
		if cmd.Stderr != nil && same(cmd.Stderr, cmd.Stdout) {
			out.files[1] = out.files[0]
		} else {
			out.files[1], err = out.open(cmd.Stderr)
		}
	}
	if err != nil {
		out.closeOurs()
		return nil, errors.Join(err, out.drain())
	}
	return out, nil
}

// same compares writers, of which some cannot be compared.
func same(a, b io.Writer) (equal bool) {
	defer func() { _ = recover() }()
	return a == b
}

func (o *outputs) open(w io.Writer) (*os.File, error) {
	if w == nil {
		return o.null, nil
	}
	if f, ok := w.(*os.File); ok {
		return f, nil
	}
	r, pipe, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	o.opened, o.reads = append(o.opened, pipe), append(o.reads, r)
	go func() {
		_, err := io.Copy(w, r)
		o.copied <- err
	}()
	return pipe, nil
}

func (o *outputs) closeOurs() {
	for _, f := range o.opened {
		_ = f.Close()
	}
	o.opened = nil
}

// drain waits for the rest of the output. All who could write have ended, unless one handed its descriptor to a process
// outside: for such a one we do not wait for ever.
func (o *outputs) drain() error {
	var err error
	for _, r := range o.reads {
		_ = r.SetReadDeadline(time.Now().Add(time.Second))
	}
	for range o.reads {
		if e := <-o.copied; e != nil && !errors.Is(e, os.ErrDeadlineExceeded) {
			err = errors.Join(err, fmt.Errorf("copy the command's output: %w", e))
		}
	}
	for _, r := range o.reads {
		_ = r.Close()
	}
	o.reads = nil
	return err
}
