//go:build linux

package subject

import (
	"cmp"
	"context"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/trace"
)

// exercised starts the command, exercises it, stops it, and checks that no goroutine is left.
func exercised(t *testing.T, spec Spec, load Load, opts ...Option) (Result, error) {
	t.Helper()
	clean(t)
	goroutines := runtime.NumGoroutine()
	s, err := Start(t.Context(), spec, opts...)
	require.NoError(t, err)
	result, err := s.Exercise(t.Context(), load)
	_, stopErr := s.Stop(context.Background())
	require.NoError(t, stopErr)
	require.Eventually(t, func() bool { return runtime.NumGoroutine() <= goroutines+1 }, 5*time.Second, time.Millisecond,
		"goroutines leak: Eventually's own is the one more")
	return result, err
}

// faultless asserts that every client was served rightly and in time.
func faultless(t *testing.T, r Result) {
	t.Helper()
	for _, c := range r.Clients {
		require.Empty(t, c.Error, "client %+v", c)
		require.NotZero(t, c.Port)
		require.NotZero(t, c.Closed)
		require.Greater(t, c.Closed, c.Opened)
		for _, x := range c.Exchanges {
			require.GreaterOrEqual(t, x.Sent, c.Opened)
			require.Greater(t, x.Answered, x.Sent)
			require.GreaterOrEqual(t, c.Closed, x.Answered)
			require.Positive(t, x.Out)
			require.Positive(t, x.In)
		}
	}
	require.Zero(t, r.Unanswered)
	require.Zero(t, r.LeftOpen)
	require.True(t, r.Filled, "the big answer filled the buffers")
	require.Equal(t, r.Before.Descriptors, r.After.Descriptors)
}

func roleCount(r Result) map[string]int {
	n := map[string]int{}
	for _, c := range r.Clients {
		n[c.Role]++
	}
	return n
}

func TestExercise(t *testing.T) {
	for _, c := range []struct {
		protocol string
		command  []string
	}{
		{"echo", role("echo", "{address}")},
		{"line", role("line", "{address}")},
		{"redis", []string{"redis-server", "--port", "{port}", "--save", "", "--bind", "127.0.0.1"}},
	} {
		t.Run(c.protocol, func(t *testing.T) {
			if _, err := exec.LookPath(c.command[0]); err != nil {
				t.Skipf("%v: install the package redis-server to see it exercised", err)
			}
			bothWays(t, func(t *testing.T, opts ...Option) {
				load := StandardLoad()
				r, err := exercised(t, Spec{Command: c.command, Protocol: c.protocol, Dir: t.TempDir()}, load, opts...)
				require.NoError(t, err)
				t.Logf("%d clients, %d answers in %v, ready %d; %+v → %+v", len(r.Clients), r.Answered, r.Elapsed, r.Ready, r.Before, r.After)
				faultless(t, r)
				require.Equal(t, map[string]int{
					"idle": 1, "half": 1, "held": load.Held, "together": load.Together, "burst": load.Burst,
					"short": load.Short + 1, "big": 1, "beside": 1, "stream": 1, "close": 2, "reset": 1,
				}, roleCount(r))
				if len(opts) > 0 && c.protocol == "redis" {
					require.GreaterOrEqual(t, r.Ready, readyEnough, "a single reactor finds several clients ready at once")
				}
			})
		})
	}
}

// byOpening sorts clients, which are recorded in the order in which they went, by when they came.
func byOpening(clients []trace.Client) []trace.Client {
	sorted := slices.Clone(clients)
	slices.SortStableFunc(sorted, func(a, b trace.Client) int { return cmp.Compare(a.Opened, b.Opened) })
	return sorted
}

func TestRecordingIsWhole(t *testing.T) {
	mayTrace(t)
	var rec trace.Recording
	r, err := exercised(t, Spec{Command: role("elsewhere")}, StandardLoad(), Traced(&rec))
	require.NoError(t, err)
	faultless(t, r)
	require.NotEmpty(t, rec.Header.Address, "it was found out, and yet it is in the header")
	require.Equal(t, byOpening(r.Clients), byOpening(rec.Clients))
	require.NotNil(t, rec.End)
	var marks []string
	asleep := 0
	for _, m := range rec.Marks {
		if m.Name == "asleep" {
			asleep++
			continue
		}
		marks = append(marks, m.Name)
	}
	require.Positive(t, asleep, "it was seen to sleep before a client came")
	require.LessOrEqual(t, asleep, StandardLoad().Short)
	require.Equal(t, []string{
		"listening", "phase idle", "phase half", "phase held", "phase together", "phase burst", "phase waves", "phase short",
		"phase big", "phase stream", "phase leave", "phase quiet", "phase end quiet", "stop",
	}, marks)
}

func TestWrongAnswersAreTheClientsFault(t *testing.T) {
	r, err := exercised(t, Spec{Command: role("corrupts", "{address}")}, StandardLoad())
	require.NoError(t, err)
	wrong := 0
	for _, c := range r.Clients {
		if strings.Contains(c.Error, "wrong answer at byte") {
			wrong++
		}
	}
	require.InDelta(t, len(r.Clients)/5, wrong, 4)
	require.Positive(t, r.Answered)
}

