package code

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

const parts = `package parts

import "sync"

// A Box is locked.
type Box struct {
	mu sync.Mutex

	item int // the only one
}

func (b *Box) Put(item int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.item = item
}

// Forgotten is called by nobody.
func (b *Box) Forgotten() {}

type Handler interface{ Handle() }

type Bell struct{}

// Handle is called through the interface alone.
func (Bell) Handle() {
	ring()
}

func ring() {}

func Generic[T any](t T) T { return t }
`

const mains = `package mains

import (
	"sync"

	"example.com/m/parts"
)

func One() {
	var h parts.Handler = parts.Bell{}
	h.Handle()
}

func Two() {
	b := new(parts.Box)
	b.Put(1)
	ring := 2 // no function
	_ = parts.Generic(ring)
}

func worker() {
	One()
}

func pooled() {
	var pool sync.Pool
	pool.Get().(parts.Bell).Handle()
}
`

func read(t *testing.T) *Tree {
	t.Helper()
	return Read(fstest.MapFS{
		"parts/parts.go":      {Data: []byte(parts)},
		"parts/parts_test.go": {Data: []byte("package parts\nfunc broken(")},
		"mains/mains.go":      {Data: []byte(mains)},
	}, "example.com/m")
}

func TestWhatAFunctionNeeds(t *testing.T) {
	tree := read(t)
	find := func(functions ...string) *Program {
		p, err := tree.From("example.com/m/mains", functions...)
		require.NoError(t, err)
		return p
	}
	one, two, all := find("One"), find("Two"), find("Two", "worker")
	require.Equal(t, 4+1+1+3+1, one.Lines(), "One, Handler, Bell, Bell.Handle, ring")
	require.Equal(t, 6+4+5+1, two.Lines(), "Two, Box, Box.Put, Generic; no comments, no empty lines, not Forgotten")
	require.Equal(t, one.Lines(), one.Beyond(two))
	require.Equal(t, one.Lines()+two.Lines()+3, all.Lines())
	require.Zero(t, two.Beyond(all))

	require.Equal(t, 4+1+3+1, find("pooled").Lines(), "pooled, Bell, Bell.Handle, ring")

	require.Empty(t, one.Locked())
	require.Equal(t, []string{"Box"}, two.Locked())
	require.Zero(t, one.Synchronisations())
	require.Equal(t, 1, two.Synchronisations())
}

func TestWhatIsNotThere(t *testing.T) {
	tree := read(t)
	_, err := tree.From("example.com/m/mains", "Three")
	require.ErrorContains(t, err, "Three")
	_, err = tree.From("example.com/m/nothing", "One")
	require.ErrorContains(t, err, "nothing")
}

func TestSourceThatDoesNotParse(t *testing.T) {
	_, err := Read(fstest.MapFS{"p/p.go": {Data: []byte("package p\nfunc One(")}}, "example.com/m").From("example.com/m/p", "One")
	require.ErrorContains(t, err, "p/p.go")
}
