//go:build linux

package steps

import (
	"context"
	"errors"
	"fmt"

	"github.com/iospec/iospec/sample"
	"github.com/iospec/iospec/subject"
)

// Sample starts the target, drives it while it is looked at in place of being recorded, and stops it.
func Sample(ctx context.Context, t Target) (*sample.Observation, error) {
	o := &sample.Observation{Kernel: kernelRelease()}
	s, err := subject.Start(ctx, t.spec(), subject.Sampled(o))
	if err != nil {
		return nil, err
	}
	load := subject.StandardLoad()
	load.TimeScale = t.TimeScale
	_, err = s.Exercise(ctx, load)
	_, stopErr := s.Stop(ctx)
	if err = errors.Join(err, stopErr); err != nil {
		return o, fmt.Errorf("look at %s: %w", t.Name, err)
	}
	return o, nil
}
