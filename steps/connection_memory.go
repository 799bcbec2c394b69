//go:build linux

package steps

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/english"
	"github.com/iospec/iospec/internal/measure"
	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/internal/sock"
)

// connectionMemory: what connections take in the kernel. It breaks when connections share sockets, when the kernel's
// memory does not grow with them along a line, or when unread bytes take none.
func connectionMemory(sc *godog.ScenarioContext, w *World) {
	accountedSockets(sc, w)
	growingObjects(sc, w)
}

// account is what a network tells of its TCP sockets in /proc/net/protocols.
type account struct {
	sockets int // that have an end: unconnected ones are not counted
	size    int // bytes of struct tcp_sock
}

func (n *ownNetwork) account() (account, error) {
	text, err := n.read("protocols")
	if err != nil {
		return account{}, err
	}
	return parseAccount(text)
}

func parseAccount(text []byte) (a account, err error) {
	for line := range strings.Lines(string(text)) {
		if words := strings.Fields(line); len(words) > 2 && words[0] == "TCP" {
			a.size, err = strconv.Atoi(words[1])
			if err == nil {
				a.sockets, err = strconv.Atoi(words[2])
			}
			return a, err
		}
	}
	return a, errors.New("/proc/net/protocols does not tell of TCP")
}

// socketSize is the size of struct tcp_sock.
func socketSize() (int, error) {
	text, err := os.ReadFile("/proc/net/protocols")
	if err != nil {
		return 0, fmt.Errorf("read the size of a TCP socket: %w", err)
	}
	a, err := parseAccount(text)
	return a.size, err
}

// accountedSockets counts sockets where nobody else is.
func accountedSockets(sc *godog.ScenarioContext, w *World) {
	var net *ownNetwork
	var listener *sock.Listener
	var clients []int
	var accounts []account // with no client, and with each number of clients

	look := func() error {
		a, err := net.account()
		accounts = append(accounts, a)
		return err
	}
	sc.Given(`^a listener in a network of its own, where the kernel counts TCP sockets and tells their size$`, func() (err error) {
		if net, err = w.network(250); err != nil {
			return err
		}
		if listener, err = net.listen(250); err != nil {
			return err
		}
		return look()
	})
	sc.When(`^([\d, ]+) and (\d+) clients are connected$`, func(list string, last int) error {
		clients = append(numbers(list), last)
		connected := 0
		for _, n := range clients {
			for ; connected < n; connected++ {
				if _, err := net.connect(listener); err != nil {
					return err
				}
			}
			if err := look(); err != nil {
				return err
			}
		}
		return nil
	})
	sc.Then(`^the kernel counts (\d+) sockets more for each, of more than (\d+) bytes each$`, func(each, atLeast int) error {
		var counted []int
		for _, a := range accounts[1:] {
			counted = append(counted, a.sockets)
		}
		w.Note("sockets with %s clients: %s; %d bytes each, so %d computed for a connection with both its ends here", english.List(clients, "%d"), english.List(counted, "%d"), accounts[0].size, each*accounts[0].size)
		for i, n := range clients {
			if more := accounts[i+1].sockets - accounts[0].sockets; more != each*n || accounts[i+1].size <= atLeast {
				return check.Failf(fmt.Sprintf("%d more sockets of more than %d bytes with %d clients", each*n, atLeast, n), "%d more of %d bytes", more, accounts[i+1].size)
			}
		}
		return nil
	})
}

