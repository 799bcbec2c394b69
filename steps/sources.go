package steps

import "embed"

// Sources holds the code of the steps, so that what proves a claim can be shown beside it.
//
//go:embed *.go
var Sources embed.FS
