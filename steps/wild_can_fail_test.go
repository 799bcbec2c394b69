//go:build linux

package steps

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/features"
	"github.com/iospec/iospec/trace"
)

// recordOnce makes one recording of each system, however many Rules ask.
func recordOnce() func(context.Context, Target) (*trace.Recording, error) {
	var mu sync.Mutex
	made := map[string]*trace.Recording{}
	return func(ctx context.Context, t Target) (*trace.Recording, error) {
		mu.Lock()
		defer mu.Unlock()
		if rec := made[t.Name]; rec != nil {
			return rec, nil
		}
		rec, err := Recorder{}.Record(ctx, t)
		if err == nil {
			made[t.Name] = rec
		}
		return rec, err
	}
}

// mistaken are sentences that say of a system what is so of another one. The scenario in which a script keeps everyone
// waiting is not among them: nothing that speaks its protocol answers meanwhile.
var mistaken = []sabotaging{
	{"single.redis-before-6", "with one I/O thread", "io-threads 1", "io-threads 4"},
	{"single.redis-before-6", "a background save", "When a client asks for a background save, and the exercise drives it", "When the exercise drives it"},
	{"single.redis-before-6", "with four, others", "io-threads 4", "io-threads 1"},
	{"multi.memcached", "one thread accepts", "memcached with 4 threads", "redis with io-threads 1"},
	{"multi.memcached", "when all places", "130 clients", "50 clients"},
	{"nginx.master-observed", "however", "nginx with 1 worker", "redis with io-threads 1"},
	{"nginx.workers-accept-observed", "two workers", "nginx with 4 workers and reuseport", "memcached with 4 threads"},
	{"nginx.workers-accept-observed", "one worker", "nginx with 1 worker", "nginx with 4 workers and reuseport"},
	{"nginx.sticks-observed", "two workers", "nginx with 4 workers and reuseport", "memcached with 4 threads"},
	{"nginx.accept-lock-observed", "with accept_mutex on", "accept_mutex on,", "accept_mutex off,"},
	{"nginx.accept-lock-observed", "by default", "accept_mutex off", "reuseport"},
	{"nginx.accept-lock-observed", "with reuseport", "reuseport", "accept_mutex on"},
	{"multi.netty", "with a boss", "Netty with a boss group and a worker group", "Netty with one group for both, of one thread"},
	{"multi.netty", "with one group", "Netty with one group for both, of one thread", "Netty with a boss group and a worker group"},
	{"proactor.linux-uses-reactor", "usually named", "redis with io-threads 1", "Apache with processes made ahead"},
	{"proactor.linux-uses-reactor", "Apache", "Apache with processes made ahead", "redis with io-threads 1"},
}

// TestWildRules holds every Rule about named systems, and then each against a system of which it is not so.
func TestWildRules(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short leaves out other people's servers")
	}
	claims, err := features.Register()
	require.NoError(t, err)
	record, ran := recordOnce(), 0
	for _, c := range claims {
		if !c.Has(features.Wild) {
			continue
		}
		ran++
		run, err := Run(t.Context(), Plan{Claims: []features.Claim{c}, Wild: true, Record: record})
		require.NoError(t, err)
		for _, s := range run.Results[0].Scenarios {
			t.Run(c.ID+"/"+s.Name, func(t *testing.T) {
				if s.Outcome == check.Unsupported {
					t.Skip("UNSUPPORTED on this machine: " + s.Observed)
				}
				require.Equal(t, check.Pass, s.Outcome, "expected %s; observed %s; %v", s.Expected, s.Observed, s.Notes)
			})
		}
	}
	require.NotZero(t, ran)
	for _, s := range mistaken {
		t.Run("mistaken/"+s.claim+"/"+s.scenario, func(t *testing.T) {
			sc := runSabotaged(t, claims, s, Plan{Wild: true, Record: record})
			if sc.Outcome == check.Unsupported {
				t.Skip("UNSUPPORTED on this machine: " + sc.Observed)
			}
			require.Equal(t, check.Fail, sc.Outcome, "%+v", sc)
		})
	}
}
