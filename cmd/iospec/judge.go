//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/iospec/iospec/features"
	"github.com/iospec/iospec/identify"
	"github.com/iospec/iospec/internal/trait"
	"github.com/iospec/iospec/report"
	"github.com/iospec/iospec/steps"
	"github.com/iospec/iospec/trace"
)

// judgeFlags say what a server is held against, and where the findings go.
type judgeFlags struct {
	as      string
	skip    []string
	failing string // file with the claims that are known to be broken
	json    string
	junit   string
	report  string
	strict  bool
	quiet   bool
	verbose bool
}

func (f *judgeFlags) register(cmd *cobra.Command) {
	asFlag(cmd, &f.as)
	fl := cmd.Flags()
	fl.StringSliceVar(&f.skip, "skip", nil, "leave out these claims; patterns such as 'server.*'")
	fl.StringVar(&f.failing, "known-failing", "", "a file that lists claims, one on each line, which must go on failing and are no failure")
	fl.StringVar(&f.json, "json", "", "also write the result as JSON to this file, - for standard output")
	fl.StringVar(&f.junit, "junit", "", "also write the result as JUnit does to this file, - for standard output")
	fl.StringVar(&f.report, "report", "", "also keep a report in this folder, recording included, of which 'iospec site build' makes pages")
	fl.BoolVar(&f.strict, "strict", false, "exit 5 when something is inconclusive or unsupported")
	fl.BoolVarP(&f.verbose, "verbose", "v", false, "show the witness of kept claims too")
	must(cmd.RegisterFlagCompletionFunc("skip", completeClaims))
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

func newJudge() *cobra.Command {
	var f judgeFlags
	cmd := &cobra.Command{
		Use:     "judge --as TRAIT,… FILE",
		Short:   "Judge a recording made earlier, as check would have",
		Example: "  iospec judge --as single-reactor,epoll,level r.jsonl",
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0]) },
	}
	f.register(cmd)
	cmd.Flags().BoolVar(&f.quiet, "quiet", false, "print only what is not kept")
	return cmd
}

func (f *judgeFlags) run(cmd *cobra.Command, file string) error {
	traits, err := parseAs(f.as)
	if err != nil {
		return err
	}
	claims, err := judgeable(traits, f.skip, features.Server)
	if err != nil {
		return err
	}
	known, err := f.readKnown()
	if err != nil {
		return err
	}
	rec, err := readRecording(file)
	if err != nil {
		return err
	}
	t := steps.Target{Name: file, Traits: traits, Command: rec.Header.Command, Address: rec.Header.Address, RecordedOnly: true}
	if len(rec.Header.Command) > 0 {
		t.Name = filepath.Base(rec.Header.Command[0])
	}
	dir, err := beginReport(f.report)
	if err != nil {
		return err
	}
	defer dir.Abandon()
	return f.judge(cmd, judgement{target: t, claims: claims, recording: rec, known: known, dir: dir})
}

