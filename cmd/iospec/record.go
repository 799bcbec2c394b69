//go:build linux

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/iospec/iospec/steps"
)

func newRecord() *cobra.Command {
	var sf serverFlags
	var file string
	cmd := &cobra.Command{
		Use:     "record -o FILE -- COMMAND…",
		Short:   "Record what a server does during the exercise",
		Long:    "Record the system calls that a server makes while the standard exercise drives it.\n\n" + commandHelp,
		Example: "  iospec record -o r.jsonl --protocol redis -- redis-server --port {port} --save ''\n  iospec show r.jsonl",
		Args:    sf.needServer,
		RunE: func(cmd *cobra.Command, args []string) error {
			if file == "" {
				return usagef("such as -o r.jsonl, or -o - for standard output", "-o is missing: where to put the recording?")
			}
			t, err := sf.target(args, nil)
			if err != nil {
				return err
			}
			line := newProgress(cmd.ErrOrStderr(), sf.quiet)
			line.show("starting, driving and recording %s …", t.Name)
			if file == "-" {
				_, err = steps.RecordTo(cmd.Context(), t, cmd.OutOrStdout())
				line.clear()
				return err
			}
			rec, err := record(cmd.Context(), t, file)
			line.clear()
			if err != nil {
				return err
			}
			if !sf.quiet {
				fmt.Fprintf(cmd.ErrOrStderr(), "%s: %d calls of %d tasks, %d clients; look at it with: iospec show %s\n",
					file, len(rec.Calls), len(rec.Tasks), len(rec.Clients), file)
			}
			return nil
		},
	}
	sf.register(cmd)
	cmd.Flags().StringVarP(&file, "output", "o", "", "the file to write, - for standard output")
	return cmd
}
