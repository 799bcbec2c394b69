//go:build linux

package main

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/iospec/iospec/features"
	"github.com/iospec/iospec/identify"
	"github.com/iospec/iospec/report"
)

// checkFlags are those of check alone.
type checkFlags struct {
	serverFlags
	judgeFlags
	recording string // file to keep it in
	config    string
	known     report.Known // from the description
}

func newCheck() *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:   "check --as TRAIT,… -- COMMAND…",
		Short: "Check a server of yours against the architecture it claims",
		Long: `Check whether a server, in any language, keeps the claims about the traits it has, and show the system calls that prove
or refute each. Without a command, the server is the one that ` + configName + ` describes ('iospec init' writes it).

` + commandHelp,
		Example: `  iospec check --as single-reactor,epoll,level --protocol redis --address 127.0.0.1:6390 -- redis-server --port 6390 --save ''
  iospec check --as epoll,edge --protocol line --json - -- ./my-server --port {port}
  iospec check --as multi-reactor-threads,epoll --protocol http --pid 4711
  iospec check --strict --junit iospec.xml                     # the server that ` + configName + ` describes`,
		Args: func(cmd *cobra.Command, args []string) error {
			if f.describes(cmd, args) {
				return nil
			}
			return f.needServer(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	f.serverFlags.register(cmd)
	f.judgeFlags.register(cmd)
	f.registerNoPtrace(cmd)
	fl := cmd.Flags()
	fl.StringVar(&f.recording, "record", "", "also keep the recording in this file, for judge and show")
	fl.StringVar(&f.config, "config", configName, "the description of the server, which is read when no command is given")
	return cmd
}

// describes reports whether a file describes the server: one was named, or nothing else says what to check.
func (f *checkFlags) describes(cmd *cobra.Command, args []string) bool {
	return cmd.Flags().Changed("config") || len(args) == 0 && !cmd.Flags().Changed("pid")
}

func (f *checkFlags) run(cmd *cobra.Command, args []string) error {
	if f.describes(cmd, args) {
		c, err := readConfig(f.config)
		if err != nil {
			return err
		}
		if err := c.fill(cmd); err != nil {
			return err
		}
		if f.known = c.known(); len(args) == 0 && f.pid == 0 {
			args = c.Command
		}
	}
	traits, err := parseAs(f.as)
	if err != nil {
		return err
	}
	t, err := f.target(args, traits)
	if err != nil {
		return err
	}
	claims, err := judgeable(traits, f.skip, features.Server, features.Load)
	if err != nil {
		return err
	}
	known, err := f.readKnown()
	if err != nil {
		return err
	}
	dir, err := beginReport(f.report)
	if err != nil {
		return err
	}
	defer dir.Abandon()
	rec, o, err := f.observe(cmd, t, f.recording)
	if err != nil {
		return err
	}
	f.judgeFlags.quiet = f.serverFlags.quiet
	j := judgement{target: t, claims: claims, recording: rec, known: slices.Concat(f.known, known), dir: dir}
	if o != nil {
		j.looked = identify.Look(o)
	}
	return f.judge(cmd, j)
}
