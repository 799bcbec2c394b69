//go:build linux

package stress

import (
	"errors"
	"fmt"
	"time"

	"pgregory.net/rapid"

	"github.com/iospec/iospec/internal/referee"
)

// Found is what a search came to.
type Found struct {
	Script Script // the shortest that was seen to fail; nil if none was
	Fault  *Fault // what is wrong with it
	Seed   uint64 // RAPID_SEED, set to it, has the search draw the same scripts

	Scripts, Steps int // how many were played, those of shrinking included
}

// shortening is how long a script that fails is made shorter at most.
const shortening = 5 * time.Second

// ErrNoModel says that nobody can tell what a server of the protocol must answer to a script.
var ErrNoModel = errors.New("there is no model")

// Search plays up to that many random scripts for a protocol, and shortens the first that fails. A play is told whether it
// is one of many tries for the same fault, which may be impatient.
func Search(scripts int, speaks string, play func(s Script, again bool) (*Fault, error)) (found Found, err error) {
	if _, ok := models[speaks]; !ok && speaks != "" {
		return found, fmt.Errorf("%w of %s yet", ErrNoModel, speaks)
	}
	count := func(s Script, again bool) (*Fault, error) {
		found.Scripts++
		found.Steps += len(s)
		return play(s, again)
	}
	draw := Scripts(speaks)
	// Of rapid's own shrinking no use is made: see shortener.
	v, searchErr := referee.Search{Name: "iospec-stress", Tries: scripts}.Run(func(t *rapid.T) {
		s := draw.Draw(t, "script")
		if found.Fault == nil && err == nil {
			if found.Fault, err = count(s, false); found.Fault != nil {
				found.Script = s
			}
		}
		if found.Fault != nil || err != nil {
			t.Fatalf("that is enough")
		}
	})
	found.Seed = v.Seed
	if err == nil {
		err = searchErr
	}
	if err != nil || found.Fault == nil {
		return found, err
	}
	sh := &shortener{best: found.Script, fault: found.Fault, until: time.Now().Add(shortening)}
	sh.play = func(s Script) (*Fault, error) { return count(s, true) }
	sh.shorten()
	found.Script, found.Fault = sh.best, sh.fault
	return found, nil
}
