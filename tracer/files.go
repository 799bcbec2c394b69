//go:build linux && (amd64 || arm64)

package tracer

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"github.com/iospec/iospec/trace"
	"golang.org/x/sys/unix"
)

// file is an open file description: what descriptors are handles of. Two descriptors that came from each other by dup,
// fork or SCM_RIGHTS share it, and with it O_NONBLOCK.
type file struct {
	object   trace.Object
	kind     string // "socket", "pipe", "eventfd", "epoll", "ring", …
	plain    bool   // a file, directory or device: its reads and writes are not recorded
	nonblock bool
	ring     *ring // of a ring whose set-up was seen
}

// files is a descriptor table, as far as it is known: nil at a descriptor says only that nobody has looked. It is
// shared by the tasks that were made with CLONE_FILES. An entry is dropped when a close begins and again when it ends,
// so that what another thread opens under the same number in between is never taken for the old.
type files struct{ at []*file }

func (fs *files) get(fd int) *file {
	if fd < 0 || fd >= len(fs.at) {
		return nil
	}
	return fs.at[fd]
}

func (fs *files) set(fd int, f *file) {
	if fd < 0 {
		return
	}
	if fd >= len(fs.at) {
		if f == nil {
			return
		}
		fs.at = slices.Grow(fs.at, fd+1-len(fs.at))[:fd+1]
	}
	fs.at[fd] = f
}

// drop forgets what fd names, if that is still f.
func (fs *files) drop(fd int, f *file) {
	if fs.get(fd) == f {
		fs.set(fd, nil)
	}
}

func (fs *files) clone() *files { return &files{slices.Clone(fs.at)} }

// world is what the tracer knows of kernel objects, over all tasks.
type world struct {
	byObject map[trace.Object]*file // objects whose name is theirs alone: sockets, eventfds
	numbered map[string][]*file     // by kind: objects that all have the same name, so that we number them
	pidfds   map[int]int            // of processes whose sockets we asked about
	path     []byte
	link     [4096]byte
}

func newWorld() world {
	return world{byObject: map[trace.Object]*file{}, numbered: map[string][]*file{}, pidfds: map[int]int{}}
}

// named says what a descriptor names, nil if nothing.
func (tr *tracer) named(t *task, fd int) *file {
	if f := t.files.get(fd); f != nil {
		return f
	}
	return tr.look(t, fd)
}

// look asks the kernel what a descriptor names now, and remembers it.
func (tr *tracer) look(t *task, fd int) *file {
	if fd < 0 {
		return nil
	}
	f := tr.identify(t, fd, tr.world.readlink(t.tid, fd))
	t.files.set(fd, f)
	return f
}

// made is the descriptor that a call has just made, whatever the number named before.
func (tr *tracer) made(t *task, fd int) trace.FD {
	return fdOf(fd, tr.look(t, fd))
}

func fdOf(fd int, f *file) trace.FD {
	if f == nil {
		return trace.FD{FD: fd}
	}
	return trace.FD{FD: fd, Object: f.object}
}

// objectOf is what a descriptor names, for a record.
func (tr *tracer) objectOf(t *task, fd int) trace.Object {
	if f := tr.named(t, fd); f != nil {
		return f.object
	}
	return ""
}

// readlink reads /proc/TID/fd/FD, "" if there is no such descriptor.
func (w *world) readlink(tid, fd int) string {
	w.path = strconv.AppendInt(append(w.path[:0], "/proc/"...), int64(tid), 10)
	w.path = append(strconv.AppendInt(append(w.path, "/fd/"...), int64(fd), 10), 0)
	const here = unix.AT_FDCWD
	at := here // a variable, as a negative constant does not convert
	n, _, errno := unix.RawSyscall6(unix.SYS_READLINKAT, uintptr(at), uintptr(unsafe.Pointer(&w.path[0])),
		uintptr(unsafe.Pointer(&w.link[0])), uintptr(len(w.link)), 0, 0)
	if errno != 0 {
		return ""
	}
	return string(w.link[:n])
}

// anonymous are the kinds of the recording by the kernel's names of its anonymous inodes. They all share one inode
// number, so that only kcmp(2) tells two of a kind apart.
var anonymous = map[string]string{
	"[eventpoll]": "epoll", "[io_uring]": "ring", "[timerfd]": "timerfd", "[signalfd]": "signalfd", "[pidfd]": "pidfd",
	"[eventfd]": "eventfd",
}

