package iocp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/iospec/iospec/internal/reexec"
)

const key = 7 // of the connection

func init() { reexec.Role(Role, play) }

var getQueuedCompletionStatusEx = windows.NewLazySystemDLL("kernel32.dll").NewProc("GetQueuedCompletionStatusEx")

// An operation is one that was started. It is kept for ever, as is its buffer: what is under way must be reachable.
type operation struct {
	overlapped windows.Overlapped // the kernel knows the operation by this address
	number     int
	buffer     []byte
}

// entry is an OVERLAPPED_ENTRY.
type entry struct {
	key        uintptr
	overlapped *windows.Overlapped
	_          uintptr
	bytes      uint32
}

// A desk is what the lines are about.
type desk struct {
	port           windows.Handle
	client, server windows.Handle
	operations     []*operation
}

func play(in <-chan string, out io.Writer) error {
	runtime.LockOSThread() // operations are started by a thread that stays
	var data windows.WSAData
	if err := windows.WSAStartup(0x0202, &data); err != nil {
		return fmt.Errorf("WSAStartup: %w", err)
	}
	d := new(desk)
	for line := range in {
		verb, arg, _ := strings.Cut(line, " ")
		answer, err := d.do(verb, arg)
		if err != nil {
			answer = "error: " + err.Error()
		}
		if _, err := fmt.Fprintln(out, answer); err != nil {
			return err
		}
	}
	return nil
}

func (d *desk) do(verb, arg string) (answer string, err error) {
	n, _ := strconv.Atoi(arg)
	switch verb {
	case "fresh":
		return d.fresh()
	case "receive":
		return d.receive(n), nil
	case "depart":
		return d.depart(n), nil
	case "send":
		return "sent", d.say([]byte(arg))
	case "give":
		return d.give(n), nil
	case "drain":
		return "drained", d.drain(n)
	case "end":
		return "ended", windows.Shutdown(d.client, windows.SHUT_WR)
	case "cancel":
		return d.cancel(arg, n), nil
	case "look":
		return d.look(n)
	case "take":
		return d.take(uint32(n))
	case "system":
		return system(), nil
	}
	return "", fmt.Errorf("unknown verb %q", verb)
}

// receive starts a receive.
func (d *desk) receive(size int) string {
	o := d.begin(bytes.Repeat([]byte("."), size))
	what := windows.WSABuf{Len: uint32(size), Buf: unsafe.SliceData(o.buffer)}
	var flags uint32
	return said(o, windows.WSARecv(d.server, &what, 1, nil, &flags, &o.overlapped, nil))
}

// depart starts a receive from a thread of its own, and lets the thread end.
func (d *desk) depart(size int) string {
	answer, thread := make(chan string), make(chan windows.Handle)
	go func() {
		runtime.LockOSThread() // and never unlock: the thread ends with the goroutine
		var self windows.Handle
		process := windows.CurrentProcess()
		_ = windows.DuplicateHandle(process, windows.CurrentThread(), process, &self, 0, false, windows.DUPLICATE_SAME_ACCESS)
		a := d.receive(size)
		thread <- self
		answer <- a
	}()
	self := <-thread
	a := <-answer
	_, _ = windows.WaitForSingleObject(self, windows.INFINITE) // it is signalled when the thread has ended
	_ = windows.CloseHandle(self)
	return a
}

// give starts a send.
func (d *desk) give(size int) string {
	o := d.begin(bytes.Repeat([]byte("x"), size))
	what := windows.WSABuf{Len: uint32(size), Buf: unsafe.SliceData(o.buffer)}
	return said(o, windows.WSASend(d.server, &what, 1, nil, 0, &o.overlapped, nil))
}

func (d *desk) begin(buffer []byte) *operation {
	o := &operation{number: len(d.operations) + 1, buffer: buffer}
	d.operations = append(d.operations, o)
	return o
}

func said(o *operation, err error) string {
	switch {
	case err == nil:
		return fmt.Sprint(o.number, " done")
	case errors.Is(err, windows.ERROR_IO_PENDING):
		return fmt.Sprint(o.number, " pending")
	}
	return fmt.Sprint(o.number, " refused: ", err)
}

// cancel cancels an operation, or all that are under way.
func (d *desk) cancel(which string, n int) string {
	var what *windows.Overlapped
	if which != "all" {
		what = &d.operations[n-1].overlapped
	}
	switch err := windows.CancelIoEx(d.server, what); {
	case err == nil:
		return "cancelled"
	case errors.Is(err, windows.ERROR_NOT_FOUND):
		return "not found"
	default:
		return err.Error()
	}
}

// look reads memory that the kernel may be writing to. It asks nobody.
//
//go:norace
func (d *desk) look(n int) (string, error) {
	if n < 1 || n > len(d.operations) {
		return "", fmt.Errorf("no operation %d", n)
	}
	o := d.operations[n-1]
	status := "completed"
	switch windows.NTStatus(o.overlapped.Internal) {
	case windows.STATUS_PENDING:
		status = "pending"
	case windows.STATUS_SUCCESS:
	default:
		status = "failed"
	}
	return fmt.Sprintf("%s %d %s", status, o.overlapped.InternalHigh, o.buffer[:min(len(o.buffer), 64)]), nil
}

// take takes up to 16 completions.
func (d *desk) take(ms uint32) (string, error) {
	var found [16]entry
	var n uint32
	r, _, err := getQueuedCompletionStatusEx.Call(uintptr(d.port), uintptr(unsafe.Pointer(&found)), uintptr(len(found)),
		uintptr(unsafe.Pointer(&n)), uintptr(ms), 0)
	if r == 0 {
		if errors.Is(err, syscall.Errno(windows.WAIT_TIMEOUT)) {
			return "nothing", nil
		}
		return "", fmt.Errorf("GetQueuedCompletionStatusEx: %w", err)
	}
	var all []string
	for _, e := range found[:n] {
		all = append(all, fmt.Sprint(e.key, " ", e.bytes, " ", d.known(e.overlapped), " ", outcome(e.overlapped)))
	}
	return strings.Join(all, ";"), nil
}

// known is the number of the operation that was started with this very OVERLAPPED; 0 if none was.
func (d *desk) known(o *windows.Overlapped) int {
	for _, mine := range d.operations {
		if &mine.overlapped == o {
			return mine.number
		}
	}
	return 0
}

func outcome(o *windows.Overlapped) string {
	switch status := windows.NTStatus(o.Internal); status.Errno() {
	case 0:
		return "ok"
	case windows.ERROR_OPERATION_ABORTED:
		return "aborted"
	default:
		return fmt.Sprintf("%#x", uint32(status))
	}
}
