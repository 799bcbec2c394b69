//go:build linux

package multiproc

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// The line protocol once more, as server.Line speaks it, under the rules of bare.go. The one difference: a request that
// is neither known nor ASCII is quoted byte by byte in the error.

// replySpace is what a reply may need beyond the text of its request.
const replySpace = 128

// answerLines answers every request that is complete, in order, and keeps the rest for later. It reports false when the
// connection is to be closed, after what was said.
//
//go:nosplit
//go:norace
//go:noinline
func answerLines() bool {
	start := 0
	for !bare.gone {
		end := newline(start)
		if end-start >= server.MaxLine { // its newline included
			flush() // or there might not be room
			say("error: request longer than 16384 bytes\n")
			flush()
			return false
		}
		if end == bare.held {
			break
		}
		if is(start, end, "quit") || is(start, end, "quit\r") {
			flush()
			return false
		}
		answer(start, end)
		start = end + 1
	}
	flush()
	for i := start; i < bare.held; i++ {
		bare.in[i-start] = bare.in[i]
	}
	bare.held -= start
	return true
}

// newline finds the end of a request: where its newline is, or where the input ends. It need not look further than the
// longest request goes.
//
//go:nosplit
//go:norace
//go:noinline
func newline(start int) int {
	for i := start; i < bare.held; i++ {
		if bare.in[i] == '\n' || i-start >= server.MaxLine {
			return i
		}
	}
	return bare.held
}

// answer does one request, without its newline, and says its reply. Work is not done before earlier replies are sent,
// nor are later ones waited for.
//
//go:nosplit
//go:norace
//go:noinline
func answer(start, end int) {
	if end > start && bare.in[end-1] == '\r' {
		end--
	}
	if len(bare.out)-bare.said < end-start+replySpace {
		flush()
	}
	switch verb := start + verbLength(start, end); {
	case is(start, verb, "echo"):
		for i := verb + 1; i < end; i++ {
			bare.out[bare.said] = bare.in[i]
			bare.said++
		}
		say("\n")
	case is(start, verb, "spin") && verb < end:
		work("spun ", verb+1, end, unix.SYS_CLOCK_GETTIME)
	case is(start, verb, "sleep") && verb < end:
		work("slept ", verb+1, end, unix.SYS_NANOSLEEP)
	case is(start, end, "whoami"):
		sayWho()
	case is(start, verb, "blob") && verb < end:
		blob(number(verb+1, end, server.MaxBlob))
	default:
		sayUnknown(start, verb)
	}
}

// verbLength is the length of the first word.
//
//go:nosplit
//go:norace
func verbLength(start, end int) int {
	for i := start; i < end; i++ {
		if bare.in[i] == ' ' {
			return i - start
		}
	}
	return end - start
}

// is reports whether that part of the input reads so.
//
//go:nosplit
//go:norace
//go:noinline
func is(start, end int, text string) bool {
	if end-start != len(text) {
		return false
	}
	for i := range len(text) {
		if bare.in[start+i] != text[i] {
			return false
		}
	}
	return true
}

// number reads a decimal number from 0 to limit, or -1.
//
//go:nosplit
//go:norace
//go:noinline
func number(start, end, limit int) int {
	n := 0
	for i := start; i < end; i++ {
		d := int(bare.in[i]) - '0'
		if n = n*10 + d; d < 0 || d > 9 || n > limit {
			return -1
		}
	}
	if start == end {
		return -1
	}
	return n
}

// work burns or sleeps that many milliseconds, and says so at once.
//
//go:nosplit
//go:norace
//go:noinline
func work(done string, start, end int, call uintptr) {
	flush()
	ms := number(start, end, server.MaxWork)
	if ms < 0 {
		say("error: the work needs a number of milliseconds, 0 to 10000\n")
		return
	}
	if call == unix.SYS_NANOSLEEP {
		sleep(ms)
	} else {
		spin(ms)
	}
	say(done)
	sayNumber(ms)
	say("\n")
	flush()
}