// growingObjects measures all of the kernel's objects. Others change them, too, so it looks for a round in which nobody
// did: a line appears there if it is true, and if it is not, every round is bent.
func growingObjects(sc *godog.ScenarioContext, w *World) {
	var total, step int
	sc.Given(`^(\d+) connections over loopback, made in steps of (\d+)$`, func(n, by int) error {
		total, step = n, by
		return needDescriptors(2*n + 200)
	})
	sc.Then(`^from the first step on the kernel's objects grow along a line, by more for each connection than its 2 sockets alone$`, func() error {
		size, err := socketSize()
		if err != nil {
			return err
		}
		const rounds = 30
		best := []float64{0}
		for round := 0; round < rounds && !straight(best, 2*size); round++ {
			grown, err := objectGrowth(total, step)
			if err != nil {
				return err
			}
			// The first step fills what others, or the round before, left half empty.
			if each := scaled(grown[1:], 1/float64(step)); spread(each) < spread(best) {
				best = each
			}
		}
		w.Note("in the quietest round the kernel's objects grew by %s bytes for each connection, measured in steps of %d up to %d; its 2 sockets are %d of them, computed", english.List(best, "%.0f"), step, total, 2*size)
		if !straight(best, 2*size) {
			return check.Failf(fmt.Sprintf("steps that are alike, and more than %d bytes for each connection, in one of %d rounds", 2*size, rounds), "%.0f bytes for each in the quietest", best)
		}
		return nil
	})
}

// straight reports whether the steps took about the same for each connection, and more than that many bytes.
func straight(each []float64, moreThan int) bool {
	return spread(each) < 1.5 && measure.Min(each) > float64(moreThan)
}

// objectGrowth makes connections, and gives by how many bytes the kernel's objects grew with each step of them.
func objectGrowth(total, step int) (grown []float64, err error) {
	var bag sock.Bag
	defer bag.Close()
	l, err := sock.Listen(64)
	if err != nil {
		return nil, err
	}
	bag.Add(l.FD)
	before, err := proc.KernelObjects()
	for made := 1; made <= total && err == nil; made++ {
		var client, server int
		if client, server, err = l.Connect(); err != nil {
			break
		}
		bag.Add(client, server)
		// Without TIME_WAIT: the next round begins where this one did.
		err = errors.Join(resetOnClose(client), resetOnClose(server))
		if made%step == 0 && err == nil {
			var now proc.Objects
			now, err = proc.KernelObjects()
			grown, before = append(grown, float64(now.Kept-before.Kept)), now
		}
	}
	return grown, err
}

func resetOnClose(fd int) error {
	if err := unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}); err != nil {
		return fmt.Errorf("setsockopt SO_LINGER: %w", err)
	}
	return nil
}

// unread: what is sent and not read stays in the kernel.
func (a *arrived) unread(sc *godog.ScenarioContext) {
	var sent int
	sc.When(`^each client sends (\d+) bytes that nobody reads$`, func(n int) error {
		sent = n
		for _, fd := range a.clients {
			if err := unix.Send(fd, make([]byte, n), unix.MSG_NOSIGNAL); err != nil {
				return fmt.Errorf("send: %w", err)
			}
		}
		return nil
	})
	sc.Then(`^the kernel holds more than (\d+) bytes for each connection, and nothing any more when they are read$`, func(n int) error {
		var total uint32
		for i, fd := range a.servers {
			held, err := arrivedMemory(fd, sent)
			if err != nil {
				return err
			}
			if total += held; held <= uint32(n) {
				return check.Failf(fmt.Sprintf("more than %d bytes", n), "%d for connection %d", held, i)
			}
			if _, err := unix.Read(fd, make([]byte, sent)); err != nil {
				return fmt.Errorf("read: %w", err)
			}
			if held, err = sock.ReceiveMemory(fd); err != nil {
				return err
			}
			if held > 0 {
				return check.Failf("nothing held of what was read", "%d bytes", held)
			}
		}
		a.w.Note("%d bytes held for each connection while %d were unread", int(total)/len(a.servers), sent)
		return nil
	})
}

// arrivedMemory waits until n bytes have arrived, and gives the memory that they take.
func arrivedMemory(fd, n int) (held uint32, err error) {
	err = await.Until("the bytes to arrive", func() (bool, error) {
		got, err := unix.IoctlGetInt(fd, unix.TIOCINQ)
		return got >= n, err
	})
	if err != nil {
		return 0, err
	}
	return sock.ReceiveMemory(fd)
}
