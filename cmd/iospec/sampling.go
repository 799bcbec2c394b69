//go:build linux

package main

import "github.com/spf13/cobra"

func (f *serverFlags) registerNoPtrace(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.noPtrace, "no-ptrace", false, "look at the server in /proc in place of recording its system calls; less can be told")
}
