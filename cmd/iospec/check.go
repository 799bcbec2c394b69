//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/iospec/iospec/features"
	"github.com/iospec/iospec/internal/trait"
	"github.com/iospec/iospec/report"
	"github.com/iospec/iospec/steps"
	"github.com/iospec/iospec/subject"
	"github.com/iospec/iospec/subject/protocol"
	"github.com/iospec/iospec/trace"
)

// serverFlags say how to start and drive a server under test.
type serverFlags struct {
	pid      int
	address  string
	protocol string
	start    time.Duration
	scale    float64
	quiet    bool
}

func (f *serverFlags) register(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.IntVar(&f.pid, "pid", 0, "in place of a command, attach to this process and its descendants, drive it, and let it run on")
	fl.StringVar(&f.address, "address", "", "where the server listens; without it, found out from the kernel's tables")
	fl.StringVar(&f.protocol, "protocol", "echo", "what the clients speak: "+strings.Join(protocol.Names(), ", "))
	fl.DurationVar(&f.start, "start-timeout", 10*time.Second, "how long the server may take until it listens")
	fl.Float64Var(&f.scale, "time-scale", 1, "multiply the clients' patience, for slow servers and machines")
	fl.BoolVar(&f.quiet, "quiet", false, "print only what is not kept")
	must(cmd.RegisterFlagCompletionFunc("protocol", cobra.FixedCompletions(protocol.Names(), cobra.ShellCompDirectiveNoFileComp)))
}

// target is the server that the flags and the command line describe.
func (f *serverFlags) target(command []string, as trait.Set) (steps.Target, error) {
	if f.scale <= 0 {
		return steps.Target{}, usagef("1 is the normal pace, 3 is three times as patient", "--time-scale must be above 0, not %v", f.scale)
	}
	if _, err := protocol.Find(f.protocol); err != nil {
		return steps.Target{}, usagef("one of "+strings.Join(protocol.Names(), ", "), "--protocol: %w", err)
	}
	name := fmt.Sprintf("process %d", f.pid)
	if f.pid == 0 {
		name = filepath.Base(command[0])
	}
	return steps.Target{
		Name:         name,
		PID:          f.pid,
		Traits:       as,
		Command:      command,
		Address:      f.address,
		Protocol:     f.protocol,
		StartTimeout: f.start,
		TimeScale:    f.scale,
	}, nil
}

const commandHelp = `The words {port} and {address} in COMMAND are replaced by a free port of 127.0.0.1. The server is started, recorded while
the standard exercise drives it, and stopped again.`

// needServer demands a command to start, or the number of a process that runs.
func (f *serverFlags) needServer(cmd *cobra.Command, args []string) error {
	switch {
	case !cmd.Flags().Changed("pid"):
		return needCommand(cmd, args)
	case len(args) > 0:
		return usagef("leave one of them out", "--pid says which process to look at, and there is a command to start, too")
	case f.pid <= 0:
		return usagef("'pgrep -a NAME' lists them", "--pid: %d is no process", f.pid)
	}
	return nil
}

func needCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usagef("put the server's command after --, such as: "+cmd.CommandPath()+" … -- ./my-server --port {port}", "no command given")
	}
	return nil
}

func newCheck() *cobra.Command {
	var sf serverFlags
	var as, jsonFile, recording string
	var strict, verbose bool
	cmd := &cobra.Command{
		Use:   "check --as TRAIT,… -- COMMAND…",
		Short: "Check a server of yours against the architecture it claims",
		Long:  "Check whether a server, in any language, keeps the claims about the traits it has, and show the system calls that prove\nor refute each.\n\n" + commandHelp,
		Example: `  iospec check --as single-reactor,epoll,level --protocol redis --address 127.0.0.1:6390 -- redis-server --port 6390 --save ''
  iospec check --as epoll,edge --protocol line --json - -- ./my-server --port {port}`,
		Args: sf.needServer,
		RunE: func(cmd *cobra.Command, args []string) error {
			traits, err := parseAs(as)
			if err != nil {
				return err
			}
			t, err := sf.target(args, traits)
			if err != nil {
				return err
			}
			claims, err := judgeable(traits, features.Server, features.Load)
			if err != nil {
				return err
			}
			line := newProgress(cmd.ErrOrStderr(), sf.quiet)
			line.show("starting, driving and recording %s …", t.Name)
			rec, err := record(cmd.Context(), t, recording)
			line.clear()
			if err != nil {
				return err
			}
			return judge(cmd, t, claims, rec, judgeFlags{jsonFile, strict, sf.quiet, verbose})
		},
	}
	sf.register(cmd)
	asFlag(cmd, &as)
	judgeOutput(cmd, &jsonFile, &strict, &verbose)
	cmd.Flags().StringVar(&recording, "record", "", "also keep the recording in this file, for judge and show")
	return cmd
}

