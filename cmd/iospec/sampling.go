//go:build linux

package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/iospec/iospec/sample"
	"github.com/iospec/iospec/steps"
	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/tracer"
)

// registerNoPtrace is for commands that can do with looks.
func (f *serverFlags) registerNoPtrace(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.BoolVar(&f.noPtrace, "no-ptrace", false, "look at the server in /proc in place of recording its system calls; less can be told")
	fl.BoolVar(&f.needPtrace, "need-ptrace", false, "end with an error where system calls cannot be recorded, in place of looking at /proc")
	cmd.MarkFlagsMutuallyExclusive("no-ptrace", "need-ptrace")
}

// observe records the target, or looks at it: where that is wanted, or where recording is refused. One of what it gives is
// not nil.
func (f *serverFlags) observe(cmd *cobra.Command, t steps.Target, keep string) (*trace.Recording, *sample.Observation, error) {
	line := newProgress(cmd.ErrOrStderr(), f.quiet)
	defer line.clear()
	if !f.noPtrace {
		line.show("starting, driving and recording %s …", t.Name)
		rec, err := record(cmd.Context(), t, keep)
		if !errors.Is(err, tracer.ErrRefused) || f.needPtrace || !canLook(t, keep) {
			return rec, nil, err
		}
		line.clear()
		fmt.Fprintf(cmd.ErrOrStderr(), "note: %s\n", refusal(err))
		fmt.Fprintf(cmd.ErrOrStderr(), "note: so it is looked at in /proc: claims about single system calls are unsupported, and others may stay open ('iospec doctor' says what would help)\n")
	}
	if !canLook(t, keep) {
		return nil, nil, usagef("leave it out, or run where ptrace is allowed", "--no-ptrace does not go with --load, --record or --protocol none: looks need clients of ours, and are no recording")
	}
	line.show("starting, driving and looking at %s …", t.Name)
	o, err := steps.Sample(cmd.Context(), t)
	line.clear()
	if err != nil {
		return nil, nil, err
	}
	if !f.quiet {
		fmt.Fprintf(cmd.ErrOrStderr(), "note: found by %d looks at /proc and %d requests, one at a time, not by a recording\n", len(o.Looks), len(o.Turns))
	}
	for _, what := range o.Sight.Blind {
		fmt.Fprintf(cmd.ErrOrStderr(), "note: refused: %s\n", what)
	}
	return nil, o, nil
}

// canLook reports whether looks can take the place of a recording.
func canLook(t steps.Target, keep string) bool {
	return t.Load == "" && t.Protocol != "none" && keep == ""
}

// refusal is the error that says why nothing can be recorded, in a line.
func refusal(err error) string {
	if text, _, ok := explain(err); ok {
		return text
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return first
}
