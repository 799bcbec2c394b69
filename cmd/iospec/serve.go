package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/iospec/iospec/impl/server"
)

func newServe() *cobra.Command {
	var cfg server.Config
	cmd := &cobra.Command{
		Use:   "serve NAME",
		Short: "Run a reference server, or a counterexample, until it is told to stop",
		Example: `  iospec serve epoll/edge --address 127.0.0.1:7000
  printf 'echo hello\nwhoami\nquit\n' | nc 127.0.0.1 7000`,
		Args: cobra.ExactArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return names(catalogue()), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := find(args[0])
			if err != nil {
				return err
			}
			if e.system != "" {
				return &problem{exitMissing, fmt.Errorf("%s is made of the calls of %s", e.Name, e.system),
					"GOOS=" + e.system + " go build ./cmd/iospec makes a program that serves it there"}
			}
			if _, ok := server.Protocols[cfg.Protocol]; !ok {
				known := slices.Sorted(maps.Keys(server.Protocols))
				return usagef("it speaks "+strings.Join(known, ", "), "unknown protocol %q", cfg.Protocol)
			}
			cfg.Log = cmd.ErrOrStderr()
			return e.serve(cmd.Context(), cfg)
		},
	}
	cmd.Flags().StringVar(&cfg.Address, "address", "127.0.0.1:0", "where to listen; port 0 takes any free one")
	cmd.Flags().StringVar(&cfg.Protocol, "protocol", "line", "what to speak: echo, line")
	cmd.Flags().IntVar(&cfg.Workers, "workers", 0, "threads or processes, where that means something; 0 is the server's own choice")
	return cmd
}

func names(all []entry) []string {
	var out []string
	for _, e := range all {
		out = append(out, e.Name)
	}
	return out
}
