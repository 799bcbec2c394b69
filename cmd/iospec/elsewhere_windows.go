package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	_ "github.com/iospec/iospec/internal/iocp" // a role: Rules about completion ports are run with it
)

// This program runs on Windows for the sake of proactor/iocp, which it serves, and of what can be looked up. What starts
// servers, records their system calls and judges them is made of Linux; these commands say so.

func newRun() *cobra.Command      { return onLinux("run", "Run the specification") }
func newInit() *cobra.Command     { return onLinux("init", "Describe a server in a file") }
func newCheck() *cobra.Command    { return onLinux("check", "Check a server of yours") }
func newIdentify() *cobra.Command { return onLinux("identify", "Tell which architecture a server has") }
func newRecord() *cobra.Command   { return onLinux("record", "Record what a server does") }
func newReplay() *cobra.Command   { return onLinux("replay", "Play a script of clients on a server") }
func newJudge() *cobra.Command    { return onLinux("judge", "Judge a recording made earlier") }
func newSite() *cobra.Command     { return onLinux("site", "Make the site of a run") }
func newDoctor() *cobra.Command   { return onLinux("doctor", "Say what this machine lacks") }

func onLinux(name, short string) *cobra.Command {
	return &cobra.Command{
		Use:                name,
		Short:              short + " (on Linux)",
		DisableFlagParsing: true, // whatever the flags are, they do not help
		RunE: func(cmd *cobra.Command, _ []string) error {
			return &problem{exitMissing, fmt.Errorf("%s does not run on Windows: it records system calls of Linux", cmd.CommandPath()),
				"run it on Linux; there it runs proactor/iocp too, where Wine is installed"}
		},
	}
}

// explain gives the words and the hint of an error that has its own. Here all of them are problems.
func explain(error) (text, hint string, ok bool) { return "", "", false }

func statusOf(err error) int {
	if p, ok := errors.AsType[*problem](err); ok {
		return p.status
	}
	return exitFailed
}
