//go:build linux

package subject

import (
	"context"
	"net"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/trace"
)

// few is a load that is over soon.
func few() Load {
	load := StandardLoad()
	load.Held, load.Burst, load.Short, load.Quiet = 5, 10, 2, time.Millisecond
	return load
}

func TestClientsThatSayNothing(t *testing.T) {
	bothWays(t, func(t *testing.T, opts ...Option) {
		s := run(t, Spec{Command: role("echo", "{address}"), Protocol: "none"}, opts...)
		r, err := s.Exercise(t.Context(), few())
		require.NoError(t, err)
		require.Len(t, r.Clients, 5+10+2)
		for _, c := range r.Clients {
			require.Empty(t, c.Error)
			require.Empty(t, c.Exchanges)
		}
		require.Zero(t, r.Answered)
		require.Zero(t, r.LeftOpen)
	})
}

func TestALoadOfTheUsers(t *testing.T) {
	mayTrace(t)
	rec := trace.NewRecording()
	s := run(t, Spec{Command: role("echo", "{address}")}, Traced(rec))
	load := few()
	load.Command = `test "$IOSPEC_ADDRESS" = "{address}" -a "${IOSPEC_ADDRESS#*:}" = {port}`
	r, err := s.Exercise(t.Context(), load)
	require.NoError(t, err)
	require.Empty(t, r.Clients)
	load.Command = "echo out of {port}s; exit 3"
	_, err = s.Exercise(t.Context(), load)
	require.ErrorIs(t, err, ErrLoad)
	require.ErrorContains(t, err, "exit status 3")
	require.ErrorContains(t, err, "out of ")
	_, err = s.Stop(t.Context())
	require.NoError(t, err)
	var marks []string
	for _, m := range rec.Marks {
		marks = append(marks, m.Name)
	}
	require.Equal(t, []string{"listening", "phase load", "phase quiet", "phase end quiet", "phase load", "stop"}, marks)
}

// TestALoadThatDoesNotEnd: it is ended with the exercise, and so is what it has started.
func TestALoadThatDoesNotEnd(t *testing.T) {
	s := run(t, Spec{Command: role("echo", "{address}")})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	load := few()
	load.Command = "sleep 1000 & sleep 1000"
	began := time.Now()
	_, err := s.Exercise(ctx, load)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Less(t, time.Since(began), 20*time.Second)
}

// TestAttachToARunningServer: it is found where it listens, exercised and recorded, and left as it was.
func TestAttachToARunningServer(t *testing.T) {
	mayTrace(t)
	clean(t)
	command := role("echo", "127.0.0.1:0")
	server := exec.Command(command[0], command[1:]...)
	require.NoError(t, server.Start()) // and nobody waits for it before it has been let go
	ended := false
	t.Cleanup(func() {
		if !ended {
			_ = server.Process.Kill()
			_ = server.Wait()
		}
	})
	rec := trace.NewRecording()
	s, err := Attach(t.Context(), server.Process.Pid, Spec{}, rec)
	require.NoError(t, err)
	r, err := s.Exercise(t.Context(), few())
	require.NoError(t, err)
	require.Zero(t, r.Unanswered)
	_, err = s.Stop(t.Context())
	require.NoError(t, err)
	_, err = s.Stop(t.Context())
	require.NoError(t, err, "once is enough")
	require.Equal(t, "detached", rec.End.Reason)
	require.Equal(t, s.Address(), rec.Header.Address)
	require.Len(t, rec.Connections(), len(r.Clients))
	c, err := net.Dial("tcp", s.Address())
	require.NoError(t, err, "it serves on")
	require.NoError(t, c.Close())

	_, err = Attach(t.Context(), server.Process.Pid, Spec{Address: "127.0.0.1:1", StartTimeout: 50 * time.Millisecond}, trace.NewRecording())
	require.ErrorIs(t, err, ErrElsewhere)
	require.NoError(t, server.Process.Signal(unix.SIGTERM))
	require.ErrorContains(t, server.Wait(), "terminated")
	ended = true
	_, err = Attach(t.Context(), server.Process.Pid, Spec{}, trace.NewRecording())
	require.ErrorIs(t, err, ErrNotFound)
}
