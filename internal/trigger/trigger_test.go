//go:build linux

package trigger

import (
	"flag"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/internal/sock"
)

func listen(t *testing.T) *sock.Listener {
	l, err := sock.Listen(Ends)
	require.NoError(t, err)
	t.Cleanup(func() { sock.Close(l.FD) })
	return l
}

// TestKernelKeepsTheModel takes rapid's own flags: -rapid.checks=100000 for a long search, -rapid.seed to repeat one.
func TestKernelKeepsTheModel(t *testing.T) {
	l := listen(t)
	rapid.Check(t, func(t *rapid.T) {
		p := property(t, func(n int) Model { return NewEpoll(n) }, l)
		require.False(t, p.Refuted(), "kernel and model disagree:\n%s", p)
	})
}

// mutants are models that differ from the right one in one respect. Each must be refuted, or the search is blind there.
var mutants = map[string]func(int) Model{
	"edge tells only the first time":     func(n int) Model { return NewFolklore(n) },
	"level tells only once":              func(n int) Model { return &levelOnce{*NewEpoll(n)} },
	"one-shot is never spent":            func(n int) Model { return &everShot{*NewEpoll(n)} },
	"a renewed registration is no news":  func(n int) Model { return &quietMod{*NewEpoll(n)} },
	"a close is not seen":                func(n int) Model { return &deaf{*NewEpoll(n)} },
	"reading the rest away is news":      func(n int) Model { return &noisyRead{*NewEpoll(n)} },
	"a registration survives its end":    func(n int) Model { return &undead{*NewEpoll(n)} },
	"adding twice changes the first one": func(n int) Model { return &twice{*NewEpoll(n)} },
}

type levelOnce struct{ Epoll }

func (m *levelOnce) Wait() []Report {
	for i := range m.ends {
		if m.ends[i].mode == Level {
			m.ends[i].mode = Edge
		}
	}
	return m.Epoll.Wait()
}

type everShot struct{ Epoll }

func (m *everShot) Wait() []Report {
	defer func() {
		for i := range m.ends {
			m.ends[i].spent = false
		}
	}()
	return m.Epoll.Wait()
}

type quietMod struct{ Epoll }

func (m *quietMod) Mod(i int, mode Mode) bool {
	news := m.ends[i].news
	defer func() { m.ends[i].news = news }()
	return m.Epoll.Mod(i, mode)
}

type deaf struct{ Epoll }

func (m *deaf) Close(int) {}

type noisyRead struct{ Epoll }

func (m *noisyRead) Read(i, n int) int {
	m.ends[i].news = true
	return m.Epoll.Read(i, n)
}

type undead struct{ Epoll }

func (m *undead) Del(i int) bool { return m.ends[i].watched }

type twice struct{ Epoll }

func (m *twice) Add(i int, mode Mode) bool {
	if m.ends[i].watched {
		m.ends[i].mode = mode
		return false
	}
	return m.Epoll.Add(i, mode)
}

func TestSearchRefutesEveryMutant(t *testing.T) {
	for name, mutant := range mutants {
		t.Run(name, func(t *testing.T) {
			found, err := Search(2000, mutant)
			require.NoError(t, err)
			require.True(t, found.Played.Refuted(), "2000 scripts do not tell this mutant from the kernel")
			require.LessOrEqual(t, len(found.Played.Lines), 7, "not shrunk: %s", found.Played)
			require.NotZero(t, found.Seed)
			t.Logf("seed %d\n%s", found.Seed, found.Played)
		})
	}
}

func TestASeedRepeatsItsScript(t *testing.T) {
	first, err := Search(2000, mutants["edge tells only the first time"])
	require.NoError(t, err)
	seed := flag.Lookup("rapid.seed").Value
	before := seed.String()
	defer func() { require.NoError(t, seed.Set(before)) }()
	require.NoError(t, seed.Set(strconv.FormatUint(first.Seed, 10)))
	again, err := Search(1, mutants["edge tells only the first time"])
	require.NoError(t, err)
	require.Equal(t, first.Played, again.Played)
}

func TestScriptsAreReadAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anyScript.Draw(t, "script")
		again, err := ParseScript(s.String())
		require.NoError(t, err)
		require.Equal(t, s.String(), again.String())
	})
	for _, bad := range []string{"sleep", "wait a", "send d 1", "send ab 1", "send a x", "add a sideways", "del", ""} {
		_, err := ParseScript(bad + "\n")
		require.Error(t, err, bad)
	}
}

func TestPlayLeavesNothingOpen(t *testing.T) {
	l := listen(t)
	s, err := ParseScript("add a level\nsend a 1\nclose a\nsend b 2\nwait\n")
	require.NoError(t, err)
	before := descriptors(t)
	for range 3 {
		p, err := Play(s, NewEpoll(Ends), l)
		require.NoError(t, err)
		require.False(t, p.Refuted(), p)
	}
	require.Equal(t, before, descriptors(t))
}

func descriptors(t *testing.T) int {
	open, err := proc.OpenFiles(os.Getpid())
	require.NoError(t, err)
	return len(open)
}
