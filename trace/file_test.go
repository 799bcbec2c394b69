package trace_test

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/trace/tracetest"
)

const headerLine = `{"header":{"format":"iospec/trace","version":1,"source":"t","kernel":"k","arch":"a","command":["x"],"started":"2026-01-02T03:04:05Z"}}` + "\n"

const endLine = `{"end":{"at":9,"calls":0}}` + "\n"

// anyRecord draws a record of each kind that Check accepts, with any value in every field.
func anyRecord(t *rapid.T) trace.Record {
	id := rapid.IntRange(1, 1<<22)
	at := rapid.Custom(func(t *rapid.T) trace.Time { return trace.Time(rapid.Int64Min(0).Draw(t, "at")) })
	switch rapid.IntRange(0, 6).Draw(t, "kind") {
	case 0:
		b := rapid.Make[trace.Born]().Draw(t, "born")
		b.At, b.TID, b.PID = at.Draw(t, "at"), id.Draw(t, "tid"), id.Draw(t, "pid")
		return trace.Record{Born: &b}
	case 1:
		e := rapid.Make[trace.Exec]().Draw(t, "exec")
		e.At, e.PID = at.Draw(t, "at"), id.Draw(t, "pid")
		return trace.Record{Exec: &e}
	case 2:
		e := rapid.Make[trace.Exit]().Draw(t, "exit")
		e.At, e.TID, e.PID = at.Draw(t, "at"), id.Draw(t, "tid"), id.Draw(t, "pid")
		return trace.Record{Exit: &e}
	case 3:
		s := rapid.Make[trace.Socket]().Draw(t, "socket")
		s.At, s.Object = at.Draw(t, "at"), "socket:"+s.Object
		return trace.Record{Socket: &s}
	case 4:
		return trace.Record{Call: anyCall(t)}
	case 5:
		c := rapid.Make[trace.Client]().Draw(t, "client")
		c.Port, c.Opened, c.Closed = rapid.IntRange(1, 65535).Draw(t, "port"), at.Draw(t, "opened"), at.Draw(t, "closed")
		for i := range c.Exchanges {
			x := &c.Exchanges[i]
			x.Sent, x.Answered = at.Draw(t, "sent"), at.Draw(t, "answered")
			x.Out, x.In = x.Out&0xffff, x.In&0xffff
		}
		return trace.Record{Client: &c}
	}
	m := rapid.Make[trace.Mark]().Draw(t, "mark")
	m.At = at.Draw(t, "at")
	return trace.Record{Mark: &m}
}

func anyCall(t *rapid.T) *trace.Call {
	c := rapid.Make[trace.Call]().Draw(t, "call")
	c.Seq = rapid.Int64Min(1).Draw(t, "seq")
	c.TID, c.PID, c.FD = 1+c.TID&0xffff, 1+c.PID&0xffff, c.FD&0xfff-1
	c.Enter = trace.Time(rapid.Int64Range(0, 1<<40).Draw(t, "enter"))
	c.Exit = c.Enter + trace.Time(rapid.Int64Range(0, 1<<40).Draw(t, "took"))
	c.Family = rapid.SampledFrom([]trace.Family{trace.FamilyRead, trace.FamilyWait, trace.FamilyEpollCtl, trace.FamilyPoll}).Draw(t, "family")
	if c.Ctl != nil {
		c.Ctl.Op = rapid.SampledFrom([]string{"ADD", "MOD", "DEL"}).Draw(t, "op")
	}
	return &c
}

// plain makes empty slices nil, which is how they come back.
func plain(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			plain(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			plain(v.Field(i))
		}
	case reflect.Slice:
		if v.Len() == 0 && v.CanSet() {
			v.SetZero()
		}
		for i := range v.Len() {
			plain(v.Index(i))
		}
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.Custom(anyRecord), 0, 20).Draw(t, "records")
		header := trace.Record{Header: &trace.Header{
			Format: trace.Format, Version: trace.Version, Command: []string{rapid.String().Draw(t, "command")},
			Address: rapid.String().Draw(t, "address"), Started: time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "started"), 0).UTC(),
		}}
		end := trace.Record{End: &trace.End{At: 1, Calls: 2, Lost: 3, Zombies: 4, Reason: rapid.String().Draw(t, "reason")}}
		want = append(append([]trace.Record{header}, want...), end)

		var file bytes.Buffer
		w := trace.NewWriter(&file)
		for _, rec := range want {
			plain(reflect.ValueOf(rec))
			require.NoError(t, w.Put(rec))
		}
		var got []trace.Record
		for rec, err := range trace.Records(&file) {
			require.NoError(t, err)
			got = append(got, rec)
		}
		require.Equal(t, want, got)
	})
}

