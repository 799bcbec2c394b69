//go:build linux

package subject

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/iospec/iospec/trace"
)

// Spec says what to start. In Command and Env, {port} and {address} stand for the port and the address of the listener.
type Spec struct {
	Command []string // program and arguments; the program is looked up in PATH
	Address string   // where it will listen, "127.0.0.1:6390"; "": a free port for {port}, else wherever it turns out to listen
	Env     []string // added to this process's own
	Dir     string   // "": this process's own

	Protocol string // what its clients speak, a name of package protocol; "": echo

	StartTimeout time.Duration // until it listens; 0: 10 s
	StopTimeout  time.Duration // from TERM to KILL; 0: 3 s
}

const (
	defaultStartTimeout = 10 * time.Second
	defaultStopTimeout  = 3 * time.Second
)

// An Option changes how the subject is started.
type Option func(*Subject)

// Traced has the command recorded from its first instruction: its system calls, and what the clients do, go to the sink.
func Traced(sink trace.Sink) Option { return func(s *Subject) { s.tap = &tap{sink: sink} } }

// placeholders are the words that stand for the chosen port.
func (s Spec) placeholders() bool {
	for _, word := range append(append([]string{}, s.Command...), s.Env...) {
		if strings.Contains(word, "{port}") || strings.Contains(word, "{address}") {
			return true
		}
	}
	return false
}

// fill replaces the placeholders.
func fill(words []string, address netip.AddrPort) []string {
	r := strings.NewReplacer("{port}", strconv.Itoa(int(address.Port())), "{address}", address.String())
	filled := make([]string, len(words))
	for i, word := range words {
		filled[i] = r.Replace(word)
	}
	return filled
}

// parseAddress reads host:port; a name is looked up, and its IPv4 address preferred.
func parseAddress(address string) (netip.AddrPort, error) {
	if ap, err := netip.ParseAddrPort(address); err == nil {
		if ap.Port() == 0 {
			return netip.AddrPort{}, fmt.Errorf("address %q: port 0 means any port; write {port} in the command to have one chosen", address)
		}
		return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()), nil
	}
	tcp, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("address %q is not HOST:PORT: %w", address, err)
	}
	if tcp.Port == 0 {
		return netip.AddrPort{}, fmt.Errorf("address %q has no port", address)
	}
	ap := tcp.AddrPort()
	if !ap.Addr().IsValid() { // ":6390"
		return netip.AddrPortFrom(netip.IPv4Unspecified(), ap.Port()), nil
	}
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()), nil
}

// check refuses a Spec that cannot be started, before anything is.
func (s Spec) check() error {
	if len(s.Command) == 0 || s.Command[0] == "" {
		return errors.New("no command given to start")
	}
	if s.Dir != "" {
		if info, err := os.Stat(s.Dir); err != nil {
			return fmt.Errorf("directory of the command: %w", err)
		} else if !info.IsDir() {
			return fmt.Errorf("directory of the command: %s is not a directory", s.Dir)
		}
	}
	return nil
}
