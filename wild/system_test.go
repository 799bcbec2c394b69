//go:build linux

package wild

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/internal/trait"
)

// TestSystemsAreDescribed: the words are those of the vocabulary, a name is no other's, and whoever lacks a system is told
// what to install.
func TestSystemsAreDescribed(t *testing.T) {
	names, titles := map[string]bool{}, map[string]bool{}
	for _, s := range All() {
		require.Contains(t, s.Name, "/", "a pattern for all servers finds it")
		require.False(t, names[s.Name] || titles[s.Title], s.Name)
		names[s.Name], titles[s.Title] = true, true
		if len(s.Traits) > 0 { // without any, no Rule about servers is held against it
			_, err := trait.Parse(strings.Join(s.Traits, ","))
			require.NoError(t, err, s.Name)
		}
		require.NotEmpty(t, s.Package, s.Name)
		require.NotEmpty(t, s.Needs, s.Name)
		found, ok := Titled(s.Title)
		require.True(t, ok)
		require.Equal(t, s.Name, found.Name)
	}
	_, ok := Titled("nginx with 5 workers")
	require.False(t, ok)
}

// TestMissing names the first thing that is not there.
func TestMissing(t *testing.T) {
	require.Empty(t, System{Needs: []string{"sh", "/proc/self/exe"}}.Missing())
	require.Equal(t, "no-such-program", System{Needs: []string{"sh", "no-such-program"}}.Missing())
	require.Equal(t, "/no/such/file", System{Needs: []string{"/no/such/file", "no-such-program"}}.Missing())
}
