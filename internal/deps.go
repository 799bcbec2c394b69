// Package internal keeps the module's dependencies in go.mod while the packages that use them are being written.
package internal

import (
	_ "github.com/cucumber/gherkin/go/v26"
	_ "github.com/cucumber/godog"
	_ "github.com/cucumber/messages/go/v21"
	_ "github.com/rogpeppe/go-internal/testscript"
	_ "github.com/spf13/cobra"
	_ "golang.org/x/sys/unix"
	_ "golang.org/x/term"
	_ "pgregory.net/rapid"
)
