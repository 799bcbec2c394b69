"""An HTTP server that answers so many requests on each connection, and says with the last that it ends it, as nginx, lighttpd
and Apache do.

    python3 http_limited.py PORT REQUESTS
"""

import socket
import sys
import threading


def serve(client, requests):
    unread = b""
    for n in range(1, requests + 1):
        while b"\r\n\r\n" not in unread:
            more = client.recv(65536)
            if not more:
                return client.close()
            unread += more
        unread = unread[unread.index(b"\r\n\r\n") + 4 :]
        word = b"Connection: close\r\n" if n == requests else b""
        client.sendall(b"HTTP/1.1 200 OK\r\n" + word + b"Content-Length: 6\r\n\r\nhello\n")
    client.shutdown(socket.SHUT_WR)
    while client.recv(65536):  # to close with something unread would reset the connection, and answers on their way be lost
        pass
    client.close()


def guarded(client, requests):
    try:
        serve(client, requests)
    except ConnectionError:
        client.close()


port, requests = map(int, sys.argv[1:])
listener = socket.create_server(("127.0.0.1", port), backlog=1024)
while True:
    client, _ = listener.accept()
    threading.Thread(target=guarded, args=(client, requests), daemon=True).start()
