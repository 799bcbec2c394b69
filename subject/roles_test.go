//go:build linux

package subject

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/iospec/iospec/internal/proc"
)

// The servers under test of these tests are this very binary, run again with a role.
const roleWord = "as-server"

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == roleWord {
		roles[os.Args[2]](os.Args[3:])
		return
	}
	os.Exit(m.Run())
}

// role gives the command that plays it.
func role(name string, args ...string) []string {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return append([]string{self, roleWord, name}, args...)
}

var roles = map[string]func(args []string){
	"echo":        func(a []string) { serve(listen(a[0]), echo) },
	"line":        func(a []string) { serve(listen(a[0]), line) },
	"corrupts":    func(a []string) { serve(listen(a[0]), corrupts) },
	"garbage":     func(a []string) { serve(listen(a[0]), garbage) },
	"http":        func(a []string) { serve(listen(a[0]), badRequest) },
	"limited":     limited,
	"mute":        func(a []string) { serve(listen(a[0]), mute) },
	"stalls":      func(a []string) { serve(listen(a[0]), stalls) },
	"hangup":      func(a []string) { serve(listen(a[0]), func(c net.Conn) { _ = c.Close() }) },
	"early":       func(a []string) { serve(listen(a[0]), early) },
	"keeps":       func(a []string) { serve(listen(a[0]), keeps) },
	"crash":       func(a []string) { serve(listen(a[0]), crashAt(20)) },
	"pool":        func(a []string) { pool(listen(a[0]), 4) },
	"zombies":     func(a []string) { children(3, "exits", "0"); awaitZombies(3); serve(listen(a[0]), echo) },
	"children":    func(a []string) { children(3, "sleeps"); serve(listen(a[0]), echo) },
	"escapes":     func(a []string) { escape(); serve(listen(a[0]), echo) },
	"spawns":      func(a []string) { go spawn(); serve(listen(a[0]), echo) },
	"stubborn":    func(a []string) { signal.Ignore(syscall.SIGTERM); serve(listen(a[0]), echo) },
	"elsewhere":   func([]string) { serve(listen("127.0.0.1:0"), echo) },
	"several":     func([]string) { go serve(listen("127.0.0.1:0"), echo); serve(listen("127.0.0.1:0"), echo) },
	"everywhere":  func(a []string) { serve(listen(a[0]), echo) },
	"sleeps":      func([]string) { fmt.Println("thinking"); select {} },
	"exits":       func(a []string) { fmt.Fprintln(os.Stderr, "no licence found"); n, _ := strconv.Atoi(a[0]); os.Exit(n) },
	"naps":        func(a []string) { go naps(); serve(listen(a[0]), echo) },
	"spins":       func(a []string) { go spins(); serve(listen(a[0]), echo) },
	"aborts":      func([]string) { fmt.Println("about to"); _ = syscall.Kill(os.Getpid(), syscall.SIGTERM); select {} },
	"daemon":      func(a []string) { start("orphan", a[0]); os.Exit(0) },
	"orphan":      func(a []string) { awaitOrphanage(); serve(listen(a[0]), echo) },
	"late daemon": func(a []string) { start("echo", a[0]); awaitConnection(a[0]); os.Exit(0) },
	"talks":       func(a []string) { go talk(); serve(listen(a[0]), echo) },
	"configured":  func(a []string) { conf, _ := os.ReadFile(a[0]); serve(listen(string(conf)), echo) },
	"environ":     func(a []string) { fmt.Println("PORT is", os.Getenv("PORT")); serve(listen(a[0]), echo) },
}

// nap is how long one sleeps that looks for other work now and then.
const nap = 20 * time.Millisecond

func naps() {
	for range time.Tick(nap) {
	}
}

func spins() {
	for n := 0; ; n++ {
		if n < 0 {
			n = 0
		}
	}
}

func listen(address string) net.Listener {
	l, err := net.Listen("tcp", address)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return l
}

// serve accepts and gives each connection a goroutine.
func serve(l net.Listener, handle func(net.Conn)) {
	for {
		c, err := l.Accept()
		if err != nil {
			os.Exit(1)
		}
		go handle(c)
	}
}

func echo(c net.Conn) {
	_, _ = io.Copy(struct{ io.Writer }{c}, c)
	_ = c.Close()
}

