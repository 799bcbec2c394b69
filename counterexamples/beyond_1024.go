//go:build linux

package counterexamples

import (
	"context"

	"github.com/iospec/iospec/impl/server"
)

var beyond1024 = Server{
	Name:    "counterexample/select-beyond-1024",
	Traits:  []string{"single-reactor", "select", "level"},
	Breaks:  []string{"select.caps-1024"},
	Mistake: "it makes its sets larger than FD_SETSIZE and watches descriptors beyond 1023",
	Load:    "more than 1024 clients at once",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serve(ctx, cfg, func() (set, error) {
			// The mistake: the kernel takes sets of any size, so why not larger ones? Because it works on Linux alone, and
			// with the C library only by going around its fd_set, for which FD_SET, FD_ISSET and every library that is
			// handed the set write and read beyond its end.
			return makeSelect(1 << 16), nil
		}, unspoilt)
	},
}
