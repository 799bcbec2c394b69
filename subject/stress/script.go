//go:build linux

package stress

import (
	"fmt"
	"strconv"
	"strings"
)

// Verb is what a line of a script does. Lines follow each other without waiting, except for what they read: so requests
// of several clients are under way at once.
type Verb string

const (
	Connect   Verb = "connect"    // "connect", or "connect receiving 65536": with a receive buffer of that size
	Send      Verb = "send"       // `send "echo " "x" times 1000 "\n"`: what does not fit is sent as soon as there is room
	Read      Verb = "read"       // "read 100": at most that many of the bytes that are due, or "read": all of them
	HalfClose Verb = "half-close" // shut down the sending side, when all is sent
	Reset     Verb = "reset"      // close so that the server is sent a reset
	Leave     Verb = "close"      // close, whatever is due
	Finish    Verb = "finish"     // read what is due, half-close, and read the end; done for all who are there at the end
)

// A Step is one line of a script.
type Step struct {
	Client int
	Verb   Verb
	Text   string // of send
	Bytes  int    // of read and connect; 0: all that is due, and a buffer of the usual size
}

// A Script is what the clients of a server do. Each line is "client N VERB …"; clients have numbers from 1 on. A number
// may be used again when its connection is over.
type Script []Step

// String writes a script as ParseScript reads it.
func (s Script) String() string {
	var b strings.Builder
	for _, step := range s {
		fmt.Fprintln(&b, step)
	}
	return b.String()
}

// String writes a line.
func (s Step) String() string {
	line := fmt.Sprintf("client %d %s", s.Client, s.Verb)
	switch {
	case s.Verb == Send:
		return line + quote(s.Text)
	case s.Verb == Connect && s.Bytes > 0:
		return fmt.Sprintf("%s receiving %d", line, s.Bytes)
	case s.Verb == Read && s.Bytes > 0:
		return fmt.Sprintf("%s %d", line, s.Bytes)
	}
	return line
}

// run is how many equal bytes in a row are written as a number.
const run = 40

// quote writes a text as Go strings, long runs of one byte as "x" times 1000.
func quote(text string) string {
	var b strings.Builder
	for from := 0; from < len(text); {
		to := from // the end of what is written as it is
		same := 0
		for to < len(text) {
			if same = sameBytes(text[to:]); same >= run {
				break
			}
			to += same
			same = 0
		}
		if to > from {
			fmt.Fprintf(&b, " %q", text[from:to])
		}
		if same > 0 {
			fmt.Fprintf(&b, " %q times %d", text[to:to+1], same)
		}
		from = to + same
	}
	return b.String()
}

// sameBytes counts the equal bytes at the beginning.
func sameBytes(text string) (n int) {
	for n < len(text) && text[n] == text[0] {
		n++
	}
	return n
}

// ParseScript reads a script. Empty lines, and lines that begin with #, say nothing.
func ParseScript(text string) (Script, error) {
	var s Script
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		step, err := parseStep(line)
		if err != nil {
			return nil, fmt.Errorf("line %d, %q: %w", number, line, err)
		}
		s = append(s, step)
	}
	return s, s.check()
}

const (
	want     = "want client N, and one of: connect [receiving BYTES], send TEXT…, read [BYTES], half-close, reset, close, finish"
	mostText = 64 << 20 // bytes of one send: a script is not to take all memory
)

func parseStep(line string) (s Step, err error) {
	rest, ok := strings.CutPrefix(line, "client ")
	number, rest, _ := strings.Cut(strings.TrimSpace(rest), " ")
	verb, rest, _ := strings.Cut(strings.TrimSpace(rest), " ")
	if s.Client, err = strconv.Atoi(number); !ok || err != nil || s.Client < 1 {
		return s, fmt.Errorf("%s", want)
	}
	rest = strings.TrimSpace(rest)
	switch s.Verb = Verb(verb); s.Verb {
	case Send:
		s.Text, err = unquote(rest)
		return s, err
	case Connect:
		if rest == "" {
			return s, nil
		}
		if rest, ok = strings.CutPrefix(rest, "receiving "); !ok {
			return s, fmt.Errorf("%s", want)
		}
		s.Bytes, err = bytesOf(rest)
		return s, err
	case Read:
		if rest != "" {
			s.Bytes, err = bytesOf(rest)
		}
		return s, err
	case HalfClose, Reset, Leave, Finish:
		if rest == "" {
			return s, nil
		}
	}
	return s, fmt.Errorf("%s", want)
}

func bytesOf(word string) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(word))
	if err != nil || n < 1 || n > 1<<30 {
		return 0, fmt.Errorf("%q is no number of bytes, 1 to %d", word, 1<<30)
	}
	return n, nil
}

// unquote reads what quote has written.
func unquote(rest string) (string, error) {
	var b strings.Builder
	for rest != "" {
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil {
			return "", fmt.Errorf("%q is no quoted text, such as \"echo hello\\n\"", rest)
		}
		text, err := strconv.Unquote(quoted)
		if err != nil {
			return "", fmt.Errorf("%s: %w", quoted, err)
		}
		times := 1
		rest = strings.TrimSpace(rest[len(quoted):])
		if after, ok := strings.CutPrefix(rest, "times "); ok {
			var word string
			word, rest, _ = strings.Cut(strings.TrimSpace(after), " ")
			if times, err = bytesOf(word); err != nil {
				return "", err
			}
			rest = strings.TrimSpace(rest)
		}
		if len(text)*times > mostText-b.Len() {
			return "", fmt.Errorf("more than %d bytes in one send", mostText)
		}
		b.WriteString(strings.Repeat(text, times))
	}
	if b.Len() == 0 {
		return "", fmt.Errorf("nothing to send")
	}
	return b.String(), nil
}

// check refuses a script in which somebody does what he cannot do.
func (s Script) check() error {
	const (
		away = iota
		here
		silent // its sending side is shut down
	)
	state := map[int]int{}
	for i, step := range s {
		var fault string
		switch is := state[step.Client]; {
		case step.Verb == Connect && is != away:
			fault = "is connected already"
		case step.Verb != Connect && is == away:
			fault = "is not connected"
		case (step.Verb == Send || step.Verb == HalfClose) && is == silent:
			fault = "has said that it sends no more"
		}
		if fault != "" {
			return fmt.Errorf("step %d, %q: client %d %s", i+1, step, step.Client, fault)
		}
		switch step.Verb {
		case Connect:
			state[step.Client] = here
		case HalfClose:
			state[step.Client] = silent
		case Reset, Leave, Finish:
			state[step.Client] = away
		}
	}
	return nil
}
