//go:build linux

package wild

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// System is a server in one configuration.
type System struct {
	Name   string   // "nginx/accept-mutex"
	Title  string   // as a sentence names it: "nginx with 4 workers and accept_mutex on"
	Traits []string // what it is

	Package string   // of Debian, that has it
	Needs   []string // programs to be found in PATH, and files, by their absolute paths

	Protocol string            // what its clients speak
	Command  []string          // with {address}, {port} and {dir}
	Files    map[string]string // its configuration, in {dir}

	StartTimeout time.Duration // until it listens; 0: as every server's
}

// All lists the systems, in the order in which the specification speaks of them.
func All() []System {
	return slices.Concat(redis, memcached, nginx, netty, apache)
}

// Titled finds the system of that title.
func Titled(title string) (System, bool) {
	for _, s := range All() {
		if s.Title == title {
			return s, true
		}
	}
	return System{}, false
}

// Missing names what the machine lacks to start the system, "" when it has everything.
func (s System) Missing() string {
	for _, need := range s.Needs {
		if filepath.IsAbs(need) {
			if _, err := os.Stat(need); err != nil {
				return need
			}
			continue
		}
		if _, err := exec.LookPath(need); err != nil {
			return need
		}
	}
	return ""
}
