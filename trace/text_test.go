package trace_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/trace/tracetest"
)

func TestText(t *testing.T) {
	s := tracetest.New()
	main := s.Main()
	ep := main.Epoll()
	cs := s.Connects(5, "burst")
	main.Accept(cs...).Add(ep, cs[0], trace.In|trace.Edge).Add(ep, tracetest.Listener, trace.In).Del(ep, tracetest.Listener)
	main.Wait(ep, cs[0], trace.PollFD{FD: 99, Events: trace.In}).WaitFor(ep, 1_500_000, 8).WaitFor(ep, 0, 8)
	main.Read(cs[0], 512).Read(cs[0], 0).ReadFails(cs[0], "EAGAIN").AcceptFails("EMFILE")
	main.Poll(append(tracetest.Set(cs...), trace.PollFD{FD: -1}), cs[1], tracetest.On{What: cs[2], Events: trace.Hup | trace.In})
	main.Select([]any{tracetest.On{What: cs[3], Events: trace.Out}, trace.PollFD{FD: -1}, trace.PollFD{FD: 77, Events: trace.In}})
	main.Select(nil).Close(cs[4])
	main.Call("fcntl", func(c *trace.Call) { c.FD, c.Object, c.Option, c.Value = 5, cs[0].Object, "F_SETFL", 2048 })
	main.Call("clone3", func(c *trace.Call) { c.Child, c.Result = 123, 123 })
	main.Call("sendmsg", func(c *trace.Call) {
		c.FD, c.Object, c.Want, c.Result = 9, "socket:77", 1, 1
	})
	main.Stays(main.Enter("read", func(c *trace.Call) { c.FD, c.Object, c.Want = 5, cs[0].Object, 10 }))
	rec := s.End()
	var got []string
	for _, c := range rec.Calls {
		got = append(got, rec.Text(c))
	}
	require.Equal(t, []string{
		"epoll_create1() = fd 4 = epoll:1",
		"accept4(fd 3 = listener) = fd 5 = c1",
		"accept4(fd 3 = listener) = fd 6 = c2",
		"accept4(fd 3 = listener) = fd 7 = c3",
		"accept4(fd 3 = listener) = fd 8 = c4",
		"accept4(fd 3 = listener) = fd 9 = c5",
		"epoll_ctl(epoll:1, ADD, fd 5 = c1, in|edge)",
		"epoll_ctl(epoll:1, ADD, fd 3 = listener, in)",
		"epoll_ctl(epoll:1, DEL, fd 3 = listener)",
		"epoll_wait(epoll:1 with 1 client) = c1 in, an unknown member in",
		"epoll_wait(epoll:1 with 1 client, at most 1.5ms) = nothing",
		"epoll_wait(epoll:1 with 1 client, not waiting) = nothing",
		"read(fd 5 = c1, 4096) = 512",
		"read(fd 5 = c1, 4096) = 0 (end)",
		"read(fd 5 = c1, 4096) = EAGAIN",
		"accept4(fd 3 = listener) = EMFILE",
		"poll(listener, c1, c2, 4 more) = c2 in, c3 in|hup",
		"pselect6(c4 for out, a hole, fd 77) = 0",
		"pselect6(nothing) = 0",
		"close(fd 9 = c5) = 0",
		"fcntl(fd 5 = c1, F_SETFL, 2048) = 0",
		"clone3() = task 123",
		"sendmsg(fd 9 = socket:77, 1) = 1",
		"read(fd 5 = c1, 10) = …",
	}, got)
	require.Equal(t, "in|edge|0x100", trace.EventsText(trace.In|trace.Edge|0x100))
	require.Equal(t, "nothing", trace.EventsText(0))
}
