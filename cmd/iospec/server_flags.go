//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/iospec/iospec/internal/trait"
	"github.com/iospec/iospec/steps"
	"github.com/iospec/iospec/subject/protocol"
	"github.com/iospec/iospec/trace"
)

// serverFlags say how to start and drive a server under test.
type serverFlags struct {
	pid        int
	address    string
	protocol   string
	load       string
	start      time.Duration
	scale      float64
	quiet      bool
	noPtrace   bool
	needPtrace bool
}

func (f *serverFlags) register(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.IntVar(&f.pid, "pid", 0, "in place of a command, attach to this process and its descendants, drive it, and let it run on")
	fl.StringVar(&f.address, "address", "", "where the server listens; without it, found out from the kernel's tables")
	fl.StringVar(&f.protocol, "protocol", "echo", "what the clients speak: "+strings.Join(protocol.Names(), ", "))
	fl.StringVar(&f.load, "load", "", "in place of our clients, a shell command that makes the traffic; {address} and {port} stand for the server's")
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
		Load:         f.load,
		RecordedOnly: f.pid != 0 || f.load != "" || f.protocol == protocol.None{}.Name(), // a Rule's own load needs more
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

// record makes a recording, and keeps it if a file is named.
func record(ctx context.Context, t steps.Target, file string) (*trace.Recording, error) {
	if file == "" {
		return steps.RecordTo(ctx, t, nil)
	}
	f, err := os.Create(file)
	if err != nil {
		return nil, &problem{exitFailed, fmt.Errorf("keep the recording: %w", err), "choose another file"}
	}
	rec, err := steps.RecordTo(ctx, t, f)
	if cerr := f.Close(); err == nil && cerr != nil {
		err = fmt.Errorf("keep the recording: %w", cerr)
	}
	if err != nil && rec == nil {
		_ = os.Remove(file) // nothing was recorded; the error tells why
	}
	return rec, err
}
