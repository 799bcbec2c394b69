package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

// writeJSON writes v to the named file, or to standard output for "-"; with no name it does nothing.
func writeJSON(cmd *cobra.Command, name string, v any) error {
	return writeFile(cmd, name, func(w io.Writer) error { return printJSON(w, v) })
}

// writeFile has a file of that name written, or standard output for "-"; with no name it does nothing. A file is complete
// or not there at all.
func writeFile(cmd *cobra.Command, name string, write func(io.Writer) error) error {
	switch name {
	case "":
		return nil
	case "-":
		return write(cmd.OutOrStdout())
	}
	tmp, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	defer os.Remove(tmp.Name())
	if err := write(tmp); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := tmp.Chmod(0o644); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := tmp.Close(); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := os.Rename(tmp.Name(), name); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// must is for set-up that can only fail by a mistake in this program.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
