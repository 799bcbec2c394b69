//go:build linux

package wine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/iospec/iospec/internal/proc"
)

// Missing says that something is not there without which there is no Wine.
type Missing struct {
	What string // that is missing
	Hint string // what to do
}

func (m *Missing) Error() string { return m.What + " (" + m.Hint + ")" }

// A Bottle is a Windows of one's own.
type Bottle struct {
	folder  string
	wine    string // program that runs Windows programs
	server  string // program that is Wine's kernel
	program string // this program's Windows form
}

// patience is how long Wine may take for one step. It is no part of any verdict.
const patience = 2 * time.Minute

// New makes a bottle, which takes some seconds. Its error is a *Missing if that cannot be done on this machine.
func New(ctx context.Context) (*Bottle, error) {
	wine, err := Installed()
	if err != nil {
		return nil, err
	}
	server, err := find("wineserver", "wineserver64")
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "iospec-wine-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for Wine: %w", err)
	}
	b := &Bottle{folder: folder, wine: wine, server: server}
	if err := b.fill(ctx); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// Install is the command that installs Wine where there is apt. The preloader keeps free the addresses that Wine needs: where
// addresses are random (proc_sys_kernel(5), randomize_va_space 2), the kernel puts the heap anywhere in the GiB above the
// program, and in one start of some thousand that is where Windows' shared data must be; without a preloader, Wine ends then.
const Install = "apt-get install wine64 wine64-preloader"

// Installed is where Wine is. Its error is a *Missing.
func Installed() (program string, err error) { return find("wine64", "wine") }

// find looks for a program, also where Debian puts Wine's.
func find(names ...string) (string, error) {
	for _, name := range names {
		for _, candidate := range []string{name, "/usr/lib/wine/" + name, "/opt/wine-stable/bin/" + name} {
			if file, err := exec.LookPath(candidate); err == nil {
				return file, nil
			}
		}
	}
	return "", &Missing{What: "Wine is not installed: there is no " + names[0], Hint: Install}
}

// fill makes the disk and the registry, adds what Wine may lack, and this program.
func (b *Bottle) fill(ctx context.Context) (err error) {
	if b.program, err = Program(ctx, b.folder); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := os.Mkdir(b.prefix(), 0o700); err != nil {
		return fmt.Errorf("make a folder for Wine: %w", err)
	}
	// What runs in the background is started now, with a file for its output, and stays until programs come; a program
	// that had to start it would have it hold its own output open.
	if out, err := b.run(ctx, b.server, "-p20"); err != nil {
		return fmt.Errorf("wineserver: %w %s", err, out)
	}
	if out, err := b.run(ctx, b.wine, "wineboot", "-i"); err != nil {
		return fmt.Errorf("wineboot: %w %s", err, out)
	}
	random := filepath.Join(b.prefix(), "drive_c/windows/system32/bcryptprimitives.dll")
	if _, err := os.Stat(random); err == nil {
		return nil
	}
	if err := os.WriteFile(random, forwarder("bcryptprimitives.dll", "ProcessPrng", "advapi32.SystemFunction036"), 0o600); err != nil {
		return fmt.Errorf("add what Wine lacks: %w", err)
	}
	return nil
}

func (b *Bottle) prefix() string { return filepath.Join(b.folder, "prefix") }

// settings is what Wine is told: where, to be silent unless it lacks the memory that it needs, and to offer neither .NET nor
// HTML nor a desktop.
func (b *Bottle) settings() []string {
	return []string{
		"WINEPREFIX=" + b.prefix(), "WINEARCH=win64", "WINEDEBUG=-all,err+virtual",
		"WINEDLLOVERRIDES=mscoree=;mshtml=;winemenubuilder.exe=",
		"TMPDIR=" + b.folder, // where wineserver makes a folder, and leaves it
	}
}

func (b *Bottle) environment() []string {
	env := b.settings()
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "WINE") && !strings.HasPrefix(v, "DISPLAY=") && !strings.HasPrefix(v, "TMPDIR=") {
			env = append(env, v)
		}
	}
	return env
}

// run runs a program of Wine's to its end. Its output goes to a file: what Wine leaves running in the background keeps it
// open, and would be waited for at a pipe.
func (b *Bottle) run(ctx context.Context, name string, args ...string) (output string, err error) {
	log, err := os.CreateTemp(b.folder, "log-")
	if err != nil {
		return "", fmt.Errorf("make a file for the output of %s: %w", name, err)
	}
	defer func() { _ = log.Close() }()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = b.environment(), log, log
	err = cmd.Run()
	text, _ := os.ReadFile(log.Name())
	return strings.TrimSpace(string(text)), err
}

// Words is a command line that runs this program's Windows form, and what its environment must have.
func (b *Bottle) Words(args ...string) (command, env []string) {
	return append([]string{b.wine, b.program}, args...), append(b.settings(), "DISPLAY=")
}

// Command is the same as a command to start.
func (b *Bottle) Command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, b.wine, append([]string{b.program}, args...)...)
	cmd.Env = b.environment()
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// Kernel is the number of the process that plays the kernel, wineserver: it holds all sockets, and waits at them.
func (b *Bottle) Kernel() (pid int, err error) {
	all, err := proc.All()
	if err != nil {
		return 0, fmt.Errorf("look for wineserver: %w", err)
	}
	for _, p := range all {
		if !strings.HasPrefix(p.Comm, "wineserver") || !p.Alive() {
			continue
		}
		if env, err := proc.Environ(p.PID); err == nil && slices.Contains(env, "WINEPREFIX="+b.prefix()) {
			return p.PID, nil
		}
	}
	return 0, errors.New("look for wineserver: none is there with this prefix")
}

// Registry sets a value below HKEY_CURRENT_USER.
func (b *Bottle) Registry(ctx context.Context, path, name, value string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if out, err := b.run(ctx, b.wine, "reg", "add", `HKCU\`+path, "/v", name, "/d", value, "/f"); err != nil {
		return fmt.Errorf("set %s in Wine's registry: %w %s", name, err, out)
	}
	return nil
}

// Close ends everything that runs in the bottle, waits for its end, and removes it.
func (b *Bottle) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, _ = b.run(ctx, b.server, "-k") // fails if nothing runs
	if out, err := b.run(ctx, b.server, "-w"); err != nil {
		return fmt.Errorf("wineserver does not end: %w %s", err, out)
	}
	if err := b.end(); err != nil {
		return err
	}
	if err := os.RemoveAll(b.folder); err != nil {
		return fmt.Errorf("remove Wine's folder: %w", err)
	}
	return nil
}
