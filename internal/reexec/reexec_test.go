package reexec

import (
	"errors"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func init() {
	Role("parrot", func(in <-chan string, out io.Writer) error {
		for line := range in {
			if line == "die" {
				return errors.New("as told")
			}
			if _, err := fmt.Fprintf(out, "%d says %s, role %q\n", os.Getpid(), line, os.Getenv(variable)); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestChildAnswersAndEnds(t *testing.T) {
	c, err := Start("parrot", Options{})
	require.NoError(t, err)
	answer, err := c.Ask("hello")
	require.NoError(t, err)
	require.Equal(t, fmt.Sprintf("%d says hello, role \"\"", c.PID()), answer)
	require.NotEqual(t, os.Getpid(), c.PID())
	require.NoError(t, c.Stop())
	require.NoDirExists(t, fmt.Sprintf("/proc/%d", c.PID()), "the child is reaped")
}

func TestFailureOfAChildIsTold(t *testing.T) {
	c, err := Start("parrot", Options{})
	require.NoError(t, err)
	_, err = c.Ask("die")
	require.ErrorContains(t, err, `did not answer "die"`)
	require.ErrorContains(t, c.Stop(), "role parrot: as told")
}
