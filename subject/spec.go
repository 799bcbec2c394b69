//go:build linux

package subject

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/iospec/iospec/sample"
	"github.com/iospec/iospec/trace"
)

// Spec says what to start. In Command, Env and Files, {port} and {address} stand for the port and the address of the
// listener, and {dir} for the folder of the Files.
type Spec struct {
	Command []string // program and arguments; the program is looked up in PATH
	Address string   // where it will listen, "127.0.0.1:6390"; "": a free port for {port}, else wherever it turns out to listen
	Env     []string // added to this process's own
	Dir     string   // "": this process's own

	// Files are what the command wants to read, a configuration above all: contents by name. They stand in a folder that
	// is made before the command starts and goes when it has ended, so it may keep other things there, too.
	Files map[string]string

	Protocol string // what its clients speak, a name of package protocol; "": echo

	StartTimeout time.Duration // until it listens; 0: 10 s
	StopTimeout  time.Duration // from StopSignal to KILL; 0: 3 s
	StopSignal   os.Signal     // tells it to end; nil: TERM

	// Kernel is the number of a process that is no part of the command, but plays the kernel for it: it holds the sockets and
	// waits at them. (Under Wine that is the wineserver.) 0: nobody does. It is left alone; but its sockets count as the
	// command's, and while it is at work, the command is not asleep. It may serve others as well, so what else it has does not
	// count.
	Kernel int

	Output io.Writer // gets all that the command prints, as it comes; nil: the end of it is kept, see Subject.Output
}

const (
	defaultStartTimeout = 10 * time.Second
	defaultStopTimeout  = 3 * time.Second
)

// An Option changes how the subject is started.
type Option func(*Subject)

// Traced has the command recorded from its first instruction: its system calls, and what the clients do, go to the sink.
func Traced(sink trace.Sink) Option { return func(s *Subject) { s.tap = &tap{sink: sink} } }

// Sampled has the server looked at in place of being recorded: the exercise asks one thing at a time of it, lets it rest in
// between, and fills the observation. What clients do besides is not in it.
func Sampled(into *sample.Observation) Option {
	return func(s *Subject) { s.observation = into }
}

// placeholders are the words that stand for the chosen port.
func (s Spec) placeholders() bool {
	for _, word := range slices.Concat(s.Command, s.Env, slices.Collect(maps.Values(s.Files))) {
		if strings.Contains(word, "{port}") || strings.Contains(word, "{address}") {
			return true
		}
	}
	return false
}

// fill replaces the placeholders.
func (s *Subject) fill(words []string) []string {
	r := s.replacer()
	filled := make([]string, len(words))
	for i, word := range words {
		filled[i] = r.Replace(word)
	}
	return filled
}

func (s *Subject) replacer() *strings.Replacer {
	return strings.NewReplacer("{port}", strconv.Itoa(int(s.address.Port())), "{address}", s.address.String(), "{dir}", s.folder)
}

// unpack writes the Files into a folder of their own, which a server that gives up its rights may enter, too.
func (s *Subject) unpack() (err error) {
	if len(s.spec.Files) == 0 {
		return nil
	}
	if s.folder, err = os.MkdirTemp("", "iospec-subject-"); err != nil {
		return fmt.Errorf("make a folder for the command's files: %w", err)
	}
	if err := os.Chmod(s.folder, 0o755); err != nil {
		return fmt.Errorf("let the command enter its folder: %w", err)
	}
	fill := s.replacer()
	for name, content := range s.spec.Files {
		if err := os.WriteFile(filepath.Join(s.folder, name), []byte(fill.Replace(content)), 0o644); err != nil {
			return fmt.Errorf("write a file of the command's: %w", err)
		}
	}
	return nil
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
