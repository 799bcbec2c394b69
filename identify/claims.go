package identify

import (
	"slices"

	"github.com/iospec/iospec/check"
)

// About gives the ids of the claims that the specification makes about servers of an architecture, where they have the
// other traits as well. The register of claims knows them; it is not this package's to know.
type About func(architecture string, others []string) []string

// candidates holds the server against the claims about each architecture, by what judges a claim. Each is judged once.
func candidates(judge func(claim string) (check.Finding, bool), fits []fit, axes []string, about About) ([]Candidate, []Judgement) {
	found := map[string]check.Finding{}
	var out []Candidate
	var claims []Judgement
	for _, f := range fits {
		c := Candidate{Traits: append([]string{f.arch.Trait}, axes...), Score: f.score, Open: names(f.open), Broken: names(f.broken)}
		for _, id := range about(f.arch.Trait, axes) {
			finding, known := found[id]
			if !known {
				var judged bool
				if finding, judged = judge(id); judged {
					claims = append(claims, Judgement{id, finding})
				}
				found[id] = finding
			}
			switch finding.Outcome {
			case check.Pass:
				c.For = append(c.For, id)
			case check.Fail:
				c.Against = append(c.Against, id)
			}
		}
		out = append(out, c)
	}
	return out, slices.DeleteFunc(claims, func(j Judgement) bool { return j.Outcome != check.Pass && j.Outcome != check.Fail })
}

func names(signs []wanted) []string {
	var out []string
	for _, w := range signs {
		out = append(out, w.sign)
	}
	return out
}
