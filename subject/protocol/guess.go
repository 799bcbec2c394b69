package protocol

import (
	"bytes"
	"strings"
)

// Guess says what a server seems to speak, by the first bytes that it sent: "HTTP". It is "" when nothing is known that
// begins so.
func Guess(first []byte) string {
	for _, sign := range signs {
		if strings.HasPrefix(string(first), sign.prefix) {
			return sign.speaks
		}
	}
	if len(first) > 4 && bytes.HasPrefix(first[3:], []byte{0, 10}) {
		return "the MySQL protocol"
	}
	return ""
}

var signs = []struct{ prefix, speaks string }{
	{"HTTP/1.", "HTTP (--protocol http)"},
	{"-ERR ", "RESP (--protocol redis)"},
	{"-NOAUTH ", "RESP (--protocol redis), and wants a password"},
	{"-DENIED ", "RESP (--protocol redis), and is in protected mode"},
	{"ERROR\r\n", "the memcached protocol (--protocol memcached)"},
	{"CLIENT_ERROR ", "the memcached protocol (--protocol memcached)"},
	{"error: ", "the testee protocol (--protocol line)"},
	{"*2\r\n$4\r\nECHO", "echo (--protocol echo): it sends back what it gets"},
	{"echo ", "echo (--protocol echo): it sends back what it gets"},
	{"SSH-", "SSH"},
	{"220 ", "SMTP or FTP"},
	{"220-", "SMTP or FTP"},
	{"+OK ", "POP3"},
	{"* OK ", "IMAP"},
	{"\x15\x03", "TLS"},
	{"\x16\x03", "TLS"},
}
