//go:build linux

package steps

import (
	"context"
	"fmt"
	"slices"
)

// peer finds a server with which the scenario compares its own one.
func (w *World) peer(name string) (Target, error) {
	i := slices.IndexFunc(w.peers, func(t Target) bool { return t.Name == name })
	if i < 0 {
		return Target{}, fmt.Errorf("there is no server %s here to compare with", name)
	}
	return w.peers[i], nil
}

// invitePeer starts another server beside the scenario's, to be compared with it, and gives the crowd of its clients.
func (w *World) invitePeer(ctx context.Context, name string) (*crowd, error) {
	peer, err := w.peer(name)
	if err != nil {
		return nil, err
	}
	server, err := w.start(ctx, peer)
	if err != nil {
		return nil, err
	}
	return w.crowdOf(server, peer.Protocol)
}
