// Package iocp is a completion port with nothing around it, for Rules about the interface: a role (package reexec) of the
// program's Windows form. Whoever starts it, on Windows or under Wine, says in lines what is to be done, and gets a line for
// each:
//
//	fresh              forget everything: a new port, and a connection whose server side is associated with it, with the
//	                   key 7; answers the port numbers of both sides
//	receive N          start to receive N bytes, at the server's side; answers its number, from 1, and what the call said
//	depart N           the same, from a thread that ends at once
//	send TEXT          the client sends, and the call has returned
//	give N             start to send N bytes, at the server's side; answers as receive does
//	drain N            the client reads N bytes
//	end                the client ends its side
//	cancel N|all       cancel an operation, or all; answers what the call said
//	look N             the status of the operation, how many bytes, and its buffer as text: memory is read, nobody asked
//	take MS            take what the port has, waiting so many milliseconds at most; answers KEY BYTES NUMBER ERROR for
//	                   each completion, separated by ";", or "nothing"
//	system             what plays Windows here: "Wine 8.0", or "Windows 10.0.20348"
//
// A buffer is full of "." before something is received into it.
package iocp

// Role is the role's name.
const Role = "completion port"
