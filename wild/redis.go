//go:build linux

package wild

import "strconv"

// Redis keeps nothing on disk here, and its protected mode is off because nobody else reaches the address.
var redis = []System{
	redisWith(1, "redis/io-threads-1", "single-reactor"),
	redisWith(4, "redis/io-threads-4"),
}

func redisWith(threads int, name string, architecture ...string) System {
	n := strconv.Itoa(threads)
	return System{
		Name: name, Title: "redis with io-threads " + n,
		Traits:  append(architecture, "epoll", "level"),
		Package: "redis-server", Needs: []string{"redis-server"},
		Protocol: "redis",
		Command:  []string{"redis-server", "--bind", "127.0.0.1", "--port", "{port}", "--save", "", "--dir", "{dir}", "--io-threads", n, "--io-threads-do-reads", "yes"},
		Files:    map[string]string{"README": "where redis keeps what a background save writes\n"},
	}
}
