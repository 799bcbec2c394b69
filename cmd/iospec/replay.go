//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/iospec/iospec/steps"
	"github.com/iospec/iospec/subject/stress"
)

func newReplay() *cobra.Command {
	var sf serverFlags
	cmd := &cobra.Command{
		Use:   "replay SCRIPT -- COMMAND…",
		Short: "Play a script of clients on a server, and compare with the model of its protocol",
		Long: `Play a script on a server and hold what comes back against a model of its protocol, byte by byte. Scripts are what
server.answers-in-order prints when a server fails it, shortened to what matters; or write your own. SCRIPT is a file, or -
for standard input. Its lines, of which each is done without waiting for the one before, except that a read waits:

  client 1 connect                      or: connect receiving 65536, a smaller receive buffer
  client 1 send "echo " "=" times 5000 "\n"
  client 1 read 100                     of what is due, 100 bytes at most; or: read, all of it
  client 1 half-close
  client 1 reset                        or: close
  client 1 finish                       read what is due, half-close, read the end; all do so at the end of the script

The words {port} and {address} in COMMAND are replaced by a free port of 127.0.0.1.
Exit status: 0 all came as it must · 1 it did not.`,
		Example: `  iospec replay --protocol line failed.txt -- ./my-server --port {port}
  printf 'client 1 connect\nclient 1 send "echo hello\\n"\n' | iospec replay --protocol line - -- iospec serve epoll/edge --address {address}`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usagef("such as: iospec replay failed.txt -- ./my-server --port {port}", "replay needs a script, and behind -- the server's command")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			script, err := readScript(args[0], cmd.InOrStdin())
			if err != nil {
				return err
			}
			t, err := sf.target(args[1:], nil)
			if err != nil {
				return err
			}
			fault, err := steps.Replay(cmd.Context(), t, script)
			if err != nil {
				return err
			}
			return tellReplay(cmd.OutOrStdout(), t.Name, script, fault, sf.quiet)
		},
	}
	sf.register(cmd)
	return cmd
}

func readScript(name string, stdin io.Reader) (stress.Script, error) {
	read := func() ([]byte, error) { return os.ReadFile(name) }
	if name == "-" {
		read = func() ([]byte, error) { return io.ReadAll(stdin) }
	}
	text, err := read()
	if err != nil {
		return nil, usagef("a script is a file of lines such as: client 1 connect", "read the script: %w", err)
	}
	script, err := stress.ParseScript(string(text))
	if err == nil && len(script) == 0 {
		err = errors.New("it says nothing")
	}
	if err != nil {
		return nil, usagef("see 'iospec replay --help' for the lines of a script", "script %s: %w", name, err)
	}
	return script, nil
}

func tellReplay(out io.Writer, server string, script stress.Script, fault *stress.Fault, quiet bool) error {
	if fault == nil {
		if !quiet {
			fmt.Fprintf(out, "%d steps played on %s: all came as it must\n", len(script), server)
		}
		return nil
	}
	for i, step := range script {
		fmt.Fprintf(out, "%4d  %s\n", i+1, step)
	}
	where := "at the end"
	if fault.Step <= len(script) {
		where = fmt.Sprintf("at step %d", fault.Step)
	}
	fmt.Fprintf(out, "\nfail  client %d, %s\n  expected  %s\n  observed  %s\n", fault.Client, where, fault.Expected, fault.Observed)
	return statusError(exitBroken)
}
