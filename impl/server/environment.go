package server

import (
	"os"
	"slices"
	"strings"
)

// Environment is what a server gives those processes of its own that run this same program: what it has itself, but for
// PATH. They look for no program. A library that does, as soon as the program starts, would have each of them pay for it:
// godog asks the go command for its tools, which takes longer than all else that a child does before it serves.
func Environment() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "PATH=") })
}
