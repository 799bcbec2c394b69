//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/counterexamples"
	"github.com/iospec/iospec/docs"
	"github.com/iospec/iospec/features"
	"github.com/iospec/iospec/internal/code"
	"github.com/iospec/iospec/report"
	"github.com/iospec/iospec/site"
	"github.com/iospec/iospec/steps"
	"github.com/iospec/iospec/wild"
)

// siteFlags say what a site is made of, and where it goes.
type siteFlags struct {
	report, before, out string
}

func newSite() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "site",
		Short: "Make the documentation site of a run",
		Long: `Make the documentation: each claim with its evidence, each server with its architecture drawn from its recording,
the code beside both. The pages are static files that open from disk.`,
		Example: "  iospec run && iospec site build\n  iospec site serve",
	}
	cmd.AddCommand(newSiteBuild(), newSiteServe())
	return cmd
}

func (f *siteFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.report, "report", "iospec-report", "the report of the run, as 'iospec run --report' left it")
	cmd.Flags().StringVar(&f.before, "before", "", "the report of an earlier run, to show what changed")
}

func newSiteBuild() *cobra.Command {
	var f siteFlags
	cmd := &cobra.Command{
		Use:     "build",
		Short:   "Write the site into a folder",
		Example: "  iospec site build\n  iospec site build --report out --out public --before yesterday",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			in, err := f.input(cmd.Root())
			if err != nil {
				return err
			}
			files, err := site.Build(in, f.out)
			if err != nil {
				return &problem{exitFailed, err, "choose another folder with --out"}
			}
			size := 0
			for _, data := range files {
				size += len(data)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%d files, %.1f MB: open %s\n", len(files), float64(size)/1e6, filepath.Join(f.out, "index.html"))
			return nil
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&f.out, "out", "iospec-site", "the folder to write; an earlier site in it is replaced")
	return cmd
}

func newSiteServe() *cobra.Command {
	var f siteFlags
	var address, docsDir string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Show the site in a browser, anew whenever the report or a text changes",
		Long: `Serve the site on this machine. It is made anew when the report changes, and with --docs, when a text in that folder
does: the page that is open then loads itself again.`,
		Example: "  iospec site serve\n  iospec site serve --docs docs      # while writing",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s := site.Previewer{Watch: []string{filepath.Join(f.report, "run.json")}, Log: cmd.ErrOrStderr()}
			if docsDir != "" {
				s.Watch = append(s.Watch, docsDir)
			}
			s.Make = func() (site.Files, error) {
				in, err := f.input(cmd.Root())
				if err != nil {
					return nil, err
				}
				if docsDir != "" {
					in.Docs = os.DirFS(docsDir)
				}
				return site.Generate(in)
			}
			if err := s.Serve(cmd.Context(), address); err != nil {
				return &problem{exitFailed, err, "choose another address with --address"}
			}
			return nil
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&address, "address", "127.0.0.1:8017", "where to listen")
	cmd.Flags().StringVar(&docsDir, "docs", "", "take the texts from this folder instead of the program")
	return cmd
}

// input gathers what a site is made of.
func (f siteFlags) input(root *cobra.Command) (site.Input, error) {
	run, recordings, err := site.LoadRun(f.report)
	if errors.Is(err, os.ErrNotExist) {
		return site.Input{}, usagef("make it with: iospec run --report "+f.report, "there is no report in %s", f.report)
	}
	if err != nil {
		return site.Input{}, err
	}
	claims, err := features.Register()
	if err != nil {
		return site.Input{}, err
	}
	in := site.Input{
		Run: run, Recordings: recordings, Claims: claims, Servers: siteServers(), Systems: siteSystems(), Commands: siteCommands(root), Statuses: statuses,
		Sources: source(), Predicates: code.Read(check.Sources, "check"), Steps: code.Read(steps.Sources, "steps"), Counterexamples: counterexamples.Sources, Docs: docs.FS,
	}
	if f.before != "" {
		if in.Before, err = report.Read(f.before); err != nil {
			return site.Input{}, usagef("--before takes a folder that 'iospec run --report' left", "%w", err)
		}
	}
	return in, nil
}

// statuses explains the exit statuses, as the help of the program does.
var statuses = []site.Status{
	{Code: exitKept, Meaning: "all kept"}, {Code: exitBroken, Meaning: "a claim is broken"}, {Code: exitUsage, Meaning: "usage"},
	{Code: exitMissing, Meaning: "this machine lacks something needed"},
	{Code: exitFailed, Meaning: "iospec itself failed, or the server could not be brought to serve"},
	{Code: exitInconclusive, Meaning: "inconclusive, with --strict"},
}

// siteServers describes the catalogue, with where each server's code is.
func siteServers() []site.Server {
	var all []site.Server
	for _, e := range catalogue() {
		all = append(all, site.Server{Name: e.Name, Traits: e.Traits, Summary: e.Summary, Breaks: e.Breaks, Worker: e.worker, OS: e.system}.ServedBy(e.serve))
	}
	return all
}

// siteSystems describes the named systems.
func siteSystems() []site.Server {
	var all []site.Server
	for _, s := range wild.All() {
		all = append(all, site.Server{Name: s.Name, Traits: s.Traits, Summary: s.Title})
	}
	return all
}

// siteCommands describes the commands by what they say of themselves.
func siteCommands(root *cobra.Command) []site.Command {
	var all []site.Command
	var add func(*cobra.Command)
	add = func(c *cobra.Command) {
		if c.Hidden || slices.Contains([]string{"help", "completion"}, c.Name()) {
			return
		}
		if c != root {
			all = append(all, siteCommand(c))
		}
		for _, sub := range c.Commands() {
			add(sub)
		}
	}
	add(root)
	return all
}

func siteCommand(c *cobra.Command) site.Command {
	out := site.Command{Path: c.CommandPath(), Short: c.Short, Long: strings.TrimSpace(c.Long), Use: c.UseLine(), Example: strings.TrimRight(c.Example, "\n")}
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" {
			value := f.DefValue
			if value == "false" || value == "[]" {
				value = ""
			}
			out.Flags = append(out.Flags, site.Flag{Name: "--" + f.Name, Type: f.Value.Type(), Default: value, Usage: f.Usage})
		}
	})
	return out
}
