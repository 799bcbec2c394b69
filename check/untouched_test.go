package check

import (
	"testing"

	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/trace/tracetest"
)

// byKernel is a server of whose clients no call is made: what is done for them is submitted to a ring.
func byKernel(op string) *trace.Recording {
	s := tracetest.New()
	for _, c := range s.Connects(3, "held") {
		s.Main().Accept(c)
		c.Ask(10)
		s.Main().Call("io_uring_enter", func(call *trace.Call) {
			call.Result = 1
			call.Ring = &trace.Ring{Submitted: []trace.SQE{{Op: op, FD: c.FD(s.Main()), Object: c.Object}}}
		})
		c.Answered()
	}
	return s.End()
}

// TestWhoLetsTheKernelServe: an architecture of threads or processes that serve is not merely unseen where none does.
func TestWhoLetsTheKernelServe(t *testing.T) {
	for _, name := range []string{
		"process-per-connection", "process-pool", "thread-per-connection", "thread-pool", "single-reactor", "single-reactor-threads",
		"single-reactor-processes", "multi-reactor-single", "multi-reactor-threads", "multi-reactor-processes",
	} {
		t.Run(name, func(t *testing.T) {
			finds(t, ByTrait[name], byKernel("RECV"), Fail, "no thread reads or writes a client: the kernel does, as it was told in 3 calls")
			finds(t, ByTrait[name], byKernel("POLL_ADD"), Inconclusive, "")
		})
	}
}
