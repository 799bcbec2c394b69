package trace

import "sync"

// Recording is a recording in memory. It is built with Put, by an observer or by Read, and then only asked.
type Recording struct {
	Header  Header
	Tasks   []*Task // in order of birth
	Calls   []*Call // in order of Seq
	Sockets map[Object]Socket
	Clients []Client
	Marks   []Mark
	End     *End // nil: cut short

	mu sync.Mutex
}

// Task is a thread's life.
type Task struct {
	Born
	Execs []Exec
	Exit  *Exit // nil: alive when the recording ended
}
