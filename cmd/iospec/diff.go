package main

import (
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/iospec/iospec/report"
)

func newDiff() *cobra.Command {
	var quiet bool
	cmd := &cobra.Command{
		Use:   "diff BEFORE.json AFTER.json",
		Short: "Tell what changed between two checks or runs",
		Long: `Compare what 'run --json' or 'check --json' wrote at two times, on two kernels, or of two servers: what got worse first,
each with what was seen. Exits 1 when a claim that was kept is kept no more.`,
		Example: `  iospec check --as epoll,edge --json after.json -- ./my-server --port {port}
  iospec diff before.json after.json`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			before, err := readFindings(args[0])
			if err != nil {
				return err
			}
			after, err := readFindings(args[1])
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			changes := report.Diff(before, after)
			if before.Kernel != after.Kernel && !quiet {
				fmt.Fprintf(out, "on Linux %s, then on %s\n", before.Kernel, after.Kernel)
			}
			report.PrintDiff(out, changes, styleOf(out))
			if len(changes) == 0 && !quiet {
				fmt.Fprintf(out, "no change in %d findings\n", len(after.Results))
			}
			if slices.ContainsFunc(changes, report.Change.Lost) {
				return statusError(exitBroken)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&quiet, "quiet", false, "print changes only")
	return cmd
}

func readFindings(name string) (report.Findings, error) {
	f, err := os.Open(name)
	if err != nil {
		return report.Findings{}, &problem{exitUsage, fmt.Errorf("read results: %w", err), "'iospec run --json FILE' and 'iospec check --json FILE' write them"}
	}
	defer f.Close()
	found, err := report.ReadFindings(f)
	if err != nil {
		return found, &problem{exitUsage, fmt.Errorf("read results from %s: %w", name, err), "'iospec run --json FILE' and 'iospec check --json FILE' write them"}
	}
	return found, nil
}