func TestEveryCutIsReadable(t *testing.T) {
	s := tracetest.New()
	a := s.Connect("burst")
	s.Main().Accept(a).Read(a, 10).Write(a, 10).Close(a)
	var file bytes.Buffer
	_, err := s.End().WriteTo(&file)
	require.NoError(t, err)
	whole := file.Bytes()
	first := bytes.IndexByte(whole, '\n')

	for cut := range len(whole) {
		rec, err := trace.Read(bytes.NewReader(whole[:cut]))
		if cut < first {
			require.Error(t, err, "cut in the header, at byte %d", cut)
			continue
		}
		require.NoError(t, err, "cut at byte %d", cut)
		lastLine := cut - 1 - bytes.LastIndexByte(whole[:cut], '\n')
		if rec.End == nil && rec.Torn != 0 {
			require.Equal(t, lastLine, rec.Torn)
		}
		if cut < len(whole)-1 {
			require.Nil(t, rec.End, "the end was cut off at byte %d", cut)
		}
	}
}

func TestARecordingSurvivesItsFile(t *testing.T) {
	s := tracetest.New()
	main := s.Main()
	ep, a := main.Epoll(), s.Connect("burst")
	child := main.Accept(a).Add(ep, a, trace.In).Fork()
	child.Read(a, 10).Exits()
	s.Mark("stop")
	want := s.End()
	var file bytes.Buffer
	_, err := want.WriteTo(&file)
	require.NoError(t, err)
	got, err := trace.Read(&file)
	require.NoError(t, err)
	require.Equal(t, want.Header, got.Header)
	require.Equal(t, want.Calls, got.Calls)
	require.Equal(t, want.Tasks, got.Tasks)
	require.Equal(t, want.Sockets, got.Sockets)
	require.Equal(t, want.Clients, got.Clients)
	require.Equal(t, want.Marks, got.Marks)
	require.Equal(t, want.End, got.End)
}

