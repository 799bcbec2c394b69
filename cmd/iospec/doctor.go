//go:build linux

package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/iospec/iospec/report"
)

// A checkup is one thing this machine may lack.
type checkup struct {
	what    string
	needed  bool   // iospec is of little use without it
	without string // what is then unsupported
	look    func() (found string, err error)
	hint    string
}

// checkupResult is a checkup's JSON form.
type checkupResult struct {
	What    string `json:"what"`
	OK      bool   `json:"ok"`
	Found   string `json:"found,omitempty"`
	Error   string `json:"error,omitempty"`
	Without string `json:"without,omitempty"`
	Hint    string `json:"hint,omitempty"`
}

func newDoctor() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "doctor",
		Short:   "Say what this machine lacks, and what would help",
		Example: "  iospec doctor",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			results, fit := examine(checkups())
			if asJSON {
				if err := printJSON(cmd.OutOrStdout(), results); err != nil {
					return err
				}
			} else {
				printCheckups(cmd, results, styleOf(cmd.OutOrStdout()))
			}
			if !fit {
				return statusError(exitMissing)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// examine looks at everything; fit tells whether nothing needed is missing.
func examine(list []checkup) (results []checkupResult, fit bool) {
	fit = true
	for _, c := range list {
		found, err := c.look()
		r := checkupResult{What: c.what, OK: err == nil, Found: found}
		if err != nil {
			r.Error, r.Without, r.Hint = err.Error(), c.without, c.hint
			fit = fit && !c.needed
		}
		results = append(results, r)
	}
	return results, fit
}

func printCheckups(cmd *cobra.Command, results []checkupResult, style report.Style) {
	out := cmd.OutOrStdout()
	for _, r := range results {
		if r.OK {
			fmt.Fprintf(out, "%s  %-24s %s\n", style.Paint("32", "ok     "), r.What, r.Found)
			continue
		}
		fmt.Fprintf(out, "%s  %-24s %s\n", style.Paint("1;31", "missing"), r.What, r.Error)
		fmt.Fprintf(out, "         %-24s without it: %s\n", "", r.Without)
		fmt.Fprintf(out, "         %-24s hint: %s\n", "", r.Hint)
	}
}

func platform() (string, error) { return runtime.GOOS + "/" + runtime.GOARCH, nil }