func TestServerDiesInTheMidst(t *testing.T) {
	bothWays(t, func(t *testing.T, opts ...Option) {
		r, err := exercised(t, Spec{Command: role("crash", "{address}")}, StandardLoad(), opts...)
		require.ErrorIs(t, err, ErrDied)
		require.ErrorContains(t, err, "exit status 3, in phase ")
		require.ErrorContains(t, err, "out of cheese")
		require.Positive(t, r.Answered)
		require.Positive(t, r.Unanswered)
	})
}

// TestLateDaemon: its first process ends when the server listens, so Start may be before it or after.
func TestLateDaemon(t *testing.T) {
	bothWays(t, func(t *testing.T, opts ...Option) {
		clean(t)
		s, err := Start(t.Context(), Spec{Command: role("late daemon", "{address}")}, opts...)
		if err == nil {
			for err == nil {
				_, err = s.Exercise(t.Context(), Load{Held: 1, Rounds: 1, Reply: 5 << 20})
			}
			_, stopErr := s.Stop(t.Context())
			require.NoError(t, stopErr)
		}
		require.ErrorIs(t, err, ErrDaemonised)
	})
}

func TestAnotherProtocol(t *testing.T) {
	for _, c := range []struct {
		role, protocol string
		says           []string
	}{
		{"http", "echo", []string{"looks like HTTP"}},
		{"http", "redis", []string{"as a server of redis does", "looks like HTTP"}},
		{"garbage", "line", []string{"what?", "--protocol"}},
		{"line", "redis", []string{"looks like the testee protocol"}},
		{"echo", "redis", []string{"looks like echo"}},
		{"echo", "line", []string{"looks like echo"}},
		{"hangup", "echo", []string{"no answer"}},
		{"mute", "echo", []string{"none of", "had an answer"}},
	} {
		t.Run(c.role+" for "+c.protocol, func(t *testing.T) {
			load := StandardLoad()
			load.TimeScale = 0.3
			began := time.Now()
			r, err := exercised(t, Spec{Command: role(c.role, "{address}"), Protocol: c.protocol}, load)
			require.ErrorIs(t, err, ErrProtocol)
			for _, words := range c.says {
				require.ErrorContains(t, err, words)
			}
			require.Zero(t, r.Answered)
			require.Less(t, time.Since(began), 15*time.Second)
		})
	}
}

func TestPoolStarvesAndAllAreServed(t *testing.T) {
	load := StandardLoad()
	load.TimeScale = 0.5
	r, err := exercised(t, Spec{Command: role("pool", "{address}")}, load)
	require.NoError(t, err)
	for _, c := range r.Clients {
		if c.Role == "held" || c.Role == "burst" {
			require.NotEmpty(t, c.Exchanges)
			require.NotZero(t, c.Exchanges[0].Answered, "%+v: who waits for a worker is served when one is free", c)
		}
	}
	require.Less(t, r.Elapsed, 30*time.Second)
}

func TestServerClosesEarly(t *testing.T) {
	r, err := exercised(t, Spec{Command: role("early", "{address}")}, StandardLoad())
	require.NoError(t, err)
	require.Positive(t, r.Answered)
	require.Positive(t, r.Unanswered)
	for _, c := range r.Clients {
		if c.Role == "held" {
			require.Contains(t, c.Error, "request 2")
		}
	}
}

func TestConnectionsLeftOpenAreCounted(t *testing.T) {
	load := StandardLoad()
	load.TimeScale = 0.2
	r, err := exercised(t, Spec{Command: role("keeps", "{address}")}, load)
	require.NoError(t, err)
	require.Greater(t, r.LeftOpen, 100)
	require.Greater(t, r.After.Descriptors, r.Before.Descriptors+100)
}

func TestExerciseIsCancelled(t *testing.T) {
	s := run(t, Spec{Command: role("mute", "{address}")})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := s.Exercise(ctx, StandardLoad())
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestUnknownProtocol(t *testing.T) {
	s := run(t, Spec{Command: role("echo", "{address}"), Protocol: "gopher"})
	_, err := s.Exercise(t.Context(), StandardLoad())
	require.ErrorContains(t, err, `unknown protocol "gopher" (known: echo, line, http, redis, memcached, none)`)
}

// TestStalledServer: a server that serves its first clients and then nobody any more must not make the exercise last.
func TestStalledServer(t *testing.T) {
	r, err := exercised(t, Spec{Command: role("stalls", "{address}")}, StandardLoad())
	require.NoError(t, err)
	require.Positive(t, r.Answered)
	require.Greater(t, r.Unanswered, 60)
	for _, c := range r.Clients {
		if c.Role == "burst" {
			require.NotEmpty(t, c.Error)
		}
	}
	require.Less(t, r.Elapsed, 30*time.Second)
	t.Log(r.Elapsed)
}
