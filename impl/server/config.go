package server

import (
	"fmt"
	"io"
	"net/netip"
)

// A Config is what every reference server is told. A server ignores what means nothing to it.
type Config struct {
	// Address is the IP address and port to listen on, such as "127.0.0.1:7777". Port 0 lets the kernel choose.
	Address string

	// Protocol names the work to do, a key of Protocols: "echo" or "line".
	Protocol string

	// Workers is the number of threads or processes, in servers that have several. 0 lets the server choose.
	Workers int

	// ReadSize is how many bytes one read takes at most, 1 to BufferSize. 0 means BufferSize. A small one shows how
	// the triggers differ; it serves no other purpose.
	ReadSize int

	// Log takes one line per thing worth telling: first "listening on ADDRESS", later what was refused and why.
	// Nil discards them.
	Log io.Writer

	// Listening, if not nil, is called once with the bound address, after listen and before the first accept.
	Listening func(netip.AddrPort)

	options []int // of SOL_SOCKET: what is switched on for the listener besides
}

func (cfg Config) logf(format string, args ...any) {
	if cfg.Log != nil {
		_, _ = fmt.Fprintf(cfg.Log, format+"\n", args...) // a log that cannot be written must not stop the service
	}
}
