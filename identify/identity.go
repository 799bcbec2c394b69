package identify

import (
	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/trace"
)

// Schema names the form of an Identity as JSON.
const Schema = "iospec/identity/v1"

// Inconclusive is the architecture of a server that this recording cannot tell, or that has none of those that we know.
const Inconclusive = "inconclusive"

// Identity is what a recording says that a server is. Architecture, Demultiplexer, Trigger and Accept are words of the
// vocabulary of traits.
type Identity struct {
	Schema  string   `json:"schema"`
	Command []string `json:"command,omitempty"`
	Address string   `json:"address,omitempty"`
	Source  string   `json:"source,omitempty"` // BySampling: it rests on looks at /proc; "": on recorded calls
	Unseen  []string `json:"unseen,omitempty"` // what could not be seen for that, in words

	Architecture  string     `json:"architecture"`      // a trait, or Inconclusive
	Variant       string     `json:"variant,omitempty"` // in words, where an architecture comes in several kinds, or is a known one that has no trait
	Demultiplexer string     `json:"demultiplexer"`     // "": no call waits for several connections
	Trigger       string     `json:"trigger"`           // "": nothing is reported, or in several ways
	Accept        string     `json:"accept"`            // "": only one could accept, and serves itself or by those it makes for that
	Confidence    Confidence `json:"confidence"`

	Why    []Sign   `json:"why"`              // the signs of the architecture; inconclusive: those that do not fit
	Settle []string `json:"settle,omitempty"` // what a load would have to do to answer what is open

	RunnerUp string `json:"runnerUp,omitempty"` // the architecture that comes next
	Apart    string `json:"apart,omitempty"`    // what tells it from the first one, or would

	Candidates []Candidate `json:"candidates"` // every architecture, the likeliest first
	Claims     []Judgement `json:"claims"`     // the claims that candidates are for or against
	Facts      Facts       `json:"facts"`
}

// Confidence says how sure the answer is.
type Confidence string

const (
	High   Confidence = "high"   // each of its signs was seen, and each other architecture is contradicted
	Medium Confidence = "medium" // it alone is not contradicted, and something was not seen
	None   Confidence = "none"   // inconclusive
)

// Candidate is an architecture, and how well it fits.
type Candidate struct {
	Traits  []string `json:"traits"`            // the architecture, and the demultiplexer and so on where they were told
	Score   float64  `json:"score"`             // the share of its signs that were seen, 0 to 1; what is unknown counts half
	Open    []string `json:"open,omitempty"`    // its signs that are unknown
	Broken  []string `json:"broken,omitempty"`  // its signs that are contradicted; with one of these it cannot be
	For     []string `json:"for,omitempty"`     // claims about this architecture that the server keeps
	Against []string `json:"against,omitempty"` // and breaks
}

// Judgement is a claim and what the recording says of it.
type Judgement struct {
	ID string `json:"id"`
	check.Finding
}

// Identify tells what the server of a recording is, and which claims about each architecture it keeps.
func Identify(rec *trace.Recording, about About) Identity {
	s := look(rec)
	id := Identity{Schema: Schema, Command: rec.Header.Command, Address: rec.Header.Address}
	signs := readSigns(s)
	fits := rank(signs)
	best := fits[0]
	id.Confidence = confidence(fits)
	if id.Confidence == None {
		id.Architecture = Inconclusive
		id.Variant = strange(s, signs)
	} else {
		id.Architecture = best.arch.Trait
		id.Variant = variant(s, best.arch.Trait)
	}
	id.Why = why(signs, fits, id.Confidence)
	id.Settle = settle(signs, fits)
	id.RunnerUp, id.Apart = runnerUp(signs, fits)
	id.Demultiplexer = demultiplexer(s)
	id.Trigger = trigger(s)
	id.Accept = accepting(s, id.Architecture)
	id.Candidates, id.Claims = candidates(func(claim string) (check.Finding, bool) {
		p := check.ByClaim[claim]
		if p == nil {
			return check.Finding{}, false
		}
		return p(rec), true
	}, fits, id.axes(), about)
	id.Facts = factsOf(s)
	return id
}

// Traits are the words that the server may claim, as --as takes them: without those that could not be told.
func (id Identity) Traits() []string {
	if id.Architecture == Inconclusive {
		return id.axes()
	}
	return append([]string{id.Architecture}, id.axes()...)
}

func (id Identity) axes() []string {
	var words []string
	for _, w := range []string{id.Demultiplexer, id.Trigger, id.Accept} {
		if w != "" {
			words = append(words, w)
		}
	}
	return words
}
