package check

import (
	"testing"

	"github.com/iospec/iospec/trace/tracetest"
)

// BenchmarkPredicates judges a recording of 5000 connections and 100 000 calls by everything there is.
func BenchmarkPredicates(b *testing.B) {
	v := newServer("level")
	cs := v.accept(5000, "held")
	for range 5 {
		for i := 0; i < len(cs); i += 50 {
			v.ask(10, cs[i:i+50]...)
		}
	}
	v.ask(2*tracetest.Buffer+1, cs...)
	v.leave(cs...)
	rec := v.End()
	b.Logf("%d calls", len(rec.Calls))
	rec.Waits()
	for id, p := range all() {
		b.Run(id, func(b *testing.B) {
			for b.Loop() {
				p(rec)
			}
		})
	}
}
