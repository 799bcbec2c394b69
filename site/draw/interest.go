package draw

import (
	"fmt"
	"math"

	"github.com/iospec/iospec/site/stage"
	"github.com/iospec/iospec/trace"
)

// Interest draws how a server used an epoll instance: what it registered, what the kernel kept, and what each wait
// brought. It takes the set that covered most connections; "" if the server has none.
func Interest(s *stage.Stage) string {
	u := usage(s.Rec)
	if u == nil {
		return ""
	}
	c := &canvas{width: 900, height: 330}
	c.rect("process", 16, 40, 262, 270, 14)
	c.text("process-name", 30, 58, "the program")
	c.rect("process", 470, 40, 414, 270, 14)
	c.text("process-name", 484, 58, "the kernel: "+u.set.ID)
	c.interestCall(78, "epoll_create1", "other", "once", "makes the instance")
	c.interestCall(146, "epoll_ctl", "hand", u.changes(), "one descriptor at a time")
	c.interestCall(234, "epoll_wait", "wait", plural(len(u.events), "time", "times"), "brings what is ready, and no more")
	c.arrow("flow accept", [2]float64{262, 98}, [2]float64{470, 98})
	c.arrow("hand connection", [2]float64{262, 170}, [2]float64{500, 170})
	c.arrow("hand request", [2]float64{500, 270}, [2]float64{262, 270})
	c.text("hand-label", 292, 162, "changes")
	c.text("hand-label", 292, 262, "events: "+count(u.total))
	c.rect("card", 500, 128, 280, 62, 10)
	c.text("actor", 514, 150, "Interest list")
	c.text("sleeps", 514, 170, fmt.Sprintf("the listener, and up to %d clients at once", u.most))
	c.rect("card", 500, 226, 360, 68, 10)
	c.text("actor", 514, 248, "Ready list")
	c.text("sleeps", 514, 266, "filled when something happens,")
	c.text("sleeps", 514, 281, "emptied by the wait")
	c.arrow("hand process", [2]float64{620, 190}, [2]float64{620, 226})
	c.text("hand-label", 630, 212, "something arrives")
	c.histogram(u.events, 716, 286)
	return c.svg("architecture interest", fmt.Sprintf("epoll as %s used it: %s, %d waits that brought %d events; the interest list held up to %d clients.", u.set.ID, u.changes(), len(u.events), u.total, u.most))
}

func (c *canvas) interestCall(y float64, name, class, times, what string) {
	c.rect("slot "+class, 30, y, 232, 54, 8)
	c.text("actor", 44, y+22, name)
	c.text("tid end", 250, y+22, times)
	c.text("sleeps", 44, y+41, what)
}

// histogram shows how many events the waits brought: how often one, how often two, …
func (c *canvas) histogram(events []int, x, base float64) {
	bins := map[int]int{}
	most := 1
	for _, n := range events {
		b := min(n, 8)
		bins[b]++
		most = max(most, bins[b])
	}
	for b := range 9 {
		if h := 34 * math.Sqrt(float64(bins[b])/float64(most)); h > 0 {
			c.rect("bar f4", x+float64(b)*15, base-14-h, 11, h, 2)
		}
		label := fmt.Sprint(b)
		if b == 8 {
			label = "8+"
		}
		c.text("tick-label middle", x+float64(b)*15+5.5, base-2, label)
	}
}

type epollUsage struct {
	set           *trace.WaitSet
	add, mod, del int
	events        []int // of each wait that returned
	total, most   int
}

func (u *epollUsage) changes() string {
	return fmt.Sprintf("%d ADD, %d MOD, %d DEL", u.add, u.mod, u.del)
}

func usage(rec *trace.Recording) *epollUsage {
	var best *epollUsage
	for _, set := range rec.WaitSets() {
		if set.Family != trace.FamilyWait {
			continue
		}
		u := &epollUsage{set: set}
		for _, w := range set.Waits {
			u.most = max(u.most, w.Degree)
			if w.Call.Exit != 0 && w.Call.Errno == "" {
				u.events = append(u.events, len(w.Call.Ready))
				u.total += len(w.Call.Ready)
			}
		}
		if u.most == 0 || best != nil && u.most <= best.most {
			continue
		}
		for _, call := range set.Ctls {
			if call.Ctl != nil && call.Errno == "" {
				switch call.Ctl.Op {
				case "ADD":
					u.add++
				case "MOD":
					u.mod++
				case "DEL":
					u.del++
				}
			}
		}
		best = u
	}
	return best
}
