package counterexamples

import "embed"

// Sources holds the code of the counterexamples: a file for each mistake.
//
//go:embed *.go
var Sources embed.FS
