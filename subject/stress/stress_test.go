//go:build linux

package stress

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/iospec/iospec/subject/protocol"
)

func TestScriptsAreReadAsTheyAreWritten(t *testing.T) {
	for name := range models {
		rapid.Check(t, func(t *rapid.T) {
			s := Scripts(name).Draw(t, "script")
			again, err := ParseScript("# a comment\n\n" + s.String())
			require.NoError(t, err)
			require.Equal(t, len(s), len(again))
			require.Equal(t, s.String(), again.String())
			for i := range s {
				require.Equal(t, s[i], again[i])
			}
		})
	}
}

func TestLongRunsAreWrittenShort(t *testing.T) {
	step := Step{Client: 1, Verb: Send, Text: "echo " + strings.Repeat("=", 12_000) + "\n" + strings.Repeat("x", 39)}
	require.Equal(t, `client 1 send "echo " "=" times 12000 "\n`+strings.Repeat("x", 39)+`"`, step.String())
}

func TestScriptsThatMakeNoSenseAreRefused(t *testing.T) {
	for script, fault := range map[string]string{
		"client 1 dance":                                             "want client N",
		"client one connect":                                         "want client N",
		"client 0 connect":                                           "want client N",
		"client 1 connect quickly":                                   "want client N",
		"client 1 connect\nclient 1 send hello":                      "no quoted text",
		"client 1 connect\nclient 1 send":                            "nothing to send",
		"client 1 connect\nclient 1 read -3":                         "no number of bytes",
		"client 1 read":                                              "not connected",
		"client 1 connect\nclient 1 connect":                         "connected already",
		"client 1 connect\nclient 1 reset\nclient 1 read":            "not connected",
		"client 1 connect\nclient 1 half-close\nclient 1 send \"x\"": "sends no more",
		"client 1 connect\nclient 1 send \"x\" times 99999999":       "more than",
	} {
		_, err := ParseScript(script)
		require.ErrorContains(t, err, fault, script)
	}
}

func FuzzParseScript(f *testing.F) {
	f.Add("client 1 connect receiving 65536\nclient 1 send \"a\" times 50 \"b\"\nclient 1 read 3\nclient 1 finish\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseScript(text)
		if err != nil {
			return
		}
		again, err := ParseScript(s.String())
		require.NoError(t, err)
		require.Equal(t, s.String(), again.String())
	})
}

// TestModelsAgreeWithTheClients: the answers of which the protocols' clients know that they are right are those that the
// models say are due, however the requests are cut.
func TestModelsAgreeWithTheClients(t *testing.T) {
	for name, newModel := range models {
		speaks, err := protocol.Find(name)
		require.NoError(t, err)
		rapid.Check(t, func(t *rapid.T) {
			m := newModel()
			var owes []due
			for n := range rapid.IntRange(1, 5).Draw(t, "requests") {
				r := speaks.Request(n)
				if rapid.Bool().Draw(t, "large") {
					r = speaks.Large(n, 3000)
				}
				before := total(owes)
				for rest := r.Bytes; len(rest) > 0; {
					cut := rapid.IntRange(1, len(rest)).Draw(t, "cut")
					more, over, err := m.hear(rest[:cut])
					require.NoError(t, err)
					require.False(t, over)
					owes, rest = append(owes, more...), rest[cut:]
				}
				require.Equal(t, r.In, total(owes)-before)
			}
		})
	}
}

func total(owes []due) (n int) {
	for _, d := range owes {
		n += len(d.exact) + d.any
	}
	return n
}

func TestLineModel(t *testing.T) {
	m := &lineModel{}
	owes, over, err := m.hear([]byte("echo a b\r\nblob 3\nsleep 0\nspin 0\nwhoami\nwhat\nquit\necho never\n"))
	require.NoError(t, err)
	require.True(t, over)
	c := client{owed: owes}
	require.NoError(t, c.match([]byte("a b\nxy\nslept 0\nspun 0\n12 34\nerror: unknown\n")))
	require.Empty(t, c.owed)
	for _, wrong := range []string{"a c\n", "a b\nx\n", "a b\nxyz\n", "a b\nxy\nslept 1\n", "a b\nxy\nslept 0\nspun 0\n1 2\nerr: x\n"} {
		owes, _, err := (&lineModel{}).hear([]byte("echo a b\r\nblob 3\nsleep 0\nspin 0\nwhoami\nwhat\nquit\n"))
		require.NoError(t, err)
		c := client{owed: owes}
		require.Error(t, c.match([]byte(wrong)), wrong)
	}
	_, _, err = (&lineModel{}).hear([]byte("blob -1\n"))
	require.ErrorContains(t, err, "no model")
}

// serve runs a server that handles each connection by itself.
func serve(t *testing.T, handle func(net.Conn)) Stage {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				handle(c)
			}()
		}
	}()
	return Stage{Address: l.Addr().String(), Protocol: "echo", InVain: soon()}
}

