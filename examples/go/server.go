//go:build linux

// The testee protocol in Go: a goroutine for each connection.
//
//	go build -o server . && iospec identify --protocol line -- ./server {port}
package main

import (
	"bufio"
	"fmt"
	"log"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func answer(out *bufio.Writer, verb, arg string) {
	n, _ := strconv.Atoi(arg)
	switch verb {
	case "echo":
		fmt.Fprintln(out, arg)
	case "whoami":
		fmt.Fprintln(out, os.Getpid(), syscall.Gettid())
	case "sleep":
		time.Sleep(time.Duration(n) * time.Millisecond)
		fmt.Fprintln(out, "slept", n)
	case "spin":
		for until := time.Now().Add(time.Duration(n) * time.Millisecond); time.Now().Before(until); {
		}
		fmt.Fprintln(out, "spun", n)
	case "blob":
		for ; n > 1; n-- {
			_ = out.WriteByte('b') // a client that is gone shows when it is flushed
		}
		fmt.Fprintln(out)
	default:
		fmt.Fprintln(out, "error: unknown request")
	}
}

func serve(client net.Conn) {
	defer client.Close()
	in, out := bufio.NewReader(client), bufio.NewWriter(client)
	for {
		line, err := in.ReadString('\n')
		verb, arg, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		if err != nil || verb == "quit" {
			return
		}
		answer(out, verb, arg)
		if out.Flush() != nil {
			return
		}
	}
}

func main() {
	door, err := net.Listen("tcp", "127.0.0.1:"+append(os.Args, "7000")[1])
	if err != nil {
		log.Fatal(err)
	}
	for {
		client, err := door.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go serve(client)
	}
}
