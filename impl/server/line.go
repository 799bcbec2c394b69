package server

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
)

// The bounds of the line protocol.
const (
	MaxLine    = MaxHeld // bytes of a request, its newline included
	MaxWork    = 10_000  // milliseconds that one spin or sleep may take: a server that is told to stop waits for it
	MaxBlob    = 1 << 40 // bytes of a blob
	replySpace = 128     // bytes that a reply may need beyond the text of its request
)

// Line speaks the testee protocol: one request per newline, a carriage return before it is dropped, and the answers
// in the order of the requests.
//
//	echo TEXT   TEXT
//	spin MS     spun MS, after burning MS milliseconds of this thread's CPU time
//	sleep MS    slept MS, after blocking this thread for MS milliseconds
//	whoami      PID TID of the thread that does the work
//	blob N      N bytes: the alphabet again and again, the last byte a newline
//	quit        closes the connection once all is sent
//
// Anything else is answered by a line that starts with "error: ". A request longer than MaxLine is refused, and the
// connection closed, since where the next request starts cannot be known without reading on for ever.
type Line struct {
	blob, sent int64 // size of the blob that is being sent, and how much of it is
}

// Handle implements Handler.
func (l *Line) Handle(in, room []byte) Step {
	used, out := 0, room[:0]
	for {
		if out = l.fill(out); l.blob > 0 {
			return Step{used, out, More}
		}
		line, size := cut(in[used:])
		switch {
		case size > MaxLine:
			return Step{len(in), append(out, "error: request longer than 16384 bytes\n"...), Close}
		case size == 0:
			return Step{used, out, Await}
		case cap(out)-len(out) < len(line)+replySpace, len(out) > 0 && isWork(line):
			return Step{used, out, More} // send what there is: nobody's answer waits for the next request's work
		}
		used += size
		if string(line) == "quit" {
			return Step{used, out, Close}
		}
		if out = l.answer(line, out); isWork(line) && used < len(in) {
			return Step{used, out, More}
		}
	}
}

// cut takes the first line off the input, without its end. Size is what it took with the end: 0 when the line is not
// complete, more than MaxLine when it is too long, complete or not.
func cut(in []byte) (line []byte, size int) {
	end := bytes.IndexByte(in, '\n')
	if end < 0 {
		if len(in) >= MaxLine {
			return nil, MaxLine + 1
		}
		return nil, 0
	}
	return bytes.TrimSuffix(in[:end], []byte("\r")), end + 1
}

func isWork(line []byte) bool {
	verb, _, _ := bytes.Cut(line, []byte(" "))
	return string(verb) == "spin" || string(verb) == "sleep"
}

// answer does one request and appends its reply. A blob is only begun here.
func (l *Line) answer(line, out []byte) []byte {
	verb, arg, given := bytes.Cut(line, []byte(" "))
	switch {
	case string(verb) == "echo":
		return append(append(out, arg...), '\n')
	case string(verb) == "spin" && given:
		return work(out, "spun ", arg, spin)
	case string(verb) == "sleep" && given:
		return work(out, "slept ", arg, sleep)
	case string(verb) == "whoami" && !given:
		out = strconv.AppendInt(out, int64(os.Getpid()), 10)
		out = strconv.AppendInt(append(out, ' '), int64(threadID()), 10)
		return append(out, '\n')
	case string(verb) == "blob" && given:
		size, ok := number(arg, MaxBlob)
		if !ok || size == 0 {
			return append(out, "error: blob needs a number of bytes, 1 to 1099511627776\n"...)
		}
		l.blob, l.sent = size, 0
		return out
	}
	return append(strconv.AppendQuoteToASCII(append(out, "error: unknown request "...), string(verb[:min(len(verb), 16)])), '\n')
}

func work(out []byte, done string, arg []byte, do func(ms int64)) []byte {
	ms, ok := number(arg, MaxWork)
	if !ok {
		return append(out, "error: the work needs a number of milliseconds, 0 to 10000\n"...)
	}
	do(ms)
	return append(strconv.AppendInt(append(out, done...), ms, 10), '\n')
}

// number reads a decimal number from 0 to limit.
func number(digits []byte, limit int64) (n int64, ok bool) {
	for _, d := range digits {
		if n = n*10 + int64(d) - '0'; d < '0' || d > '9' || n > limit {
			return 0, false
		}
	}
	return n, len(digits) > 0
}

// alphabet is what blobs are made of: long, so that filling is copying.
var alphabet = bytes.Repeat([]byte("abcdefghijklmnopqrstuvwxyz"), 256)

// fill appends as much of the blob as there is room for. The letter at each place depends on the place, so that a
// client sees a piece that is lost, doubled or out of order.
func (l *Line) fill(out []byte) []byte {
	for l.blob > 0 && len(out) < cap(out) {
		piece := alphabet[l.sent%26:]
		n := min(int64(len(piece)), int64(cap(out)-len(out)), l.blob-l.sent)
		out = append(out, piece[:n]...)
		if l.sent += n; l.sent == l.blob {
			out[len(out)-1] = '\n'
			l.blob = 0
		}
	}
	return out
}

// spin burns CPU time of this thread, not time of the clock: on a busy machine, and with several workers on one core,
// it is the same amount of work.
func spin(ms int64) {
	runtime.LockOSThread() // the clock is the thread's
	defer runtime.UnlockOSThread()
	burnt := uint32(0)
	for end := threadTime() + ms*1e6; threadTime() < end; {
		burnt += burn()
	}
	runtime.KeepAlive(burnt) // or the work would be for nothing, and could be left out
}

// burn keeps the CPU busy for some tens of microseconds, between two looks at the clock.
//
//go:noinline
func burn() (x uint32) {
	for i := range uint32(1 << 14) {
		x ^= i * i
	}
	return x
}
