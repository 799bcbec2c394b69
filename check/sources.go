package check

import "embed"

// Sources holds the code of the predicates, so that what judges a claim can be shown beside it.
//
//go:embed *.go
var Sources embed.FS
