//go:build linux

package trigger

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// Ends is the number of connections that a script works on: a, b and c.
const Ends = 3

// Verb is what a line of a script does.
type Verb string

const (
	Wait  Verb = "wait"  // epoll_wait, timeout 0
	Send  Verb = "send"  // "send a 3": the other end sends 3 bytes, and they have arrived
	Read  Verb = "read"  // "read a 2": read at most 2 bytes
	Add   Verb = "add"   // "add a edge": EPOLL_CTL_ADD
	Mod   Verb = "mod"   // "mod a level": EPOLL_CTL_MOD
	Del   Verb = "del"   // "del a": EPOLL_CTL_DEL
	Close Verb = "close" // "close a": the other end closes, and that has arrived
)

// Op is one line of a script.
type Op struct {
	Verb  Verb
	End   int
	Bytes int  // of send and read
	Mode  Mode // of add and mod
}

// Script is what is played.
type Script []Op

var modes = []string{Level: "level", Edge: "edge", OneShot: "oneshot"}

func (m Mode) String() string { return modes[m] }

func letter(end int) string { return string(rune('a' + end)) }

// String writes a line as ParseScript reads it.
func (o Op) String() string {
	switch o.Verb {
	case Wait:
		return string(o.Verb)
	case Send, Read:
		return fmt.Sprintf("%s %s %d", o.Verb, letter(o.End), o.Bytes)
	case Add, Mod:
		return fmt.Sprintf("%s %s %s", o.Verb, letter(o.End), o.Mode)
	default:
		return fmt.Sprintf("%s %s", o.Verb, letter(o.End))
	}
}

// String writes a script, a line for each op.
func (s Script) String() string {
	var b strings.Builder
	for _, o := range s {
		fmt.Fprintln(&b, o)
	}
	return b.String()
}

// ParseScript reads a script.
func ParseScript(text string) (Script, error) {
	var s Script
	for line := range strings.Lines(text) {
		o, err := parseOp(strings.Fields(line))
		if err != nil {
			return nil, fmt.Errorf("line %q of a script: %w", strings.TrimSpace(line), err)
		}
		s = append(s, o)
	}
	return s, nil
}

func parseOp(words []string) (o Op, err error) {
	takes := map[Verb]int{Wait: 1, Send: 3, Read: 3, Add: 3, Mod: 3, Del: 2, Close: 2}
	if len(words) == 0 || takes[Verb(words[0])] != len(words) {
		return o, fmt.Errorf("want one of: wait, send END N, read END N, add END MODE, mod END MODE, del END, close END")
	}
	if o.Verb = Verb(words[0]); o.Verb == Wait {
		return o, nil
	}
	if o.End = int(words[1][0]) - 'a'; len(words[1]) != 1 || o.End < 0 || o.End >= Ends {
		return o, fmt.Errorf("%q is none of the ends a to %s", words[1], letter(Ends-1))
	}
	switch o.Verb {
	case Send, Read:
		o.Bytes, err = strconv.Atoi(words[2])
	case Add, Mod:
		o.Mode = Mode(slices.Index(modes, words[2]))
		if o.Mode < 0 {
			err = fmt.Errorf("%q is none of %v", words[2], modes)
		}
	}
	return o, err
}

// often says how often each verb is drawn; the simplest come first, for that is where shrinking leads.
var often = []Verb{Wait, Wait, Wait, Send, Send, Send, Read, Read, Add, Add, Mod, Del, Close}

var anyOp = rapid.Custom(func(t *rapid.T) Op {
	o := Op{Verb: rapid.SampledFrom(often).Draw(t, "verb")}
	if o.Verb != Wait {
		o.End = rapid.IntRange(0, Ends-1).Draw(t, "end")
	}
	switch o.Verb {
	case Send:
		o.Bytes = rapid.IntRange(1, 4).Draw(t, "bytes")
	case Read: // of what two sends may have brought: a part, all, or more than there is
		o.Bytes = rapid.IntRange(1, 9).Draw(t, "bytes")
	case Add, Mod:
		o.Mode = Mode(rapid.IntRange(0, len(modes)-1).Draw(t, "mode"))
	}
	return o
})

// anyScript draws scripts, in parts: rapid's slices are short, some five ops, and it takes more to get into trouble.
// Who has closed sends no more: such lines are left out.
var anyScript = rapid.Custom(func(t *rapid.T) Script {
	var s Script
	var closed [Ends]bool
	var ops []Op
	for range 5 {
		ops = append(ops, rapid.SliceOfN(anyOp, 0, 60).Draw(t, "ops")...)
	}
	for _, o := range ops {
		if closed[o.End] && (o.Verb == Send || o.Verb == Close) {
			continue
		}
		closed[o.End] = closed[o.End] || o.Verb == Close
		s = append(s, o)
	}
	return s
})
