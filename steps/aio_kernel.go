//go:build linux

package steps

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"unsafe"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/arrival"
	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/sock"
	"github.com/iospec/iospec/internal/thread"
)

// kernelAIOSteps define the steps about the kernel's own AIO: io_setup, io_submit, io_getevents (io_submit(2)).
func kernelAIOSteps(sc *godog.ScenarioContext, w *World) {
	k := &kernelAIO{w: w}
	sc.Given(`^a context of the kernel's AIO, and a (blocking|non-blocking) connection$`, k.start)
	sc.When(`^a thread submits a (read|poll) of the connection with io_submit$`, k.submit)
	sc.When(`^its client sends "(.*)"$`, func(text string) error {
		_, err := unix.Write(k.client, []byte(text))
		return errors.Join(err, arrival.Bytes(k.server, int64(len(text))))
	})
	sc.Then(`^the thread sleeps in io_submit$`, func() error {
		_, err := k.thread.AwaitAsleep(unix.SYS_IO_SUBMIT, int(k.context))
		if k.thread.Done() {
			return check.Failf("io_submit to wait for data", "it has returned, though there are none: errno %d", k.errno)
		}
		k.w.Note("asleep in io_submit, wchan %q", k.thread.Wchan())
		return err
	})
	sc.Then(`^io_submit has returned, and (no event is there|the event says EAGAIN|the event is not that bytes were read, but that there is input)$`, func(what string) error { return k.returned(what, 0) })
	sc.Then(`^io_submit has returned, and the event says that (\d+) bytes were read$`, func(n int64) error {
		return k.returned(fmt.Sprintf("an event of %d bytes", n), n)
	})
	sc.Then(`^(\d+) bytes are still in the socket$`, func(n int) error {
		queued, err := unix.IoctlGetInt(k.server, unix.TIOCINQ)
		if err == nil && queued != n {
			return check.Failf(fmt.Sprintf("%d bytes", n), "%d bytes", queued)
		}
		return os.NewSyscallError("ioctl", err)
	})
}

// The layout of struct iocb and struct io_event, and the operations (include/uapi/linux/aio_abi.h).
type (
	iocb struct {
		_      uint64
		_      [2]uint32
		op     uint16
		_      int16
		fd     uint32
		buffer uint64 // of a poll: the events
		size   uint64
		_      int64
		_      uint64
		_, _   uint32
	}
	ioEvent struct {
		data, of       uint64
		result, second int64
	}
)

var aioOperations = map[string]uint16{"read": 0, "poll": 5} // IOCB_CMD_PREAD, IOCB_CMD_POLL

// kernelAIO is a context of the kernel's AIO and a thread that submits to it.
type kernelAIO struct {
	w              *World
	bag            sock.Bag
	context        uint64
	client, server int
	control        *iocb
	buffer         []byte
	thread         *thread.Thread
	errno          unix.Errno // of io_submit
	failed         error      // why it could not be made as it should
}

func (k *kernelAIO) start(kind string) (err error) {
	k.w.Cleanup(k.bag.Close)
	if k.client, k.server, err = k.bag.TCPPair(); err != nil {
		return err
	}
	if err := sock.Nonblock(k.server, kind == "non-blocking"); err != nil {
		return err
	}
	_, _, errno := unix.Syscall(unix.SYS_IO_SETUP, 8, uintptr(unsafe.Pointer(&k.context)), 0)
	if errno != 0 {
		return check.Unsupportedf("io_setup: %v (the kernel needs CONFIG_AIO, and fs.aio-max-nr room)", errno)
	}
	k.w.Cleanup(func() { // waits for what is under way, so the client goes first
		k.bag.Drop(k.client)
		_, _, _ = unix.Syscall(unix.SYS_IO_DESTROY, uintptr(k.context), 0, 0)
	})
	return nil
}

// submit hands the operation to the kernel, in a thread of its own, since that may block.
func (k *kernelAIO) submit(what string) error {
	k.buffer = make([]byte, 64)
	k.control = &iocb{op: aioOperations[what], fd: uint32(k.server)}
	if what == "poll" {
		k.control.buffer = unix.POLLIN
	} else {
		k.control.buffer, k.control.size = uint64(uintptr(unsafe.Pointer(&k.buffer[0]))), uint64(len(k.buffer))
	}
	list := []*iocb{k.control}
	k.thread = thread.Start(func(t *thread.Thread) {
		k.failed = t.Undisturbed(func() { // a signal would end the read, and io_submit with it
			_, _, k.errno = unix.Syscall(unix.SYS_IO_SUBMIT, uintptr(k.context), 1, uintptr(unsafe.Pointer(&list[0])))
		})
	})
	return nil
}

// returned holds what the event is that there is once io_submit is over.
func (k *kernelAIO) returned(what string, bytes int64) error {
	if err := errors.Join(k.thread.Join(), k.failed); err != nil {
		return err
	}
	if k.errno == unix.EINVAL && k.control.op == aioOperations["poll"] {
		return check.Unsupportedf("io_submit: %v (IOCB_CMD_POLL takes Linux 4.18)", k.errno)
	}
	if k.errno != 0 {
		return fmt.Errorf("io_submit: %w", k.errno)
	}
	if what == "no event is there" {
		e, ok, err := k.event()
		if ok {
			return check.Failf("no event", "one with the result %d", e.result)
		}
		return err
	}
	e, err := k.awaitEvent()
	if err != nil {
		return err
	}
	var right bool
	switch what {
	case "the event says EAGAIN":
		right = e.result == -int64(unix.EAGAIN)
	case "the event is not that bytes were read, but that there is input":
		right = e.result&unix.POLLIN != 0 && binary.LittleEndian.Uint64(k.buffer) == 0
	default:
		right = e.result == bytes
	}
	if !right {
		return check.Failf(what, "an event with the result %d, and %q in the buffer", e.result, k.buffer)
	}
	k.w.Note("result of the event: %d", e.result)
	return nil
}

// event takes an event, if there is one.
func (k *kernelAIO) event() (e ioEvent, ok bool, err error) {
	var now unix.Timespec
	n, _, errno := unix.Syscall6(unix.SYS_IO_GETEVENTS, uintptr(k.context), 0, 1, uintptr(unsafe.Pointer(&e)), uintptr(unsafe.Pointer(&now)), 0)
	if errno != 0 && errno != unix.EINTR {
		return e, false, os.NewSyscallError("io_getevents", errno)
	}
	return e, errno == 0 && n == 1, nil
}

func (k *kernelAIO) awaitEvent() (e ioEvent, err error) {
	err = await.Until("an event of the kernel's AIO", func() (ok bool, err error) {
		e, ok, err = k.event()
		return ok, err
	})
	return e, err
}
