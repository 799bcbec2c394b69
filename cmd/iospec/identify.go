//go:build linux

package main

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/iospec/iospec/features"
	"github.com/iospec/iospec/identify"
	"github.com/iospec/iospec/internal/trait"
)

func newIdentify() *cobra.Command {
	var sf serverFlags
	var jsonFile, recording, keep string
	var strict, verbose bool
	cmd := &cobra.Command{
		Use:   "identify -- COMMAND…",
		Short: "Tell which architecture a server has",
		Long: `Tell what a server is from what it does: its architecture, what it waits with and how it is told, and who accepts; how
sure that is and what it rests on; what comes next and what tells them apart; and the facts. It says inconclusive rather
than guess, and then what a load would have to do.

` + commandHelp,
		Example: `  iospec identify --protocol redis -- redis-server --port {port} --save ''
  iospec identify --protocol line --json - -- ./my-server {port}
  iospec identify --protocol http --pid 4711
  iospec identify --recording r.jsonl`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case recording == "":
				return sf.needServer(cmd, args)
			case len(args) > 0 || sf.pid != 0:
				return usagef("leave one of them out", "--recording says which recording to look at, and there is a server to look at, too")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := sf.identify(cmd, args, recording, keep)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if jsonFile == "-" {
				out = cmd.ErrOrStderr()
			}
			printIdentity(out, id, styleOf(out), pageOptions{quiet: sf.quiet, verbose: verbose})
			if err := writeJSON(cmd, jsonFile, id); err != nil {
				return err
			}
			if strict && id.Architecture == identify.Inconclusive {
				return statusError(exitInconclusive)
			}
			return nil
		},
	}
	sf.register(cmd)
	fl := cmd.Flags()
	sf.registerNoPtrace(cmd)
	fl.StringVar(&jsonFile, "json", "", "also write the identity as JSON to this file, - for standard output")
	fl.StringVar(&recording, "recording", "", "look at this recording, made by 'iospec record', in place of a server")
	fl.StringVar(&keep, "record", "", "also keep the recording in this file, for judge and show")
	fl.BoolVar(&strict, "strict", false, "exit 5 when the architecture is inconclusive")
	fl.BoolVarP(&verbose, "verbose", "v", false, "show the system calls behind each sign, and every candidate")
	fl.Lookup("quiet").Usage = "print one line: the traits, as --as takes them"
	return cmd
}

// identify looks at a recording that was made earlier, or makes one of the command. Where that was too light a load to see
// more than one process accept, it makes another under a heavier one.
func (f *serverFlags) identify(cmd *cobra.Command, command []string, file, keep string) (id identify.Identity, err error) {
	about, err := claimsAbout()
	if err != nil {
		return id, err
	}
	if file != "" {
		rec, err := readRecording(file)
		if err != nil {
			return id, err
		}
		return identify.Identify(rec, about), nil
	}
	t, err := f.target(command, nil)
	if err != nil {
		return id, err
	}
	rec, o, err := f.observe(cmd, t, keep)
	if err != nil {
		return id, err
	}
	if o != nil {
		return identify.Sampled(o, about), nil
	}
	line := newProgress(cmd.ErrOrStderr(), f.quiet)
	defer line.clear()
	if id = identify.Identify(rec, about); t.Load != "" || !slices.Contains(id.Settle, identify.LoadMore) {
		return id, nil
	}
	line.show("one process took everybody: driving %s harder …", t.Name)
	t.Waves = true
	if rec, err = record(cmd.Context(), t, keep); err != nil {
		return id, err
	}
	return identify.Identify(rec, about), nil
}

// claimsAbout reads from the register which claims speak of an architecture by name, in servers that also have the other
// traits.
func claimsAbout() (identify.About, error) {
	all, err := features.Register()
	if err != nil {
		return nil, err
	}
	return func(architecture string, others []string) []string {
		var ids []string
		as := append(trait.Set{architecture}, others...)
		for _, c := range all {
			if slices.Contains(c.Traits, architecture) && c.Has(features.Server) && trait.Applies(c.Traits, as) {
				ids = append(ids, c.ID)
			}
		}
		return ids
	}, nil
}
