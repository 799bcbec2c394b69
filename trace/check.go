package trace

import (
	"errors"
	"fmt"
	"slices"
)

// Format and Version stand in the header of every recording. Version grows when a reader of the old format would
// misunderstand, or refuse, what a newer writer says.
const (
	Format  = "iospec/trace"
	Version = 1
)

// stamped fills in a new header's format and version, which an observer leaves blank.
func (r Record) stamped() Record {
	if r.Header != nil && r.Header.Format == "" && r.Header.Version == 0 {
		h := *r.Header
		h.Format, h.Version = Format, Version
		r.Header = &h
	}
	return r
}

// Check refuses a record that no observer can have meant: none or several kinds at once, task ids below 1, calls that
// return before they begin. What it accepts may still be false, but the queries and predicates can live with it.
func (r Record) Check() error {
	kinds, err := 0, error(nil)
	see := func(present bool, check func() error) {
		if !present {
			return
		}
		kinds++
		if err == nil {
			err = check()
		}
	}
	see(r.Header != nil, func() error { return r.Header.check() })
	see(r.Born != nil, func() error { return checkTask("born", r.Born.At, r.Born.TID, r.Born.PID) })
	see(r.Exec != nil, func() error { return checkTask("exec", r.Exec.At, r.Exec.PID, r.Exec.PID) })
	see(r.Exit != nil, func() error { return checkTask("exit", r.Exit.At, r.Exit.TID, r.Exit.PID) })
	see(r.Socket != nil, func() error { return r.Socket.check() })
	see(r.Call != nil, func() error { return r.Call.check() })
	see(r.Client != nil, func() error { return r.Client.check() })
	see(r.Mark != nil, func() error { return checkTime("mark", r.Mark.At) })
	see(r.End != nil, func() error { return checkTime("end", r.End.At) })
	switch {
	case kinds == 0:
		return errors.New("a record of no kind")
	case kinds > 1:
		return errors.New("a record of several kinds at once")
	}
	return err
}

func checkTime(kind string, at Time) error {
	if at < 0 {
		return fmt.Errorf("%s at %d, before the recording began", kind, at)
	}
	return nil
}

func checkTask(kind string, at Time, tid, pid int) error {
	if tid < 1 || pid < 1 {
		return fmt.Errorf("%s of thread %d of process %d: ids begin at 1", kind, tid, pid)
	}
	return checkTime(kind, at)
}

func (h *Header) check() error {
	switch {
	case h.Format != Format:
		return fmt.Errorf("not a recording: the header's format is %q, not %q", h.Format, Format)
	case h.Version > Version:
		return fmt.Errorf("the recording has version %d, and this iospec reads up to %d: use a newer iospec", h.Version, Version)
	case h.Version < 1:
		return fmt.Errorf("the recording has version %d, which never was", h.Version)
	}
	return nil
}

func (s *Socket) check() error {
	if s.Object == "" {
		return errors.New("socket without an object")
	}
	return checkTime("socket", s.At)
}

func (c *Call) check() error {
	switch {
	case c.Seq < 1:
		return fmt.Errorf("call numbered %d: numbers begin at 1", c.Seq)
	case c.Exit != 0 && c.Exit < c.Enter:
		return fmt.Errorf("call %d returned at %d, before it began at %d", c.Seq, c.Exit, c.Enter)
	case c.FD < -1:
		return fmt.Errorf("call %d on descriptor %d", c.Seq, c.FD)
	case len(c.Family.Names()) == 0:
		return fmt.Errorf("call %d (%s) of unknown family %q", c.Seq, c.Name, c.Family)
	case c.Ctl != nil && !slices.Contains([]string{"ADD", "MOD", "DEL"}, c.Ctl.Op):
		return fmt.Errorf("call %d: epoll_ctl with unknown operation %q", c.Seq, c.Ctl.Op)
	}
	return checkTask(fmt.Sprintf("call %d", c.Seq), c.Enter, c.TID, c.PID)
}

func (c *Client) check() error {
	if c.Port < 1 || c.Port > 65535 {
		return fmt.Errorf("client with port %d", c.Port)
	}
	for _, x := range c.Exchanges {
		if x.Sent < 0 || x.Answered < 0 || x.Out < 0 || x.In < 0 {
			return fmt.Errorf("client with port %d: an exchange with a negative time or length", c.Port)
		}
	}
	return checkTime(fmt.Sprintf("client with port %d", c.Port), min(c.Opened, c.Closed))
}
