//go:build linux

package subject

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/tracer"
)

// discard is a sink that keeps nothing.
type discard struct{}

func (discard) Put(trace.Record) error { return nil }

// bothWays runs a test on an untraced and on a traced subject.
func bothWays(t *testing.T, test func(t *testing.T, opts ...Option)) {
	t.Run("untraced", func(t *testing.T) { test(t) })
	t.Run("traced", func(t *testing.T) {
		mayTrace(t)
		test(t, Traced(discard{}))
	})
}

// TestStartFails has one row for each way in which a server does not become one.
func TestStartFails(t *testing.T) {
	text := filepath.Join(t.TempDir(), "text")
	require.NoError(t, os.WriteFile(text, []byte("just text\n"), 0o644))
	script := filepath.Join(t.TempDir(), "script")
	require.NoError(t, os.WriteFile(script, []byte("#!/no/such/interpreter\n"), 0o755))
	other := listen("127.0.0.1:0")
	t.Cleanup(func() { require.NoError(t, other.Close()) })

	for _, c := range []struct {
		name string
		spec Spec
		kind error
		says []string
	}{
		{"no such command", Spec{Command: []string{"no-such-server"}}, ErrNotFound, []string{"no-such-server", "hint: check the spelling"}},
		{"no such path", Spec{Command: []string{"/no/such/server"}}, ErrNotFound, []string{"/no/such/server"}},
		{"no such interpreter", Spec{Command: []string{script}}, ErrNotFound, []string{"interpreter"}},
		{"not executable", Spec{Command: []string{text}}, ErrNotExecutable, []string{"permission denied", "chmod +x"}},
		{"a directory", Spec{Command: []string{"/tmp/"}}, ErrNotExecutable, nil},
		{"exits at once", Spec{Command: role("exits", "7")}, ErrExited, []string{"exit status 7", "no licence found"}},
		{"exits with 0", Spec{Command: role("exits", "0")}, ErrExited, []string{"exit status 0", "foreground"}},
		{"killed by a signal", Spec{Command: role("aborts")}, ErrExited, []string{"killed by terminated", "about to"}},
		{"cannot bind", Spec{Command: role("echo", other.Addr().String())}, ErrExited, []string{"address already in use"}},
		{"never listens", Spec{Command: role("sleeps"), StartTimeout: time.Second}, ErrNeverListens, []string{"any TCP port", "its threads:", "thinking"}},
		{"never listens there", Spec{Command: role("sleeps"), Address: "127.0.0.1:1", StartTimeout: time.Second}, ErrNeverListens, []string{"127.0.0.1:1"}},
		{"listens elsewhere", Spec{Command: role("elsewhere"), Address: "127.0.0.1:1", StartTimeout: 2 * time.Second}, ErrElsewhere, []string{"not on 127.0.0.1:1", "--address 127.0.0.1:"}},
		{"listens on several", Spec{Command: role("several")}, ErrSeveral, []string{" and 127.0.0.1:", "--address"}},
		{"port taken", Spec{Command: role("sleeps"), Address: other.Addr().String()}, ErrTaken, []string{"process " + pid(), "{port}"}},
		{"goes to the background", Spec{Command: role("daemon", "{address}")}, ErrDaemonised, []string{"foreground"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			bothWays(t, func(t *testing.T, opts ...Option) {
				clean(t)
				began := time.Now()
				s, err := Start(t.Context(), c.spec, opts...)
				if err == nil {
					_, _ = s.Stop(t.Context())
				}
				require.ErrorIs(t, err, c.kind)
				var e *Error
				require.ErrorAs(t, err, &e)
				for _, words := range c.says {
					require.ErrorContains(t, err, words)
				}
				require.Less(t, time.Since(began), 20*time.Second)
			})
		})
	}
}

func pid() string { return itoa(os.Getpid()) }

func TestRefusedTracingIsPassedOn(t *testing.T) {
	refused := &tracer.RefusedError{Op: "PTRACE_SEIZE", Err: unix.EPERM, Hint: "allow CAP_SYS_PTRACE"}
	err := launchError("server", "", fmt.Errorf("start: %w", refused))
	require.ErrorIs(t, err, ErrNotTraceable)
	require.ErrorIs(t, err, unix.EPERM)
	require.ErrorContains(t, err, "allow CAP_SYS_PTRACE")
	other := errors.New("no memory")
	require.Equal(t, other, launchError("server", "", other), "what is not the command's fault stays as it is")
}

func TestSpecIsChecked(t *testing.T) {
	for _, c := range []struct {
		spec Spec
		says string
	}{
		{Spec{}, "no command"},
		{Spec{Command: []string{""}}, "no command"},
		{Spec{Command: []string{"true"}, Address: "nowhere"}, "not HOST:PORT"},
		{Spec{Command: []string{"true"}, Address: "127.0.0.1:0"}, "{port}"},
		{Spec{Command: []string{"true"}, Dir: "/no/such/directory"}, "directory"},
	} {
		_, err := Start(t.Context(), c.spec)
		require.ErrorContains(t, err, c.says)
	}
}

