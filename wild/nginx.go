//go:build linux

package wild

import (
	"fmt"
	"os"
	"strings"
)

// nginx, in the ways in which its workers can share a listener.
var nginx = []System{
	nginxWith("nginx/accept-mutex", "4 workers and accept_mutex on", "accept-lock", 4, "on", ""),
	nginxWith("nginx/exclusive", "4 workers and accept_mutex off", "accept-exclusive", 4, "off", ""),
	nginxWith("nginx/reuseport", "4 workers and reuseport", "accept-sharded", 4, "off", " reuseport"),
	nginxWith("nginx/two-workers", "2 workers and accept_mutex off", "accept-exclusive", 2, "off", ""),
	nginxWith("nginx/one-worker", "1 worker", "accept-exclusive", 1, "off", ""),
}

func nginxWith(name, ways, sharing string, workers int, mutex, listen string) System {
	s := System{
		Name: name, Title: "nginx with " + ways,
		Traits:  []string{"multi-reactor-processes", "epoll", "edge", sharing},
		Package: "nginx-light", Needs: []string{"nginx"},
		Protocol: "http",
		Command:  []string{"nginx", "-p", "{dir}", "-c", "nginx.conf"},
		Files:    map[string]string{"nginx.conf": nginxConf(workers, mutex, listen)},
	}
	if workers == 1 {
		s.Traits = []string{"single-reactor", "epoll", "edge"} // the master takes no part
	}
	return s
}

// nginxConf is a server that answers each path with that path, and /iospec/big with what fills buffers.
func nginxConf(workers int, mutex, listen string) string {
	var temporary strings.Builder
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&temporary, "  %s_temp_path {dir}/%s;\n", kind, kind)
	}
	user := ""
	if os.Getuid() == 0 {
		user = "user root;\n" // it would give up the rights to its own folder
	}
	return fmt.Sprintf(`%sworker_processes %d;
daemon off;
pid {dir}/nginx.pid;
error_log stderr warn;
events { accept_mutex %s; worker_connections 512; }
http {
  access_log off;
  keepalive_requests 100000;
  large_client_header_buffers 4 16k;
%s  server {
    listen {address}%s;
    location / { return 200 "$request_uri\n"; }
  }
}
`, user, workers, mutex, temporary.String(), listen)
}
