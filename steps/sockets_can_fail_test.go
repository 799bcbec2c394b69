//go:build linux

package steps

func init() {
	sabotage = append(sabotage, []sabotaging{
		{"socket.two-kinds", "what the client sends", "When the client sends 100 bytes\n      ", "When the client sends 100 bytes\n      And the client sends 50 bytes\n      "},
		{"socket.connect-makes-socket", "as many sockets as clients", "200 clients", "199 clients"},
		{"socket.one-port-many-connections", "all connections share", "200 different", "199 different"},

		{"queue.completed", "before anybody accepts", "holds 3", "holds 2"},
		{"queue.completed", "what they send meanwhile", "And each client sends its number\n", ""},
		{"queue.per-listener", "fill independently", "2 clients connect to the first and 3 to the second", "2 clients connect to the first and 2 to the second"},
		{"queue.per-listener", "count their half-open", "backlogs 3 and 6", "backlogs 6 and 6"},
		{"queue.accept-takes-one", "one at a time", "And accept says EAGAIN", "And 1 calls of accept return them in that order, and the queue is shorter by one after each"},
		{"queue.accept-takes-one", "it is the end of the handshake", "When 2 clients connect\n      And the client hears again\n", "When the client hears again\n      And 1 connection comes into the accept queue, and none is in SYN_RECV\n      And 2 clients connect\n"},

		{"queue.backlog-bounds", "backlog and one more", "bounded by 3", "bounded by 4"},
		{"queue.backlog-bounds", "somaxconn bounds", "somaxconn is 2", "somaxconn is 3"},

		{"c10k.four-tuple", "the same as well", "Then another client that connects with nothing changed", "When another client connects with another client port, and all else the same\n      Then 2 connections are there, whose ends differ in 1 of 4 elements\n      And 1 connections are there, whose ends differ in 1 of 4 elements\n      And another client that connects with nothing changed"},
		{"c10k.max-connections", "the arithmetic", "281474976710656", "281474976710655"},
		{"c10k.max-connections", "addresses and ports multiply", "from the same 25 ports of each", "from the same 24 ports of each"},
		{"c10k.socket-is-file", "like a file", "When 5 bytes are written to the connection with write\n      Then read on the client's socket gives these 5 bytes\n      And", "When 5 bytes are written to the connection with write\n      Then"},
		{"c10k.fd-limit-1024", "no descriptor 1025", "limit is 1024", "limit is 1025"},
		{"c10k.fd-limit-1024", "where nobody changed it", "is 1024", "is 4096"},
		{"c10k.fd-limit-1024", "started with 1024 has more", "more than 1024", "more than 1100"},
		{"c10k.ulimit-raises", "a larger limit", "And its soft limit is raised to 4096\n", ""},
		{"c10k.ulimit-raises", "no further than the hard one", "2049 fails", "2047 fails"},
		{"c10k.connection-costs-memory", "own account", "2 sockets more", "3 sockets more"},
		{"c10k.connection-costs-memory", "lies unread", "more than 4000", "more than 400000"},
		{"c10k.budget", "the arithmetic", "10000 clients", "20000 clients"},
	}...)
}
