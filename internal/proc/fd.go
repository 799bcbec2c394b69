package proc

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Links reads what each descriptor of the process names: "socket:[4711]", "anon_inode:[eventpoll]", "/dev/null".
// A descriptor that is closed meanwhile is left out.
func Links(pid int) (map[int]string, error) {
	fds, err := numbered(path(pid, "fd"))
	if err != nil {
		return nil, fmt.Errorf("list the descriptors of process %d: %w", pid, err)
	}
	links := make(map[int]string, len(fds))
	for _, fd := range fds {
		link, err := os.Readlink(path(pid, "fd", strconv.Itoa(fd)))
		if Gone(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read a descriptor: %w", err)
		}
		links[fd] = link
	}
	return links, nil
}

// FDInfo is /proc/PID/fdinfo/FD, of which each kind of file fills its own part.
type FDInfo struct {
	Flags   uint64   // as open(2) and fcntl(2) know them: O_NONBLOCK is here
	Inode   uint64   // since Linux 5.14; every anonymous inode has the same
	EventFD int64    // eventfd: its identity, -1 for anything else (since Linux 5.2)
	Watched []Target // epoll: its interest list, in the order of the kernel's tree
	Pending []int    // io_uring: the operations that wait until a file is ready, by their IORING_OP numbers (since Linux 5.14)
}

// Target is one descriptor that an epoll instance watches.
type Target struct {
	FD     int
	Events uint32 // as registered, and EPOLLERR and EPOLLHUP, which the kernel adds
	Data   uint64
	Inode  uint64
}

// ParseFDInfo reads /proc/PID/fdinfo/FD. Lines that it does not know are passed over, for every kernel adds some.
func ParseFDInfo(content []byte) (FDInfo, error) {
	info := FDInfo{EventFD: -1}
	for line := range strings.Lines(string(content)) {
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		var err error
		switch key {
		case "flags":
			info.Flags, err = strconv.ParseUint(value, 8, 64)
		case "ino":
			info.Inode, err = strconv.ParseUint(value, 10, 64)
		case "eventfd-id":
			info.EventFD, err = strconv.ParseInt(value, 10, 64)
		case "tfd":
			var t Target
			t, err = parseTarget(line)
			info.Watched = append(info.Watched, t)
		}
		if op, found := strings.CutPrefix(line, "  op="); found && err == nil { // io_uring_show_fdinfo in io_uring/fdinfo.c
			number, _, _ := strings.Cut(op, ",")
			var n int
			n, err = strconv.Atoi(number)
			info.Pending = append(info.Pending, n)
		}
		if err != nil {
			return FDInfo{}, fmt.Errorf("fdinfo, %s: %w", key, err)
		}
	}
	return info, nil
}

// parseTarget reads "tfd: 5 events: 19 data: 5 pos:0 ino:1f sdev:8", of which events, data and ino are hexadecimal
// (ep_show_fdinfo in the kernel's fs/eventpoll.c).
func parseTarget(line string) (t Target, err error) {
	words := strings.Fields(strings.ReplaceAll(line, ":", " "))
	for i := 0; i+1 < len(words) && err == nil; i += 2 {
		value := words[i+1]
		switch words[i] {
		case "tfd":
			t.FD, err = strconv.Atoi(value)
		case "events":
			var events uint64
			events, err = strconv.ParseUint(value, 16, 32)
			t.Events = uint32(events)
		case "data":
			t.Data, err = strconv.ParseUint(value, 16, 64)
		case "ino":
			t.Inode, err = strconv.ParseUint(value, 16, 64)
		}
	}
	return t, err
}

// ReadFDInfo reads about one descriptor of a process.
func ReadFDInfo(pid, fd int) (FDInfo, error) {
	content, err := os.ReadFile(path(pid, "fdinfo", strconv.Itoa(fd)))
	if err != nil {
		return FDInfo{}, fmt.Errorf("read about a descriptor: %w", err)
	}
	return ParseFDInfo(content)
}

// OpenFiles lists what the descriptors of a process name, in order: what to compare before and after something that
// must leave nothing open. Files of /proc and /sys are left out, because a Go program opens some for a moment whenever
// it likes: its runtime looks every second at how many processors it may use, and to read this list is to open /proc.
func OpenFiles(pid int) ([]string, error) {
	links, err := Links(pid)
	if err != nil {
		return nil, err
	}
	var open []string
	for _, link := range links {
		if !strings.HasPrefix(link, "/proc/") && !strings.HasPrefix(link, "/sys/") {
			open = append(open, link)
		}
	}
	slices.Sort(open)
	return open, nil
}
