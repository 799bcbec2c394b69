package server

// A Task is one step of a connection's work, done by somebody else than the thread that reads and sends: by another
// thread, or in another process. It goes out with what has been received, and comes back with what the handler made of
// it. A connection has one task at a time, and is not read meanwhile: so its replies keep their order, and its handler
// needs no lock, since it is either with the reactor or with one worker.
//
//	Assign, Reassign   the reactor: in the place of Answer and Resume; Working when there is a task to be done
//	Do                 the worker, in a thread of the same process
//	Finish             the reactor again: sends the reply
type Task struct {
	Conn    *Conn
	Handler Handler // the connection's, while the task is under way
	In      []byte  // what has arrived and was not used: a copy, the task's own
	Step    Step    // what the work came to

	out []byte // memory that Step.Out may use
}

// Assign is Answer without the work: it fills the task with what was received.
func (c *Conn) Assign(d *Desk, t *Task) Want { return c.assign(d, t, d.in[:d.filled]) }

// Reassign is Resume without the work: it sends what is unsent, and when nothing is, fills the task with the input that
// had to wait for that.
func (c *Conn) Reassign(d *Desk, t *Task) Want {
	if want := c.flush(d); want != Again {
		return want
	}
	if c.left == nil {
		return c.assign(d, t, nil)
	}
	return c.assign(d, t, c.left.in)
}

func (c *Conn) assign(d *Desk, t *Task, in []byte) Want {
	if c.end != staying {
		return c.turn(d, in) // there is no more work in it, only its ending
	}
	t.Conn, t.Handler, t.In = c, c.handler, append(t.In[:0], in...)
	c.used()
	return Working
}

// Do does the work, in the worker's thread. Room is the worker's, at least BufferSize bytes; the reply is copied out of
// it, since the worker goes on to other tasks.
func (t *Task) Do(room []byte) {
	t.Step = t.Handler.Handle(t.In, room)
	t.out = append(t.out[:0], t.Step.Out...)
	t.Step.Out = t.out
}

// Finish sends the reply. Again says that the handler has more to say: the connection is then to be Reassigned.
func (t *Task) Finish(d *Desk) Want {
	in := t.In[t.Step.Used:]
	want := t.Conn.send(d, in, t.Step)
	if want == Again && len(in) > 0 {
		t.Conn.keep(d, in, nil)
	}
	t.Conn, t.Handler, t.Step = nil, nil, Step{}
	return want
}

// used notes that the input was given away. The buffers stay: the connection is not idle, and the reply may need them.
func (c *Conn) used() {
	if c.left != nil {
		c.left.in = c.left.in[:0]
	}
}

// Memory is how many bytes the task's buffers take; Trim gives them back.
func (t *Task) Memory() int { return cap(t.In) + cap(t.out) }

// Trim gives the buffers of a task that is not under way to the collector.
func (t *Task) Trim() { t.In, t.out = nil, nil }
