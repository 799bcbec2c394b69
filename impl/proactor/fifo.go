package proactor

// A fifo is a queue of one thread.
type fifo[T any] struct {
	items []T
	head  int // the oldest
}

func (f *fifo[T]) len() int { return len(f.items) - f.head }

func (f *fifo[T]) put(item T) { f.items = append(f.items, item) }

// take takes the oldest. What is taken is not kept; and its place is used again, though the queue may never be empty.
func (f *fifo[T]) take() (item T, ok bool) {
	if f.len() == 0 {
		return item, false
	}
	item, f.items[f.head] = f.items[f.head], item
	if f.head++; f.head > len(f.items)/2 {
		f.items = f.items[:copy(f.items, f.items[f.head:])]
		f.head = 0
	}
	return item, true
}
