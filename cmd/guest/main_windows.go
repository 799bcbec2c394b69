// Command guest is as much of iospec as runs under Wine when the specification is run on Linux: it serves proactor/iocp, by
// the same command line as iospec, and plays roles. It is small, since it is built whenever it is needed.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"

	"github.com/iospec/iospec/impl/proactor"
	"github.com/iospec/iospec/impl/server"
	_ "github.com/iospec/iospec/internal/iocp" // a role
)

func main() {
	cfg := server.Config{Log: os.Stderr}
	flags := flag.NewFlagSet("guest serve proactor/iocp", flag.ExitOnError)
	flags.StringVar(&cfg.Address, "address", "127.0.0.1:0", "where to listen; port 0 takes any free one")
	flags.StringVar(&cfg.Protocol, "protocol", "line", "what to speak: echo, line")
	if len(os.Args) < 3 || !slices.Equal(os.Args[1:3], []string{"serve", "proactor/iocp"}) {
		flags.Usage()
		os.Exit(2)
	}
	_ = flags.Parse(os.Args[3:]) // which exits if it cannot
	if err := proactor.ServeIOCP(context.Background(), cfg); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(4)
	}
}
