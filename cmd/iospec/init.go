//go:build linux

package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/iospec/iospec/identify"
	"github.com/iospec/iospec/internal/trait"
)

func newInit() *cobra.Command {
	var sf serverFlags
	var as, file string
	var force bool
	cmd := &cobra.Command{
		Use:   "init -- COMMAND…",
		Short: "Describe a server in a file, so that 'iospec check' alone checks it",
		Long: `Write ` + configName + `, from which 'iospec check' takes the command, the protocol and the traits of the server. The traits
are those that 'iospec identify' finds, unless --as says them.

` + commandHelp,
		Example: `  iospec init --protocol http -- ./my-server --port {port}
  iospec init --as epoll,edge -- ./my-server {port}`,
		Args: needCommand,
		RunE: func(cmd *cobra.Command, args []string) error {
			traits, err := sf.traitsOf(cmd, args, as)
			if err != nil {
				return err
			}
			c := config{Command: args, Address: sf.address, Protocol: sf.protocol, As: traits}
			if cmd.Flags().Changed("start-timeout") {
				c.StartTimeout = sf.start
			}
			if cmd.Flags().Changed("time-scale") {
				c.TimeScale = sf.scale
			}
			if err := c.write(file, force); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", file, strings.Join(traits, ","))
			return nil
		},
	}
	sf.register(cmd)
	asFlag(cmd, &as)
	cmd.Flags().Lookup("as").Usage = "the traits the server claims; without it, those that it is found to have"
	cmd.Flags().StringVar(&file, "config", configName, "the file to write")
	cmd.Flags().BoolVar(&force, "force", false, "replace the file if it is there")
	must(cmd.Flags().MarkHidden("pid"))
	return cmd
}

// traitsOf gives the traits that were named, or those that the server is found to have.
func (f *serverFlags) traitsOf(cmd *cobra.Command, command []string, as string) (trait.Set, error) {
	if as != "" {
		return parseAs(as)
	}
	id, err := f.identify(cmd, command, "", "")
	if err != nil {
		return nil, err
	}
	if id.Architecture == identify.Inconclusive {
		return nil, usagef("say yourself what it is, with --as; 'iospec identify' tells what was seen", "what the server is could not be told")
	}
	return append(trait.Set(id.Traits()), "every-server"), nil
}
