package check

import (
	"testing"
	"time"

	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/trace/tracetest"
)

func TestWhatABlockingReactorIsNamedFor(t *testing.T) {
	on := func(name string, fd int, o trace.Object, change ...func(*trace.Call)) func(v *server) {
		return func(v *server) {
			v.t.Call(name, func(c *trace.Call) {
				c.FD, c.Object = fd, o
				for _, f := range change {
					f(c)
				}
			})
		}
	}
	nonblock := func(c *trace.Call) { c.Nonblock = true }
	after := func(d time.Duration) func(*trace.Call) { return func(c *trace.Call) { c.Timeout = trace.Time(d) } }
	for name, c := range map[string]struct {
		does func(v *server)
		want string // "": nothing to blame
	}{
		"sleep":                        {on("clock_nanosleep", -1, "", after(5*time.Millisecond)), "a reactor sleeps for 5ms (1 times)"},
		"a spinning lock's pause":      {on("nanosleep", -1, "", after(20*time.Microsecond)), ""},
		"wait for a child":             {on("wait4", -1, ""), "a reactor waits for a child"},
		"look for a child":             {on("wait4", -1, "", func(c *trace.Call) { c.Flags = noHang }), ""},
		"connect":                      {on("connect", 20, "socket:77"), "a reactor connects, on a blocking socket"},
		"begin to connect":             {on("connect", 20, "socket:77", nonblock), ""},
		"accept":                       {on("accept4", 3, tracetest.Listener), "a reactor accepts, on a blocking listener"},
		"ask a back end":               {on("recvfrom", 20, "socket:77"), "a reactor reads a blocking socket"},
		"read a file":                  {on("read", 20, "file:/etc/hosts"), ""},
		"write to a pipe":              {on("write", 20, "pipe:5"), "a reactor writes a blocking pipe"},
		"log":                          {on("write", 2, "pipe:5"), ""},
		"ring a bell":                  {on("write", 20, "eventfd:5"), ""},
		"read a bell that nobody rang": {on("read", 20, "eventfd:5"), "a reactor reads a blocking eventfd"},
		"lock a file":                  {on("fcntl", 20, "file:/run/lock", func(c *trace.Call) { c.Option = "F_SETLKW" }), "a reactor waits for a lock"},
		"try to lock a file":           {on("fcntl", 20, "file:/run/lock", func(c *trace.Call) { c.Option = "F_SETLK" }), ""},
		"flock":                        {on("flock", 20, "file:/run/lock", func(c *trace.Call) { c.Option = "LOCK_EX" }), "a reactor waits for a lock"},
		"a second set":                 {on("poll", -1, "", after(-1)), "a reactor waits on a second set, poll@100"},
		"a look at a second set":       {on("poll", -1, ""), ""},
	} {
		t.Run(name, func(t *testing.T) {
			v := newServer("level")
			c.does(v) // before its first wait it may do as it likes
			v.ask(10, v.accept(3, "held")...)
			if c.want == "" {
				c.does(v)
				finds(t, NeverBlocks, v.End(), Pass, "by 1 reactor none may sleep but the waits")
				return
			}
			c.does(v)
			v.Mark("stop")
			c.does(v) // nor does it serve any more
			finds(t, NeverBlocks, v.End(), Fail, c.want)
		})
	}
}

func TestABellThatWasReportedIsReadAtOnce(t *testing.T) {
	const bell trace.Object = "eventfd:5"
	v := newServer("level")
	v.t.Add(v.ep, trace.PollFD{FD: 20, Object: bell}, trace.In)
	v.ask(10, v.accept(3, "held")...)
	v.t.Wait(v.ep, trace.PollFD{FD: 20, Object: bell})
	v.t.Call("read", func(c *trace.Call) { c.FD, c.Object, c.Result = 20, bell, 8 })
	finds(t, NeverBlocks, v.End(), Pass, "none may sleep but the waits")
}

func TestThreadsThatServeOneMayBlock(t *testing.T) {
	finds(t, NeverBlocks, perConnection(), Inconclusive, "no thread waits for the listener, or for several clients")
	finds(t, NeverBlocks, mainAndSubs(false), Pass, "by 3 reactors")
}
