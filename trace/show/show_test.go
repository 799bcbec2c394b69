package show

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/trace/tracetest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// reactor is a level-triggered server with six clients, of which one is disconnected, and a second thread that reads.
func reactor() *trace.Recording {
	s := tracetest.New()
	main := s.Main()
	helper := main.Spawn()
	ep := main.Epoll()
	main.Add(ep, tracetest.Listener, trace.In)
	s.Mark("listening")
	s.Mark("phase held")
	cs := s.Connects(6, "held")
	main.Wait(ep, tracetest.Listener)
	for _, c := range cs {
		main.Accept(c).Add(ep, c, trace.In)
	}
	main.AcceptFails("EAGAIN")
	s.Sleep(3 * time.Millisecond)
	for _, c := range cs {
		c.Ask(100)
	}
	main.Wait(ep, cs[0], cs[1], cs[2], cs[3], cs[4], cs[5])
	for _, c := range cs[:5] {
		main.Read(c, 100).Write(c, 100)
		c.Answered()
	}
	helper.Read(cs[5], 100).WriteShort(cs[5], 0)
	slow := main.Enter("epoll_wait", func(c *trace.Call) { c.Object, c.Timeout, c.NFDs = ep, -1, 64 })
	s.Sleep(20 * time.Millisecond)
	cs[0].Leaves()
	slow.Result, slow.Ready = 1, []trace.Event{{Events: trace.In | trace.Rdhup, Data: uint64(cs[0].FD(main))}}
	main.Return(slow)
	main.Read(cs[0], 0).Close(cs[0])
	s.Mark("stop")
	main.Stays(main.Enter("epoll_wait", func(c *trace.Call) { c.Object, c.Timeout, c.NFDs = ep, -1, 64 }))
	return s.End()
}

// threads is a server with a thread for each of 20 connections, one after the other.
func threads() *trace.Recording {
	s := tracetest.New()
	for _, c := range s.Connects(20, "short") {
		s.Main().Accept(c)
		t := s.Main().Spawn()
		c.Ask(10)
		t.ReadBlocking(c, 10).Write(c, 10).Close(c)
		c.Answered()
		t.Exits()
	}
	return s.Cut()
}

func TestTimeline(t *testing.T) {
	for name, c := range map[string]struct {
		rec *trace.Recording
		opt Options
	}{
		"reactor":    {reactor(), Options{}},
		"narrow":     {reactor(), Options{Width: 60}},
		"ascii":      {reactor(), Options{ASCII: true, Width: 80}},
		"color":      {reactor(), Options{Color: true}},
		"client":     {reactor(), Options{Clients: []string{"c6"}}},
		"thread":     {reactor(), Options{Threads: []int{101}}},
		"from-until": {reactor(), Options{From: 3_000_000, Until: 10_000_000}},
		"lines":      {reactor(), Options{Lines: 9}},
		"unfolded":   {reactor(), Options{Unfolded: true, Width: 120}},
		"threads":    {threads(), Options{Width: 110}},
		"nothing":    {tracetest.New().End(), Options{}},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			require.NoError(t, Timeline(&out, c.rec, c.opt))
			golden := filepath.Join("testdata", name+".golden")
			if *update {
				require.NoError(t, os.WriteFile(golden, out.Bytes(), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err, "go test ./trace/show -update writes it")
			require.Equal(t, string(want), out.String())
		})
	}
}

func TestNoLineIsWiderThanTheTerminal(t *testing.T) {
	for _, rec := range []*trace.Recording{reactor(), threads()} {
		for width := 40; width <= 200; width += 20 {
			var out bytes.Buffer
			require.NoError(t, Timeline(&out, rec, Options{Width: width}))
			for line := range strings.Lines(out.String()) {
				require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), width, line)
			}
		}
	}
}

func TestASCIIIsASCII(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, Timeline(&out, reactor(), Options{ASCII: true, Lines: 5, Clients: []string{"40006"}}))
	for _, r := range out.String() {
		require.Less(t, r, rune(0x80), "%q", r)
	}
}

func TestFoldingHidesNothingElse(t *testing.T) {
	rec := reactor()
	p := &page{Recording: rec, opt: Options{}}
	n := 0
	for _, e := range fold(rec, p.events(), false) {
		n += e.weight()
	}
	require.Equal(t, len(rec.Calls)-1, n, "every call but the one that makes the instance, once")
}

func TestAnUnknownClientIsAnError(t *testing.T) {
	err := Timeline(&bytes.Buffer{}, reactor(), Options{Clients: []string{"c77"}})
	require.ErrorContains(t, err, `no client "c77": clients are c1 … c6`)
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("pipe closed") }

func TestABrokenTerminalIsAnError(t *testing.T) {
	require.ErrorContains(t, Timeline(broken{}, reactor(), Options{}), "pipe closed")
}

func TestAnyRecordingCanBeShown(t *testing.T) {
	rec := trace.NewRecording()
	for i, f := range []trace.Family{trace.FamilyRead, trace.FamilyPoll, trace.FamilyEpollCtl, trace.FamilyWait, trace.FamilyAccept, trace.FamilyClose} {
		call := &trace.Call{Seq: int64(i + 1), TID: 1 << i, PID: 1, FD: -1, Name: fmt.Sprint(f), Family: f}
		require.NoError(t, rec.Put(trace.Record{Call: call}))
	}
	require.NoError(t, Timeline(&bytes.Buffer{}, rec, Options{Everything: true}))
	require.NoError(t, Timeline(&bytes.Buffer{}, &trace.Recording{}, Options{}))
}
