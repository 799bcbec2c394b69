package tracetest

import "github.com/iospec/iospec/trace"

// Proactor is the recording of a thread that serves one client through a ring: the kernel accepts, receives and sends.
func Proactor() *trace.Recording {
	s := New()
	main := s.Main()
	ring := main.Ring()
	c := s.Connect("short")
	main.Turn(ring, Start{Op: "ACCEPT", On: Listener}, Done{Op: "ACCEPT", On: Listener, Brings: c, More: true})
	c.Ask(10)
	main.Turn(ring, Start{Op: "RECV", On: c}, Done{Op: "RECV", On: c, Result: 10})
	main.Turn(ring, Start{Op: "SEND", On: c}, Done{Op: "SEND", On: c, Result: 10})
	c.Answered()
	c.Leaves()
	main.Close(c)
	return s.End()
}