// beginReport begins the report that --report asks for.
func beginReport(path string) (*report.Folder, error) {
	dir, err := report.NewFolder(path)
	if err != nil {
		return nil, &problem{exitFailed, err, "choose another folder with --report, or none with --report ''"}
	}
	return dir, nil
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

// judgeable gives the claims that a server with these traits can be held against by scenarios of the kinds, less those
// that are skipped. That there are none is an error: nothing checked is not a success.
func judgeable(as trait.Set, skip []string, by ...features.Kind) ([]features.Claim, error) {
	all, err := features.Register()
	if err != nil {
		return nil, err
	}
	skipped := map[string]bool{}
	if len(skip) > 0 {
		chosen, err := features.ByID(all, skip)
		if err != nil {
			return nil, usagef("'iospec claims' lists them", "--skip: %w", err)
		}
		for _, c := range chosen {
			skipped[c.ID] = true
		}
	}
	all = slices.DeleteFunc(all, func(c features.Claim) bool {
		return skipped[c.ID] || !slices.ContainsFunc(by, c.Has) || !trait.Applies(c.Traits, as)
	})
	if len(all) == 0 {
		return nil, usagef("'iospec traits' shows how many Rules speak of each trait", "no Rule judges a server by %s", as)
	}
	return all, nil
}

// readKnown reads the list of known failures; without one there are none.
func (f *judgeFlags) readKnown() (report.Known, error) {
	if f.failing == "" {
		return nil, nil
	}
	file, err := os.Open(f.failing)
	if err != nil {
		return nil, &problem{exitUsage, fmt.Errorf("read the known failures: %w", err), "a file with a claim's id on each line, and then the reason"}
	}
	defer file.Close()
	known, err := report.ReadKnown(file)
	if err != nil {
		return nil, usagef("a claim's id on each line, and then the reason", "read the known failures from %s: %w", f.failing, err)
	}
	return known, nil
}

// judgement is a server, what was recorded of it, and what it is held against.
type judgement struct {
	target    steps.Target
	claims    []features.Claim
	recording *trace.Recording // nil: it was looked at
	looked    *identify.Looked
	known     report.Known
	dir       *report.Folder
}

// judge holds a recording against the claims, and the server itself where a scenario has a load of its own, and tells
// what came of it wherever the flags say.
func (f *judgeFlags) judge(cmd *cobra.Command, j judgement) error {
	plan := steps.Plan{Claims: j.claims, Targets: []steps.Target{j.target}, Looked: j.looked}
	plan.Record = func(context.Context, steps.Target) (*trace.Recording, error) { return j.recording, nil }
	run, err := steps.Run(cmd.Context(), plan)
	if err != nil {
		return err
	}
	run.Version = version()
	stale, unjudged := j.known.Hold(run)
	out := cmd.OutOrStdout()
	if f.json == "-" || f.junit == "-" {
		out = cmd.ErrOrStderr()
	}
	if f.quiet {
		report.Trouble(out, run, styleOf(out))
	} else {
		report.Single(out, run, run.Subjects[0], styleOf(out), f.verbose)
	}
	if err := f.write(cmd, run, j); err != nil {
		return err
	}
	return f.status(out, run, j.looked != nil, stale, unjudged)
}

// write writes the findings where they are wanted in another form.
func (f *judgeFlags) write(cmd *cobra.Command, run *report.Run, j judgement) error {
	if err := writeJSON(cmd, f.json, report.ResultOf(run, run.Subjects[0])); err != nil {
		return err
	}
	if err := writeFile(cmd, f.junit, func(w io.Writer) error { return report.JUnit(w, run) }); err != nil {
		return err
	}
	if j.recording == nil {
		return j.dir.Finish(run)
	}
	file, err := j.dir.Recording(j.target.Name)
	if file != nil {
		_, err = j.recording.WriteTo(file)
		err = errors.Join(err, file.Close())
	}
	return errors.Join(err, j.dir.Finish(run))
}

// status is the exit status. A list of known failures that is out of date is a failure: it hides what is to come.
func (f *judgeFlags) status(out io.Writer, run *report.Run, looked bool, stale, unjudged []string) error {
	if len(unjudged) > 0 && !f.quiet {
		fmt.Fprintf(out, "known to fail, and not judged here: %s\n", strings.Join(unjudged, ", "))
	}
	if err := verdict(run.Summary, f.strict); err != nil {
		return err
	}
	if looked && run.Summary.Unsupported == run.Summary.Total() {
		return &problem{exitMissing, errors.New("no claim could be judged by looks at /proc"), "run where ptrace is allowed: 'iospec doctor' says what would help"}
	}
	if len(stale) > 0 {
		fmt.Fprintf(out, "known to fail, and kept: take %s off the list\n", strings.Join(stale, ", "))
		return statusError(exitBroken)
	}
	return nil
}
