package impl

import "embed"

// Source is the source of the servers, a folder for each package: to be shown beside what they do, and to be counted.
//
//go:embed */*.go
var Source embed.FS
