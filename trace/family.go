package trace

// Family is the job a system call does, whatever its name: glibc's select() is pselect6, its fork() is clone.
type Family string

const (
	FamilySocket   Family = "socket" // socket, bind, listen, connect, shutdown
	FamilyOption   Family = "option" // setsockopt, fcntl, ioctl
	FamilyAccept   Family = "accept"
	FamilyRead     Family = "read"
	FamilyWrite    Family = "write"
	FamilyClose    Family = "close"
	FamilyDup      Family = "dup"
	FamilySelect   Family = "select"
	FamilyPoll     Family = "poll"
	FamilyEpoll    Family = "epoll"      // epoll_create, epoll_create1
	FamilyEpollCtl Family = "epoll_ctl"  // epoll_ctl
	FamilyWait     Family = "epoll_wait" // epoll_wait, epoll_pwait, epoll_pwait2
	FamilyRing     Family = "io_uring"   // io_uring_setup, _enter, _register
	FamilyWaker    Family = "waker"      // eventfd, pipe, socketpair, timerfd, signalfd: made to wake somebody
	FamilyTask     Family = "task"       // fork, vfork, clone, clone3
	FamilyExec     Family = "exec"
	FamilyReap     Family = "reap"  // wait4, waitid
	FamilyLock     Family = "lock"  // futex, flock, semop: recorded on request only, they are many
	FamilySleep    Family = "sleep" // nanosleep, clock_nanosleep: a thread that blocks elsewhere than in its wait
	FamilyAio      Family = "aio"   // io_setup, io_submit, io_getevents
)

var families = map[Family][]string{
	FamilySocket:   {"socket", "bind", "listen", "connect", "shutdown"},
	FamilyOption:   {"setsockopt", "fcntl", "ioctl"},
	FamilyAccept:   {"accept", "accept4"},
	FamilyRead:     {"read", "readv", "pread64", "preadv", "preadv2", "recvfrom", "recvmsg", "recvmmsg"},
	FamilyWrite:    {"write", "writev", "pwrite64", "pwritev", "pwritev2", "sendto", "sendmsg", "sendmmsg", "sendfile", "splice"},
	FamilyClose:    {"close", "close_range"},
	FamilyDup:      {"dup", "dup2", "dup3"},
	FamilySelect:   {"select", "pselect6"},
	FamilyPoll:     {"poll", "ppoll"},
	FamilyEpoll:    {"epoll_create", "epoll_create1"},
	FamilyEpollCtl: {"epoll_ctl"},
	FamilyWait:     {"epoll_wait", "epoll_pwait", "epoll_pwait2"},
	FamilyRing:     {"io_uring_setup", "io_uring_enter", "io_uring_register"},
	FamilyWaker:    {"eventfd", "eventfd2", "pipe", "pipe2", "socketpair", "timerfd_create", "signalfd", "signalfd4"},
	FamilyTask:     {"fork", "vfork", "clone", "clone3"},
	FamilyExec:     {"execve", "execveat"},
	FamilyReap:     {"wait4", "waitid"},
	FamilyLock:     {"futex", "flock", "semop", "semtimedop"},
	FamilySleep:    {"nanosleep", "clock_nanosleep"},
	FamilyAio:      {"io_setup", "io_submit", "io_getevents", "io_pgetevents", "io_cancel", "io_destroy"},
}

var familyOf = func() map[string]Family {
	m := map[string]Family{}
	for f, names := range families {
		for _, n := range names {
			m[n] = f
		}
	}
	return m
}()

// FamilyOf gives the family of a system call by the kernel's name for it, or "" if it does none of these jobs.
func FamilyOf(name string) Family { return familyOf[name] }

// Names lists the system calls of a family.
func (f Family) Names() []string { return families[f] }
