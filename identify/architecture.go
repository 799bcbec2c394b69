package identify

import (
	"cmp"
	"slices"
)

// architecture is a kind of server, by the signs that it must show.
type architecture struct {
	Trait string
	signs []wanted
}

// wanted is a sign with the answer that the architecture needs. A sign that may be open need not have been seen: without it
// the answer is less sure.
type wanted struct {
	sign    string
	answer  Answer
	mayOpen bool
}

func must(sign string) wanted      { return wanted{sign: sign, answer: Yes} }
func mustNot(sign string) wanted   { return wanted{sign: sign, answer: No} }
func should(sign string) wanted    { return wanted{sign: sign, answer: Yes, mayOpen: true} }
func shouldNot(sign string) wanted { return wanted{sign: sign, answer: No, mayOpen: true} }

// architectures lists them in the order in which the specification introduces them.
//
// Any two of them disagree in a sign, so that a server cannot be both; a test holds that.
var architectures = []architecture{
	{"process-per-connection", []wanted{mustNot("kernel-operates"), must("own-process")}},
	{"process-pool", []wanted{
		mustNot("kernel-operates"), mustNot("waits-for-many"), mustNot("own-process"), must("several-processes"), must("process-one-at-a-time"),
	}},
	{"thread-per-connection", []wanted{
		mustNot("kernel-operates"), mustNot("waits-for-many"), mustNot("own-process"), mustNot("process-one-at-a-time"),
		must("thread-one-at-a-time"), must("thread-made"), mustNot("thread-reused"), should("thread-ends"),
	}},
	{"thread-pool", []wanted{
		mustNot("kernel-operates"), mustNot("waits-for-many"), mustNot("own-process"), mustNot("process-one-at-a-time"),
		must("thread-one-at-a-time"), must("thread-reused"), should("connections-wait"),
	}},
	{"single-reactor", []wanted{
		mustNot("kernel-operates"), must("waits-for-many"), mustNot("own-process"), mustNot("several-processes"), must("one-thread"),
		must("one-waiter"), mustNot("work-in-threads"), mustNot("work-in-processes"),
	}},
	{"single-reactor-threads", []wanted{
		mustNot("kernel-operates"), must("waits-for-many"), mustNot("own-process"), mustNot("several-processes"), must("one-waiter"),
		mustNot("scheduled"), must("work-in-threads"), mustNot("work-in-processes"),
	}},
	{"single-reactor-processes", []wanted{
		mustNot("kernel-operates"), must("waits-for-many"), mustNot("own-process"), must("one-waiter"), mustNot("scheduled"),
		must("work-in-processes"),
	}},
	{"multi-reactor-single", []wanted{
		mustNot("kernel-operates"), must("waits-for-many"), mustNot("own-process"), mustNot("several-processes"), must("one-thread"),
		mustNot("one-waiter"), must("several-sets"),
	}},
	{"multi-reactor-threads", []wanted{
		mustNot("kernel-operates"), must("waits-for-many"), mustNot("own-process"), mustNot("several-processes"), mustNot("one-thread"),
		must("one-owner"), must("owner-waits"), must("several-owners"), shouldNot("scheduled"), mustNot("work-in-threads"), mustNot("work-in-processes"),
	}},
	{"multi-reactor-processes", []wanted{
		mustNot("kernel-operates"), must("waits-for-many"), mustNot("own-process"), must("several-processes"), mustNot("scheduled"),
		mustNot("work-in-processes"),
	}},
	{"proactor", []wanted{must("kernel-operates")}},
	{"emulated-proactor", []wanted{
		mustNot("kernel-operates"), mustNot("waits-for-many"), mustNot("own-process"), mustNot("several-processes"),
		mustNot("process-one-at-a-time"), mustNot("thread-one-at-a-time"), mustNot("one-thread"),
	}},
	{"managed-runtime", []wanted{
		mustNot("kernel-operates"), must("waits-for-many"), mustNot("own-process"), mustNot("one-thread"), must("scheduled"),
	}},
}

// fit is how well an architecture fits.
type fit struct {
	arch   architecture
	score  float64
	broken []wanted // signs that are contradicted
	needed []wanted // signs that are open and must not be
	open   []wanted // signs that are open, all of them
}

// rank orders the architectures: those that nothing contradicts first, then by how much of them was seen.
func rank(signs map[string]Sign) []fit {
	var fits []fit
	for _, a := range architectures {
		f := fit{arch: a}
		points := 0.0
		for _, w := range a.signs {
			switch got := signs[w.sign].Answer; {
			case got == w.answer:
				points++
			case got != Unknown:
				f.broken = append(f.broken, w)
			default:
				points += 0.5
				f.open = append(f.open, w)
				if !w.mayOpen {
					f.needed = append(f.needed, w)
				}
			}
		}
		f.score = points / float64(len(a.signs))
		fits = append(fits, f)
	}
	slices.SortStableFunc(fits, func(a, b fit) int {
		return cmp.Or(cmp.Compare(min(1, len(a.broken)), min(1, len(b.broken))), cmp.Compare(b.score, a.score), cmp.Compare(len(a.broken), len(b.broken)))
	})
	return fits
}

// confidence says how sure the first of the ranked is. Since any two disagree, all others are contradicted where each of its
// signs was seen.
func confidence(fits []fit) Confidence {
	switch best := fits[0]; {
	case len(best.broken)+len(best.needed) > 0:
		return None
	case len(best.open) > 0:
		return Medium
	}
	return High
}

// why gives the signs that decide: of the answer its own; where there is none, those by which the likeliest fail.
func why(signs map[string]Sign, fits []fit, c Confidence) []Sign {
	best := fits[0]
	chosen := best.arch.signs
	if c == None {
		chosen = append(slices.Clone(best.broken), best.needed...)
	}
	var out []Sign
	for _, w := range chosen {
		out = append(out, signs[w.sign])
	}
	return out
}

// settle lists the loads that would answer what is open about those that nothing contradicts.
func settle(signs map[string]Sign, fits []fit) []string {
	var loads []string
	for _, f := range fits {
		if len(f.broken) > 0 {
			break
		}
		for _, w := range f.open {
			if load := signs[w.sign].Settle; load != "" && !slices.Contains(loads, load) {
				loads = append(loads, load)
			}
		}
	}
	return loads
}

// runnerUp gives the second, and the sign that tells it from the first: the one that contradicts it, or that would.
func runnerUp(signs map[string]Sign, fits []fit) (trait, apart string) {
	next := fits[1]
	trait = next.arch.Trait
	switch {
	case len(next.broken) > 0:
		s := signs[next.broken[0].sign]
		return trait, demand(next.broken[0], s) + "; seen: " + s.Observed
	case len(next.open) > 0:
		s := signs[next.open[0].sign]
		return trait, demand(next.open[0], s) + "; a load would need " + s.Settle
	}
	return trait, ""
}

// demand puts what an architecture needs in words.
func demand(w wanted, s Sign) string {
	if w.answer == No {
		return "it must not be that " + s.Asks
	}
	return "it needs that " + s.Asks
}
