package main

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/iospec/iospec/features"
	"github.com/iospec/iospec/identify"
	"github.com/iospec/iospec/internal/trait"
	"github.com/iospec/iospec/trace"
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
  iospec identify --recording r.jsonl`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case recording == "":
				return needCommand(cmd, args)
			case len(args) > 0:
				return usagef("leave one of them out", "--recording says which recording to look at, and there is a command to start, too")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			rec, err := sf.recordingOf(cmd, args, recording, keep)
			if err != nil {
				return err
			}
			about, err := claimsAbout()
			if err != nil {
				return err
			}
			id := identify.Identify(rec, about)
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
	fl.StringVar(&jsonFile, "json", "", "also write the identity as JSON to this file, - for standard output")
	fl.StringVar(&recording, "recording", "", "look at this recording, made by 'iospec record', in place of a server")
	fl.StringVar(&keep, "record", "", "also keep the recording in this file, for judge and show")
	fl.BoolVar(&strict, "strict", false, "exit 5 when the architecture is inconclusive")
	fl.BoolVarP(&verbose, "verbose", "v", false, "show the system calls behind each sign, and every candidate")
	fl.Lookup("quiet").Usage = "print one line: the traits, as --as takes them"
	return cmd
}

// recordingOf gives the recording to look at: one made earlier, or one of the command that is made now.
func (f *serverFlags) recordingOf(cmd *cobra.Command, command []string, file, keep string) (*trace.Recording, error) {
	if file != "" {
		return readRecording(file)
	}
	t, err := f.target(command, nil)
	if err != nil {
		return nil, err
	}
	line := newProgress(cmd.ErrOrStderr(), f.quiet)
	line.show("starting, driving and recording %s …", t.Name)
	defer line.clear()
	return record(cmd.Context(), t, keep)
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
