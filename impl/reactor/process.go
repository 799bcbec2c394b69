//go:build linux

package reactor

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// A worker process is this very program, run again under the name workerName: that takes a millisecond, and the worker
// has nothing of its master but the descriptors that it is given. A fork without exec would also copy the master's
// threads' locks without the threads; the Go runtime cannot live with that.
const workerName = "iospec: worker of a reactor"

// firstFD is where the descriptors begin that a worker is given, behind standard input, output and error.
const firstFD = 3

// An order is what a worker process is told when it starts.
type order struct {
	Role     string // a key of roles
	Protocol string
	ReadSize int
	Place    int    // which of the master's workers it is
	Workers  int    // how many there are
	Share    string // how they share the listener, if they do
}

// roles are the things that a worker process may be.
var roles = map[string]func(order) error{
	"sub-reactor": workSubReactor,
	"acceptor":    workAcceptor,
	"work":        workTasks,
}

func init() {
	if len(os.Args) != 2 || os.Args[0] != workerName {
		return
	}
	signal.Ignore(unix.SIGINT, unix.SIGTERM) // they go to the whole group of a terminal; the master will say when to stop
	var o order
	err := json.Unmarshal([]byte(os.Args[1]), &o)
	if err == nil {
		err = roles[o.Role](o)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "worker %d: %v\n", os.Getpid(), err)
		os.Exit(1)
	}
	os.Exit(0)
}

// config is what the worker can be told of its master's configuration.
func (o order) config() server.Config {
	return server.Config{Protocol: o.Protocol, ReadSize: o.ReadSize, Log: os.Stderr}
}

// A process is a running worker.
type process struct {
	pid     int
	fd      int // pidfd, readable once the process has ended
	started time.Time
}

// start runs a worker. It dies with the thread that starts it, which must therefore be the one that serves: should the
// master be killed, no worker stays behind.
func start(o order, log int, fds ...int) (*process, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	null, err := unix.Open(os.DevNull, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("start a worker: %w", os.NewSyscallError("open "+os.DevNull, err))
	}
	defer server.CloseFD(null)
	files := []uintptr{uintptr(null), uintptr(null), uintptr(log)}
	for _, fd := range fds {
		files = append(files, uintptr(fd))
	}
	pidfd := -1
	pid, err := syscall.ForkExec("/proc/self/exe", []string{workerName, string(text)}, &syscall.ProcAttr{
		Env:   server.Environment(),
		Files: files,
		Sys:   &syscall.SysProcAttr{Pdeathsig: unix.SIGKILL, PidFD: &pidfd},
	})
	if err != nil {
		return nil, fmt.Errorf("start a worker: %w", err)
	}
	if pidfd < 0 {
		return nil, fmt.Errorf("start a worker: no pidfd for process %d (pidfd_open(2) needs Linux 5.3)", pid)
	}
	return &process{pid, pidfd, time.Now()}, nil
}

// bury takes the exit status of a process that has ended, without which it would stay a zombie, and says it in words.
func (p *process) bury() string {
	var status unix.WaitStatus
	_, err := unix.Wait4(p.pid, &status, 0, nil)
	for err == unix.EINTR {
		_, err = unix.Wait4(p.pid, &status, 0, nil)
	}
	server.CloseFD(p.fd)
	switch {
	case err != nil:
		return err.Error()
	case status.Signaled():
		return status.Signal().String()
	}
	return fmt.Sprintf("exit status %d", status.ExitStatus())
}

// kill ends a process that does not end by itself. It is not buried yet, so its number is nobody else's.
func (p *process) kill() { _ = unix.Kill(p.pid, unix.SIGKILL) }

// A workersLog is the standard error of worker processes: the master's log, if that is a file, or else a pipe that is
// copied to it.
type workersLog struct {
	fd     int
	copied chan struct{} // closed when all is copied
}

func newWorkersLog(log io.Writer) (*workersLog, error) {
	none := make(chan struct{})
	close(none)
	switch file, isFile := log.(*os.File); {
	case isFile:
		fd, err := unix.FcntlInt(file.Fd(), unix.F_DUPFD_CLOEXEC, 0)
		return &workersLog{fd, none}, os.NewSyscallError("fcntl", err)
	case log == nil:
		fd, err := unix.Open(os.DevNull, unix.O_WRONLY|unix.O_CLOEXEC, 0)
		return &workersLog{fd, none}, os.NewSyscallError("open "+os.DevNull, err)
	}
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
		return nil, os.NewSyscallError("pipe2", err)
	}
	l := &workersLog{ends[1], make(chan struct{})}
	go l.copy(ends[0], log)
	return l, nil
}

// copy ends when nobody has the other end any more.
func (l *workersLog) copy(from int, log io.Writer) {
	defer close(l.copied)
	defer server.CloseFD(from)
	for buf := make([]byte, 4096); ; {
		n, err := unix.Read(from, buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n == 0 {
			return
		}
		_, _ = log.Write(buf[:n]) // a log that cannot be written must not stop the service
	}
}

// close is for when all workers have ended.
func (l *workersLog) close() {
	server.CloseFD(l.fd)
	<-l.copied
}
