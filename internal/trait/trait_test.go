package trait

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestApplies(t *testing.T) {
	redis := Set{"single-reactor", "epoll", "level"}
	for _, c := range []struct {
		name string
		rule Set
		want bool
	}{
		{"one axis, claimed", Set{"epoll"}, true},
		{"one axis, not claimed", Set{"poll"}, false},
		{"or within an axis", Set{"select", "poll", "epoll"}, true},
		{"and across axes", Set{"epoll", "edge"}, false},
		{"both axes claimed", Set{"single-reactor", "level"}, true},
		{"an axis on which the server claims nothing", Set{"epoll", "accept-main"}, false},
		{"no traits: about no server", nil, false},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, Applies(c.rule, redis)) })
	}
}

func TestParse(t *testing.T) {
	got, err := Parse(" single-reactor, epoll,epoll ,level")
	require.NoError(t, err)
	require.Equal(t, Set{"single-reactor", "epoll", "level"}, got)

	_, err = Parse("single-reactor,epol")
	require.ErrorContains(t, err, `unknown trait "epol" (did you mean epoll?)`)
	_, err = Parse(" , ")
	require.ErrorContains(t, err, "no trait given")
}

func TestNamesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, tr := range All {
		require.False(t, seen[tr.Name], "trait %q twice", tr.Name)
		require.NotEmpty(t, tr.Meaning)
		seen[tr.Name] = true
	}
}
