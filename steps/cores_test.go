//go:build linux

package steps

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestWorkByOneThread(t *testing.T) {
	for what, c := range map[string]struct {
		at   shift
		want bool
	}{
		"one thread, and a runtime's own":         {shift{busiest: 1.02, others: 0.05}, true},
		"the same where timers are dear":          {shift{busiest: 1.02, others: 0.27}, true},
		"two threads share the work":              {shift{busiest: 0.51, others: 0.51}, false},
		"two threads, of which one does the most": {shift{busiest: 0.76, others: 0.26}, false},
		"one thread keeps busy, others work":      {shift{busiest: 1.10, others: 1.02}, false},
		"one thread does the work twice over":     {shift{busiest: 1.02, others: 1.02}, false},
	} {
		assert.Equal(t, c.want, c.at.byOne(0.9), what)
	}
}
