//go:build linux

package threadpool

import (
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestQueueLosesNothing holds, with many who put and many who take at once, that everything put is taken, once; that
// what one put in order, one sees in order; that no more is in it than it holds; and that what is put after the end is
// given back.
func TestQueueLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 8).Draw(t, "size")
		putters := rapid.SliceOfN(rapid.IntRange(0, 200), 1, 4).Draw(t, "how much each puts")
		takers := rapid.IntRange(1, 8).Draw(t, "takers")
		q := NewQueue(size)

		const each = 1000 // numbers: putter × each + order
		taken := make([][]int, takers)
		var put, take sync.WaitGroup
		for i := range taken {
			take.Go(func() {
				for {
					n, ok := q.Take()
					if !ok {
						return
					}
					taken[i] = append(taken[i], n)
				}
			})
		}
		var want []int
		refused := make([]int, len(putters))
		for p, n := range putters {
			for i := range n {
				want = append(want, p*each+i)
			}
			put.Go(func() {
				for i := range n {
					if !q.Put(p*each + i) {
						refused[p]++
					}
				}
			})
		}
		put.Wait()
		q.Close()
		take.Wait()
		require.Equal(t, make([]int, len(putters)), refused)
		for _, list := range taken {
			for p := range putters {
				mine := slices.DeleteFunc(slices.Clone(list), func(n int) bool { return n/each != p })
				require.True(t, slices.IsSorted(mine), "out of order: %v", mine)
			}
		}
		got := slices.Concat(taken...)
		slices.Sort(got)
		slices.Sort(want)
		require.Equal(t, len(want), len(got))
		require.True(t, slices.Equal(want, got), "lost, or taken twice")
		require.False(t, q.Put(1), "it is closed")
	})
}

// queueModel is the queue as one may think of it: a list, and a bound.
type queueModel struct {
	queue *Queue
	size  int
	list  []int
	next  int
}

func (m *queueModel) Put(t *rapid.T) {
	if len(m.list) == m.size {
		t.Skip("it would wait")
	}
	require.True(t, m.queue.Put(m.next))
	m.list = append(m.list, m.next)
	m.next++
}

func (m *queueModel) Take(t *rapid.T) {
	if len(m.list) == 0 {
		t.Skip("it would wait")
	}
	n, ok := m.queue.Take()
	require.True(t, ok)
	require.Equal(t, m.list[0], n)
	m.list = m.list[1:]
}

func (m *queueModel) Check(t *rapid.T) { require.Equal(t, len(m.list), m.queue.n) }

// TestQueueIsAList holds that, step by step, it is a list with a bound.
func TestQueueIsAList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 5).Draw(t, "size")
		m := &queueModel{queue: NewQueue(size), size: size}
		t.Repeat(rapid.StateMachineActions(m))
		m.queue.Close()
		for _, want := range m.list { // what is in it can still be taken
			n, ok := m.queue.Take()
			require.True(t, ok)
			require.Equal(t, want, n)
		}
		_, ok := m.queue.Take()
		require.False(t, ok)
	})
}

// TestQueueIsBounded holds that a full queue makes who puts wait, until one is taken or it is closed.
func TestQueueIsBounded(t *testing.T) {
	q := NewQueue(2)
	require.True(t, q.Put(1))
	require.True(t, q.Put(2))
	put := make(chan bool)
	go func() { put <- q.Put(3) }()
	select {
	case <-put:
		require.Fail(t, "three in a queue of two")
	default:
	}
	n, ok := q.Take()
	require.True(t, ok)
	require.Equal(t, 1, n)
	require.True(t, <-put)
	go func() { put <- q.Put(4) }()
	q.Close()
	require.False(t, <-put, "it was full, and then closed")
}