// line speaks as much of the testee protocol as the exercise needs.
func line(c net.Conn) {
	lines := bufio.NewReader(c)
	for {
		l, err := lines.ReadString('\n')
		if err != nil {
			_ = c.Close()
			return
		}
		var n int
		if _, err := fmt.Sscanf(l, "blob %d", &n); err == nil {
			_, _ = c.Write(append(bytes.Repeat([]byte("x"), n-1), '\n'))
		} else if text, ok := bytes.CutPrefix([]byte(l), []byte("echo ")); ok {
			_, _ = c.Write(text)
		} else {
			_, _ = io.WriteString(c, "error: unknown\n")
		}
	}
}

// corrupts echoes, but every fifth connection gets its letters in capitals.
func corrupts(c net.Conn) {
	if arrivals.Add(1)%5 != 0 {
		echo(c)
		return
	}
	b := make([]byte, 4096)
	for {
		n, err := c.Read(b)
		if err != nil {
			_ = c.Close()
			return
		}
		_, _ = c.Write(bytes.ToUpper(b[:n]))
	}
}

var arrivals atomic.Int64

func garbage(c net.Conn) {
	_, _ = io.Copy(io.Discard, io.LimitReader(c, 1))
	_, _ = io.WriteString(c, "\x01\x02\x03 what?")
	_, _ = io.Copy(io.Discard, c)
	_ = c.Close()
}

func badRequest(c net.Conn) {
	_, _ = io.Copy(io.Discard, io.LimitReader(c, 1))
	_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
	_ = c.Close()
}

func mute(c net.Conn) {
	_, _ = io.Copy(io.Discard, c)
	_ = c.Close()
}

// early closes after the first 30 bytes.
func early(c net.Conn) {
	_, _ = io.Copy(c, io.LimitReader(c, 30))
	_ = c.Close()
}

// keeps never closes a connection.
func keeps(c net.Conn) { _, _ = io.Copy(struct{ io.Writer }{c}, c); hoard <- c }

var hoard = make(chan net.Conn, 1<<16)

// crashAt echoes to so many connections, and then dies.
func crashAt(n int64) func(net.Conn) {
	return func(c net.Conn) {
		if arrivals.Add(1) == n {
			fmt.Fprintln(os.Stderr, "out of cheese")
			os.Exit(3)
		}
		echo(c)
	}
}

// pool has n workers, each of which serves one connection to its end.
func pool(l net.Listener, n int) {
	for range n {
		go func() {
			for {
				if c, err := l.Accept(); err == nil {
					echo(c)
				}
			}
		}()
	}
	select {}
}

// start runs another role as a child that is never waited for.
func start(name string, args ...string) *exec.Cmd {
	words := role(name, args...)
	cmd := exec.Command(words[0], words[1:]...)
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return cmd
}

func children(n int, name string, args ...string) {
	for range n {
		start(name, args...)
	}
}

// awaitZombies returns when n children of this process are zombies.
func awaitZombies(n int) {
	for {
		all, _ := proc.All()
		if len(slices.DeleteFunc(all, func(p proc.Process) bool { return p.Parent != os.Getpid() || p.Alive() })) == n {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// awaitOrphanage returns when the parent has ended.
func awaitOrphanage() {
	for parent := os.Getppid(); os.Getppid() == parent; {
		time.Sleep(time.Millisecond)
	}
}

// awaitConnection returns when somebody listens there.
func awaitConnection(address string) {
	for {
		if c, err := net.Dial("tcp", address); err == nil {
			_ = c.Close()
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// escape leaves a grandchild in a session of its own, whose parent has ended.
func escape() {
	words := role("sleeps")
	script := "setsid " + words[0] + " " + words[1] + " " + words[2] + " & "
	cmd := exec.Command("sh", "-c", script)
	if err := cmd.Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// spawn makes one process after another, and waits in vfork(2) until each has executed its program.
func spawn() {
	for {
		if err := exec.Command("true").Run(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

// talk prints more than is kept.
func talk() {
	for i := 0; ; i++ {
		fmt.Printf("line %d %s\n", i, bytes.Repeat([]byte("."), 200))
		time.Sleep(10 * time.Microsecond)
	}
}

// stalls echoes to the first ten connections only.
func stalls(c net.Conn) {
	if arrivals.Add(1) <= 10 {
		echo(c)
		return
	}
	mute(c)
}
