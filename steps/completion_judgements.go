//go:build linux

package steps

import (
	"fmt"
	"slices"
	"strings"

	"github.com/iospec/iospec/check"
)

// conserved holds what the server counted against what the clients did. Nothing is left under way, so each operation that
// was started has one completion; and one fails, the accept that ends when the service does. A connection that was reset ends
// with a receive that fails; but under Wine, which takes the error from the socket before, it may be one of 0 bytes.
func (s *completionServer) conserved() error {
	t, err := s.tally()
	if err != nil {
		return err
	}
	s.w.Note("%d completions = %d accepts + %d receives + %d sends + %d ends + %d failed", t.completed(), t.accepts, t.receives, t.sends, t.ends, t.failed)
	if t.completed() != t.started {
		return check.Failf(fmt.Sprintf("%d completions, one for each operation", t.started), "%d", t.completed())
	}
	got := []int{t.accepts, t.ends + t.failed, t.received, t.sent}
	want := []int{s.clients, s.clients + 1, s.bytes, s.bytes}
	if !slices.Equal(got, want) || t.failed < 1 || t.failed > 1+s.resets {
		return check.Failf(fmt.Sprintf("accepts, ends and failures, bytes received and sent: %v; up to %d failures", want, 1+s.resets),
			"%v; %d failures", got, t.failed)
	}
	return nil
}

// A tally is what the server counted.
type tally struct{ started, accepts, receives, received, sends, sent, ends, failed, calls int }

func (t tally) completed() int { return t.accepts + t.receives + t.sends + t.ends + t.failed }

// tally reads what the server says in the end.
func (s *completionServer) tally() (t tally, err error) {
	_, said, _ := strings.Cut(s.output(), "operations started: ")
	const form = "%d; completed: %d accepts, %d receives of %d bytes, %d sends of %d bytes, %d ends, %d failed; taken with %d calls"
	_, err = fmt.Sscanf(said, form, &t.started, &t.accepts, &t.receives, &t.received, &t.sends, &t.sent, &t.ends, &t.failed, &t.calls)
	if err != nil {
		return t, fmt.Errorf("understand what the server says in the end, %q: %w", said, err)
	}
	return t, nil
}

// batches wants a call to bring so many completions, on average, as it takes for the calls to be fewer than the operations.
func (s *completionServer) batches() error {
	t, err := s.tally()
	if err != nil {
		return err
	}
	s.w.Note("%d completions taken with %d calls", t.completed(), t.calls)
	if 3*t.calls > 2*t.completed() {
		return check.Failf("at least 3 completions for 2 calls", "%d for %d", t.completed(), t.calls)
	}
	return nil
}

// proactorCalls are the calls of a Proactor on Windows: to set up sockets, to start operations, to end, and to hear of
// completions. A call that asks what is ready, or that copies at once, is none of them.
var proactorCalls = map[string]bool{
	"WSAStartup": true, "WSASocketW": true, "bind": true, "listen": true, "getsockname": true, "setsockopt": true,
	"shutdown": true, "closesocket": true,
	"WSAEnumProtocolsW": true, // what there is at all; Go's library asks once
	"WSAIoctl":          true, // finds the addresses of AcceptEx and its like
	"AcceptEx":          true, "WSARecv": true, "WSASend": true, "GetQueuedCompletionStatusEx": true,
	"htons": true, "ntohs": true, "WSAGetLastError": true, "WSASetLastError": true,
}

// calls judges Wine's log of calls.
func (s *completionServer) calls() error {
	count, err := judgeCalls(s.output())
	s.w.Note("calls: %v", count)
	return err
}

// judgeCalls counts the calls in a log of Wine's, of which each begins in a line of the form
//
//	0200:Call ws2_32.WSARecv(00000100,00c00005,00000001,00000000,00c0000f,00c00101,00000000) ret=0046ff7e
func judgeCalls(log string) (count map[string]int, err error) {
	count = map[string]int{}
	for line := range strings.Lines(log) {
		_, call, ok := strings.Cut(line, ":Call ")
		if !ok || strings.HasPrefix(call, "PE DLL") {
			continue
		}
		name, rest, _ := strings.Cut(call, "(")
		_, function, _ := strings.Cut(name, ".")
		count[function]++
		if !proactorCalls[function] {
			return count, check.Failf("operations that are started, and completions that are taken", "a call of %s", strings.TrimSpace(call))
		}
		arguments := strings.Split(rest, ",")
		if (function == "WSARecv" || function == "WSASend") && (len(arguments) < 6 || strings.Trim(arguments[5], "0") == "") {
			return count, check.Failf(function+" with an OVERLAPPED, which starts an operation", "one without: %s", strings.TrimSpace(call))
		}
	}
	for _, needed := range []string{"AcceptEx", "WSARecv", "WSASend", "GetQueuedCompletionStatusEx"} {
		if count[needed] == 0 {
			return count, check.Failf("calls of "+needed, "none")
		}
	}
	return count, nil
}
