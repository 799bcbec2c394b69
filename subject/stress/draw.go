//go:build linux

package stress

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"

	"github.com/iospec/iospec/subject/protocol"
)

// Bounds of what is drawn.
const (
	mostClients = 4 // at once: fewer than any pool has places
	leastMoves  = 15
	mostMoves   = 60
)

// A move is what is drawn: the wish of one client to do something. What does not make sense for it then is left out.
type move struct {
	client   int
	kind     string
	requests []string // to be said: into the client's mouth, from where they come in pieces
	bytes    int      // of a piece, or a sip
	small    bool     // connects with a small receive buffer, if it has to connect
}

var kinds = []string{"ask", "ask", "ask", "ask", "say", "say", "read", "read", "half-close", "reset", "close", "finish"}

// Scripts draws scripts for servers that speak a protocol.
func Scripts(speaks string) *rapid.Generator[Script] {
	if speaks == "" {
		speaks = protocol.Echo{}.Name()
	}
	request := requests[speaks]
	one := rapid.Custom(func(t *rapid.T) move {
		m := move{
			client: rapid.IntRange(1, mostClients).Draw(t, "client"),
			kind:   rapid.SampledFrom(kinds).Draw(t, "kind"),
			bytes:  rapid.SampledFrom([]int{100_000, 70_000, 1000, 30, 5, 1}).Draw(t, "bytes"),
			small:  rapid.IntRange(0, 3).Draw(t, "small buffer") == 3,
		}
		if m.kind == "ask" {
			m.requests = rapid.SliceOfN(rapid.Custom(request), 1, 5).Draw(t, "requests")
		}
		return m
	})
	return rapid.Map(rapid.SliceOfN(one, leastMoves, mostMoves), script)
}

// requests draw one request, by protocol.
var requests = map[string]func(*rapid.T) string{
	protocol.Echo{}.Name():  text,
	protocol.Line{}.Name():  lineRequest,
	protocol.Redis{}.Name(): redisRequest,
}

func text(t *rapid.T) string {
	word := rapid.StringMatching(`[a-z]{1,12}`).Draw(t, "text")
	if rapid.IntRange(0, 5).Draw(t, "long") == 5 {
		word += strings.Repeat("=", 12_000)
	}
	return word
}

func lineRequest(t *rapid.T) string {
	switch kind := rapid.IntRange(0, 40).Draw(t, "request"); {
	case kind < 25:
		return "echo " + text(t) + "\n"
	case kind < 30:
		return fmt.Sprintf("blob %d\n", rapid.SampledFrom([]int{1, 100, 65_536, 400_000}).Draw(t, "blob"))
	case kind < 34:
		return "sleep 0\r\n"
	case kind < 39:
		return "what is this\n"
	default:
		return "quit\n"
	}
}

func redisRequest(t *rapid.T) string {
	if rapid.IntRange(0, 5).Draw(t, "request") == 5 {
		return "*1\r\n$4\r\nPING\r\n"
	}
	word := text(t)
	return fmt.Sprintf("*2\r\n$4\r\nECHO\r\n$%d\r\n%s\r\n", len(word), word)
}

// A mouth is what a client has to say still.
type mouth struct {
	words        string
	here, silent bool
}

// script makes a script of moves: connects who has something to ask, cuts what is asked into pieces, and leaves out what
// makes no sense.
func script(moves []move) (s Script) {
	mouths := make([]mouth, mostClients+1)
	for _, m := range moves {
		who := &mouths[m.client]
		if m.kind == "ask" && !who.here {
			*who = mouth{here: true}
			connect := Step{Client: m.client, Verb: Connect}
			if m.small {
				connect.Bytes = 64 << 10 // with much less, TCP would wait for its timers
			}
			s = append(s, connect)
		}
		if who.here {
			s = append(s, who.does(m)...)
		}
	}
	for client, who := range mouths {
		if who.here && !who.silent && who.words != "" {
			s = append(s, Step{Client: client, Verb: Send, Text: who.words})
		}
	}
	return s
}

func (who *mouth) does(m move) Script {
	step := Step{Client: m.client, Verb: Verb(m.kind)}
	switch m.kind {
	case "ask", "say":
		who.words += strings.Join(m.requests, "")
		n := min(m.bytes, len(who.words))
		if who.silent || n == 0 {
			return nil
		}
		step.Verb, step.Text, who.words = Send, who.words[:n], who.words[n:]
	case "read":
		step.Bytes = m.bytes
	case "half-close":
		if who.silent {
			return nil
		}
		who.silent = true
	default:
		*who = mouth{}
	}
	return Script{step}
}
