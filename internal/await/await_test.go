package await

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestUntilLooksAgain(t *testing.T) {
	looks := 0
	require.NoError(t, Until("the third look", func() (bool, error) { looks++; return looks == 3, nil }))
	require.Equal(t, 3, looks)
}

func TestUntilGivesTheConditionsError(t *testing.T) {
	broken := errors.New("broken")
	require.ErrorIs(t, Until("never", func() (bool, error) { return false, broken }), broken)
}
