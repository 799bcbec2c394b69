//go:build linux

package wild

// memcached runs as root only when it is told to (-u). -c bounds its connections: beyond, it refuses.
var memcached = []System{
	{
		Name: "memcached/four-threads", Title: "memcached with 4 threads",
		Traits:  []string{"multi-reactor-threads", "accept-main", "epoll", "level"},
		Package: "memcached", Needs: []string{"memcached"},
		Protocol: "memcached",
		Command:  []string{"memcached", "-u", "root", "-l", "127.0.0.1", "-p", "{port}", "-t", "4"},
	},
	{
		Name: "memcached/hundred-clients", Title: "memcached with room for 100 clients",
		Traits:  []string{"multi-reactor-threads", "accept-main", "epoll", "level"},
		Package: "memcached", Needs: []string{"memcached"},
		Protocol: "memcached",
		Command:  []string{"memcached", "-u", "root", "-l", "127.0.0.1", "-p", "{port}", "-t", "4", "-c", "100"},
	},
}
