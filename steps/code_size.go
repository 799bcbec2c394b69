//go:build linux

package steps

import (
	"fmt"
	"strings"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/code"
	"github.com/iospec/iospec/internal/english"
)

// codeSize compares what two of our servers consist of. Each of its steps breaks when the two are the same server, and
// when they are exchanged.
func codeSize(sc *godog.ScenarioContext, w *World) {
	var mine, other *code.Program
	var names [2]string
	sc.Given(`^the code of the server, and that of ([a-z/-]+)$`, func(name string) (err error) {
		names = [2]string{w.Target.Name, name}
		if mine, other, err = w.codeBeside(name); err != nil {
			return err
		}
		for i, p := range []*code.Program{mine, other} {
			beyond := p.Beyond([]*code.Program{other, mine}[i])
			w.Note("%s: %d lines of code, %d of them not in the other; threads share %s; they wait for or wake one another at %s",
				names[i], p.Lines(), beyond, orNothing(p.Locked()), english.Count(p.Synchronisations(), "place"))
		}
		return nil
	})
	sc.Then(`^the server's has (more|fewer) lines$`, func(which string) error {
		a, b := mine.Lines(), other.Lines()
		if (which == "more") != (a > b) || a == b {
			return check.Failf(fmt.Sprintf("%s lines than the %d of %s", which, b, names[1]), "%d", a)
		}
		return nil
	})
	sc.Then(`^in the server's, threads share fewer things, and wait for one another in fewer places$`, func() error {
		if a, b := len(mine.Locked()), len(other.Locked()); a >= b {
			return check.Failf(fmt.Sprintf("fewer things than the %d that threads of %s share", b, names[1]), "%d: %s", a, orNothing(mine.Locked()))
		}
		if a, b := mine.Synchronisations(), other.Synchronisations(); a >= b {
			return check.Failf(fmt.Sprintf("fewer places than the %d of %s", b, names[1]), "%d", a)
		}
		return nil
	})
}

func orNothing(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}

// codeBeside finds what the scenario's server and another one consist of.
func (w *World) codeBeside(name string) (mine, other *code.Program, err error) {
	peer, err := w.peer(name)
	if err != nil {
		return nil, nil, err
	}
	for _, t := range []Target{*w.Target, peer} {
		if t.Code == nil || !t.Reference {
			return nil, nil, check.Unsupportedf("the code of %s is not known", t.Name)
		}
	}
	if mine, err = w.Target.Code(); err == nil {
		other, err = peer.Code()
	}
	return mine, other, err
}
