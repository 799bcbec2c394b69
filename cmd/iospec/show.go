package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/trace/show"
)

func newShow() *cobra.Command {
	var opt show.Options
	var from, until time.Duration
	cmd := &cobra.Command{
		Use:   "show FILE",
		Short: "Draw the time line of a recording, one lane per thread",
		Long: `Draw the time line of a recording: time runs down, each thread has a lane, and what a wait led to is indented under it.
Clients are called c1, c2, … in the order in which they came; repeats are folded.`,
		Example: `  iospec show r.jsonl | less
  iospec show --client c3 r.jsonl           # one client's life
  iospec show --lines 40 --from 120ms r.jsonl`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			rec, err := readRecording(args[0])
			if err != nil {
				return err
			}
			style := styleOf(cmd.OutOrStdout())
			opt.Color, opt.Width = style.Color, style.Width
			opt.ASCII = opt.ASCII || !utf8Locale()
			opt.From, opt.Until = trace.Time(from), trace.Time(until)
			if err := show.Timeline(cmd.OutOrStdout(), rec, opt); err != nil {
				return usagef("without --client and --thread everything is shown", "show %s: %w", args[0], err)
			}
			return nil
		},
	}
	fl := cmd.Flags()
	fl.StringSliceVar(&opt.Clients, "client", nil, "only these clients: c3, or the client's port")
	fl.IntSliceVar(&opt.Threads, "thread", nil, "only these threads, by tid")
	fl.DurationVar(&from, "from", 0, "only from this time on, such as 120ms")
	fl.DurationVar(&until, "until", 0, "only up to this time")
	fl.IntVar(&opt.Lines, "lines", 0, "no more lines than these")
	fl.BoolVar(&opt.Unfolded, "unfolded", false, "every repeat on a line of its own")
	fl.BoolVar(&opt.Everything, "all", false, "also calls that have to do with no client")
	fl.BoolVar(&opt.ASCII, "ascii", false, "no character beyond ASCII")
	return cmd
}

// utf8Locale tells whether the user's locale has more than ASCII: the first of these that is set decides, locale(7).
func utf8Locale() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := os.Getenv(name); v != "" {
			v = strings.ToLower(v)
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return true // nobody said anything: most terminals can
}

func readRecording(name string) (*trace.Recording, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, &problem{exitUsage, fmt.Errorf("read the recording: %w", err), "'iospec record -o FILE -- COMMAND…' makes one"}
	}
	defer f.Close()
	rec, err := trace.Read(f)
	if err != nil {
		return nil, &problem{exitFailed, fmt.Errorf("read the recording %s: %w", name, err), "make it anew with 'iospec record'"}
	}
	return rec, nil
}
