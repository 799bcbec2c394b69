//go:build linux

package steps

import (
	"fmt"
	"maps"
	"slices"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/english"
	"github.com/iospec/iospec/internal/measure"
	"github.com/iospec/iospec/internal/sock"
	"github.com/iospec/iospec/report"
)

// scanCost: the cost of a call against the number of descriptors watched. The three demultiplexers are measured side by
// side, so each step can be seen to fail on the one to which it does not apply: epoll_wait is neither linear nor dearer
// with 4000 than with 250, and the quadratic cost of a round is no line.
func scanCost(sc *godog.ScenarioContext, w *World) {
	var bag sock.Bag
	w.Cleanup(bag.Close)
	var fds []int
	var r *race

	sc.Given(`^(\d+) event counters of which only the last is ready$`, func(n int) (err error) {
		fds, err = countersLastReady(&bag, n)
		return err
	})
	sc.When(`^select, poll and epoll_wait are measured on ([\d, ]+) and (\d+) of them, the ready one included$`, func(list string, last int) (err error) {
		r, err = newRace(&bag, fds, append(numbers(list), last))
		return err
	})
	sc.Then(`^a line fits the costs of select and of poll, and both grow with the ([\d.]+)th to ([\d.]+)th power of the number watched$`, func(low, high float64) error {
		return r.expect(w, "a straight line over the number watched", func(x, y []float64) bool {
			p := measure.Exponent(x, y)
			return measure.Linear(x, y).R2 > explained && p > low && p < high
		})
	})
	sc.Then(`^select on (\d+) costs more than (\d+) times as much as on (\d+), though both report one descriptor$`, func(_, times, _ int) error {
		return r.expect(w, "a cost in proportion", func(_, y []float64) bool { return y[len(y)-1] > float64(times)*y[0] })
	})
	sc.Then(`^for select and for poll the best exponential is at least (\d+) times as far off as the best line$`, func(times int) error {
		return r.expect(w, "growth by addition and not by multiplication", func(x, y []float64) bool {
			return measure.Exponential(x, y).Error > float64(times)*measure.Linear(x, y).Error
		})
	})
	sc.Then(`^from the first (\d+) a line foretells the cost at (\d+) within a factor of (\d+), and an exponential is off by more than (\d+)$`, func(few, at, near, far int) error {
		return r.expect(w, fmt.Sprintf("a line from the first %d points to tell the cost at %d", few, at), func(x, y []float64) bool {
			truth := y[len(y)-1]
			line := measure.Linear(x[:few], y[:few]).At(float64(at)) / truth
			exponential := measure.Exponential(x[:few], y[:few]).At(float64(at)) / truth
			return line < float64(near) && line > 1/float64(near) && exponential > float64(far)
		})
	})
	loneNumber(sc, w, &bag)
	roundCost(sc, w, &bag)
}

// explained is how much of what differs a line must explain. Not all: the files of thousands of descriptors fill the cache, and
// beside others that fill it, too, the last of them cost a quarter more each.
const explained = 0.9

// countersLastReady makes n event counters; only the last can be read.
func countersLastReady(bag *sock.Bag, n int) ([]int, error) {
	if err := needDescriptors(n + 100); err != nil {
		return nil, err
	}
	fds, err := bag.Eventfds(n)
	if err != nil {
		return nil, err
	}
	_, err = unix.Write(fds[n-1], []byte{1, 0, 0, 0, 0, 0, 0, 0})
	return fds, err
}

// expect runs the race until the costs of select and of poll over the number watched have the shape, and notes them.
func (r *race) expect(w *World, what string, shape func(x, y []float64) bool) error {
	x := floats(r.sizes)
	ok := r.contest.Until(20, 10, func([]float64) bool {
		return shape(x, r.costs("select")) && shape(x, r.costs("poll"))
	})
	var seen []string
	for _, call := range []string{"select", "poll"} {
		y := r.costs(call)
		w.Measured(report.Series{Of: "the cost of select and poll, as it grows", Name: call, XUnit: "descriptors watched", YUnit: "ns", X: x, Y: y})
		seen = append(seen, fmt.Sprintf("%s on %v: %.0f ns, power %.2f, %v, %v", call, r.sizes, y, measure.Exponent(x, y), measure.Linear(x, y), measure.Exponential(x, y)))
	}
	w.Note("%s", seen[0])
	w.Note("%s", seen[1])
	if !ok {
		return check.Failf(what, "%v", seen)
	}
	return nil
}

