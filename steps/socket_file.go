//go:build linux

package steps

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/internal/sock"
)

// socketFile: a socket is a file. It breaks when a socket is not in the table of open files, or when the calls for files
// do not work on it.
func (a *arrived) socketFile(sc *godog.ScenarioContext) {
	var word string
	sc.Then(`^/proc/self/fd names it by the inode that fstat gives, and fstat calls it a socket$`, func() error {
		var st unix.Stat_t
		if err := unix.Fstat(a.servers[0], &st); err != nil {
			return fmt.Errorf("fstat: %w", err)
		}
		links, err := proc.Links(os.Getpid())
		if err != nil {
			return err
		}
		link, want := links[a.servers[0]], fmt.Sprintf("socket:[%d]", st.Ino)
		a.w.Note("descriptor %d is %s, its mode %#o", a.servers[0], link, st.Mode)
		if link != want || st.Mode&unix.S_IFMT != unix.S_IFSOCK {
			return check.Failf(want+", S_IFSOCK", "%s, mode %#o", link, st.Mode)
		}
		return nil
	})
	sc.When(`^(\d+) bytes are written to the connection with write$`, func(size int) error {
		word = strings.Repeat("x", size)
		n, err := unix.Write(a.servers[0], []byte(word))
		if err != nil || n != len(word) {
			return check.Failf("write to take all", "%d, %v", n, err)
		}
		return nil
	})
	sc.Then(`^read on the client's socket gives these (\d+) bytes$`, func(size int) error {
		got, err := readOnce(a.clients[0])
		if err == nil && (got != word || len(got) != size) {
			return check.Failf(fmt.Sprintf("the %d bytes %q", size, word), "%q", got)
		}
		return err
	})
	sc.Then(`^after close the descriptor is no longer open, and the client reads the end$`, func() error {
		a.bag.Drop(a.servers[0])
		if inode, err := inode(a.servers[0]); !errors.Is(err, unix.EBADF) {
			return check.Failf("EBADF", "inode %d, %v", inode, err)
		}
		got, err := readOnce(a.clients[0])
		if err == nil && got != "" {
			return check.Failf("the end", "%q", got)
		}
		return err
	})
}

// readOnce waits until a socket is readable, and reads.
func readOnce(fd int) (string, error) {
	if n, err := sock.Poll(sock.PollSet(unix.POLLIN, fd), await.Patience); err != nil || n == 0 {
		return "", errors.Join(err, fmt.Errorf("nothing to read within %v", await.Patience))
	}
	buf := make([]byte, 100)
	n, err := unix.Read(fd, buf)
	if err != nil {
		return "", fmt.Errorf("read: %w", err)
	}
	return string(buf[:n]), nil
}