// sleep blocks in the kernel. A signal interrupts it: then it sleeps for the rest.
//
//go:nosplit
//go:norace
//go:noinline
//go:nocheckptr
func sleep(ms int) {
	t := unix.Timespec{Sec: int64(ms / 1000), Nsec: int64(ms%1000) * 1e6}
	for err := interrupted; err == interrupted; {
		err = call(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&t)), uintptr(unsafe.Pointer(&t)), 0, 0, 0, 0)
	}
}

// spin burns CPU time of this process.
//
//go:nosplit
//go:norace
//go:noinline
func spin(ms int) {
	for end := cpuTime() + int64(ms)*1e6; cpuTime() < end; {
		for i := range uint32(1 << 14) {
			bare.in[len(bare.in)-1] ^= byte(i * i) // somewhere, so that the loop is not optimised away
		}
	}
}

//go:nosplit
//go:norace
//go:noinline
//go:nocheckptr
func cpuTime() int64 {
	var t unix.Timespec
	call(unix.SYS_CLOCK_GETTIME, unix.CLOCK_THREAD_CPUTIME_ID, uintptr(unsafe.Pointer(&t)), 0, 0, 0, 0)
	return int64(t.Sec)*1e9 + int64(t.Nsec)
}

// blob says n bytes, the alphabet again and again, the last one a newline.
//
//go:nosplit
//go:norace
//go:noinline
func blob(n int) {
	if n <= 0 {
		say("error: blob needs a number of bytes, 1 to 1099511627776\n")
		return
	}
	letter := byte('a')
	for ; n > 1 && !bare.gone; n-- {
		if bare.said == len(bare.out) {
			flush()
		}
		bare.out[bare.said] = letter
		bare.said++
		if letter++; letter > 'z' {
			letter = 'a'
		}
	}
	if bare.said == len(bare.out) {
		flush()
	}
	say("\n")
}

// say appends to the reply. Whoever calls it has seen to it that there is room.
//
//go:nosplit
//go:norace
//go:noinline
func say(text string) {
	for i := range len(text) {
		bare.out[bare.said] = text[i]
		bare.said++
	}
}

//go:nosplit
//go:norace
//go:noinline
func sayNumber(n int) {
	power := 1
	for n/power > 9 {
		power *= 10
	}
	for ; power > 0; power /= 10 {
		bare.out[bare.said] = '0' + byte(n/power%10)
		bare.said++
	}
}

// sayWho says who does the work: in a process with one thread both numbers are the same.
//
//go:nosplit
//go:norace
//go:noinline
func sayWho() {
	pid := call(unix.SYS_GETPID, 0, 0, 0, 0, 0, 0)
	tid := call(unix.SYS_GETTID, 0, 0, 0, 0, 0, 0)
	sayNumber(pid)
	say(" ")
	sayNumber(tid)
	say("\n")
}

// sayUnknown refuses a request by its first word, the first 16 bytes of it, in quotes.
//
//go:nosplit
//go:norace
//go:noinline
func sayUnknown(start, end int) {
	say("error: unknown request \"")
	for i := start; i < min(end, start+16); i++ {
		sayQuoted(bare.in[i])
	}
	say("\"\n")
}

//go:nosplit
//go:norace
//go:noinline
func sayQuoted(c byte) {
	const escapes, letters, hex = "\a\b\t\n\v\f\r\"\\", `abtnvfr"\`, "0123456789abcdef"
	for i := range len(escapes) {
		if c == escapes[i] {
			say(`\`)
			say(letters[i : i+1])
			return
		}
	}
	if c < ' ' || c > '~' {
		say(`\x`)
		say(hex[c>>4 : c>>4+1])
		say(hex[c&15 : c&15+1])
		return
	}
	bare.out[bare.said] = c
	bare.said++
}

// flush sends what was said.
//
//go:nosplit
//go:norace
//go:noinline
func flush() {
	send(&bare.out[0], bare.said)
	bare.said = 0
}
