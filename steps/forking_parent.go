//go:build linux

package steps

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/internal/reexec"
	"github.com/iospec/iospec/internal/sock"
)

// The parent of bare children: a process of its own, so that what it forks is small, and what it leaves behind is seen.
const forkingRole = "fork"

func init() { reexec.Role(forkingRole, forkingParent) }

// forkingParent answers orders, a line each, beginning with a word of the table.
func forkingParent(in <-chan string, out io.Writer) error {
	p := &parentOfBare{}
	if err := p.prepare(); err != nil {
		return err
	}
	for line := range in {
		word, argument, _ := strings.Cut(line, " ")
		do, ok := map[string]func(string) (string, error){
			"private": p.setPrivate, "memory": p.mapMemory, "listen": p.listen, "accept": p.accept, "drop": p.drop, "deafen": p.deafen,
			"fork": p.fork, "tell": p.tell, "word": p.sayWord, "wait": p.wait, "limit": p.limit, "end": p.end,
			"peek": p.peek, "crowd": p.crowd, "prepare": p.prepareGame, "play": p.play, "threads": p.threads,
		}[word]
		if !ok {
			return fmt.Errorf("unknown order %q", line)
		}
		answer, err := do(argument)
		if err != nil {
			return fmt.Errorf("%s: %w", line, err)
		}
		if _, err := fmt.Fprintln(out, answer); err != nil {
			return err
		}
	}
	return nil
}

type parentOfBare struct {
	orders, acks int // our ends of the pipes of the last child
	children     []int
	listener     *sock.Listener
	games        chan struct{} // a ping-pong is on, for the thread that plays with us
}

func (p *parentOfBare) prepare() error {
	shared, err := unix.Mmap(-1, 0, int(unsafe.Sizeof(board{})), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_ANONYMOUS)
	if err != nil {
		return fmt.Errorf("map shared memory: %w", err)
	}
	bare.board = (*board)(unsafe.Pointer(&shared[0]))
	return nil
}

// setPrivate sets the word that children find in their copy of our memory.
func (p *parentOfBare) setPrivate(value string) (string, error) {
	n, err := strconv.ParseUint(value, 10, 64)
	bare.private = n
	return "set", err
}

// peek tells our own private word.
func (p *parentOfBare) peek(string) (string, error) { return fmt.Sprint(bare.private), nil }

// mapMemory takes so many bytes of memory and writes to every page of it.
func (p *parentOfBare) mapMemory(size string) (string, error) {
	n, err := strconv.Atoi(size)
	if err != nil {
		return "", err
	}
	m, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return "", fmt.Errorf("map %d bytes: %w", n, err)
	}
	_ = unix.Madvise(m, unix.MADV_NOHUGEPAGE) // or the pages would be counted, and copied, by the 2 MiB
	bare.memory, bare.size = unsafe.Pointer(&m[0]), uintptr(n)
	touch(bare.memory, bare.size)
	return "written", nil
}

func (p *parentOfBare) listen(string) (answer string, err error) {
	p.listener, err = sock.Listen(8)
	if err != nil {
		return "", err
	}
	return fmt.Sprint(p.listener.Addr.Port), nil
}

// accept takes the client that has connected, as a blocking socket.
func (p *parentOfBare) accept(string) (string, error) {
	fd, err := p.listener.Accept()
	if err == nil {
		err = sock.Nonblock(fd, false)
	}
	bare.connection = fd
	return fmt.Sprint(fd), err
}

// drop closes what only the child needs: the connection.
func (p *parentOfBare) drop(string) (string, error) { return "closed", unix.Close(bare.connection) }

// deafen closes the listener.
func (p *parentOfBare) deafen(string) (string, error) { return "closed", unix.Close(p.listener.FD) }

// fork makes a child and tells what both saw of it: parent's result and number, child's result and number.
func (p *parentOfBare) fork(string) (string, error) {
	var orders, acks [2]int
	if err := errors.Join(unix.Pipe2(orders[:], unix.O_CLOEXEC), unix.Pipe2(acks[:], unix.O_CLOEXEC)); err != nil {
		return "", fmt.Errorf("pipe: %w", err)
	}
	bare.orders, bare.acks = orders[0], acks[1]
	bare.board.parent, bare.board.child = witness{}, witness{}
	pid, errno := forkBare()
	if errno != 0 {
		return "", fmt.Errorf("clone: %w", errno)
	}
	p.orders, p.acks = orders[1], acks[0]
	p.children = append(p.children, pid)
	sock.Close(orders[0], acks[1]) // the child's ends: its end shows as end of file
	if _, err := p.tell(string(orderNothing)); err != nil {
		return "", err
	}
	a, b := bare.board.parent, bare.board.child
	return fmt.Sprintf("%d %d %d %d %d %d", a.passed, a.result, a.pid, b.passed, b.result, b.pid), nil
}

// crowd makes so many children that sleep, and tells what the fastest of these forks took, in nanoseconds.
func (p *parentOfBare) crowd(size string) (string, error) {
	n, err := strconv.Atoi(size)
	if err != nil {
		return "", err
	}
	var gate [2]int // in whose read they sleep
	if err := unix.Pipe2(gate[:], unix.O_CLOEXEC); err != nil {
		return "", fmt.Errorf("pipe: %w", err)
	}
	bare.orders, bare.acks = gate[0], gate[1]
	fastest := time.Hour
	for range n {
		started := time.Now()
		pid, errno := forkBare()
		if errno != 0 {
			return errno.Error(), nil
		}
		fastest = min(fastest, time.Since(started))
		p.children = append(p.children, pid)
	}
	return fmt.Sprint(fastest.Nanoseconds()), nil
}

// tell gives the last child an order and waits until it has done it, or has ended.
func (p *parentOfBare) tell(order string) (string, error) {
	if _, err := unix.Write(p.orders, []byte(order[:1])); err != nil {
		return "", fmt.Errorf("tell the child: %w", err)
	}
	return p.hear()
}

// hear waits until the child has done what it was told, or has ended.
func (p *parentOfBare) hear() (string, error) {
	for {
		n, err := unix.Read(p.acks, make([]byte, 1))
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("hear the child: %w", err)
		}
		return map[int]string{0: "ended", 1: "done"}[n], nil
	}
}

// sayWord tells what the board says.
func (p *parentOfBare) sayWord(string) (string, error) {
	return fmt.Sprintf("%d %d %d", bare.board.word, bare.board.made, bare.board.errno), nil
}

// wait reaps one child and tells its number and exit status.
func (p *parentOfBare) wait(string) (string, error) {
	var status unix.WaitStatus
	for {
		pid, err := unix.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.ECHILD):
			return "ECHILD", nil
		default:
			p.children = slices.DeleteFunc(p.children, func(c int) bool { return c == pid }) // its number may be another's now
			return fmt.Sprintf("%d %d", pid, status.ExitStatus()), err
		}
	}
}

// limit sets how many processes this user may have, for the last child alone: a runtime that can make no thread any more
// would end.
func (p *parentOfBare) limit(most string) (string, error) {
	n, err := strconv.ParseUint(most, 10, 64)
	if err != nil {
		return "", err
	}
	err = unix.Prlimit(p.children[len(p.children)-1], unix.RLIMIT_NPROC, &unix.Rlimit{Cur: n, Max: n}, nil)
	return "set", err
}

// end ends all children and reaps them.
func (p *parentOfBare) end(string) (string, error) {
	for _, pid := range p.children {
		_ = unix.Kill(pid, unix.SIGKILL)
	}
	for {
		answer, err := p.wait("")
		if err != nil || answer == "ECHILD" {
			return "ended", err
		}
	}
}
