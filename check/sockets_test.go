package check

import (
	"testing"
	"time"

	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/trace/tracetest"
)

func TestReadingTheListener(t *testing.T) {
	v := newServer("level")
	cs := v.accept(2, "held")
	v.t.Call("read", func(c *trace.Call) {
		c.FD, c.Object, c.Result, c.Errno = 3, tracetest.Listener, -1, "ENOTCONN"
	})
	v.ask(10, cs...)
	finds(t, DataOnConnected, v.End(), Fail, "1 read or write of a listening socket, beside 4 of connections", "read(fd 3 = listener, 0) = ENOTCONN")
}

func TestReadingTheListenerThroughARing(t *testing.T) {
	v := newServer("level")
	v.ask(10, v.accept(1, "held")...)
	v.t.Call("io_uring_enter", func(c *trace.Call) {
		c.Ring = &trace.Ring{Submitted: []trace.SQE{{Op: "ACCEPT", FD: 3, Object: tracetest.Listener}, {Op: "RECV", FD: 3, Object: tracetest.Listener}}}
	})
	finds(t, DataOnConnected, v.End(), Fail, "1 read or write of a listening socket")
}

func TestAcceptingThroughARing(t *testing.T) {
	v := newServer("level")
	v.ask(10, v.accept(1, "held")...)
	v.t.Call("io_uring_enter", func(c *trace.Call) {
		c.Ring = &trace.Ring{Submitted: []trace.SQE{{Op: "ACCEPT", FD: 3, Object: tracetest.Listener}}}
	})
	finds(t, DataOnConnected, v.End(), Pass, "2 calls of connections, none of a listening socket")
}

func TestNobodySaidAnything(t *testing.T) {
	v := newServer("level")
	v.accept(3, "held")
	finds(t, DataOnConnected, v.End(), Inconclusive, "nobody read or wrote a connection")
}

// further tells of a listening socket on another port.
func (v *server) further(local string) {
	const object = trace.Object("socket:77")
	v.t.Call("listen", func(c *trace.Call) { c.FD, c.Object = 77, object })
	v.Put(trace.Record{Socket: &trace.Socket{At: v.Tick(), Object: object, Domain: "inet", Type: "stream", Listening: true, Local: local}})
}

func TestAPortOfItsOwnForAClient(t *testing.T) {
	v := newServer("level")
	cs := v.accept(3, "held")
	v.further("127.0.0.1:50001")
	v.ask(10, cs...)
	finds(t, ServerEndFixed, v.End(), Fail, "1 further listening socket opened after the first client had come, the first of them on 127.0.0.1:50001", "socket:77 listens on 127.0.0.1:50001")
}

func TestAnotherServiceIsNoPortForAClient(t *testing.T) {
	v := newServer("level")
	v.further("127.0.0.1:9000") // before anybody came
	v.Sleep(time.Millisecond)
	v.ask(10, v.accept(3, "held")...)
	finds(t, ServerEndFixed, v.End(), Pass, "3 connections, one local end 127.0.0.1:6390, 3 remote ends")
}

func TestAListenerOfTheSamePortMayComeLater(t *testing.T) {
	v := newServer("level")
	v.ask(10, v.accept(3, "held")...)
	v.further("0.0.0.0:6390") // a worker of SO_REUSEPORT that was replaced
	finds(t, ServerEndFixed, v.End(), Pass, "one local end")
}

func TestTwoLocalEnds(t *testing.T) {
	v := newServer("level")
	v.accept(1, "held")
	other := v.Connect("held")
	v.t.Accept(other)
	v.Put(trace.Record{Socket: &trace.Socket{At: v.Tick(), Object: other.Object, Domain: "inet", Type: "stream", Local: "127.0.0.2:6390", Peer: other.Peer()}})
	finds(t, ServerEndFixed, v.End(), Fail, "2 local ends for 2 connections")
}

func TestOneConnectionIsNotCompared(t *testing.T) {
	v := newServer("level")
	v.ask(10, v.accept(1, "held")...)
	finds(t, ServerEndFixed, v.End(), Inconclusive, "1 connection; two at least are needed to compare")
}