func newJudge() *cobra.Command {
	var as, jsonFile string
	var strict, quiet, verbose bool
	cmd := &cobra.Command{
		Use:     "judge --as TRAIT,… FILE",
		Short:   "Judge a recording made earlier, as check would have",
		Example: "  iospec judge --as single-reactor,epoll,level r.jsonl",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			traits, err := parseAs(as)
			if err != nil {
				return err
			}
			claims, err := judgeable(traits, features.Server)
			if err != nil {
				return err
			}
			rec, err := readRecording(args[0])
			if err != nil {
				return err
			}
			t := steps.Target{Name: args[0], Traits: traits, Command: rec.Header.Command, Address: rec.Header.Address, RecordedOnly: true}
			if len(rec.Header.Command) > 0 {
				t.Name = filepath.Base(rec.Header.Command[0])
			}
			return judge(cmd, t, claims, rec, judgeFlags{jsonFile, strict, quiet, verbose})
		},
	}
	asFlag(cmd, &as)
	judgeOutput(cmd, &jsonFile, &strict, &verbose)
	cmd.Flags().BoolVar(&quiet, "quiet", false, "print only what is not kept")
	return cmd
}

func asFlag(cmd *cobra.Command, as *string) {
	cmd.Flags().StringVar(as, "as", "", "the traits the server claims, comma-separated ('iospec traits' lists them)")
	must(cmd.RegisterFlagCompletionFunc("as", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var out []string
		for _, t := range trait.All {
			out = append(out, t.Name+"\t"+t.Meaning)
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}))
}

func judgeOutput(cmd *cobra.Command, jsonFile *string, strict, verbose *bool) {
	cmd.Flags().StringVar(jsonFile, "json", "", "also write the result as JSON to this file, - for standard output")
	cmd.Flags().BoolVar(strict, "strict", false, "exit 5 when something is inconclusive or unsupported")
	cmd.Flags().BoolVarP(verbose, "verbose", "v", false, "show the witness of kept claims too")
}

func parseAs(as string) (trait.Set, error) {
	if as == "" {
		return nil, usagef("'iospec traits' lists them; such as --as single-reactor,epoll,level", "--as is missing: what does the server claim to be?")
	}
	set, err := trait.Parse(as)
	if err != nil {
		return nil, usagef("'iospec traits' lists them", "--as: %w", err)
	}
	return set, nil
}

// judgeable gives the claims that a server with these traits can be held against by scenarios of the kinds. That there are
// none is an error: nothing checked is not a success.
func judgeable(as trait.Set, by ...features.Kind) ([]features.Claim, error) {
	all, err := features.Register()
	if err != nil {
		return nil, err
	}
	var out []features.Claim
	for _, c := range all {
		if slices.ContainsFunc(by, c.Has) && trait.Applies(c.Traits, as) {
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		return nil, usagef("'iospec traits' shows how many Rules speak of each trait", "no Rule judges a server by %s", as)
	}
	return out, nil
}

func record(ctx context.Context, t steps.Target, file string) (*trace.Recording, error) {
	return recordLoad(ctx, t, file, subject.StandardLoad())
}

// recordLoad makes a recording under a load, and keeps it if a file is named.
func recordLoad(ctx context.Context, t steps.Target, file string, load subject.Load) (*trace.Recording, error) {
	if file == "" {
		return steps.RecordLoad(ctx, t, nil, load)
	}
	f, err := os.Create(file)
	if err != nil {
		return nil, &problem{exitFailed, fmt.Errorf("keep the recording: %w", err), "choose another file"}
	}
	rec, err := steps.RecordLoad(ctx, t, f, load)
	if cerr := f.Close(); err == nil && cerr != nil {
		err = fmt.Errorf("keep the recording: %w", cerr)
	}
	if err != nil && rec == nil {
		_ = os.Remove(file) // nothing was recorded; the error tells why
	}
	return rec, err
}

type judgeFlags struct {
	json                   string
	strict, quiet, verbose bool
}

// judge holds a recording against the claims and prints what came of it.
func judge(cmd *cobra.Command, t steps.Target, claims []features.Claim, rec *trace.Recording, f judgeFlags) error {
	plan := steps.Plan{Claims: claims, Targets: []steps.Target{t}}
	plan.Record = func(context.Context, steps.Target) (*trace.Recording, error) { return rec, nil }
	run, err := steps.Run(cmd.Context(), plan)
	if err != nil {
		return err
	}
	run.Version = version()
	out := cmd.OutOrStdout()
	if f.json == "-" {
		out = cmd.ErrOrStderr()
	}
	if f.quiet {
		report.Trouble(out, run, styleOf(out))
	} else {
		report.Single(out, run, run.Subjects[0], styleOf(out), f.verbose)
	}
	if err := writeJSON(cmd, f.json, report.ResultOf(run, run.Subjects[0])); err != nil {
		return err
	}
	return verdict(run.Summary, f.strict)
}
