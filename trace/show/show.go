// Package show draws the time line of a recording in a terminal: time runs down, each thread has a lane, and a line is
// a call, said with the names of the recording's own clients. What a wait led to is indented under it, so that a turn
// of an event loop looks like a paragraph; what repeats is folded.
//
//	show.go     the options, and the whole page
//	events.go   which calls are worth a line
//	fold.go     repeats
//	lanes.go    which thread has which lane
//	draw.go     a line
package show

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/iospec/iospec/trace"
)

// Options say what to draw and how. The zero value draws everything of interest, in plain Unicode, 100 columns wide.
type Options struct {
	Width int  // columns; 0 is 100
	ASCII bool // no character beyond ASCII
	Color bool // ANSI colours; the caller heeds NO_COLOR

	Clients     []string   // only these: "c3", or the client's port
	Threads     []int      // only these
	From, Until trace.Time // only what ended in between; 0 is no bound
	Lines       int        // no more events than these; 0 is no bound
	Unfolded    bool       // every repeat on a line of its own
	Everything  bool       // also calls that have to do with no client and no listener, and those that set options
}

// Timeline draws the recording. The error is the writer's, or names a client that the recording does not know.
func Timeline(to io.Writer, rec *trace.Recording, opt Options) error {
	p := &page{Recording: rec, opt: opt, glyphs: glyphsOf(opt)}
	if err := p.findClients(); err != nil {
		return err
	}
	events := p.events()
	more := 0
	folded := fold(rec, events, opt.Unfolded)
	if opt.Lines > 0 && len(folded) > opt.Lines {
		for _, e := range folded[opt.Lines:] {
			more += e.weight()
		}
		folded = folded[:opt.Lines]
	}
	p.layOut(folded)
	p.head(folded)
	for _, e := range folded {
		p.line(e)
	}
	p.foot(folded, more)
	_, err := io.WriteString(to, p.out.String())
	return err
}

// page is a drawing under way.
type page struct {
	*trace.Recording
	opt       Options
	glyphs    glyphs
	clients   map[trace.Object]bool // the filter; nil lets all pass
	lanes     []lane
	residents map[int]*resident // by thread
	out       strings.Builder
}

// findClients resolves the filter.
func (p *page) findClients() error {
	for _, name := range p.opt.Clients {
		i := slices.IndexFunc(p.Connections(), func(c *trace.Connection) bool {
			return c.Name == name || strings.HasSuffix(c.Peer, ":"+name)
		})
		if i < 0 {
			return fmt.Errorf("show: the recording has no client %q: clients are c1 … c%d, or named by their port", name, len(p.Connections()))
		}
		if p.clients == nil {
			p.clients = map[trace.Object]bool{}
		}
		p.clients[p.Connections()[i].Object] = true
	}
	return nil
}

func (p *page) width() int {
	if p.opt.Width <= 0 {
		return 100
	}
	return max(p.opt.Width, 40)
}

// head says what the recording is of, and names the lanes.
func (p *page) head(events []event) {
	h := p.Header
	p.text(paintBold, strings.Join(h.Command, " "))
	facts := []string{h.Address, strings.TrimSpace("Linux " + h.Kernel), h.Arch, "observed by " + h.Source}
	p.text(paintDim, strings.Join(slices.DeleteFunc(facts, func(s string) bool { return s == "" }), p.glyphs.dot))
	p.text("", fmt.Sprintf("%d calls of %d tasks, %d connections%s", len(p.Calls), len(p.Tasks), len(p.Connections()), p.cutShort()))
	p.text("", "")
	if len(events) == 0 {
		p.text("", "Nothing to show: no call passes the filters.")
		return
	}
	var names, roles []string
	for i := range p.lanes {
		names = append(names, p.lanes[i].first.name)
		roles = append(roles, p.lanes[i].first.roles)
	}
	p.row("ms", paintBold, names...)
	p.row("", paintDim, roles...)
	p.rule("")
}

func (p *page) cutShort() string {
	switch {
	case p.End == nil && p.Torn > 0:
		return fmt.Sprintf("; the recording was cut short, its last %d bytes are half a line", p.Torn)
	case p.End == nil:
		return "; the recording was cut short"
	case p.End.Lost > 0:
		return fmt.Sprintf("; %d calls were missed", p.End.Lost)
	}
	return ""
}

// foot says who the clients were, and what is left out.
func (p *page) foot(events []event, more int) {
	if len(events) > 0 {
		p.rule("")
	}
	if more > 0 {
		p.text(paintDim, fmt.Sprintf("%s %d more calls", p.glyphs.ellipsis, more))
	}
	var who []string
	for _, c := range p.Connections() {
		if c.Client != nil && p.wants(c.Object) {
			who = append(who, fmt.Sprintf("%s %s :%d", c.Name, c.Client.Role, c.Client.Port))
		}
	}
	if n := len(who); n > 6 {
		who = append(who[:5], fmt.Sprintf("%s %d more", p.glyphs.ellipsis, n-5))
	}
	if len(who) > 0 {
		p.text(paintDim, "clients: "+strings.Join(who, p.glyphs.dot))
	}
}

// wants reports whether a connection passes the filter.
func (p *page) wants(o trace.Object) bool { return p.clients == nil || p.clients[o] }

// milliseconds writes a time as the time line shows it.
func milliseconds(t trace.Time) string {
	return strconv.FormatFloat(float64(t)/float64(time.Millisecond), 'f', 3, 64)
}
