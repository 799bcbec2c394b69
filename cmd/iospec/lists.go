package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/iospec/iospec/features"
	"github.com/iospec/iospec/internal/trait"
)

// newServers, newTraits and newClaims print what there is to name on a command line.

func newServers() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "servers",
		Short:   "List the reference servers and the counterexamples",
		Example: "  iospec servers\n  iospec servers --json | jq -r '.[].name'",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := cmd.OutOrStdout()
			if asJSON {
				return printJSON(out, catalogue())
			}
			return table(out, func(row func(...string)) {
				wrong := false
				row("reference server", "traits", "")
				for _, e := range catalogue() {
					if len(e.Breaks) > 0 && !wrong {
						wrong = true
						row("", "", "")
						row("counterexample", "must break", "the mistake")
					}
					if wrong {
						row(e.Name, strings.Join(e.Breaks, ","), e.Summary)
					} else {
						row(e.Name, e.Traits.String(), e.Summary)
					}
				}
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func newTraits() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "traits",
		Short:   "List the traits, the words of --as, and how many Rules speak of each",
		Example: "  iospec traits",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			claims, err := features.Register()
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), trait.All)
			}
			return table(cmd.OutOrStdout(), func(row func(...string)) {
				row("axis", "trait", "Rules", "meaning")
				var last trait.Axis
				for _, t := range trait.All {
					axis := string(t.Axis)
					if t.Axis == last {
						axis = ""
					}
					last = t.Axis
					row(axis, t.Name, fmt.Sprint(rulesOf(claims, t.Name)), t.Meaning)
				}
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// rulesOf counts the Rules that judge servers with the trait.
func rulesOf(claims []features.Claim, name string) int {
	n := 0
	for _, c := range claims {
		if c.Traits.Has(name) && c.AboutServers() {
			n++
		}
	}
	return n
}

func newClaims() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "claims [ID…]",
		Short:   "List the claims with their verdicts; with an id, show the Rule",
		Example: "  iospec claims\n  iospec claims trigger\n  iospec claims trigger.edge-wakes-once",
		RunE: func(cmd *cobra.Command, args []string) error {
			claims, err := features.Register()
			if err != nil {
				return err
			}
			if len(args) > 0 {
				if claims, err = features.ByID(claims, args); err != nil {
					return usagef("'iospec claims' lists them", "%w", err)
				}
			}
			switch out := cmd.OutOrStdout(); {
			case asJSON:
				return printJSON(out, claims)
			case len(claims) == 1 && len(args) > 0:
				return showClaim(out, claims[0])
			default:
				return listClaims(out, claims)
			}
		},
		ValidArgsFunction: completeClaims,
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func listClaims(out io.Writer, claims []features.Claim) error {
	return table(out, func(row func(...string)) {
		row("section", "claim", "verdict", "traits", "in one sentence")
		for _, c := range claims {
			row(c.Section, c.ID, c.Verdict, c.Traits.String(), c.Title)
		}
	})
}

func showClaim(out io.Writer, c features.Claim) error {
	fmt.Fprintf(out, "%s\n\n  claim    %s\n  verdict  %s\n  section  %s\n", c.Title, c.ID, c.Verdict, c.Section)
	if len(c.Traits) > 0 {
		fmt.Fprintf(out, "  traits   %s\n", c.Traits)
	}
	fmt.Fprintf(out, "  file     features/%s:%d\n\n%s\n", c.File, c.Line, c.Text)
	for _, s := range c.Scenarios {
		measured := ""
		if s.Measured {
			measured = ", measured"
		}
		fmt.Fprintf(out, "\nScenario: %s  (%s%s)\n", s.Name, s.Kind, measured)
		for _, step := range s.Steps {
			fmt.Fprintf(out, "  %s\n", step)
		}
	}
	_, err := fmt.Fprintf(out, "\nRun it: iospec run --claim %s\n", c.ID)
	return err
}

func completeClaims(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	claims, _ := features.Register()
	var ids []string
	for _, c := range claims {
		ids = append(ids, c.ID+"\t"+c.Title)
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}

// table prints rows in aligned columns, two spaces apart.
func table(out io.Writer, rows func(row func(cells ...string))) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	rows(func(cells ...string) { fmt.Fprintln(w, strings.TrimRight(strings.Join(cells, "\t"), "\t")) })
	return w.Flush()
}

func printJSON(out io.Writer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
