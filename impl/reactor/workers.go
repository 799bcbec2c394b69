//go:build linux

package reactor

import (
	"runtime"

	"github.com/iospec/iospec/impl/server"
)

// workers is how many threads, processes or reactors a server has: as many as there are CPUs, unless it was told.
func workers(cfg server.Config) int {
	if cfg.Workers > 0 {
		return cfg.Workers
	}
	return max(2, runtime.NumCPU())
}
