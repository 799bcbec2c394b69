//go:build linux

package wine

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Program finds this program's Windows form: iospec.exe beside it, or else as much of it as is needed (cmd/guest) is built,
// in that folder, out of the source that this program was built of. Its error is a *Missing if neither can be done.
func Program(ctx context.Context, folder string) (string, error) {
	if self, err := os.Executable(); err == nil {
		if beside := filepath.Join(filepath.Dir(self), "iospec.exe"); isFile(beside) {
			return beside, nil
		}
	}
	const hint = "GOOS=windows GOARCH=amd64 go build -o iospec.exe ./cmd/iospec, and put it beside this program"
	source, ok := source()
	if !ok {
		return "", &Missing{What: "iospec.exe is not beside this program, and the source to build it of is not at hand", Hint: hint}
	}
	if _, err := exec.LookPath("go"); err != nil {
		return "", &Missing{What: "iospec.exe is not beside this program, and there is no Go to build it with", Hint: hint}
	}
	program := filepath.Join(folder, "guest.exe")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/guest")
	build.Dir = source
	build.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build cmd/guest: %w\n%s", err, strings.TrimSpace(string(out)))
	}
	return program, nil
}

// source is the folder of the module, if it is still where the compiler found it.
func source() (folder string, ok bool) {
	_, here, _, ok := runtime.Caller(0)
	folder = filepath.Dir(filepath.Dir(filepath.Dir(here)))
	return folder, ok && isFile(filepath.Join(folder, "go.mod")) && isFile(filepath.Join(folder, "cmd/guest/main_windows.go"))
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}
