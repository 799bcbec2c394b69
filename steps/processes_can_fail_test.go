//go:build linux

package steps

func init() {
	sabotage = append(sabotage, []sabotaging{
		{"process.fork-copies", "finds its parent's memory", "Then the child tells that word", "And the child changes its word\n      Then the child tells that word"},
		{"process.fork-copies", "for itself", "And the child changes its word\n", ""},
		{"process.fork-copies", "memory is not copied", "Then", "And the child writes to all of its memory\n      Then"},
		{"process.fork-copies", "memory is copied", "And the child writes to all of its memory\n", ""},
		{"process.child-inherits-connection", "inherited descriptor", "gets \"hello\"", "gets \"hullo\""},
		{"process.child-drops-listener", "a port that a child keeps", "And the parent closes its listener\n", ""},
		{"process.parent-drops-connection", "while the parent keeps", "And the child leaves\n", "And the child leaves\n      And the parent closes its descriptor of the connection\n"},
		{"process.parent-drops-connection", "the child's end", "And the parent closes its descriptor of the connection\n", ""},
		{"process.zombies-exhaust-resources", "zombies alone", "at least 200", "at least 301"},
		{"process.zombies-exhaust-resources", "some zombies less", "And it waits for 50 of them and forks again\n", ""},
		{"process.wait-reaps", "nothing left", "status 7", "status 0"},
		{"process.costs-resources", "memory grows", "more than 20 KiB", "more than 20000 KiB"},
		{"process.ten-thousand-too-many", "much dearer", "more than 5 times", "more than 5000 times"},
		{"process.switch-heavy", "a bare switch", "less than 1.5", "less than 0.3"},
		{"process.switch-heavy", "with memory", "more than 1.05", "more than 5"},
		{"thread.churn-costs", "a new thread", "more than 2 times", "more than 2000 times"},
		{"thread.ten-thousand-too-many", "that sleep", "more than 4 KiB", "more than 4000 KiB"},
		{"pool.queue-locked", "without a lock", "that take from it without a lock", "that take from it under a lock"},
		{"pool.queue-locked", "with a lock", "that take from it under a lock", "that take from it without a lock"},
		{"workers.shared-data-race", "one result is lost", "without a lock", "under a lock"},
		{"workers.shared-data-race", "by itself", "without a lock", "under a lock"},
		{"workers.mutex-guards", "the second worker waits", "under a lock", "without a lock"},
		{"workers.mutex-guards", "however many put", "as many results are in the tray as were put", "fewer results are in the tray than were put"},
	}...)
}
