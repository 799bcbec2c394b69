//go:build linux

package stress

import (
	"slices"
	"strings"
	"time"
)

// A shortener makes a script that fails shorter, as long as it fails. It knows what scripts are made of, so it needs far
// fewer plays than a search that knows nothing; and plays of scripts that fail are slow, as they end with waiting.
type shortener struct {
	play  func(Script) (*Fault, error)
	until time.Time
	best  Script
	fault *Fault
}

// shorten tries until nothing can be taken away, or the time is up.
func (sh *shortener) shorten() {
	for size := weight(sh.best) + 1; weight(sh.best) < size; {
		size = weight(sh.best)
		sh.tries(sh.best[:min(sh.fault.Step, len(sh.best))]) // what comes behind the fault is no part of it
		for number := range mostClients {
			sh.tries(slices.DeleteFunc(slices.Clone(sh.best), func(s Step) bool { return s.Client == number+1 }))
		}
		without(sh.best, func(rest []Step) bool { return sh.tries(rest) })
		for i := range sh.best {
			sh.shortenText(i)
		}
	}
}

// weight is what shortening takes from a script: its steps, and the bytes that they send. (Its text is no measure: a row of
// many equal bytes is written in as little room as a row of few.)
func weight(s Script) int {
	bytes := 0
	for _, step := range s {
		bytes += len(step.Text)
	}
	return len(s) + bytes
}

// tries plays a script, and keeps it if it fails.
func (sh *shortener) tries(s Script) bool {
	if len(s) == 0 || s.check() != nil || weight(s) >= weight(sh.best) || time.Now().After(sh.until) {
		return false
	}
	fault, err := sh.play(s)
	if err != nil || fault == nil {
		return false // what cannot be played says nothing about the server
	}
	sh.best, sh.fault = slices.Clone(s), fault
	return true
}

// shortenText takes away requests of one step, and bytes of the last one that is left.
func (sh *shortener) shortenText(i int) {
	if i >= len(sh.best) || sh.best[i].Verb != Send {
		return
	}
	with := func(text string) bool {
		s := slices.Clone(sh.best)
		s[i].Text = text
		return text != "" && sh.tries(s)
	}
	without(strings.SplitAfter(sh.best[i].Text, "\n"), func(rest []string) bool { return with(strings.Join(rest, "")) })
	if strings.Count(sh.best[i].Text, "\n") <= 1 {
		without([]byte(sh.best[i].Text), func(rest []byte) bool { return with(string(rest)) })
	}
}

// without takes away parts of a list, large ones first, each for good if the rest is good.
func without[T any](list []T, good func(rest []T) bool) {
	for size := (len(list) + 1) / 2; size > 0; size /= 2 {
		for from := 0; from < len(list); {
			rest := slices.Concat(list[:from], list[min(from+size, len(list)):])
			if good(rest) {
				list = rest
			} else {
				from += size
			}
		}
	}
}
