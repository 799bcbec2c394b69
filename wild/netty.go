//go:build linux

package wild

import (
	_ "embed"
	"strings"
	"time"
)

// What a program that uses Netty looks like: it chooses the groups of threads, and writes a handler.
//
//go:embed netty/Echo.java
var echoJava string

// nettyJars are those of Netty's many parts that an echo server needs.
var nettyJars = []string{
	"/usr/share/java/netty-transport.jar", "/usr/share/java/netty-common.jar",
	"/usr/share/java/netty-buffer.jar", "/usr/share/java/netty-resolver.jar",
}

var netty = []System{
	nettyWith("netty/boss-and-workers", "Netty with a boss group and a worker group", "boss", "multi-reactor-threads", "accept-main"),
	nettyWith("netty/one-group", "Netty with one group for both, of one thread", "one", "single-reactor"),
}

func nettyWith(name, title, groups string, traits ...string) System {
	return System{
		Name: name, Title: title,
		Traits:  append(traits, "epoll", "level"),
		Package: "libnetty-java default-jdk-headless", Needs: append([]string{"java", "javac"}, nettyJars...),
		Protocol: "echo",
		// The virtual machine compiles the program itself. What is switched off would cost threads and time, not change what
		// Netty does.
		Command:      []string{"java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx128m", "-cp", strings.Join(nettyJars, ":"), "{dir}/Echo.java", groups, "{port}"},
		Files:        map[string]string{"Echo.java": echoJava},
		StartTimeout: time.Minute,
	}
}
