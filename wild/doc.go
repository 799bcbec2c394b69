// Package wild lists servers that nobody here wrote, in the configurations about which the specification speaks, as Debian
// packages them: how to start each, with which configuration, and which traits it has.
//
// It imports nothing that starts or observes them. Each listens on the address that stands for {address} in its command
// and its files (package subject fills it in), runs in the foreground, keeps what it writes in {dir}, and needs no
// privilege.
package wild
