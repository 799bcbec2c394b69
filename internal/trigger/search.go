//go:build linux

package trigger

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"github.com/iospec/iospec/internal/referee"
	"github.com/iospec/iospec/internal/sock"
)

// Found is what a search found.
type Found struct {
	Played Played // the shortest script that refutes the model; zero if there was none
	Seed   uint64 // of the script from which it was shrunk: RAPID_SEED repeats it
	Log    string // what rapid says about it

	Scripts int // how many scripts were played, those of shrinking included
	Lines   int // how many lines they had
}

// Search plays up to that many random scripts against a fresh model each, and shrinks the first script that refutes it.
// The environment variable RAPID_SEED, where set, decides which scripts are drawn.
func Search(scripts int, model func(ends int) Model) (found Found, err error) {
	l, err := sock.Listen(Ends)
	if err != nil {
		return found, err
	}
	defer sock.Close(l.FD)
	var last Played // rapid plays the shortest script last
	search := referee.Search{Name: "iospec-trigger-model", Tries: scripts, Shrink: 30 * time.Second}
	v, err := search.Run(func(t *rapid.T) {
		last = property(t, model, l)
		found.Scripts++
		found.Lines += len(last.Lines)
		if last.Refuted() {
			t.Fatalf("kernel and model disagree:\n%s", last)
		}
	})
	if err != nil || !v.Refuted {
		return found, err
	}
	if found.Played, found.Seed, found.Log = last, v.Seed, v.Log; !last.Refuted() {
		return found, fmt.Errorf("the search for a script ended oddly: %s", found.Log)
	}
	return found, nil
}

// property draws a script and plays it.
func property(t *rapid.T, model func(int) Model, l *sock.Listener) Played {
	p, err := Play(anyScript.Draw(t, "script"), model(Ends), l)
	if err != nil {
		t.Fatalf("cannot play: %v", err)
	}
	return p
}
