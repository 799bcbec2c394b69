//go:build linux

package steps

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/iocp"
)

// conserved holds what the server counted against what the clients did. Nothing is left under way, so each operation that
// was started has one completion; and one fails, the accept that ends when the service does. A connection that was reset ends
// with a receive that fails; but under Wine, which takes the error from the socket before, it may be one of 0 bytes; or there is
// none, since the call that would have started it was refused.
func (s *completionServer) conserved() error {
	t, err := s.tally()
	if err != nil {
		return err
	}
	got, want := []int{t.Accepts, t.Received, t.Sent}, []int{s.clients, s.bytes, s.bytes}
	over := t.Ends + t.Failed
	if !slices.Equal(got, want) || t.Failed < 1 || t.Failed > 1+s.resets || over > s.clients+1 || over < s.clients+1-s.resets {
		return check.Failf(fmt.Sprintf("accepts, bytes received and sent: %v; as many ends as accepts; and a failure, and up to %d more", want, s.resets),
			"%v; %d ends, %d failures", got, t.Ends, t.Failed)
	}
	return nil
}

// tally reads what the server says in the end, and wants one completion for each operation.
func (s *completionServer) tally() (iocp.Tally, error) {
	t, err := iocp.ReadTally(s.said.String())
	if err != nil {
		return t, check.Failf("a server that ends in order, and says what it counted", "%v", err)
	}
	if err := t.Conserved(); err != nil {
		return t, check.Failf("one completion for each operation", "%v", err)
	}
	s.w.Note("%d completions = %d accepts + %d receives + %d sends + %d ends + %d failed", t.Completed(), t.Accepts, t.Receives, t.Sends, t.Ends, t.Failed)
	return t, nil
}

// batches wants a call to bring so many completions, on average, as it takes for the calls to be fewer than the operations.
func (s *completionServer) batches() error {
	t, err := s.tally()
	if err != nil {
		return err
	}
	s.w.Note("%d completions taken with %d calls", t.Completed(), t.Calls)
	if 3*t.Calls > 2*t.Completed() {
		return check.Failf("at least 3 completions for 2 calls", "%d for %d", t.Completed(), t.Calls)
	}
	return nil
}

// letIn wants the server to have let in each client.
func (s *completionServer) letIn() error {
	t, err := s.tally()
	if err != nil {
		return err
	}
	if t.Accepts != s.clients {
		return check.Failf(fmt.Sprintf("%d clients let in", s.clients), "%d accepts", t.Accepts)
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
	count, err := judgeCalls(s.said.String())
	var calls []string
	for _, name := range slices.Sorted(maps.Keys(count)) {
		calls = append(calls, fmt.Sprintf("%s %d times", name, count[name]))
	}
	s.w.Note("calls: %s", strings.Join(calls, ", "))
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
