//go:build linux

package steps

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/tracer"
)

//go:embed aio/aio.c
var aioSource []byte

// aioProgram is one run of the program that uses POSIX aio: what it said, and what it was seen to do.
type aioProgram struct {
	rec *trace.Recording
	pid int
	say map[string]int
}

// runAIO builds the program with this machine's compiler and records a run of it. Where there is no compiler, or the C
// library is not glibc, whose aio the Rules are about, the scenario is unsupported.
func runAIO(ctx context.Context, args ...string) (p *aioProgram, err error) {
	dir, err := os.MkdirTemp("", "iospec-aio-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for a program: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	ctx, cancel := context.WithTimeout(ctx, await.Patience)
	defer cancel()
	path, err := buildAIO(ctx, dir)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	p = &aioProgram{rec: trace.NewRecording()}
	process, err := tracer.Start(ctx, tracer.Command{Path: path, Args: append([]string{path}, args...), Stdout: &out, Stderr: &out}, p.rec, tracer.Options{Files: true})
	if errors.Is(err, tracer.ErrRefused) {
		return nil, check.Unsupportedf("%v", err)
	}
	if err != nil {
		return nil, err
	}
	p.pid = process.PID()
	status, err := process.Wait()
	if err != nil || status != (tracer.Status{}) {
		err = errors.Join(err, ctx.Err(), fmt.Errorf("%v: %s", status, &out))
		return nil, fmt.Errorf("the program that uses aio, %v: %w", args, err)
	}
	return p, p.parse(out.String())
}

// buildAIO compiles the program. aio was in a library of its own before glibc 2.34.
func buildAIO(ctx context.Context, dir string) (path string, err error) {
	compiler, err := exec.LookPath("cc")
	if err != nil {
		return "", check.Unsupportedf("no C compiler: %v (install gcc and the headers of the C library: apt-get install gcc libc6-dev)", err)
	}
	path = filepath.Join(dir, "aio")
	cmd := exec.CommandContext(ctx, compiler, "-x", "c", "-O1", "-o", path, "-", "-lrt", "-lpthread")
	cmd.Stdin = bytes.NewReader(aioSource)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", check.Unsupportedf("the C compiler fails: %v (is libc6-dev installed?): %s", err, bytes.TrimSpace(out))
	}
	return path, nil
}

// parse reads what the program said: lines of a word and a number.
func (p *aioProgram) parse(out string) error {
	p.say = map[string]int{}
	for line := range strings.Lines(out) {
		var word string
		var n int
		if _, err := fmt.Sscan(line, &word, &n); err != nil {
			return fmt.Errorf("the program that uses aio said %q: %w", line, err)
		}
		p.say[word] = n
	}
	if _, ok := p.say["glibc"]; !ok {
		return check.Unsupportedf("the C library is not glibc, and this is about glibc's aio")
	}
	return nil
}

// helpers lists the calls of read and write families that threads made for the program on objects of that kind ("socket:",
// "file:"), by thread.
func (p *aioProgram) helpers(kind string) map[int][]*trace.Call {
	by := map[int][]*trace.Call{}
	for _, c := range p.rec.Calls {
		if c.TID != p.pid && (c.Family == trace.FamilyRead || c.Family == trace.FamilyWrite) && strings.HasPrefix(string(c.Object), kind) {
			by[c.TID] = append(by[c.TID], c)
		}
	}
	return by
}