// identify finds the description behind a link of /proc/TID/fd, making it when it is new.
func (tr *tracer) identify(t *task, fd int, link string) *file {
	name, rest, _ := strings.Cut(link, ":")
	id := strings.Trim(rest, "[]")
	switch {
	case link == "":
		return nil
	case link[0] == '/':
		return tr.world.namedFile(t, fd, link)
	case name == "socket":
		return tr.socket(t, fd, trace.Object("socket:"+id))
	case name == "pipe":
		f := &file{object: trace.Object("pipe:" + id), kind: "pipe"}
		f.nonblock = hasNonblock(fdinfo(t.tid, fd))
		return f
	case name != "anon_inode":
		return &file{object: trace.Object("other:" + link), kind: "other"}
	case anonymous[rest] == "eventfd":
		return tr.eventfd(t, fd)
	case anonymous[rest] != "":
		return tr.numberedFile(t, fd, anonymous[rest])
	default:
		return tr.numberedFile(t, fd, "other:"+id)
	}
}

// namedFile is a file with a name. A named pipe is of interest as any pipe is.
func (w *world) namedFile(t *task, fd int, link string) *file {
	f := &file{object: trace.Object("file:" + link), kind: "file", plain: true}
	var st unix.Stat_t
	if unix.Stat(fmt.Sprintf("/proc/%d/fd/%d", t.tid, fd), &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFIFO {
		f.kind, f.plain = "pipe", false
		f.nonblock = hasNonblock(fdinfo(t.tid, fd))
	}
	return f
}

// eventfd has a number of the kernel's, in fdinfo; a kernel before 5.2 does not tell it.
func (tr *tracer) eventfd(t *task, fd int) *file {
	info := fdinfo(t.tid, fd)
	id, ok := fdinfoField(info, "eventfd-id:")
	if !ok {
		return tr.numberedFile(t, fd, "eventfd")
	}
	object := trace.Object("eventfd:" + id)
	if f := tr.world.byObject[object]; f != nil {
		return f
	}
	f := &file{object: object, kind: "eventfd", nonblock: hasNonblock(info)}
	tr.world.byObject[object] = f
	return f
}

// numberedFile compares a descriptor that came from elsewhere (SCM_RIGHTS, or inherited) with all of its kind.
func (tr *tracer) numberedFile(t *task, fd int, kind string) *file {
	for _, f := range tr.world.numbered[kind] {
		if pid, at, ok := tr.holder(f); ok && sameFile(t.tid, fd, pid, at) {
			return f
		}
	}
	f := tr.newNumbered(kind)
	f.nonblock = hasNonblock(fdinfo(t.tid, fd))
	return f
}

// newNumbered is a description of which we know that it is new, as the call that made it has just returned.
func (tr *tracer) newNumbered(kind string) *file {
	all := tr.world.numbered[kind]
	f := &file{object: trace.Object(kind + ":" + strconv.Itoa(len(all)+1)), kind: kind}
	tr.world.numbered[kind] = append(all, f)
	return f
}

// holder finds a living descriptor of a description.
func (tr *tracer) holder(f *file) (tid, fd int, ok bool) {
	for _, t := range tr.p.tasks {
		if fd := slices.Index(t.files.at, f); fd >= 0 {
			return t.tid, fd, true
		}
	}
	return 0, 0, false
}

// sameFile is kcmp(2)'s KCMP_FILE.
func sameFile(tid1, fd1, tid2, fd2 int) bool {
	const kcmpFile = 0
	r, _, errno := unix.RawSyscall6(unix.SYS_KCMP, uintptr(tid1), uintptr(tid2), kcmpFile, uintptr(fd1), uintptr(fd2), 0)
	return errno == 0 && r == 0
}

// afterExec drops what close-on-exec has closed.
func (w *world) afterExec(t *task) {
	for fd, f := range t.files.at {
		if f != nil && w.readlink(t.tid, fd) == "" {
			t.files.at[fd] = nil
		}
	}
}

// fdinfo reads /proc/TID/fdinfo/FD, nil if it is gone.
func fdinfo(tid, fd int) []byte {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/%d", tid, fd))
	if err != nil {
		return nil
	}
	return b
}

func hasNonblock(fdinfo []byte) bool {
	flags, ok := flagsOctal(fdinfo)
	return ok && flags&syscall.O_NONBLOCK != 0
}
