//go:build linux

package tracer

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// foreign calls getpid by the 32-bit table, and by the x32 table, which most kernels do not have.
const foreign = `
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void) {
	int pid; __asm__ volatile ("int $0x80" : "=a"(pid) : "a"(20) : "r8", "r9", "r10", "r11", "memory");
	syscall(SYS_getpid | 0x40000000);
	puts("foreign 2");
	return 0;
}`

func TestCallsByAnotherTableAreCounted(t *testing.T) {
	r := record(t, program(t, foreign), Options{})
	require.Equal(t, Status{}, r.status)
	require.Equal(t, int64(r.counts()["foreign"]), r.records[len(r.records)-1].End.Lost)
}
