// Package reexec lets this program play another part: a child process that is the same executable, and runs one
// function instead of main.
//
// A role is declared while its package is initialised, and is played there and then by a child that was started for it.
// So the same line serves the program and its tests, and neither main nor TestMain knows of it:
//
//	func init() { reexec.Role("parrot", func(in <-chan string, out io.Writer) error { … }) }
//
// The two talk in lines, over the child's standard input and output. When the starter closes its end, or dies, the
// child ends at once: no child is left behind, whatever becomes of the starter.
package reexec

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// variable is set in the environment of a child that has a role to play.
const variable = "IOSPEC_ROLE"

// Role declares what a child does that was started for this role: play gets the starter's lines and answers on out. Its
// error is printed on the child's standard error, and the child's exit status tells of it. Call Role in an init
// function only.
func Role(name string, play func(in <-chan string, out io.Writer) error) {
	if os.Getenv(variable) != name {
		return
	}
	_ = os.Unsetenv(variable) // the child's own children have no role
	if err := play(linesUntilGone(), os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "role %s: %v\n", name, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// linesUntilGone gives the starter's lines, and ends the process when there can be no more of them.
func linesUntilGone() <-chan string {
	lines := make(chan string)
	go func() {
		scanner := bufio.NewScanner(os.Stdin)
		for scanner.Scan() {
			lines <- scanner.Text()
		}
		os.Exit(0)
	}()
	return lines
}

// Child is a process that plays a role.
type Child struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Reader
	cries bytes.Buffer // its standard error
}

// Options of a child.
type Options struct {
	Files []*os.File           // inherited as descriptors 3, 4, …
	Attr  *syscall.SysProcAttr // namespaces and the like

	// Command, unless nil, starts the child in place of this very program: another form of it, which has the role, too.
	Command *exec.Cmd
}

// Start starts a child that plays the role.
func Start(role string, opt Options) (*Child, error) {
	c := &Child{cmd: opt.Command}
	if c.cmd == nil {
		c.cmd = exec.Command("/proc/self/exe")
	}
	c.cmd.Env = append(c.cmd.Environ(), variable+"="+role)
	c.cmd.ExtraFiles, c.cmd.SysProcAttr, c.cmd.Stderr = opt.Files, opt.Attr, &c.cries
	in, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start a child for %s: %w", role, err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start a child for %s: %w", role, err)
	}
	c.in, c.out = in, bufio.NewReader(out)
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start a child for %s: %w", role, err)
	}
	return c, nil
}

// PID is the child's process number.
func (c *Child) PID() int { return c.cmd.Process.Pid }

// Ask sends one line and returns the one that answers it.
func (c *Child) Ask(line string) (string, error) {
	if _, err := io.WriteString(c.in, line+"\n"); err != nil {
		return "", fmt.Errorf("tell child %d %q: %w", c.PID(), line, err)
	}
	answer, err := c.out.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("child %d did not answer %q: %w", c.PID(), line, err)
	}
	return strings.TrimSuffix(answer, "\n"), nil
}

// patience is how long a child may take to end by itself, once it has been told that its starter is done.
const patience = 5 * time.Second

// Stop ends the child and reaps it. The error tells of a child that failed, with what it printed.
func (c *Child) Stop() error {
	_ = c.in.Close()
	hurry := time.AfterFunc(patience, func() { _ = c.cmd.Process.Kill() })
	defer hurry.Stop()
	if err := c.cmd.Wait(); err != nil {
		return fmt.Errorf("child %d: %w %s", c.PID(), err, strings.TrimSpace(c.cries.String()))
	}
	return nil
}
