//go:build linux

package subject

import "time"

// poll asks again and again about a condition that the kernel announces to nobody: at first often, then every 20 ms,
// until its time is up.
type poll struct {
	deadline time.Time
	pause    time.Duration
}

const (
	firstPause = 500 * time.Microsecond
	longPause  = 20 * time.Millisecond
)

func newPoll(limit time.Duration) *poll {
	return &poll{deadline: time.Now().Add(limit), pause: firstPause}
}

// again waits a little and reports whether to look again; false: the time was up before the last look.
func (p *poll) again() bool {
	if !time.Now().Before(p.deadline) {
		return false
	}
	time.Sleep(p.pause)
	p.pause = min(p.pause*3/2, longPause)
	return true
}
