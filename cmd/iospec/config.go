package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/iospec/iospec/report"
)

// configName is the file that check reads when nobody names a server.
const configName = "iospec.yaml"

// config describes a server to be checked, so that a continuous integration needs one line: iospec check. What is given
// on the command line, too, counts from there.
type config struct {
	Command      []string          `yaml:"command"`
	Address      string            `yaml:"address,omitempty"`
	Protocol     string            `yaml:"protocol,omitempty"`
	As           []string          `yaml:"as"`
	Skip         []string          `yaml:"skip,omitempty"`
	KnownFailing map[string]string `yaml:"known-failing,omitempty"` // reasons by claim
	StartTimeout time.Duration     `yaml:"start-timeout,omitempty"`
	TimeScale    float64           `yaml:"time-scale,omitempty"`
}

// readConfig reads a description. A word that is none of those above is an error: it would be a mistyped one.
func readConfig(name string) (c config, err error) {
	data, err := os.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && name == configName:
		return c, usagef("put the server's command after --, such as: iospec check … -- ./my-server --port {port}; or let 'iospec init' describe it in "+configName,
			"no command given")
	case err != nil:
		return c, &problem{exitUsage, fmt.Errorf("read the server's description: %w", err), "'iospec init' writes one"}
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&c); err != nil {
		return c, usagef("its words are command, address, protocol, as, skip, known-failing, start-timeout and time-scale",
			"read the server's description %s: %s", name, strings.Join(strings.Fields(strings.TrimPrefix(err.Error(), "yaml: ")), " "))
	}
	if len(c.Command) == 0 {
		return c, usagef("such as: command: [./my-server, --port, \"{port}\"]", "%s names no command", name)
	}
	return c, nil
}

// fill sets the flags that were not given on the command line.
func (c config) fill(cmd *cobra.Command) error {
	flags := cmd.Flags()
	values := map[string]string{
		"address": c.Address, "protocol": c.Protocol, "as": strings.Join(c.As, ","), "skip": strings.Join(c.Skip, ","),
	}
	if c.StartTimeout > 0 {
		values["start-timeout"] = c.StartTimeout.String()
	}
	if c.TimeScale > 0 {
		values["time-scale"] = fmt.Sprint(c.TimeScale)
	}
	for name, value := range values {
		if value == "" || flags.Changed(name) {
			continue
		}
		if err := flags.Set(name, value); err != nil {
			return usagef("see 'iospec check --help'", "the server's description, %s: %w", name, err)
		}
	}
	return nil
}

// known lists what the description says that the server is known to break.
func (c config) known() (known report.Known) {
	for claim, reason := range c.KnownFailing {
		known = append(known, report.KnownFailure{Claim: claim, Reason: reason})
	}
	slices.SortFunc(known, func(a, b report.KnownFailure) int { return strings.Compare(a.Claim, b.Claim) })
	return known
}

const configHead = `# What 'iospec check' checks here; https://github.com/iospec/iospec
# {port} and {address} in the command stand for a free port of 127.0.0.1.
`

// write writes the description. An older one is kept, unless it may be replaced.
func (c config) write(name string, replace bool) error {
	body, err := yaml.Marshal(c)
	if err != nil {
		return err
	}
	how := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if replace {
		how = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(name, how, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return usagef("--force replaces it", "%s is there already", name)
	}
	if err != nil {
		return &problem{exitFailed, fmt.Errorf("write the server's description: %w", err), "choose another folder"}
	}
	_, err = f.WriteString(configHead + string(body))
	if err := errors.Join(err, f.Close()); err != nil {
		return &problem{exitFailed, fmt.Errorf("write the server's description: %w", err), "is the disk full?"}
	}
	return nil
}