// soon gives up after a while: these servers are this process, which cannot be seen to sleep.
func soon() func(bool) (bool, error) {
	looks := 0
	return func(begin bool) (bool, error) {
		if looks++; begin {
			looks = 0
		}
		return looks > 400, nil
	}
}

func echo(c net.Conn) { _, _ = io.Copy(c, c) }

func TestARightServerKeepsEveryScript(t *testing.T) {
	st := serve(t, echo)
	rapid.Check(t, func(t *rapid.T) {
		fault, err := st.Play(context.Background(), Scripts("echo").Draw(t, "script"))
		require.NoError(t, err)
		require.Nil(t, fault)
	})
}

func TestEachFaultIsFound(t *testing.T) {
	for name, test := range map[string]struct {
		handle           func(net.Conn)
		script           string
		step             int
		expect, observed string
	}{
		"a wrong byte": {
			func(c net.Conn) {
				b := make([]byte, 100)
				n, _ := c.Read(b)
				_, _ = c.Write(bytes.ToUpper(b[:n]))
			},
			"client 1 connect\nclient 1 send \"abC\"\nclient 1 read\n", 3, `"abC"`, `"ABC" came, at byte 0`,
		},
		"too much": {
			func(c net.Conn) { _, _ = io.Copy(io.MultiWriter(c, c), c) },
			"client 1 connect\nclient 1 send \"ab\"\nclient 1 read 2\n", 4, "nothing more", `"ab" came behind byte 2`,
		},
		"an early end": {
			func(c net.Conn) { b := make([]byte, 2); n, _ := c.Read(b); _, _ = c.Write(b[:n]) },
			"client 3 connect\nclient 3 send \"ab\"\nclient 3 read\nclient 3 send \"cd\"\nclient 3 read\n", 5, `"cd"`, "after 2 bytes",
		},
		"silence": {
			func(c net.Conn) {
				b := make([]byte, 2)
				_, _ = io.ReadFull(c, b)
				_, _ = c.Write(b)
				_, _ = io.Copy(io.Discard, c)
			},
			"client 1 connect\nclient 1 send \"abcd\"\nclient 1 read 2\nclient 1 read 1\n", 4, `"cd"`, "nothing came after 2 bytes, and nothing will",
		},
		"no end": {
			func(c net.Conn) { echo(c); select {} },
			"client 1 connect\nclient 1 send \"ab\"\n", 3, "the end of the connection", "nothing came after 2 bytes",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := ParseScript(test.script)
			require.NoError(t, err)
			fault, err := serve(t, test.handle).Play(t.Context(), s)
			require.NoError(t, err)
			require.NotNil(t, fault)
			require.Equal(t, test.step, fault.Step)
			require.Contains(t, fault.Expected, test.expect)
			require.Contains(t, fault.Observed, test.observed)
		})
	}
}

func TestAServerThatIsNotThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	fault, err := Stage{Address: l.Addr().String()}.Play(t.Context(), Script{{Client: 1, Verb: Connect}})
	require.NoError(t, err)
	require.ErrorContains(t, fault, "connection refused")
}

// TestTheSearchShortens: a server that forgets what follows a certain letter is found out, with little around it.
func TestTheSearchShortens(t *testing.T) {
	st := serve(t, func(c net.Conn) {
		b := make([]byte, 1<<16)
		for {
			n, err := c.Read(b)
			if err != nil {
				return
			}
			_, _ = c.Write(bytes.ReplaceAll(b[:n], []byte("z"), []byte("s")))
		}
	})
	found, err := Search(100, "echo", func(s Script, _ bool) (*Fault, error) { return st.Play(t.Context(), s) })
	require.NoError(t, err)
	require.NotNil(t, found.Fault, "not found in %d scripts", found.Scripts)
	require.NotZero(t, found.Seed)
	sh := &shortener{best: found.Script, fault: found.Fault, until: time.Now().Add(time.Minute)} // on a busy machine, the search's own time may be short
	sh.play = func(s Script) (*Fault, error) { return st.Play(t.Context(), s) }
	sh.shorten()
	require.Len(t, sh.best, 2, sh.best.String())
	require.Equal(t, "z", sh.best[1].Text, "%v", sh.fault)
	fault, err := st.Play(t.Context(), found.Script)
	require.NoError(t, err)
	require.NotNil(t, fault, "it fails again when it is played again")
}

func TestSearchTellsErrorsFromFaults(t *testing.T) {
	_, err := Search(1, "http", nil)
	require.ErrorContains(t, err, "no model of http")
	_, err = Search(1, "echo", func(Script, bool) (*Fault, error) { return nil, fmt.Errorf("ours") })
	require.EqualError(t, err, "ours")
}

func TestPlayEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	st := serve(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	st.InVain = func(bool) (bool, error) { return false, nil }
	_, err := st.Play(ctx, Script{{Client: 1, Verb: Connect}, {Client: 1, Verb: Send, Text: "x"}, {Client: 1, Verb: Read}})
	require.ErrorIs(t, err, context.DeadlineExceeded)
}