// loneNumber: one watched descriptor, dearer the higher its number.
func loneNumber(sc *godog.ScenarioContext, w *World, bag *sock.Bag) {
	var at []int
	var contest measure.Contest
	tests := map[int]int{}

	sc.Given(`^one ready event counter under the numbers ([\d, ]+) and (\d+)$`, func(list string, last int) error {
		at = append(numbers(list), last)
		if err := needDescriptors(last + 1); err != nil {
			return err
		}
		fd, err := sock.Eventfd(1)
		if err != nil {
			return err
		}
		bag.Add(fd)
		for _, n := range at {
			if err := bag.DupAt(fd, n); err != nil {
				return err
			}
		}
		return nil
	})
	sc.When(`^select is measured on each of these numbers alone$`, func() {
		for _, n := range at {
			set := sock.NewFDSet(n+1, n)
			contest.Add(200, func() { repeatSelect(200, set, set) })
		}
	})
	sc.Then(`^each higher number costs more than the one below it$`, func() error {
		rising := contest.Until(60, 20, func(costs []float64) bool { return slices.Min(increments(costs)) > 0.05*costs[0] })
		w.Note("select on one descriptor numbered %s: %s ns", english.List(at, "%d"), english.List(contest.Costs(), "%.0f"))
		if !rising {
			return check.Failf("a call that is dearer the higher the number", "numbers %v cost %.0f ns", at, contest.Costs())
		}
		return nil
	})
	sc.When(`^select has reported each of these numbers alone and the program looks for it bit by bit$`, func() error {
		for _, n := range at {
			set := sock.NewFDSet(n+1, n)
			if _, err := sock.Select(n+1, set, nil, nil, 0); err != nil {
				return err
			}
			tests[n] = searchBits(set)
			contest.Add(20, func() {
				for range 20 {
					searchBits(set)
				}
			})
		}
		return nil
	})
	sc.Then(`^it has made as many tests as the number says, and the highest costs it more than (\d+) times as much as the lowest$`, func(times int) error {
		dearer := contest.Until(40, 20, func(costs []float64) bool { return costs[len(costs)-1] > float64(times)*costs[0] })
		w.Note("bits tested until the ready one was found: %s; that takes %s ns", english.List(slices.Sorted(maps.Values(tests)), "%d"), english.List(contest.Costs(), "%.0f"))
		for n, made := range tests {
			if made != n+1 || !dearer {
				return check.Failf("a walk to the ready descriptor's number", "bits tested: %v, cost %.0f ns", tests, contest.Costs())
			}
		}
		return nil
	})
}

// searchBits does what a program does with select's answer, where nothing but the set tells which descriptor is meant:
// FD_ISSET on number after number. It gives the number of tests it took to find the one that is ready.
func searchBits(set sock.FDSet) (tests int) {
	for fd := range len(set) * 64 {
		tests++
		if set.Has(fd) {
			break
		}
	}
	return tests
}

// roundCost: n clients send one request each, one after the other, and a call on all n finds each of them. What is
// measured is a few of these requests at a time: the round is n of them.
func roundCost(sc *godog.ScenarioContext, w *World, bag *sock.Bag) {
	var far, near []int
	var clients []int
	var contest measure.Contest

	sc.Given(`^(\d+) pairs of sockets watched together$`, func(n int) (err error) {
		if err = needDescriptors(2*n + 100); err == nil {
			far, near, err = pairs(bag, n)
		}
		return err
	})
	sc.When(`^([\d, ]+) and (\d+) clients send one request each, one after the other, each found by select and by poll$`, func(list string, last int) {
		clients = append(numbers(list), last)
		for _, finder := range []func([]int) func() int{selectFinder, pollFinder} {
			for _, n := range clients {
				next, find := rotation(far[:n], 5), finder(near[:n])
				contest.Add(5, func() { serveRound(next(), find) })
			}
		}
	})
	sc.Then(`^the cost of the whole round grows with the ([\d.]+)th to ([\d.]+)th power of the number of clients$`, func(low, high float64) error {
		x := floats(clients)
		rounds := func() (bySelect, byPoll []float64) {
			perRequest := contest.Costs()
			return products(x, perRequest[:len(x)]), products(x, perRequest[len(x):])
		}
		square := contest.Until(40, 10, func([]float64) bool {
			s, p := rounds()
			return min(measure.Exponent(x, s), measure.Exponent(x, p)) > low && max(measure.Exponent(x, s), measure.Exponent(x, p)) < high
		})
		s, p := rounds()
		w.Note("a round of %s clients takes %s µs with select, power %.2f, and %s µs with poll, power %.2f", english.List(clients, "%d"), english.List(scaled(s, 1e-3), "%.0f"), measure.Exponent(x, s), english.List(scaled(p, 1e-3), "%.0f"), measure.Exponent(x, p))
		for i, y := range [][]float64{s, p} {
			w.Measured(report.Series{Of: "a round in which each client asks once", Name: []string{"select", "poll"}[i], XUnit: "clients", YUnit: "ns", X: x, Y: y})
		}
		if !square {
			return check.Failf("work that grows about as the square of the clients", "powers %.2f (select) and %.2f (poll)", measure.Exponent(x, s), measure.Exponent(x, p))
		}
		return nil
	})
}
