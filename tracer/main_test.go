//go:build linux && (amd64 || arm64)

package tracer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/iospec/iospec/trace"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// A tracee of these tests is this test binary in a role, or a small C program. It describes itself: for each system call
// that must be recorded it prints the fields that it knows, as a line of JSON, and the test looks for them, thread by
// thread, in this order.

const roleVariable = "TRACER_TEST_ROLE"

// roles are filled in by the files that test them.
var roles = map[string]func(){}

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		run, ok := roles[role]
		if !ok {
			fmt.Fprintln(os.Stderr, "no role", role)
			os.Exit(2)
		}
		runtime.LockOSThread()
		run()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// fields are what a tracee knows of one call, by the names of the file format. "tid" is filled in by expect.
type fields map[string]any

// expect prints, in a tracee, that the calling thread has just made such a call.
func expect(name string, f fields) {
	if f == nil {
		f = fields{}
	}
	f["name"] = name
	if f["tid"] == nil {
		f["tid"] = unix.Gettid()
	}
	line, err := json.Marshal(f)
	must(err)
	expected = append(expected, line...)
	expected = append(expected, '\n')
}

var expected []byte

// describe prints all that was expected; at the end, so that the printing is not between the calls.
func describe() {
	_, err := os.Stdout.Write(expected)
	must(err)
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "tracee:", err)
		os.Exit(3)
	}
}

func value2[T any](v T, err error) T {
	must(err)
	return v
}

// tape is a sink that keeps everything, and refuses what trace refuses.
type tape struct {
	mu      sync.Mutex
	records []trace.Record
}

func (s *tape) Put(r trace.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records = append(s.records, r)
	return r.Check()
}

// recorded is a finished recording.
type recorded struct {
	t       testing.TB
	records []trace.Record
	out     string
	status  Status
}

const patience = 60 * time.Second

func roleCommand(role string, env ...string) Command {
	return Command{
		Path: "/proc/self/exe", Args: []string{role},
		// The race detector's runtime would sleep for a second at the end of each tracee.
		Env: append(append(os.Environ(), roleVariable+"="+role, "GORACE=atexit_sleep_ms=0"), env...),
	}
}

// record runs a command to its end.
func record(t testing.TB, cmd Command, opt Options) *recorded {
	t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var sink tape
	p, err := Start(ctx, cmd, &sink, opt)
	skipIfRefused(t, err)
	require.NoError(t, err)
	status, err := p.Wait()
	require.NoError(t, err)
	require.NoError(t, ctx.Err(), "the tracee did not end")
	require.Empty(t, errs.String(), "the tracee complained")
	return &recorded{t, sink.records, out.String(), status}
}

// skipIfRefused skips loudly where the machine does not allow recording.
func skipIfRefused(t testing.TB, err error) {
	if errors.Is(err, ErrRefused) {
		t.Skipf("SKIPPED: this machine does not let us record: %v", err)
	}
}

func (r *recorded) calls() []*trace.Call {
	var calls []*trace.Call
	for _, rec := range r.records {
		if rec.Call != nil {
			calls = append(calls, rec.Call)
		}
	}
	return calls
}

// named gives the calls of one name.
func (r *recorded) named(name string) []*trace.Call {
	var calls []*trace.Call
	for _, c := range r.calls() {
		if c.Name == name {
			calls = append(calls, c)
		}
	}
	return calls
}

// described checks that every call that the tracee described is in the recording, in the order of its thread.
func (r *recorded) described() {
	r.t.Helper()
	byTID := map[float64][]fields{}
	for line := range strings.Lines(r.out) {
		var f fields
		require.NoError(r.t, json.Unmarshal([]byte(line), &f), line)
		byTID[f["tid"].(float64)] = append(byTID[f["tid"].(float64)], f)
	}
	require.NotEmpty(r.t, byTID, "the tracee described nothing")
	for tid, wanted := range byTID {
		had := r.fieldsOf(int(tid))
		at := 0
		for _, w := range wanted {
			found := at
			for found < len(had) && !matches(w, had[found]) {
				found++
			}
			require.Less(r.t, found, len(had), "not recorded: %v\nafter: %v", w, sameName(w, had))
			at = found + 1
		}
	}
}

func (r *recorded) fieldsOf(tid int) []fields {
	var all []fields
	for _, c := range r.calls() {
		if c.TID != tid {
			continue
		}
		b, err := json.Marshal(c)
		require.NoError(r.t, err)
		var f fields
		require.NoError(r.t, json.Unmarshal(b, &f))
		all = append(all, f)
	}
	return all
}

func sameName(w fields, had []fields) (all []fields) {
	for _, h := range had {
		if h["name"] == w["name"] {
			all = append(all, h)
		}
	}
	return all
}

// matches compares the fields that the tracee knows. One that is left out of the file is nothing: 0, "" or false.
func matches(want, had fields) bool {
	for k, w := range want {
		h, ok := had[k]
		if !ok {
			switch w {
			case 0.0, "", false, nil:
				continue
			}
		}
		if !reflect.DeepEqual(w, h) {
			return false
		}
	}
	return true
}

// compile builds a C program, or skips loudly.
func compile(t testing.TB, source string, flags ...string) string {
	t.Helper()
	cc, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("SKIPPED: no C compiler (cc) here")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "tracee")
	args := append([]string{"-O1", "-x", "c", "-o", path, "-"}, flags...)
	cmd := exec.Command(cc, args...)
	cmd.Stdin = strings.NewReader(source)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return path
}

func object(fd int) string {
	link := value2(os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd)))
	return strings.NewReplacer(":[", ":", "]", "").Replace(link)
}