func TestTheReaderRefuses(t *testing.T) {
	call := func(body string) string {
		return headerLine + `{"call":{"seq":1,"enter":1,"tid":1,"pid":1,"name":"read","family":"read","fd":3,"result":0` + body + "}}\n"
	}
	for name, c := range map[string]struct{ file, want string }{
		"nothing":              {"", "empty: no recording was begun"},
		"another file":         {"#!/bin/sh\nexit\n", "line 1: not a recording"},
		"another JSON":         {`{"schema":"iospec/result/v1"}` + "\n", "line 1: not a recording"},
		"another format":       {`{"header":{"format":"other/trace","version":1}}` + "\n", `format is "other/trace"`},
		"a newer version":      {`{"header":{"format":"iospec/trace","version":2,"planet":"Mars"}}` + "\n", "line 1: the recording has version 2, and this iospec reads up to 1"},
		"a strange header":     {`{"header":{"format":"iospec/trace","version":1,"planet":"Mars"}}` + "\n", `line 1: unknown field "planet"`},
		"version zero":         {`{"header":{"format":"iospec/trace","version":0}}` + "\n", "version 0, which never was"},
		"no header":            {endLine, "line 1: not a recording"},
		"two headers":          {headerLine + headerLine, "line 2: a second header"},
		"a record of no kind":  {headerLine + "{}\n" + endLine, "line 2: a record of no kind"},
		"null":                 {headerLine + "null\n" + endLine, "line 2: a record of no kind"},
		"two kinds":            {headerLine + `{"mark":{"at":1,"name":"x"},"end":{"at":1,"calls":0}}` + "\n", "line 2: a record of several kinds"},
		"an unknown kind":      {headerLine + `{"dream":{}}` + "\n", `line 2: unknown field "dream": written by a newer iospec, or damaged`},
		"an unknown field":     {call(`,"mood":"good"`), `line 2: unknown field "mood"`},
		"damaged in between":   {headerLine + `{"mark":{"at":1,` + "\n" + endLine, "line 2: damaged"},
		"two records a line":   {headerLine + `{"mark":{"at":1,"name":"x"}}{"mark":{"at":1,"name":"x"}}` + "\n", "line 2: damaged: more than one record"},
		"after the end":        {headerLine + endLine + endLine, "line 3: a record after the end"},
		"torn after the end":   {headerLine + endLine + `{"ma`, "line 3: damaged"},
		"a negative thread":    {headerLine + `{"born":{"at":0,"tid":-4,"pid":1,"how":"start"}}` + "\n", "line 2: born of thread -4"},
		"a negative time":      {headerLine + `{"mark":{"at":-1,"name":"x"}}` + "\n", "line 2: mark at -1"},
		"a return before":      {strings.Replace(call(""), `"enter":1`, `"enter":9,"exit":3`, 1), "line 2: call 1 returned at 3, before it began at 9"},
		"call number zero":     {strings.Replace(call(""), `"seq":1`, `"seq":0`, 1), "line 2: call numbered 0"},
		"a number too large":   {strings.Replace(call(""), `"seq":1`, `"seq":1e30`, 1), "line 2: damaged"},
		"the same call twice":  {call("") + strings.TrimPrefix(call(""), headerLine), "two calls are numbered 1"},
		"an unknown family":    {strings.Replace(call(""), `"family":"read"`, `"family":"dance"`, 1), `of unknown family "dance"`},
		"an unknown operation": {call(`,"ctl":{"op":"SUB","fd":3}`), `unknown operation "SUB"`},
		"a port too large":     {headerLine + `{"client":{"port":70000,"role":"x","opened":1}}` + "\n", "client with port 70000"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := trace.Read(strings.NewReader(c.file))
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestALineMayNotBeEndless(t *testing.T) {
	_, err := trace.Read(strings.NewReader(headerLine + strings.Repeat(" ", trace.MaxLine+1)))
	require.ErrorContains(t, err, "line 2: longer than")
}

func TestAFailingDiskIsAnErrorOfItsOwn(t *testing.T) {
	_, err := trace.Read(iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader(headerLine))))
	require.ErrorIs(t, err, iotest.ErrTimeout)
}

// failing accepts some writes and tears the next.
type failing struct {
	bytes.Buffer
	good int
}

var errDisk = errors.New("no space left")

func (f *failing) Write(p []byte) (int, error) {
	if f.good--; f.good < 0 {
		n, _ := f.Buffer.Write(p[:len(p)/2])
		return n, errDisk
	}
	return f.Buffer.Write(p)
}

func TestAfterATornLineNothingIsWritten(t *testing.T) {
	disk := &failing{good: 2}
	w := trace.NewWriter(disk)
	require.NoError(t, w.Put(trace.Record{Header: &trace.Header{}}))
	mark := trace.Record{Mark: &trace.Mark{At: 1, Name: "listening"}}
	require.NoError(t, w.Put(mark))
	require.ErrorIs(t, w.Put(mark), errDisk)
	disk.good = 10
	require.ErrorIs(t, w.Put(mark), errDisk, "a line after a torn one would be damage in the middle")
	rec, err := trace.Read(&disk.Buffer)
	require.NoError(t, err)
	require.Len(t, rec.Marks, 1)
	require.NotZero(t, rec.Torn)
}

func TestTheWriterHoldsTheOrder(t *testing.T) {
	var file bytes.Buffer
	w := trace.NewWriter(&file)
	mark, header := trace.Record{Mark: &trace.Mark{}}, trace.Record{Header: &trace.Header{}}
	require.ErrorContains(t, w.Put(mark), "the header comes first")
	require.NoError(t, w.Put(header))
	require.ErrorContains(t, w.Put(header), "the header comes first, and once")
	require.ErrorContains(t, w.Put(trace.Record{}), "a record of no kind")
	require.NoError(t, w.Put(trace.Record{End: &trace.End{}}))
	require.ErrorContains(t, w.Put(mark), "after the end")
}

func TestTeeTellsEverySink(t *testing.T) {
	var file bytes.Buffer
	rec := trace.NewRecording()
	broken := trace.NewWriter(&failing{})
	sink := trace.Tee(rec, broken, trace.NewWriter(&file))
	require.ErrorIs(t, sink.Put(trace.Record{Header: &trace.Header{Kernel: "6.18"}}), errDisk)
	require.Equal(t, "6.18", rec.Header.Kernel)
	require.NotZero(t, file.Len(), "a broken sink does not keep the record from the others")
}

// large writes a recording of n calls on some hundred connections.
func large(n int) []byte {
	s := tracetest.New()
	main := s.Main()
	ep := main.Epoll()
	clients := s.Connects(200, "burst")
	main.Accept(clients...)
	for _, c := range clients {
		main.Add(ep, c, trace.In)
	}
	for i := 0; len(s.Rec.Calls) < n; i++ {
		c := clients[i%len(clients)]
		main.Wait(ep, c).Read(c, 100).Write(c, 100)
	}
	var file bytes.Buffer
	if _, err := s.End().WriteTo(&file); err != nil {
		panic(err)
	}
	return file.Bytes()
}

func BenchmarkRead(b *testing.B) {
	for _, n := range []int{1000, 100_000} {
		file := large(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.SetBytes(int64(len(file)))
			for b.Loop() {
				if _, err := trace.Read(bytes.NewReader(file)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkQueries(b *testing.B) {
	file := large(100_000)
	for b.Loop() {
		b.StopTimer()
		rec, err := trace.Read(bytes.NewReader(file))
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		rec.Waits()
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(headerLine + endLine))
	f.Add([]byte(headerLine + `{"dream":{}}`))
	f.Add(large(300)[:8000])
	f.Add([]byte(headerLine + `{"born":{"at":0,"tid":1,"pid":1,"how":"start"}}` + "\n" + `{"exit":{"at":3,"tid":1,"pid":1,"leader":true}}` + "\n"))
	f.Add([]byte(headerLine + `{"call":{"seq":1,"enter":1,"exit":2,"tid":1,"pid":1,"name":"close_range","family":"close","fd":-1,"result":0,"value":3,"want":4294967295}}` + "\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		rec, err := trace.Read(bytes.NewReader(file))
		if err != nil {
			return
		}
		for _, w := range rec.Waits() {
			w.Members()
		}
		rec.Connections()
		var again bytes.Buffer
		if _, err := rec.WriteTo(&again); err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if _, err := trace.Read(&again); err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
	})
}
