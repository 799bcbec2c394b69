package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/term"

	"github.com/iospec/iospec/report"
)

// styleOf looks at where output goes: colours only on a terminal that wants them (NO_COLOR, TERM=dumb), the terminal's
// own width there.
func styleOf(out io.Writer) report.Style {
	f, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return report.Style{}
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		width = 0
	}
	_, no := os.LookupEnv("NO_COLOR")
	return report.Style{Color: !no && os.Getenv("TERM") != "dumb", Width: width}
}

// progress is a status line that is rewritten in place. Away from a terminal, or when quiet, it says nothing.
type progress struct {
	mu   sync.Mutex
	out  io.Writer
	on   bool
	cols int
	last int
}

func newProgress(out io.Writer, quiet bool) *progress {
	f, ok := out.(*os.File)
	p := &progress{out: out, on: ok && !quiet && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"}
	if p.on {
		p.cols = max(40, styleOf(out).Width)
	}
	return p
}

func (p *progress) show(format string, args ...any) {
	if !p.on {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	text := fmt.Sprintf(format, args...)
	if r := []rune(text); len(r) > p.cols-1 {
		text = string(r[:p.cols-1])
	}
	n := len([]rune(text))
	fmt.Fprintf(p.out, "\r%s%s", text, strings.Repeat(" ", max(0, p.last-n)))
	p.last = n
}

// clear wipes the line before something lasting is printed.
func (p *progress) clear() {
	if p.on && p.last > 0 {
		fmt.Fprintf(p.out, "\r%s\r", strings.Repeat(" ", p.last))
		p.last = 0
	}
}
