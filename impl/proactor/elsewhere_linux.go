package proactor

import (
	"context"
	"errors"

	"github.com/iospec/iospec/impl/server"
)

// ServeIOCP serves on Windows, and elsewhere only says so.
func ServeIOCP(context.Context, server.Config) error {
	return errors.New("proactor/iocp is made of the calls of Windows (GOOS=windows go build ./cmd/iospec makes a program that serves it there)")
}