func TestStartIsCancelled(t *testing.T) {
	bothWays(t, func(t *testing.T, opts ...Option) {
		clean(t)
		ctx, cancel := context.WithCancelCause(t.Context())
		reason := errors.New("changed my mind")
		go func() {
			for { // until the command runs
				all, err := proc.All()
				if err == nil && len(proc.Descendants(all, os.Getpid())) > 0 {
					cancel(reason)
					return
				}
			}
		}()
		_, err := Start(ctx, Spec{Command: role("sleeps")}, opts...)
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestCancelKills(t *testing.T) {
	bothWays(t, func(t *testing.T, opts ...Option) {
		clean(t)
		ctx, cancel := context.WithCancel(t.Context())
		s, err := Start(ctx, Spec{Command: role("stubborn", "{address}"), StopTimeout: time.Hour}, opts...)
		require.NoError(t, err)
		cancel()
		<-s.Done()
		stopped, err := s.Stop(ctx)
		require.NoError(t, err)
		require.Equal(t, "killed", stopped.Status.Signal.String())
	})
}

func TestStopUnderCancelledContextKillsAtOnce(t *testing.T) {
	bothWays(t, func(t *testing.T, opts ...Option) {
		clean(t)
		s, err := Start(t.Context(), Spec{Command: role("stubborn", "{address}"), StopTimeout: time.Hour}, opts...)
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		stopped, err := s.Stop(ctx)
		require.NoError(t, err)
		require.True(t, stopped.Killed)
	})
}

func TestStopKillsTheStubborn(t *testing.T) {
	bothWays(t, func(t *testing.T, opts ...Option) {
		s := run(t, Spec{Command: role("stubborn", "{address}"), StopTimeout: 100 * time.Millisecond}, opts...)
		stopped, err := s.Stop(t.Context())
		require.NoError(t, err)
		require.True(t, stopped.Killed)
		require.Equal(t, "killed", stopped.Status.Signal.String())
	})
}

func TestZombiesAreCounted(t *testing.T) {
	bothWays(t, func(t *testing.T, opts ...Option) {
		s := run(t, Spec{Command: role("zombies", "{address}")}, opts...)
		counts, err := s.Counts()
		require.NoError(t, err)
		require.Equal(t, 3, counts.Zombies)
		require.Equal(t, 1, counts.Processes)
		stopped, err := s.Stop(t.Context())
		require.NoError(t, err)
		require.Equal(t, 3, stopped.Zombies)
		require.False(t, stopped.Killed)
	})
}

func TestChildrenEndWithTheServer(t *testing.T) {
	bothWays(t, func(t *testing.T, opts ...Option) {
		s := run(t, Spec{Command: role("children", "{address}")}, opts...)
		counts, err := s.Counts()
		require.NoError(t, err)
		require.Equal(t, 4, counts.Processes)
		stopped, err := s.Stop(t.Context())
		require.NoError(t, err)
		require.Zero(t, stopped.Left, "they are in the process group, so TERM reached them")
	})
}

func TestEscapedDescendantsAreFound(t *testing.T) {
	bothWays(t, func(t *testing.T, opts ...Option) {
		s := run(t, Spec{Command: role("escapes", "{address}"), StopTimeout: time.Second}, opts...)
		require.Eventually(t, func() bool {
			members, err := s.family.read()
			return err == nil && slices.ContainsFunc(members, func(p proc.Process) bool { return p.Group != s.PID() && p.Session == p.PID })
		}, 10*time.Second, time.Millisecond)
		stopped, err := s.Stop(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, stopped.Left)
		require.False(t, stopped.Killed)
	})
}

func TestAddressIsFoundOut(t *testing.T) {
	bothWays(t, func(t *testing.T, opts ...Option) {
		s := run(t, Spec{Command: role("elsewhere")}, opts...)
		require.Regexp(t, `^127\.0\.0\.1:\d+$`, s.Address())
		c, err := net.Dial("tcp", s.Address())
		require.NoError(t, err)
		require.NoError(t, c.Close())
	})
}

func TestListenerOnAllAddresses(t *testing.T) {
	for _, bound := range []string{"0.0.0.0:{port}", ":{port}"} {
		t.Run(bound, func(t *testing.T) {
			s := run(t, Spec{Command: role("echo", bound)})
			c, err := net.Dial("tcp", s.Address())
			require.NoError(t, err)
			require.NoError(t, c.Close())
		})
	}
}

func TestSubjectsSideBySide(t *testing.T) {
	clean(t)
	var all []*Subject
	seen := map[string]bool{}
	for range 5 {
		s, err := Start(t.Context(), Spec{Command: role("children", "{address}")})
		require.NoError(t, err)
		require.False(t, seen[s.Address()])
		seen[s.Address()] = true
		all = append(all, s)
	}
	for _, s := range all {
		counts, err := s.Counts()
		require.NoError(t, err)
		require.Equal(t, 4, counts.Processes, "each sees its own")
		_, err = s.Stop(t.Context())
		require.NoError(t, err)
	}
}

func TestOutputIsBounded(t *testing.T) {
	s := run(t, Spec{Command: role("talks", "{address}")})
	require.Eventually(t, func() bool { return len(s.Output()) == kept }, 20*time.Second, time.Millisecond)
	_, err := s.Stop(t.Context())
	require.NoError(t, err)
	require.Len(t, s.Output(), kept)
}

func TestEnvironment(t *testing.T) {
	s := run(t, Spec{Command: role("environ", "{address}"), Env: []string{"PORT={port}"}})
	_, port, err := net.SplitHostPort(s.Address())
	require.NoError(t, err)
	_, err = s.Stop(t.Context())
	require.NoError(t, err)
	require.Contains(t, s.Output(), "PORT is "+port)
}

func TestDirectory(t *testing.T) {
	dir := t.TempDir()
	s := run(t, Spec{Command: role("echo", "{address}"), Dir: dir})
	cwd, err := os.Readlink("/proc/" + itoa(s.PID()) + "/cwd")
	require.NoError(t, err)
	require.Equal(t, dir, cwd)
}
