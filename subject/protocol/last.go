package protocol

import "errors"

// An HTTP server may end a connection after any answer, and says so in that answer (RFC 9112, section 9.6): many do after a
// number of requests, such as nginx (keepalive_requests), lighttpd (server.max-keep-alive-requests) and Apache
// (MaxKeepAliveRequests). A client that wants more connects again.
var (
	// ErrLast says that an answer was right, and is the last on its connection.
	ErrLast = errors.New("the server answers no more on this connection, as it says")

	// ErrEnded says that answers are missing, because the server has ended the connection before their turn came. They may be
	// asked for again on another connection.
	ErrEnded = errors.New("the server ends its connections after a number of requests, as it says")
)
