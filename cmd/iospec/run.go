//go:build linux

package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/iospec/iospec/features"
	"github.com/iospec/iospec/report"
	"github.com/iospec/iospec/steps"
)

// runFlags narrow and direct a run.
type runFlags struct {
	servers []string
	claims  []string
	tags    string
	report  string
	json    string
	quiet   bool
	strict  bool

	confusion bool
}

func newRun() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the specification: every claim, on this kernel and on every reference server",
		Long: `Run every claim of the specification: kernel Rules once, with direct system calls; Rules about servers against
every reference server with their traits; and the counterexamples, each of which must break its Rule and no other.
Prints the matrix of claims and servers, what was not kept with its evidence, and the command that shows it again.`,
		Example: `  iospec run
  iospec run --server epoll/edge --claim trigger
  iospec run --server kernel --tags '@section-2.1 and not @measured'
  iospec run --report out --json out/run.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	fl := cmd.Flags()
	fl.StringSliceVar(&f.servers, "server", nil, "only this server (repeatable, or comma-separated); 'kernel' for the kernel Rules, 'wild' for named systems; patterns such as 'epoll/*'")
	fl.StringSliceVar(&f.claims, "claim", nil, "only this claim (repeatable, or comma-separated); patterns such as 'trigger' or 'epoll.*'")
	fl.StringVar(&f.tags, "tags", "", "only scenarios whose tags fit, such as '@epoll and not @measured'")
	fl.StringVar(&f.report, "report", "iospec-report", "folder for the report; '' for none")
	fl.StringVar(&f.json, "json", "", "also write the result as JSON to this file, - for standard output")
	fl.BoolVar(&f.quiet, "quiet", false, "print only what is not kept")
	fl.BoolVar(&f.strict, "strict", false, "exit 5 when something is inconclusive or unsupported")
	fl.BoolVar(&f.confusion, "confusion", false, "also print each server held against each architecture (it is in the report)")
	must(cmd.RegisterFlagCompletionFunc("claim", completeClaims))
	must(cmd.RegisterFlagCompletionFunc("server", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return serverNames(), cobra.ShellCompDirectiveNoFileComp
	}))
	return cmd
}

func (f runFlags) run(cmd *cobra.Command) error {
	claims, err := selectClaims(f.claims, f.tags)
	if err != nil {
		return err
	}
	chosen, err := selectServers(f.servers)
	if err != nil {
		return err
	}
	dir, err := beginReport(f.report)
	if err != nil {
		return err
	}
	defer dir.Abandon()
	out := cmd.OutOrStdout()
	line := newProgress(cmd.ErrOrStderr(), f.quiet)
	peers, err := references()
	if err != nil {
		return err
	}
	plan := steps.Plan{Claims: claims, Kernel: chosen.kernel, Wild: chosen.wild, Targets: chosen.targets, Peers: peers, Record: steps.Recorder{Folder: dir}.Record}
	plan.Progress = func(subject, claim, scenario string, done *report.Scenario) {
		if done == nil {
			line.show("%s  %s  %s", subject, claim, scenario)
		}
	}
	run, err := steps.Run(cmd.Context(), plan)
	line.clear()
	if err != nil {
		return err
	}
	run.Version = version()
	addReproduction(run)
	if f.json == "-" {
		out = cmd.ErrOrStderr()
	}
	style := styleOf(out)
	if !f.quiet {
		report.Matrix(out, run, style)
		report.Counterexamples(out, run, style)
	}
	if f.confusion || len(run.Confusion.Confused()) > 0 {
		run.Confusion.Print(out, style)
	}
	report.Trouble(out, run, style)
	fmt.Fprintf(out, "\n%s in %.1f s\n", run.Summary.Line(), run.Seconds)
	if err := writeJSON(cmd, f.json, run); err != nil {
		return err
	}
	if err := dir.Finish(run); err != nil {
		return err
	}
	if dir.Path() != "" && !f.quiet {
		fmt.Fprintf(out, "report: %s\n", dir.Path())
	}
	return runVerdict(run, f.strict, f.quiet, out)
}

// runVerdict is the exit status of a whole run: a counterexample that keeps what it must break is a failure of the
// specification itself.
func runVerdict(run *report.Run, strict, quiet bool, out io.Writer) error {
	if err := verdict(run.Summary, strict); err != nil {
		return err
	}
	for _, s := range run.Subjects {
		_, missed, extra := run.Owed(s)
		if len(s.Breaks) == 0 || len(missed)+len(extra) == 0 {
			continue
		}
		if quiet {
			report.Counterexamples(out, run, report.Style{})
		}
		return statusError(exitFailed)
	}
	if len(run.Confusion.Confused()) > 0 { // a reference server that is taken for what it is not is one, too
		return statusError(exitFailed)
	}
	return nil
}

func selectClaims(ids []string, tags string) ([]features.Claim, error) {
	claims, err := features.Register()
	if err != nil {
		return nil, err
	}
	if len(ids) > 0 {
		if claims, err = features.ByID(claims, ids); err != nil {
			return nil, usagef("'iospec claims' lists them", "%w", err)
		}
	}
	if tags != "" {
		if claims, err = features.ByTags(claims, tags); err != nil {
			return nil, usagef("tags are those in 'iospec claims --json'", "%w", err)
		}
	}
	return claims, nil
}

// addReproduction gives every result the command that shows it again.
func addReproduction(run *report.Run) {
	for i := range run.Results {
		r := &run.Results[i]
		r.Reproduce = strings.Join([]string{"iospec run --server", r.Subject, "--claim", r.Claim}, " ")
	}
}
