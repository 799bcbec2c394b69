//go:build linux

package main

import (
	"fmt"
	"path"
	"slices"

	"github.com/iospec/iospec/report"
	"github.com/iospec/iospec/steps"
	"github.com/iospec/iospec/wild"
)

// selection is what --server picks.
type selection struct {
	kernel  bool // the kernel Rules
	wild    bool // the Rules about named systems
	targets []steps.Target
}

// selectServers gives what the patterns pick; without any, everything. Named systems that this machine lacks are left
// out, unless one is asked for by its name; that they are missing is said by the Rules about them.
func selectServers(patterns []string) (sel selection, err error) {
	if len(patterns) == 0 {
		patterns = []string{report.Kernel, report.Wild, "*/*"}
	}
	chosen := map[string]bool{}
	for _, p := range patterns {
		switch p {
		case report.Kernel:
			sel.kernel = true
		case report.Wild:
			sel.wild = true
		default:
			matched, err := matchServers(p)
			if err != nil {
				return sel, err
			}
			for _, name := range matched {
				chosen[name] = true
			}
		}
	}
	for _, e := range catalogue() {
		if !chosen[e.Name] {
			continue
		}
		t, err := e.target()
		if err != nil {
			return sel, err
		}
		sel.targets = append(sel.targets, t)
	}
	for _, s := range wild.All() {
		switch missing := s.Missing(); {
		case !chosen[s.Name]:
		case missing == "":
			sel.targets = append(sel.targets, steps.SystemTarget(s))
		case slices.Contains(patterns, s.Name):
			return sel, &problem{exitMissing, fmt.Errorf("%s needs %s", s.Name, missing), "apt-get install " + s.Package}
		}
	}
	return sel, nil
}

// references gives our own servers that are right.
func references() (all []steps.Target, err error) {
	for _, e := range catalogue() {
		if len(e.Breaks) > 0 {
			continue
		}
		t, err := e.target()
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// serverNames lists what --server can pick by name.
func serverNames() []string {
	all := names(catalogue())
	for _, s := range wild.All() {
		all = append(all, s.Name)
	}
	return append(all, report.Kernel, report.Wild)
}

// matchServers gives the names of servers that fit a pattern; a plain name that is none of them is an error.
func matchServers(pattern string) (matched []string, err error) {
	for _, name := range serverNames() {
		ok, err := path.Match(pattern, name)
		if err != nil {
			return nil, usagef("patterns are those of a shell, such as 'epoll/*'", "server pattern %q: %w", pattern, err)
		}
		if ok {
			matched = append(matched, name)
		}
	}
	if len(matched) == 0 {
		_, err = find(pattern)
	}
	return matched, err
}
