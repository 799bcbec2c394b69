package identify

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAnyTwoArchitecturesDisagree: no server can have two of them, since there is a sign that one demands and the other
// forbids.
func TestAnyTwoArchitecturesDisagree(t *testing.T) {
	for i, a := range architectures {
		for _, b := range architectures[:i] {
			require.True(t, disagree(a, b), "%s and %s", a.Trait, b.Trait)
		}
	}
}

func disagree(a, b architecture) bool {
	for _, w := range a.signs {
		for _, v := range b.signs {
			if w.sign == v.sign && w.answer != v.answer {
				return true
			}
		}
	}
	return false
}

// TestSignsAreAskedAndUsed: architectures speak of signs that there are, and no question is asked for nothing.
func TestSignsAreAskedAndUsed(t *testing.T) {
	used := map[string]bool{}
	for _, a := range architectures {
		for _, w := range a.signs {
			used[w.sign] = true
		}
	}
	for _, q := range questions {
		require.True(t, used[q.id], "no architecture asks for %s", q.id)
		delete(used, q.id)
	}
	require.Empty(t, used, "signs that nobody looks for")
}

// answers makes the signs that an architecture wants, and the opposite of all others.
func answers(a architecture) map[string]Sign {
	signs := map[string]Sign{}
	for _, q := range questions {
		signs[q.id] = Sign{ID: q.id, Asks: q.asks, Answer: No, Settle: "a load for " + q.id}
	}
	for _, w := range a.signs {
		s := signs[w.sign]
		s.Answer = w.answer
		signs[w.sign] = s
	}
	return signs
}

func TestAllSignsSeenIsSure(t *testing.T) {
	for _, a := range architectures {
		fits := rank(answers(a))
		require.Equal(t, a.Trait, fits[0].arch.Trait)
		require.Equal(t, High, confidence(fits), a.Trait)
		require.InDelta(t, 1, fits[0].score, 0.001)
		require.NotEmpty(t, fits[1].broken)
	}
}

// TestOneContradictionIsEnough: with any one of its signs the other way round it is not that architecture.
func TestOneContradictionIsEnough(t *testing.T) {
	for _, a := range architectures {
		for _, w := range a.signs {
			signs := answers(a)
			s := signs[w.sign]
			s.Answer = map[Answer]Answer{Yes: No, No: Yes}[w.answer]
			signs[w.sign] = s
			fits := rank(signs)
			require.False(t, fits[0].arch.Trait == a.Trait && confidence(fits) != None, "%s without %s", a.Trait, w.sign)
		}
	}
}

// TestWhatWasNotSeenIsNotGuessed: a sign that must be seen and was not makes the answer inconclusive, and the load that would
// show it is named. One that should be seen makes it less sure.
func TestWhatWasNotSeenIsNotGuessed(t *testing.T) {
	for _, a := range architectures {
		for _, w := range a.signs {
			signs := answers(a)
			s := signs[w.sign]
			s.Answer = Unknown
			signs[w.sign] = s
			fits := rank(signs)
			require.Empty(t, fits[0].broken, "%s without %s", a.Trait, w.sign)
			want := None
			if w.mayOpen {
				want = Medium
			}
			require.Equal(t, want, confidence(fits), "%s without %s", a.Trait, w.sign)
			require.Contains(t, settle(signs, fits), "a load for "+w.sign)
		}
	}
}
