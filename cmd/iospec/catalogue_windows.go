package main

import "github.com/iospec/iospec/impl"

// catalogue lists the reference servers that run on Windows. There are no counterexamples: nothing here judges servers.
func catalogue() []entry {
	var all []entry
	for _, s := range impl.Servers {
		all = append(all, entry{Name: s.Name, Traits: s.Traits, Summary: s.Summary, serve: s.Serve})
	}
	return all
}
