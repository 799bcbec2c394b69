package check

import "github.com/iospec/iospec/sample"

// BySampling gives the predicate that judges a claim of the register by looks at a server, for those that looks can judge.
var BySampling = map[string]func(*sample.View) Finding{}

// Seen turns what was seen in looks into evidence: ten lines at most.
func Seen(lines []string) []Witness {
	var ws []Witness
	for _, line := range lines[:min(len(lines), maxWitnesses)] {
		ws = append(ws, Witness{Text: line})
	}
	return ws
}
