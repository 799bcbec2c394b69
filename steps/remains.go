//go:build linux

package steps

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/internal/reexec"
)

// remainsSteps defines the steps of remains.feature: what is left of a child that has ended.
func remainsSteps(sc *godog.ScenarioContext, f *forking) {
	sc.Then(`^it is a zombie: it has no memory and no descriptors, but its entry and its number$`, f.isZombie)
	sc.When(`^the parent waits for it$`, f.reap)
	sc.Then(`^the parent is told its number and its exit status (\d+)$`, f.told)
	sc.Then(`^its entry and its number are gone, and there is nobody to wait for$`, f.isGone)
	sc.Given(`^a process of a user who has no other processes but its parent, and may have (\d+)$`, f.limited)
	sc.When(`^it makes children that end at once, and waits for none, until the kernel refuses$`, func() error { return f.tell(orderCrowd) })
	sc.When(`^it waits for 50 of them and forks again$`, func() error { return f.tell(orderReap) })
	sc.Then(`^fork has failed with EAGAIN, and of the (\d+) at least (\d+) are its zombies, and no child lives$`, f.exhausted)
	sc.Then(`^fork has succeeded$`, f.notExhausted)
}

func (f *forking) isZombie() error {
	seen, err := proc.Read(f.child)
	if err != nil {
		return err
	}
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", f.child))
	if err != nil && !proc.Gone(err) { // a kernel may say so of a process without memory
		return fmt.Errorf("read the address space: %w", err)
	}
	links, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", f.child))
	if err != nil && !errors.Is(err, unix.EACCES) && !proc.Gone(err) {
		return fmt.Errorf("read the descriptors: %w", err)
	}
	exists := unix.Kill(f.child, 0)
	f.w.Note("process %d: state %s, parent %d, %d bytes resident, %d mappings, %d descriptors", f.child, seen.State, seen.Parent, seen.RSS, len(maps), len(links))
	if seen.State != proc.Zombie || seen.RSS != 0 || len(maps) != 0 || len(links) != 0 || seen.Parent != f.parent.PID() || exists != nil {
		return check.Failf("a zombie with no memory and no descriptors, and its number kept", "state %s, %d bytes resident, mappings %q, %d descriptors, kill(%d, 0): %v", seen.State, seen.RSS, maps, len(links), f.child, exists)
	}
	return nil
}

func (f *forking) reap() (err error) {
	f.asked, err = f.ask("wait")
	return err
}

func (f *forking) told(status int) error {
	if want := fmt.Sprintf("%d %d", f.child, status); f.asked != want {
		return check.Failf(want, "%s", f.asked)
	}
	return nil
}

func (f *forking) isGone() error {
	_, err := proc.Read(f.child)
	exists := unix.Kill(f.child, 0)
	more, waitErr := f.ask("wait")
	if waitErr != nil {
		return waitErr
	}
	if !proc.Gone(err) || !errors.Is(exists, unix.ESRCH) || more != "ECHILD" {
		return check.Failf("no entry, ESRCH, ECHILD", "entry: %v; kill(%d, 0): %v; wait: %s", err, f.child, exists, more)
	}
	return nil
}

// stranger is a user of whom there is no process, so that root, who knows no limit, can be somebody else.
const stranger = 54321

// limited starts the parent as a user of its own, in a user namespace: there its processes are counted anew, whoever we
// are. The limit is the child's, which has one thread and can bear to be refused; the parent's runtime could not.
func (f *forking) limited(most int) (err error) {
	host := os.Getuid()
	if host == 0 {
		host = stranger
	}
	f.parent, err = f.w.forkingParent(reexec.Options{Attr: &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: host, Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		Credential:  &syscall.Credential{NoSetGroups: true},
	}})
	if err != nil {
		return check.Unsupportedf("no user namespace of our own, in which processes are counted anew: %v", err)
	}
	if err := f.fork(); err != nil {
		return err
	}
	f.w.Cleanup(func() { _ = f.tell(orderReapAll) })
	_, err = f.ask(fmt.Sprintf("limit %d", most))
	return err
}

// exhausted looks at what the user has: the parent's threads, the child, and its zombies.
func (f *forking) exhausted(most, least int) error {
	all, err := proc.All()
	if err != nil {
		return err
	}
	zombies, alive := 0, 0
	for _, p := range all {
		switch {
		case p.Parent != f.child:
		case p.State == proc.Zombie:
			zombies++
		default:
			alive++
		}
	}
	_, made, errno, err := f.board()
	f.w.Note("of %d processes, %d were zombies, %d children alive; then fork failed with %v", most, zombies, alive, unix.ErrnoName(errno))
	if err == nil && (errno != unix.EAGAIN || zombies != int(made) || zombies < least || alive != 0) {
		return check.Failf(fmt.Sprintf("EAGAIN, %d zombies at least", least), "%v, %d made, %d zombies, %d children alive", errno, made, zombies, alive)
	}
	return err
}

func (f *forking) notExhausted() error {
	_, _, errno, err := f.board()
	if err == nil && errno != 0 {
		return check.Failf("a fork that succeeds, once zombies are gone", "%v", errno)
	}
	return err
}

// board reads what parent and child share.
func (f *forking) board() (word, made uint64, errno unix.Errno, err error) {
	answer, err := f.ask("word")
	if err == nil {
		_, err = fmt.Sscan(answer, &word, &made, &errno)
	}
	return word, made, errno, err
}
