package main

import (
	"context"
	"errors"
	"io"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

// execute runs one command line and gives its exit status.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if ctx.Err() != nil && err != nil {
		err = errInterrupted // whatever failed, failed of that
	}
	return finish(err, stderr)
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "iospec",
		Short: "An executable specification of how network servers do their I/O",
		Long: `iospec holds claims about sockets, select, poll, epoll and the architectures built on them against this
kernel, against reference servers, and against any server of yours: it runs them, records the system calls they make,
and shows the evidence.

Exit status: 0 all kept · 1 a claim is broken · 2 usage · 3 this machine lacks something needed · 4 iospec itself
failed, or the server could not be brought to serve · 5 inconclusive, with --strict.`,
		Example: `  iospec run                                                   # the whole specification, on this machine
  iospec check --as single-reactor,epoll,level --protocol redis -- redis-server --port {port} --save ''
  iospec serve epoll/edge --address 127.0.0.1:7000             # a reference server, to play with
  iospec record -o r.jsonl --protocol echo -- ./my-server      # what does my server do?
  iospec show r.jsonl`,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,

		SuggestionsMinimumDistance: 2,
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef("see '"+cmd.CommandPath()+" --help'", "%w", err)
	})
	root.AddGroup(
		&cobra.Group{ID: "spec", Title: "The specification:"},
		&cobra.Group{ID: "server", Title: "A server of yours:"},
		&cobra.Group{ID: "look", Title: "To look things up:"},
	)
	add := func(group string, cmds ...*cobra.Command) {
		for _, c := range cmds {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	add("spec", newRun(), newServe())
	add("server", newInit(), newCheck(), newIdentify(), newRecord(), newJudge(), newShow(), newDiff(), newReplay())
	add("look", newSite(), newClaims(), newServers(), newTraits(), newDoctor())
	wrapArgs(root)
	return root
}

// wrapArgs makes every complaint about arguments a usage error with a hint.
func wrapArgs(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			err := check(cmd, args)
			if _, ok := errors.AsType[*problem](err); err == nil || ok {
				return err
			}
			return usagef("usage: "+cmd.UseLine(), "%w", err)
		}
	} else if cmd.HasSubCommands() {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			hint := "see 'iospec --help'"
			if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
				hint = "did you mean '" + strings.Join(near, "' or '") + "'?"
			}
			return usagef(hint, "unknown command %q", args[0])
		}
		cmd.RunE = func(cmd *cobra.Command, args []string) error { return cmd.Help() }
	}
	for _, c := range cmd.Commands() {
		wrapArgs(c)
	}
}

// version is what the build knows of itself.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
