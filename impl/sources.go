package impl

import "embed"

// Sources holds the code of the reference servers, as it is compiled, for those who want to read or show it.
//
//go:embed */*.go
var Sources embed.FS
